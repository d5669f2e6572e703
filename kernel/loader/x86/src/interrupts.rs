//! Keeping devices from interrupting a kernel that has no handlers yet.

use crate::cpu::out;

/// Masks every line of the two legacy interrupt controllers (8259).
pub fn mask_legacy() {
    const MASKS: [u16; 2] = [0x21, 0xa1];
    MASKS.into_iter().for_each(|port| out(port, 0xff));
}

/// Masks the lines of an I/O APIC that would be delivered as ordinary interrupts (82093AA, 3.2): delivery mode fixed or
/// lowest priority. The others (SMI, NMI, INIT, ExtINT) are the firmware's.
///
/// # Safety
/// An I/O APIC has to be at `address`, which has to be mapped one to one.
pub unsafe fn mask_io_apic(address: u32) {
    const VERSION: u32 = 0x01;
    const REDIRECTIONS: u32 = 0x10;
    const MASKED: u32 = 1 << 16;
    let select = address as usize as *mut u32;
    let window = (address as usize + 0x10) as *mut u32;
    // SAFETY: promised by the caller; these two registers lead to all others.
    let read = |register| unsafe {
        select.write_volatile(register);
        window.read_volatile()
    };
    // SAFETY: as above.
    let write = |register, value| unsafe {
        select.write_volatile(register);
        window.write_volatile(value);
    };
    let last = read(VERSION) >> 16 & 0xff;
    for line in 0..=last {
        let register = REDIRECTIONS + 2 * line;
        let entry = read(register);
        let delivery_mode = entry >> 8 & 7;
        if delivery_mode <= 1 {
            write(register, entry | MASKED);
        }
    }
}
