//! Video modes: reading the BIOS's description of them (VBE 3.0, function 01h) and choosing one.

use crate::bytes::{u16_at, u32_at};

/// A mode with a linear framebuffer of direct colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mode {
    /// The firmware's number for it.
    pub number: u16,
    /// Pixels per line.
    pub width: u16,
    /// Lines.
    pub height: u16,
    /// Bytes from one line to the next.
    pub pitch: u32,
    /// Bits per pixel.
    pub bpp: u8,
    /// Size and shift of red, green and blue.
    pub masks: [(u8, u8); 3],
    /// Physical address of the framebuffer.
    pub address: u64,
}

/// The most modes kept.
pub const MODE_LIMIT: usize = 96;

/// The modes of a graphics card.
pub struct Modes {
    modes: [Mode; MODE_LIMIT],
    count: usize,
}

impl Default for Modes {
    fn default() -> Self {
        Self::new()
    }
}

impl Modes {
    /// None yet.
    pub const fn new() -> Self {
        const NO_MODE: Mode = Mode { number: 0, width: 0, height: 0, pitch: 0, bpp: 0, masks: [(0, 0); 3], address: 0 };
        Self { modes: [NO_MODE; MODE_LIMIT], count: 0 }
    }

    /// Adds a mode; those beyond [`MODE_LIMIT`] are left out.
    pub fn push(&mut self, mode: Mode) {
        if let Some(slot) = self.modes.get_mut(self.count) {
            *slot = mode;
            self.count += 1;
        }
    }

    /// The modes.
    pub fn as_slice(&self) -> &[Mode] {
        &self.modes[..self.count]
    }
}

/// A resolution asked for in limine.conf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolution {
    /// Pixels per line.
    pub width: u16,
    /// Lines.
    pub height: u16,
    /// Bits per pixel.
    pub bpp: u8,
}

/// The largest mode taken when limine.conf asks for none.
pub const LARGEST: (u16, u16) = (1280, 800);

impl Mode {
    /// Reads a VBE mode info block (VBE 3.0, 4.4); `None` when the mode has no linear direct-colour framebuffer, or
    /// describes one that cannot be.
    pub fn parse(number: u16, block: &[u8; 256]) -> Option<Self> {
        // Supported by the hardware, colour, graphics, linear framebuffer.
        const ATTRIBUTES: u16 = 1 | 1 << 3 | 1 << 4 | 1 << 7;
        const DIRECT_COLOR: u8 = 6;
        let mask = |offset: usize| (block[offset], block[offset + 1]);
        let mode = Self {
            number,
            width: u16_at(block, 18)?,
            height: u16_at(block, 20)?,
            pitch: u16_at(block, 16)?.into(),
            bpp: block[25],
            masks: [mask(31), mask(33), mask(35)],
            address: u32_at(block, 40)?.into(),
        };
        let line = u32::from(mode.width) * u32::from(mode.bpp).div_ceil(8);
        let sound = u16_at(block, 0)? & ATTRIBUTES == ATTRIBUTES
            && block[27] == DIRECT_COLOR
            && mode.width > 0
            && mode.height > 0
            && matches!(mode.bpp, 15 | 16 | 24 | 32)
            && mode.pitch >= line
            && mode.address != 0
            && mode.address + mode.size() < 1 << 32;
        sound.then_some(mode)
    }

    /// Bytes of video memory the picture takes up.
    pub fn size(&self) -> u64 {
        u64::from(self.pitch) * u64::from(self.height)
    }

    fn is_default_choice(&self) -> bool {
        self.bpp == 32 && self.width <= LARGEST.0 && self.height <= LARGEST.1
    }
}

/// The mode to set: the one asked for when it is there, else the one with the largest area (of equals the widest)
/// among those with 32 bits up to [`LARGEST`].
pub fn choose(modes: &[Mode], asked: Option<Resolution>) -> Option<Mode> {
    let wanted = asked.and_then(|wish| {
        modes.iter().find(|mode| (mode.width, mode.height, mode.bpp) == (wish.width, wish.height, wish.bpp))
    });
    let best = || {
        let rank = |mode: &Mode| (u32::from(mode.width) * u32::from(mode.height), mode.width);
        modes.iter().filter(|mode| mode.is_default_choice()).rev().max_by_key(|mode| rank(mode))
    };
    wanted.or_else(best).copied()
}
