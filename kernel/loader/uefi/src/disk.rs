//! The boot medium, read through the firmware's disk protocols (UEFI 2.10, 13.8 and 13.9).

use onko_loader_core::error::{Refusal, VolumeProblem};
use onko_loader_core::iso9660::BLOCK;
use uefi::boot::{self, OpenProtocolAttributes, OpenProtocolParams, ScopedProtocol};
use uefi::proto::ProtocolPointer;
use uefi::proto::device_path::{DevicePath, DeviceSubType, DeviceType};
use uefi::proto::loaded_image::LoadedImage;
use uefi::proto::media::block::BlockIO;
use uefi::proto::media::disk::DiskIo;
use uefi::{Handle, Status};

/// The whole CD or disk that the EFI image with this loader lies on.
pub struct Disk {
    blocks: ScopedProtocol<BlockIO>,
    bytes: ScopedProtocol<DiskIo>,
    optical: bool,
}

impl Disk {
    /// The disk that the firmware started this loader from.
    pub fn boot() -> Result<Self, Refusal<'static>> {
        find().map_err(|error| unreadable(0, error.status()).into())
    }

    /// Fills `bytes` from block number `lba` on.
    pub fn read(&mut self, lba: u32, bytes: &mut [u8]) -> Result<(), VolumeProblem> {
        let media = self.blocks.media().media_id();
        let place = u64::from(lba) * BLOCK as u64;
        self.bytes.read_disk(media, place, bytes).map_err(|error| unreadable(lba, error.status()))
    }

    /// Whether this is a CD.
    pub fn is_optical(&self) -> bool {
        self.optical
    }
}

fn unreadable(block: u32, status: Status) -> VolumeProblem {
    const ERROR: usize = 1 << (usize::BITS - 1);
    VolumeProblem::Unreadable { block, status: (status.0 & !ERROR) as u64 }
}

fn find() -> uefi::Result<Disk> {
    let image = open::<LoadedImage>(boot::image_handle())?;
    let volume = image.device().ok_or(Status::UNSUPPORTED)?;
    let path = open::<DevicePath>(volume)?;
    // The firmware made a device of its own of the EFI image: the last node of its path is the partition or the boot
    // catalogue's entry, what stands before it is the disk.
    let last = path.node_iter().last().map(|node| node.full_type());
    let partition = last == Some((DeviceType::MEDIA, DeviceSubType::MEDIA_HARD_DRIVE));
    let optical = last == Some((DeviceType::MEDIA, DeviceSubType::MEDIA_CD_ROM));
    let handle = if partition || optical { whole_disk(&path)? } else { volume };
    let (blocks, bytes) = (open::<BlockIO>(handle)?, open::<DiskIo>(handle)?);
    Ok(Disk { blocks, bytes, optical })
}

/// The device whose path is `path` without its last node.
fn whole_disk(path: &DevicePath) -> uefi::Result<Handle> {
    const LIMIT: usize = 1024;
    const END: [u8; 4] = [0x7f, 0xff, 4, 0];
    let lengths = || path.node_iter().map(|node| usize::from(node.length()));
    let kept = lengths().sum::<usize>() - lengths().last().unwrap_or_default();
    let mut bytes = [0; LIMIT];
    let room = bytes.get_mut(..kept + END.len()).ok_or(Status::BUFFER_TOO_SMALL)?;
    room[..kept].copy_from_slice(&path.as_bytes()[..kept]);
    room[kept..].copy_from_slice(&END);
    let mut shorter = <&DevicePath>::try_from(&*room).map_err(|_| Status::UNSUPPORTED)?;
    boot::locate_device_path::<BlockIO>(&mut shorter)
}

/// Opens a protocol without taking it away from the firmware's own drivers.
pub fn open<P: ProtocolPointer + ?Sized>(handle: Handle) -> uefi::Result<ScopedProtocol<P>> {
    let parameters = OpenProtocolParams { handle, agent: boot::image_handle(), controller: None };
    // SAFETY: the devices this is used for stay while the loader runs, and nobody else runs meanwhile.
    unsafe { boot::open_protocol(parameters, OpenProtocolAttributes::GetProtocol) }
}
