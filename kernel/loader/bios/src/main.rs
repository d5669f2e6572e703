//! The loader for PCs with a BIOS: from the boot image's first block to a kernel's first instruction.
#![no_std]
#![no_main]

mod bios;
mod clock;
mod console;
mod exceptions;
mod kernel;
mod layout;
mod memory;
mod pc;
mod tables;
mod video;

use console::{OrRefuse, Screen, refuse};
use core::panic::PanicInfo;
use onko_loader_core::boot::{Kernel, read_config};
use onko_loader_core::iso9660::Volume;
use onko_loader_core::menu;
use pc::Pc;

core::arch::global_asm!(include_str!("boot.s"), options(att_syntax));

/// Called by boot.s in long mode, with a stack and all variables zero.
#[unsafe(no_mangle)]
extern "sysv64" fn loader_main() -> ! {
    exceptions::catch();
    let mut pc = Pc::new();
    let volume = Volume::open(&mut pc).or_refuse();
    let config = read_config(&mut pc, &volume).or_refuse();
    let entry = menu::choose(&config, &mut Screen::new());
    let kernel = Kernel::load(&mut pc, &volume, &config, entry).or_refuse();
    kernel::boot(pc, kernel)
}

/// A bug in the loader. The place is not told: it would put 5 KiB of file names and lines, and the builder's folders,
/// into the image.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    refuse(format_args!("Internal error. This is a bug in the loader."))
}
