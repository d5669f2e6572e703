//! Memory: taking it from the firmware, and what the firmware's list of it says once boot services are left.

use core::ptr::NonNull;
use onko_loader_core::config::MODULE_LIMIT;
use onko_loader_core::error::Refusal;
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_core::paging::TableMemory;
use onko_loader_core::{PAGE, align_up};
use uefi::boot::{self, AllocateType, MemoryType};
use uefi::mem::memory_map::MemoryMap as _;

/// The highest address of memory that is taken: what the kernel finds lies below 4 GiB, as after a BIOS.
const HIGHEST: u64 = u32::MAX as u64;

/// Pieces of memory that are not simply the loader's: the kernel's image and the modules.
pub struct Taken {
    pieces: [(u64, u64, Kind); MODULE_LIMIT + 1],
    count: usize,
}

impl Taken {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { pieces: [(0, 0, Kind::Reserved); MODULE_LIMIT + 1], count: 0 }
    }

    /// Takes whole pages of memory below 4 GiB, for as long as the machine runs.
    #[expect(clippy::mut_from_ref, reason = "the memory is the machine's, not the text's")]
    pub fn take(
        &mut self,
        size: u64,
        kind: Kind,
        purpose: &'static str,
    ) -> Result<&'static mut [u8], Refusal<'static>> {
        let out = || Refusal::OutOfMemory { purpose, needed: size, largest: largest_piece() };
        let rounded = align_up(size.max(1), PAGE).filter(|&rounded| rounded <= HIGHEST).ok_or_else(out)?;
        if kind != Kind::LoaderReclaimable && self.count == self.pieces.len() {
            return Err(Refusal::TooManyModules { limit: MODULE_LIMIT });
        }
        let start = allocate(rounded).ok_or_else(out)?;
        if kind != Kind::LoaderReclaimable {
            self.pieces[self.count] = (start.as_ptr() as u64, rounded, kind);
            self.count += 1;
        }
        // SAFETY: the firmware has just given these pages to the loader, and never takes them back.
        Ok(unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), rounded as usize) })
    }

    /// All memory as `list` has it.
    pub fn map(&self, list: &impl uefi::mem::memory_map::MemoryMap) -> Result<MemoryMap, Refusal<'static>> {
        let mut map = MemoryMap::new();
        // What was taken comes first: to the firmware it is all the loader's.
        for &(base, length, kind) in &self.pieces[..self.count] {
            map.add(base, length, kind)?;
        }
        for entry in list.entries() {
            map.add(entry.phys_start, entry.page_count.saturating_mul(PAGE), Kind::from_uefi(entry.ty.0))?;
        }
        Ok(map)
    }
}

fn allocate(size: u64) -> Option<NonNull<u8>> {
    let pages = (size / PAGE) as usize;
    boot::allocate_pages(AllocateType::MaxAddress(HIGHEST), MemoryType::LOADER_DATA, pages).ok()
}

/// The firmware's list as it is now.
pub fn list() -> Result<uefi::mem::memory_map::MemoryMapOwned, Refusal<'static>> {
    boot::memory_map(MemoryType::LOADER_DATA).map_err(|_| Refusal::NoMemoryMap)
}

/// Bytes of the largest free piece below 4 GiB.
fn largest_piece() -> u64 {
    let Ok(list) = list() else { return 0 };
    let free = list.entries().filter(|entry| entry.ty == MemoryType::CONVENTIONAL);
    let room = |base: u64, end: u64| end.min(HIGHEST + 1).saturating_sub(base);
    free.map(|entry| room(entry.phys_start, entry.phys_start + entry.page_count * PAGE)).max().unwrap_or_default()
}

/// Pages for the kernel's page tables. They have to be there before boot services are left, and are used after that.
pub struct Pool {
    start: NonNull<u8>,
    count: usize,
    used: usize,
}

impl Pool {
    /// A pool of `count` pages.
    pub fn new(count: usize) -> Result<Self, Refusal<'static>> {
        let size = count as u64 * PAGE;
        let start = allocate(size).ok_or_else(|| Refusal::OutOfMemory {
            purpose: "page tables",
            needed: size,
            largest: largest_piece(),
        })?;
        Ok(Self { start, count, used: 0 })
    }

    /// How many pages were asked for, those that were not there among them.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Whether every page that was asked for was there.
    pub fn sufficed(&self) -> bool {
        self.used <= self.count
    }

    /// Gives the pages back to the firmware.
    pub fn free(self) {
        // SAFETY: the firmware gave them, and nothing refers to them any more. What it does not take back stays the loader's.
        let _freed = unsafe { boot::free_pages(self.start, self.count) };
    }

    fn page(&self, number: usize) -> *mut u64 {
        // SAFETY: inside the pool.
        unsafe { self.start.as_ptr().add(number.min(self.count - 1) * PAGE as usize).cast() }
    }
}

impl TableMemory for Pool {
    fn new_table(&mut self) -> u64 {
        // Beyond the end it is the last page again and again: the tables are then of no use, and `sufficed` says so.
        let page = self.page(self.used);
        self.used += 1;
        // SAFETY: a page of the pool.
        unsafe { page.write_bytes(0, PAGE as usize / size_of::<u64>()) }
        page as u64
    }

    fn read(&self, address: u64) -> u64 {
        // SAFETY: `address` is inside a page that `new_table` gave out.
        unsafe { core::ptr::read(address as *const u64) }
    }

    fn write(&mut self, address: u64, entry: u64) {
        // SAFETY: as in `read`.
        unsafe { core::ptr::write(address as *mut u64, entry) }
    }
}
