//! Whether the file of this very program is what was built. Code that is damaged does anything or nothing at all, so it is
//! asked before anything else.

use crate::disk::open;
use uefi::proto::loaded_image::LoadedImage;
use uefi::proto::media::file::{File, FileAttribute, FileMode, RegularFile};
use uefi::proto::media::fs::SimpleFileSystem;
use uefi::{CStr16, Status, boot, cstr16};

/// Where firmware finds the program on the EFI image (UEFI 2.10, 3.5.1.1).
const PATH: &CStr16 = cstr16!("\\EFI\\BOOT\\BOOTX64.EFI");

/// Bytes that are read at a time; the header is among the first.
const PIECE: usize = 4096;

/// The file's checksum and the one that its header has, where they differ. `None` as well where there is no such file, as when
/// the program was started from another place, or where nobody has put a checksum into it.
pub fn wrong_checksum() -> uefi::Result<Option<(u32, u32)>> {
    let image = open::<LoadedImage>(boot::image_handle())?;
    let mut volume = open::<SimpleFileSystem>(image.device().ok_or(Status::UNSUPPORTED)?)?;
    match volume.open_volume()?.open(PATH, FileMode::Read, FileAttribute::empty()) {
        Ok(file) => compare(&mut file.into_regular_file().ok_or(Status::VOLUME_CORRUPTED)?),
        Err(_) => Ok(None),
    }
}

/// The checksum of Portable Executable files: the sum of their words of 16 bits, each carry added again, and their length.
/// The four bytes that hold it do not count.
fn compare(file: &mut RegularFile) -> uefi::Result<Option<(u32, u32)>> {
    let mut piece = [0; PIECE];
    let (mut sum, mut length, mut expected) = (0, 0, 0);
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            break;
        }
        piece[count..].fill(0);
        if length == 0 {
            expected = take_checksum(&mut piece).ok_or(Status::VOLUME_CORRUPTED)?;
        }
        for word in piece.chunks_exact(2) {
            sum += u32::from(u16::from_le_bytes([word[0], word[1]]));
            sum = (sum & 0xffff) + (sum >> 16);
        }
        length += count as u32;
    }
    let found = sum.wrapping_add(length);
    Ok(Some((found, expected)).filter(|_| expected != 0 && found != expected))
}

/// The checksum out of the file's header, which is 88 bytes into what the word at 0x3C points to; zeros take its place.
fn take_checksum(head: &mut [u8; PIECE]) -> Option<u32> {
    let start = u32::from_le_bytes(head.get(0x3c..0x40)?.try_into().ok()?) as usize;
    let place = start.checked_add(88)?;
    let field = head.get_mut(place..place.checked_add(4)?)?;
    let checksum = u32::from_le_bytes((&*field).try_into().ok()?);
    field.fill(0);
    Some(checksum)
}
