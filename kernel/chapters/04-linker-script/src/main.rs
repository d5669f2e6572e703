// region attributes
#![no_std]
#![no_main]
// endregion attributes

// region imports
use core::arch::asm;
use core::panic::PanicInfo;
// endregion imports

// region kmain
/// The loader jumps here. Nobody called us, so there is nowhere to
/// return to: hence the `!`.
#[unsafe(no_mangle)]
pub extern "C" fn kmain() -> ! {
    halt()
}
// endregion kmain

// region halt
/// Lets the CPU sleep for good. `hlt` ends with the next interrupt,
/// so we send it back to sleep each time.
fn halt() -> ! {
    loop {
        // SAFETY: `hlt` waits for an interrupt and changes neither
        // memory nor the stack.
        unsafe {
            asm!("hlt", options(nomem, nostack, preserves_flags));
        }
    }
}
// endregion halt

// region panic
/// Rust calls this when something panics. There is nobody to tell
/// yet, so we stop.
#[panic_handler]
fn panic(_info: &PanicInfo) -> ! {
    halt()
}
// endregion panic
