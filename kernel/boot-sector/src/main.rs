//! The boot sector. All of it is in boot-sector.s; Rust brings the assembler and the linker.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

core::arch::global_asm!(include_str!("boot-sector.s"), options(att_syntax));

#[panic_handler]
fn panic(_info: &PanicInfo) -> ! {
    loop {}
}
