//! The loader for PCs with a BIOS: from the boot sector to a kernel's first instruction.
#![no_std]
#![no_main]

mod bios;
mod clock;
mod console;
mod cpu;
mod disk;
mod exceptions;
mod handoff;
mod kernel;
mod layout;
mod memory;
mod menu;
mod settings;
mod tables;
mod video;

use console::{OrRefuse, refuse};
use core::panic::PanicInfo;
use disk::Disk;
use onko_loader_core::iso9660::Volume;

core::arch::global_asm!(include_str!("boot.s"), options(att_syntax));

/// Called by boot.s in long mode, with a stack and all variables zero.
#[unsafe(no_mangle)]
extern "sysv64" fn loader_main() -> ! {
    exceptions::catch();
    let mut memory = memory::detect();
    let mut disk = Disk::boot();
    let volume = Volume::open(&mut disk).or_refuse();
    let config = settings::read(&mut disk, &volume, &mut memory);
    let entry = menu::choose(&config);
    kernel::boot(&mut disk, &volume, &mut memory, &config, entry)
}

/// A bug in the loader. The place is not told: it would put 5 KiB of file names and lines, and the builder's folders,
/// into the image.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    refuse(format_args!("Internal error. This is a bug in the loader."))
}
