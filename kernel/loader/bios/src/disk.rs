//! The boot medium, read through INT 13h extensions (AH=42h), which count in blocks of 2048 bytes on a CD.

use crate::bios::{Registers, far, interrupt};
use crate::console::OrRefuse;
use crate::layout::{DISK_BUFFER, DISK_BUFFER_BLOCKS, physical, scratch};
use crate::memory;
use onko_loader_core::error::VolumeProblem;
use onko_loader_core::iso9660::{BLOCK, Block, BlockDevice, File};
use onko_loader_core::memory::{Kind, MemoryMap};

/// The drive that this loader was read from.
pub struct Disk {
    drive: u8,
    /// The block that begins the disk buffer, if any: directories are read again and again.
    held: Option<u32>,
}

unsafe extern "sysv64" {
    static boot_drive: u8;
}

impl Disk {
    /// The drive whose number the BIOS left in DL.
    pub fn boot() -> Self {
        // SAFETY: boot.s has set it, and nobody changes it.
        Self { drive: unsafe { boot_drive }, held: None }
    }

    /// Reads up to [`DISK_BUFFER_BLOCKS`] blocks into the disk buffer, and returns it.
    fn fill_buffer(&mut self, lba: u32, count: u32) -> Result<&'static [u8], VolumeProblem> {
        const EXTENDED_READ: u32 = 0x4200;
        const TRIES: usize = 3;
        let mut registers = Registers::default();
        for _ in 0..TRIES {
            let packet: &mut [u8; 16] = scratch();
            let (segment, offset) = far(DISK_BUFFER);
            packet[..2].copy_from_slice(&[16, 0]);
            packet[2..4].copy_from_slice(&(count as u16).to_le_bytes());
            packet[4..6].copy_from_slice(&(offset as u16).to_le_bytes());
            packet[6..8].copy_from_slice(&segment.to_le_bytes());
            packet[8..].copy_from_slice(&u64::from(lba).to_le_bytes());
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
            let complete = u16::from_le_bytes([packet[2], packet[3]]) == count as u16;
            if complete && !registers.carry() {
                self.held = Some(lba);
                // SAFETY: the disk buffer belongs to this type, and callers copy out of it before the next read.
                return Ok(unsafe { physical(DISK_BUFFER.into(), u64::from(count) * BLOCK as u64) });
            }
        }
        Err(VolumeProblem::Unreadable { block: lba, status: registers.ah() })
    }

    /// Reads a whole file into memory taken for it, on a page boundary and zero up to the page's end. Stops at an
    /// unreadable block, or without enough memory.
    pub fn read_file(
        &mut self,
        file: File,
        memory: &mut MemoryMap,
        kind: Kind,
        purpose: &'static str,
    ) -> &'static mut [u8] {
        let space = memory::take(memory, u64::from(file.size), kind, purpose);
        let (mut lba, mut done) = (file.lba, 0);
        while done < file.size as usize {
            let left = file.size as usize - done;
            let count = (left.div_ceil(BLOCK) as u32).min(DISK_BUFFER_BLOCKS);
            let blocks = self.fill_buffer(lba, count).or_refuse();
            let length = blocks.len().min(left);
            space[done..done + length].copy_from_slice(&blocks[..length]);
            done += length;
            lba += count;
        }
        space[done..].fill(0);
        &mut space[..done]
    }
}

impl BlockDevice for Disk {
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem> {
        let bytes = match self.held {
            // SAFETY: as in `fill_buffer`.
            Some(held) if held == lba => unsafe { physical(DISK_BUFFER.into(), BLOCK as u64) },
            _ => self.fill_buffer(lba, 1)?,
        };
        block.copy_from_slice(bytes);
        Ok(())
    }
}
