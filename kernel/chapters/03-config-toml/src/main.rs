// region no-std
#![no_std]
// endregion no-std
// region no-main
#![no_main]
// endregion no-main

// region panic
use core::panic::PanicInfo;

/// Rust calls this when something panics. There is nobody to tell
/// yet, so we stop.
#[panic_handler]
fn panic(_info: &PanicInfo) -> ! {
    loop {}
}
// endregion panic
