//! CPU exceptions in the loader itself: a fault must end in words, not in a silent reset.

use crate::console::refuse;
use core::arch::asm;
use core::cell::UnsafeCell;

const COUNT: usize = 32;

/// The interrupt descriptor table.
#[repr(C, align(16))]
struct Table(UnsafeCell<[[u64; 2]; COUNT]>);

// SAFETY: the loader runs on one CPU, without interrupts.
unsafe impl Sync for Table {}

static TABLE: Table = Table(UnsafeCell::new([[0; 2]; COUNT]));

unsafe extern "sysv64" {
    static exception_stubs: [[u8; 16]; COUNT];
}

/// Makes every exception end in [`loader_exception`].
pub fn catch() {
    const INTERRUPT_GATE: u64 = 0x8e00 << 32;
    const CODE: u64 = 0x28 << 16;
    // SAFETY: the one place that writes to the table, called once.
    let table = unsafe { &mut *TABLE.0.get() };
    for (number, gate) in table.iter_mut().enumerate() {
        // SAFETY: only the address is taken, of stub `number` of 32.
        let stub = unsafe { &raw const exception_stubs[number] } as u64;
        *gate = [stub & 0xffff | CODE | INTERRUPT_GATE | (stub & 0xffff_0000) << 32, stub >> 32];
    }
    #[repr(C, packed)]
    struct Pointer(u16, u64);
    let pointer = Pointer((COUNT * 16 - 1) as u16, table.as_ptr() as u64);
    // SAFETY: the table is static and filled with gates to code of this image.
    unsafe { asm!("lidt [{}]", in(reg) &raw const pointer, options(readonly, nostack, preserves_flags)) }
}

/// Called by the stubs with what they and the CPU have pushed: the number, an error code for some, and RIP.
#[unsafe(no_mangle)]
extern "sysv64" fn loader_exception(frame: &[u64; 3]) -> ! {
    // Intel SDM, volume 3A, table 6-1.
    const WITH_ERROR_CODE: u32 = 1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 17 | 1 << 21;
    let number = frame[0];
    let address = if WITH_ERROR_CODE >> number & 1 != 0 { frame[2] } else { frame[1] };
    refuse(format_args!("Internal error: CPU exception {number} at {address:#x} in the loader. This is a bug in it."))
}
