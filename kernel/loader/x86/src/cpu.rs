//! Instructions that Rust has no words for.

use core::arch::asm;
use core::arch::x86_64::__cpuid;
use onko_loader_core::paging::Features;

/// Writes a byte to an I/O port.
pub fn out(port: u16, value: u8) {
    // SAFETY: the loader owns the machine; ports it writes to change devices, not Rust's memory.
    unsafe { asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack, preserves_flags)) }
}

/// Reads a byte from an I/O port.
pub fn input(port: u16) -> u8 {
    let value;
    // SAFETY: as for `out`.
    unsafe { asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Stops for ever, with interrupts off.
pub fn halt() -> ! {
    loop {
        // SAFETY: touches neither memory nor stack.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) }
    }
}

/// Sets a model-specific register.
///
/// # Safety
/// The register has to exist, and the value must not change what running code relies on.
pub unsafe fn write_msr(register: u32, value: u64) {
    let (low, high) = (value as u32, (value >> 32) as u32);
    // SAFETY: promised by the caller.
    unsafe {
        asm!("wrmsr", in("ecx") register, in("eax") low, in("edx") high, options(nostack, preserves_flags));
    }
}

/// The page tables in use: physical address of the top-level table.
pub fn page_tables() -> u64 {
    let root: u64;
    // SAFETY: only reads a register.
    unsafe { asm!("mov {}, cr3", out(reg) root, options(nomem, nostack, preserves_flags)) }
    root & 0x000f_ffff_ffff_f000
}

/// Whether the CPU translates addresses by five levels of page tables, which only 32-bit code can change.
pub fn has_five_levels() -> bool {
    const LA57: u64 = 1 << 12;
    let control: u64;
    // SAFETY: only reads a register.
    unsafe { asm!("mov {}, cr4", out(reg) control, options(nomem, nostack, preserves_flags)) }
    control & LA57 != 0
}

/// What the CPU offers to page tables.
pub fn paging_features() -> Features {
    let basic = __cpuid(1);
    // Every CPU with long mode has this leaf, for the bit that says so is in it.
    let extended = __cpuid(0x8000_0001);
    Features {
        no_execute: extended.edx & 1 << 20 != 0,
        gigabyte_pages: extended.edx & 1 << 26 != 0,
        attribute_table: basic.edx & 1 << 16 != 0,
    }
}
