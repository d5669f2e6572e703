//! What the boot medium is, as the file responses tell it.

use crate::bytes::{array, u32_at, u64_at};
use crate::error::VolumeProblem;
use crate::iso9660::{BLOCK, BlockDevice};

/// The kind of medium, and the names a disk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A CD, or something that a firmware takes for one.
    Optical,
    /// A hard disk or a USB stick with the whole image on it.
    Disk {
        /// The disk's number in its master boot record; 0 where it has none.
        mbr_id: u32,
        /// The disk's GUID in its GPT (UEFI 2.10, 5.3.2), as two little-endian words; 0 where it has none.
        gpt_guid: [u64; 2],
    },
}

impl Medium {
    /// Reads a disk's names.
    ///
    /// # Errors
    /// What the device reports.
    pub fn disk(device: &mut impl BlockDevice) -> Result<Self, VolumeProblem> {
        const DISK_ID: usize = 440;
        const SIGNATURE: usize = 510;
        const GPT: usize = 512;
        const GUID: usize = GPT + 56;
        let mut block = [0; BLOCK];
        device.read_block(0, &mut block)?;
        let has_mbr = array(&block, SIGNATURE) == Some([0x55, 0xaa]);
        let has_gpt = array(&block, GPT) == Some(*b"EFI PART");
        let word = |offset| u64_at(&block, offset).filter(|_| has_gpt).unwrap_or_default();
        Ok(Self::Disk {
            mbr_id: u32_at(&block, DISK_ID).filter(|_| has_mbr).unwrap_or_default(),
            gpt_guid: [word(GUID), word(GUID + 8)],
        })
    }
}
