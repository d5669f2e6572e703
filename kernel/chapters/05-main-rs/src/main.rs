// region attributes
#![no_std]
#![no_main]
// endregion attributes

// region imports
use core::arch::asm;
use core::panic::PanicInfo;

use limine::BaseRevision;
use limine::framebuffer::{Framebuffer, MemoryModel};
use limine::request::FramebufferRequest;
// endregion imports

// region handshake
// region base-revision
/// The revision of the Limine boot protocol that we speak. The
/// loader searches our memory for it, so it has to be in the file:
/// `#[used]` keeps it there, even if no code of ours refers to it.
#[used]
static BASE_REVISION: BaseRevision = BaseRevision::new();
// endregion base-revision

// region framebuffer-request
/// A note to the loader: "a screen, please". It writes the address
/// of its answer into this very static.
static FRAMEBUFFER_REQUEST: FramebufferRequest = FramebufferRequest::new();
// endregion framebuffer-request
// endregion handshake

// region color
/// How much red, green and blue, each from 0 to 255.
struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

const BACKGROUND: Color = Color {
    red: 12,
    green: 24,
    blue: 33,
};
// endregion color

// region kmain
/// The loader jumps here. Nobody called us, so there is nowhere to
/// return to: hence the `!`.
#[unsafe(no_mangle)]
pub extern "C" fn kmain() -> ! {
    // region check-revision
    // A loader that does not know our revision may lay its answers
    // out differently, so we do not read them.
    if !BASE_REVISION.is_supported() {
        halt();
    }
    // endregion check-revision

    // region paint
    if let Some(framebuffer) = first_framebuffer() {
        fill(&framebuffer, &BACKGROUND);
    }

    halt()
    // endregion paint
}
// endregion kmain

// region first-framebuffer
/// The first screen in the loader's answer. `None` if it did not
/// answer, or found no screen.
fn first_framebuffer() -> Option<Framebuffer<'static>> {
    let response = FRAMEBUFFER_REQUEST.get_response()?;
    response.framebuffers().next()
}
// endregion first-framebuffer

// region encode
/// Packs a color into one pixel: each channel is shifted to the
/// bits where this framebuffer expects it.
fn encode(color: &Color, framebuffer: &Framebuffer) -> u32 {
    let red = u32::from(color.red) << framebuffer.red_mask_shift();
    let green = u32::from(color.green) << framebuffer.green_mask_shift();
    let blue = u32::from(color.blue) << framebuffer.blue_mask_shift();

    red | green | blue
}
// endregion encode

// region fill
/// Gives every pixel of the screen the same color.
fn fill(framebuffer: &Framebuffer, color: &Color) {
    // region fill-check
    // Below we write a u32 per pixel. Where a pixel has 2 or 3
    // bytes, that would spill into its neighbors.
    if framebuffer.bpp() != 32 || framebuffer.memory_model() != MemoryModel::RGB {
        return;
    }
    // endregion fill-check

    // region fill-ask
    let width = framebuffer.width();
    let height = framebuffer.height();
    let pitch = framebuffer.pitch();
    let bytes_per_pixel = u64::from(framebuffer.bpp()) / 8;
    let first_byte = framebuffer.addr();
    let pixel = encode(color, framebuffer);
    // endregion fill-ask

    // region fill-loop
    for y in 0..height {
        for x in 0..width {
            let offset = y * pitch + x * bytes_per_pixel;

            // region fill-write
            // SAFETY: x < width and y < height, so these four
            // bytes are inside the framebuffer that the loader
            // mapped for us, and nothing else uses that memory.
            unsafe {
                first_byte
                    .add(offset as usize)
                    .cast::<u32>()
                    .write_volatile(pixel);
            }
            // endregion fill-write
        }
    }
    // endregion fill-loop
}
// endregion fill

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
