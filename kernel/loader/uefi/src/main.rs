//! The loader for PCs with UEFI: the program \\EFI\\BOOT\\BOOTX64.EFI of the ISO's EFI image.
#![no_std]
#![no_main]

mod console;
mod disk;
mod kernel;
mod memory;
mod own_file;
mod pc;
mod video;

use console::{Console, refuse};
use core::convert::Infallible;
use core::panic::PanicInfo;
use onko_loader_core::boot::{Kernel, read_config};
use onko_loader_core::error::Refusal;
use onko_loader_core::iso9660::Volume;
use onko_loader_core::menu;
use onko_loader_x86::ports::Serial;
use pc::Pc;
use uefi::{Status, boot, entry};

#[entry]
fn main() -> Status {
    Serial::open();
    // The firmware resets the PC after five minutes otherwise, in the middle of somebody's menu. Without such a timer there
    // is nothing to switch off.
    let _switched_off = boot::set_watchdog_timer(0, 0x1_0000, None);
    assert_undamaged();
    let Err(refusal) = run();
    refuse(format_args!("{refusal}"))
}

/// Refuses to go on with a program that is not what was built.
fn assert_undamaged() {
    const FILE: &str = "\\EFI\\BOOT\\BOOTX64.EFI on the EFI image";
    match own_file::wrong_checksum() {
        Ok(None) => (),
        Ok(Some((found, expected))) => refuse(format_args!(
            "Cannot boot: the loader's own file is damaged; {FILE} has the checksum {found:#x}, expected {expected:#x}; \
             write the disc or the stick anew."
        )),
        Err(error) => refuse(format_args!(
            "Cannot boot: the loader's own file cannot be read; reading {FILE} failed, the firmware reports status {}; \
             write the disc or the stick anew.",
            error.status()
        )),
    }
}

fn run() -> Result<Infallible, Refusal<'static>> {
    let mut pc = Pc::new()?;
    let volume = Volume::open(&mut pc)?;
    let config = read_config(&mut pc, &volume)?;
    let entry = menu::choose(&config, &mut Console::new());
    let kernel = Kernel::load(&mut pc, &volume, &config, entry)?;
    kernel::boot(pc, kernel)
}

/// A bug in the loader. The place is not told: it would put the builder's folders into the image.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    refuse(format_args!("Internal error. This is a bug in the loader."))
}
