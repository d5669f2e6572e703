//! Video modes through the firmware's graphics output protocol (UEFI 2.10, 12.9).

use crate::disk::open;
use onko_loader_core::video::{Mode, Modes};
use uefi::boot::{self, ScopedProtocol};
use uefi::proto::console::gop::{self, GraphicsOutput, ModeInfo, PixelFormat};

/// The graphics card, if there is one.
pub struct Card(Option<ScopedProtocol<GraphicsOutput>>);

impl Card {
    /// The first graphics card that the firmware knows.
    pub fn find() -> Self {
        Self(boot::get_handle_for_protocol::<GraphicsOutput>().and_then(open).ok())
    }

    /// All modes with a framebuffer.
    pub fn modes(&mut self) -> Modes {
        let mut modes = Modes::new();
        if let Some(card) = &mut self.0 {
            for (number, mode) in card.modes().enumerate() {
                if let Some(mode) = describe(number, mode.info()) {
                    modes.push(mode);
                }
            }
        }
        modes
    }

    /// Sets a mode, which clears the screen. Returns it with its framebuffer, `None` where that did not work.
    pub fn set(&mut self, mode: Mode) -> Option<Mode> {
        let card = self.0.as_mut()?;
        let wanted: gop::Mode = card.modes().nth(mode.number.into())?;
        card.set_mode(&wanted).ok()?;
        let mut mode = describe(mode.number.into(), &card.current_mode_info())?;
        mode.address = card.frame_buffer().as_mut_ptr() as u64;
        Some(mode).filter(|mode| mode.address != 0)
    }
}

fn describe(number: usize, info: &ModeInfo) -> Option<Mode> {
    let (bpp, masks) = match info.pixel_format() {
        PixelFormat::Rgb => (32, [(8, 0), (8, 8), (8, 16)]),
        PixelFormat::Bgr => (32, [(8, 16), (8, 8), (8, 0)]),
        PixelFormat::Bitmask => {
            let mask = info.pixel_bitmask()?;
            let all = mask.red | mask.green | mask.blue | mask.reserved;
            let place = |mask: u32| (mask.count_ones() as u8, mask.trailing_zeros() as u8);
            let bpp = (32 - all.leading_zeros()).next_multiple_of(8) as u8;
            (bpp, [place(mask.red), place(mask.green), place(mask.blue)])
        }
        PixelFormat::BltOnly => return None,
    };
    let (width, height) = info.resolution();
    Some(Mode {
        number: number.try_into().ok()?,
        width: width.try_into().ok()?,
        height: height.try_into().ok()?,
        pitch: u32::try_from(info.stride()).ok()?.checked_mul(u32::from(bpp / 8))?,
        bpp,
        masks,
        address: 0,
    })
}
