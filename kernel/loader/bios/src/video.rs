//! The video BIOS's modes (VBE 2.0 and later, INT 10h AX=4Fxxh).

use crate::bios::{Registers, far, interrupt};
use crate::layout::{SCRATCH, scratch};
use onko_loader_core::bytes::u16_at;
use onko_loader_core::video::{MODE_LIMIT, Mode, Modes};

/// Asks the video BIOS for all modes with a linear framebuffer of direct colour. None where there is no video BIOS.
pub fn detect() -> Modes {
    let mut modes = Modes::new();
    let mut numbers = [0; 2 * MODE_LIMIT];
    let listed = list(&mut numbers);
    numbers[..listed].iter().filter_map(|&number| describe(number)).for_each(|mode| modes.push(mode));
    modes
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
