//! The video BIOS's modes (VBE 2.0 and later, INT 10h AX=4Fxxh).

use crate::bios::{Registers, far, interrupt};
use crate::layout::{SCRATCH, scratch};
use onko_loader_core::bytes::u16_at;
use onko_loader_core::video::Mode;

/// The most modes kept.
pub const MODE_LIMIT: usize = 96;

/// All modes with a linear framebuffer of direct colour.
pub struct Modes {
    modes: [Mode; MODE_LIMIT],
    count: usize,
}

impl Modes {
    /// Asks the video BIOS. Empty where there is none.
    pub fn detect() -> Self {
        const NO_MODE: Mode = Mode { number: 0, width: 0, height: 0, pitch: 0, bpp: 0, masks: [(0, 0); 3], address: 0 };
        let mut modes = Self { modes: [NO_MODE; MODE_LIMIT], count: 0 };
        let mut numbers = [0; 2 * MODE_LIMIT];
        let listed = list(&mut numbers);
        for &number in &numbers[..listed] {
            if modes.count == MODE_LIMIT {
                break;
            }
            if let Some(mode) = describe(number) {
                modes.modes[modes.count] = mode;
                modes.count += 1;
            }
        }
        modes
    }

    /// The modes.
    pub fn as_slice(&self) -> &[Mode] {
        &self.modes[..self.count]
    }
}

/// Sets a mode with its linear framebuffer, and clears the screen. Returns whether that worked.
pub fn set(mode: &Mode) -> bool {
    const LINEAR: u32 = 1 << 14;
    let mut registers = Registers { eax: 0x4f02, ebx: u32::from(mode.number) | LINEAR, ..Registers::default() };
    interrupt(0x10, &mut registers);
    succeeded(&registers)
}

fn succeeded(registers: &Registers) -> bool {
    registers.eax as u16 == 0x004f
}

/// Fetches the numbers of all modes (function 00h). Returns how many.
fn list(numbers: &mut [u16]) -> usize {
    const LIST_END: u16 = 0xffff;
    let block: &mut [u8; 512] = scratch();
    block[..4].copy_from_slice(b"VBE2");
    let (segment, offset) = far(SCRATCH);
    let mut registers = Registers { eax: 0x4f00, edi: offset, es: segment, ..Registers::default() };
    interrupt(0x10, &mut registers);
    if !succeeded(&registers) || !block.starts_with(b"VESA") {
        return 0;
    }
    let (offset, segment) = (u16_at(block, 14).unwrap_or_default(), u16_at(block, 16).unwrap_or_default());
    let list = (usize::from(segment) * 16 + usize::from(offset)) as *const u16;
    for (count, slot) in numbers.iter_mut().enumerate() {
        // SAFETY: a far pointer reaches only the first MiB and 64 KiB, all of it mapped; the list lies in the video
        // BIOS or in the block above, and is copied before the block is used again.
        *slot = unsafe { core::ptr::read_unaligned(list.add(count)) };
        if *slot == LIST_END {
            return count;
        }
    }
    numbers.len()
}

/// Asks about one mode (function 01h).
fn describe(number: u16) -> Option<Mode> {
    let block: &mut [u8; 256] = scratch();
    block.fill(0);
    let (segment, offset) = far(SCRATCH);
    let mut registers = Registers { eax: 0x4f01, ecx: number.into(), edi: offset, es: segment, ..Registers::default() };
    interrupt(0x10, &mut registers);
    if succeeded(&registers) { Mode::parse(number, block) } else { None }
}
