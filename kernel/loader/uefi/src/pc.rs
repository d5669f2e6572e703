//! The PC as the loader's core asks for it.

use crate::disk::Disk;
use crate::memory::Taken;
use core::fmt;
use onko_loader_core::PAGE;
use onko_loader_core::boot::Machine;
use onko_loader_core::error::{Name, Refusal, VolumeProblem};
use onko_loader_core::iso9660::{Block, BlockDevice};
use onko_loader_core::medium::Medium;
use onko_loader_core::memory::Kind;
use onko_loader_x86::ports::report;

/// The boot medium, and the memory taken so far.
pub struct Pc {
    disk: Disk,
    name: *mut Name,
    /// What was taken from the firmware.
    pub taken: Taken,
}

impl Pc {
    /// The PC that the firmware started this loader on.
    pub fn new() -> Result<Self, Refusal<'static>> {
        const { assert!(size_of::<Name>() <= PAGE as usize && align_of::<Name>() == 1) };
        let mut taken = Taken::new();
        let room = taken.take(PAGE, Kind::LoaderReclaimable, "a file's name")?;
        Ok(Self { disk: Disk::boot()?, name: room.as_mut_ptr().cast(), taken })
    }

    /// What the loader was read from.
    pub fn medium(&mut self) -> Result<Medium, VolumeProblem> {
        if self.disk.is_optical() { Ok(Medium::Optical) } else { Medium::disk(self) }
    }
}

impl BlockDevice for Pc {
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem> {
        self.disk.read(lba, block)
    }

    fn read_bytes(&mut self, lba: u32, bytes: &mut [u8]) -> Result<(), VolumeProblem> {
        self.disk.read(lba, bytes)
    }
}

impl Machine for Pc {
    fn take(&mut self, size: u64, kind: Kind, purpose: &'static str) -> Result<&'static mut [u8], Refusal<'static>> {
        self.taken.take(size, kind, purpose)
    }

    fn name(&mut self) -> &'static mut Name {
        // SAFETY: a page of its own, taken in `new`; callers give the name to one search at a time, and a refusal that
        // refers to it is the loader's end.
        unsafe {
            self.name.write(Name::new());
            &mut *self.name
        }
    }

    fn report(&mut self, line: fmt::Arguments<'_>, serial: bool) {
        report(line, serial);
    }
}
