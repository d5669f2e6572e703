//! The PC as the loader's core asks for it: the boot medium, read through INT 13h extensions (AH=42h), and memory.
//!
//! The BIOS counts in blocks of 2048 bytes on a CD and in sectors of 512 bytes on a disk.

use crate::bios::{Registers, far, interrupt};
use crate::console::OrRefuse;
use crate::layout::{DISK_BUFFER, DISK_BUFFER_BLOCKS, name, physical, scratch};
use crate::memory;
use core::fmt;
use onko_loader_core::boot::Machine;
use onko_loader_core::error::{Name, Refusal, VolumeProblem};
use onko_loader_core::iso9660::{BLOCK, Block, BlockDevice};
use onko_loader_core::medium::Medium;
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_x86::ports::report;

/// The drive that this loader was read from, and all memory.
pub struct Pc {
    drive: u8,
    sectors_per_block: u8,
    /// The block that begins the disk buffer, if any: directories are read again and again.
    held: Option<u32>,
    /// What is where.
    pub memory: MemoryMap,
}

unsafe extern "sysv64" {
    static boot_drive: u8;
    static sectors_per_block: u8;
}

impl Pc {
    /// The drive whose number the BIOS left in DL, and the memory that it lists.
    pub fn new() -> Self {
        // SAFETY: boot.s has set them, and nobody changes them.
        let (drive, sectors) = unsafe { (boot_drive, sectors_per_block) };
        Self { drive, sectors_per_block: sectors, held: None, memory: memory::detect() }
    }

    /// What the loader was read from.
    pub fn medium(&mut self) -> Medium {
        if self.sectors_per_block == 1 { Medium::Optical } else { Medium::disk(self).or_refuse() }
    }

    /// Reads up to [`DISK_BUFFER_BLOCKS`] blocks into the disk buffer, and returns it.
    fn fill_buffer(&mut self, lba: u32, count: u32) -> Result<&'static [u8], VolumeProblem> {
        const EXTENDED_READ: u32 = 0x4200;
        const TRIES: usize = 3;
        let mut registers = Registers::default();
        let sectors = count as u16 * u16::from(self.sectors_per_block);
        let first = u64::from(lba) * u64::from(self.sectors_per_block);
        for _ in 0..TRIES {
            let packet: &mut [u8; 16] = scratch();
            let (segment, offset) = far(DISK_BUFFER);
            packet[..2].copy_from_slice(&[16, 0]);
            packet[2..4].copy_from_slice(&sectors.to_le_bytes());
            packet[4..6].copy_from_slice(&(offset as u16).to_le_bytes());
            packet[6..8].copy_from_slice(&segment.to_le_bytes());
            packet[8..].copy_from_slice(&first.to_le_bytes());
            let (segment, offset) = far(packet.as_ptr() as u32);
            registers = Registers {
                eax: EXTENDED_READ,
                edx: self.drive.into(),
                esi: offset,
                ds: segment,
                ..Registers::default()
            };
            self.held = None;
            interrupt(0x13, &mut registers);
            // Some BIOSes call a read beyond the disc's end a success, and tell here how far they came.
            let packet: &mut [u8; 16] = scratch();
            let complete = u16::from_le_bytes([packet[2], packet[3]]) == sectors;
            if complete && !registers.carry() {
                self.held = Some(lba);
                // SAFETY: the disk buffer belongs to this type, and callers copy out of it before the next read.
                return Ok(unsafe { physical(DISK_BUFFER.into(), u64::from(count) * BLOCK as u64) });
            }
        }
        Err(VolumeProblem::Unreadable { block: lba, status: registers.ah().into() })
    }
}

impl BlockDevice for Pc {
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem> {
        let bytes = match self.held {
            // SAFETY: as in `fill_buffer`.
            Some(held) if held == lba => unsafe { physical(DISK_BUFFER.into(), BLOCK as u64) },
            _ => self.fill_buffer(lba, 1)?,
        };
        block.copy_from_slice(bytes);
        Ok(())
    }

    fn read_bytes(&mut self, lba: u32, bytes: &mut [u8]) -> Result<(), VolumeProblem> {
        let mut lba = lba;
        for piece in bytes.chunks_mut(DISK_BUFFER_BLOCKS as usize * BLOCK) {
            let count = piece.len().div_ceil(BLOCK) as u32;
            let blocks = self.fill_buffer(lba, count)?;
            piece.copy_from_slice(&blocks[..piece.len()]);
            lba += count;
        }
        Ok(())
    }
}

impl Machine for Pc {
    fn take(&mut self, size: u64, kind: Kind, purpose: &'static str) -> Result<&'static mut [u8], Refusal<'static>> {
        memory::take(&mut self.memory, size, kind, purpose)
    }

    fn name(&mut self) -> &'static mut Name {
        name()
    }

    fn report(&mut self, line: fmt::Arguments<'_>, serial: bool) {
        report(line, serial);
    }
}
