//! Calling the BIOS, which only works in real mode.

/// The registers a BIOS call gets and gives back, in the order in which boot.s loads them.
#[repr(C)]
#[derive(Default, Clone, Copy)]
#[allow(missing_docs)]
pub struct Registers {
    pub edi: u32,
    pub esi: u32,
    pub ebp: u32,
    pub stack: u32,
    pub ebx: u32,
    pub edx: u32,
    pub ecx: u32,
    pub eax: u32,
    pub es: u16,
    pub ds: u16,
    pub flags: u32,
}

const _: () = assert!(size_of::<Registers>() == 40, "boot.s copies 40 bytes");

unsafe extern "sysv64" {
    fn run_in_real_mode(registers: *mut Registers, instruction: u16);
}

impl Registers {
    /// Whether the call set the carry flag, by which most BIOS calls report an error.
    pub fn carry(&self) -> bool {
        self.flags & 1 != 0
    }

    /// AH after the call.
    pub fn ah(&self) -> u8 {
        (self.eax >> 8) as u8
    }
}

/// Runs `int number` with `registers`.
pub fn interrupt(number: u8, registers: &mut Registers) {
    const INT: u8 = 0xcd;
    // SAFETY: boot.s saves and restores everything the ABI asks for; BIOS calls write only to their own memory and to
    // the buffers that the registers name, which callers place in `layout`'s areas for BIOS calls.
    unsafe { run_in_real_mode(registers, u16::from_le_bytes([INT, number])) }
}

/// Sleeps until the next interrupt (a key or the clock), with the BIOS's handlers in place.
pub fn wait_for_interrupt() {
    const HLT_NOP: u16 = 0x90f4;
    // SAFETY: as for `interrupt`; the BIOS's handlers write to the BIOS data area only.
    unsafe { run_in_real_mode(&mut Registers::default(), HLT_NOP) }
}

/// Segment and offset of a buffer below 1 MiB.
pub fn far(address: u32) -> (u16, u32) {
    ((address >> 4) as u16, address & 15)
}

/// Reads the BIOS data area (segment 0x40), which interrupt handlers change.
pub fn data_area_u32(offset: usize) -> u32 {
    // SAFETY: the BIOS data area is mapped memory at 0x400..0x500, no Rust object lies there.
    unsafe { core::ptr::read_volatile((0x400 + offset) as *const u32) }
}
