//! Building four-level page tables (Intel SDM, volume 3A, 4.5).

use crate::PAGE;
use crate::elf::{EXECUTE, Plan, WRITE};
use crate::memory::{Kind, MemoryMap};

/// Where the higher half direct map begins.
pub const HHDM: u64 = 0xffff_8000_0000_0000;

/// Memory for page tables, one page each.
pub trait TableMemory {
    /// The physical address of a fresh page full of zeros. Does not return when there is none.
    fn new_table(&mut self) -> u64;
    /// The entry at physical address `address`.
    fn read(&self, address: u64) -> u64;
    /// Sets the entry at physical address `address`.
    fn write(&mut self, address: u64, entry: u64);
}

/// What the CPU offers that changes the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// Pages can be marked as not executable (CPUID 0x80000001, EDX bit 20).
    pub no_execute: bool,
    /// Pages of 1 GiB (CPUID 0x80000001, EDX bit 26).
    pub gigabyte_pages: bool,
    /// The page attribute table (CPUID 1, EDX bit 16).
    pub attribute_table: bool,
}

/// What a mapping allows, and how it is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Writing is allowed.
    pub write: bool,
    /// Executing is allowed.
    pub execute: bool,
    /// Writes may be combined (PAT5), as is right for a framebuffer; else write-back (PAT0).
    pub write_combining: bool,
}

const PRESENT: u64 = 1 << 0;
const WRITABLE: u64 = 1 << 1;
const WRITE_THROUGH: u64 = 1 << 3;
const LARGE: u64 = 1 << 7;
/// The PAT bit of a 4 KiB page; in larger pages bit 7 says "large" and the PAT bit is [`LARGE_ATTRIBUTE`].
const SMALL_ATTRIBUTE: u64 = 1 << 7;
const LARGE_ATTRIBUTE: u64 = 1 << 12;
const NO_EXECUTE: u64 = 1 << 63;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

/// Page tables under construction.
pub struct PageTables<'m, M: TableMemory> {
    memory: &'m mut M,
    root: u64,
    features: Features,
}

impl<'m, M: TableMemory> PageTables<'m, M> {
    /// Empty tables.
    pub fn new(memory: &'m mut M, features: Features) -> Self {
        let root = memory.new_table();
        Self { memory, root, features }
    }

    /// The physical address of the top-level table, for CR3.
    pub fn root(&self) -> u64 {
        self.root
    }

    /// Maps `length` bytes at `virtual_address` to `physical`, all multiples of 4 KiB, with the largest pages that
    /// fit. What was mapped there before is replaced where page sizes agree; callers map every address once.
    pub fn map(&mut self, virtual_address: u64, physical: u64, length: u64, access: Access) {
        let mut done = 0;
        while done < length {
            let (from, to, left) = (virtual_address.wrapping_add(done), physical + done, length - done);
            let largest = if self.features.gigabyte_pages { 2 } else { 1 };
            let fits = |&level: &u32| {
                let size = page_size(level);
                (from | to) & (size - 1) == 0 && left >= size
            };
            let level = (1..=largest).rev().find(fits).unwrap_or(0);
            let table = self.table_for(from, level);
            // Fill this table as far as it reaches, so that the walk down is made once per table.
            let size = page_size(level);
            let slots = 512 - index(from, level);
            let pages = slots.min(left / size);
            let entry = self.leaf(access, level);
            for page in 0..pages {
                self.memory.write(table + (index(from, level) + page) * 8, (to + page * size) | entry);
            }
            done += pages * size;
        }
    }

    /// The table of `level` (0 for tables of 4 KiB pages) that covers `address`, made on the way where missing.
    fn table_for(&mut self, address: u64, level: u32) -> u64 {
        let mut table = self.root;
        for above in (level + 1..=3).rev() {
            let slot = table + index(address, above) * 8;
            let entry = self.memory.read(slot);
            table = if entry & PRESENT == 0 {
                let fresh = self.memory.new_table();
                self.memory.write(slot, fresh | PRESENT | WRITABLE);
                fresh
            } else {
                entry & ADDRESS
            };
        }
        table
    }

    fn leaf(&self, access: Access, level: u32) -> u64 {
        let mut entry = PRESENT;
        if access.write {
            entry |= WRITABLE;
        }
        if !access.execute && self.features.no_execute {
            entry |= NO_EXECUTE;
        }
        if level > 0 {
            entry |= LARGE;
        }
        if access.write_combining && self.features.attribute_table {
            entry |= WRITE_THROUGH | if level == 0 { SMALL_ATTRIBUTE } else { LARGE_ATTRIBUTE };
        }
        entry
    }
}

fn page_size(level: u32) -> u64 {
    PAGE << (9 * level)
}

fn index(address: u64, level: u32) -> u64 {
    (address >> (12 + 9 * level)) & 511
}

/// Maps what a kernel finds when it starts: its segments, each with its own permissions, from `image` (a physical address)
/// on, the direct map of `memory`, and at base revision 0 the identity map beside it.
pub fn map_kernel<M: TableMemory>(
    tables: &mut PageTables<'_, M>,
    memory: &MemoryMap,
    plan: &Plan,
    image: u64,
    base_revision: u64,
) {
    direct_map_ranges(memory, base_revision, |base, end, framebuffer| {
        let access = Access { write: true, execute: true, write_combining: framebuffer };
        tables.map(HHDM + base, base, end - base, access);
        // Without the first page.
        let from = base.max(PAGE);
        if base_revision == 0 {
            tables.map(from, from, end - from, access);
        }
    });
    let mut mapped_up_to = plan.base();
    for segment in plan.segments() {
        // A page that two segments share has the same access for both.
        let first = segment.pages().0.max(mapped_up_to);
        let length = (segment.pages().1 - plan.base()) + PAGE - (first - plan.base());
        let access =
            Access { write: segment.flags & WRITE != 0, execute: segment.flags & EXECUTE != 0, write_combining: false };
        tables.map(first, image + (first - plan.base()), length, access);
        mapped_up_to = first.saturating_add(length);
    }
}

/// What the direct map (and at base revision 0 the identity map) covers: calls `map` with base, end and whether it is
/// framebuffer, in order of address, without overlap (Limine boot protocol, "Entry memory layout").
///
/// - base revisions 0 to 2: the first 4 GiB, and above them every region (0), or every region but reserved and bad
///   ones (1 and 2);
/// - base revision 3: usable, reclaimable, executable and framebuffer regions, and nothing else.
pub fn direct_map_ranges(memory: &MemoryMap, base_revision: u64, mut map: impl FnMut(u64, u64, bool)) {
    const FOUR_GIB: u64 = 1 << 32;
    let covered = |kind: Kind| match base_revision {
        0 => true,
        1 | 2 => !matches!(kind, Kind::Reserved | Kind::Bad),
        _ => matches!(kind, Kind::Usable | Kind::LoaderReclaimable | Kind::ExecutableAndModules | Kind::Framebuffer),
    };
    let everything_below = if base_revision < 3 { FOUR_GIB } else { 0 };
    // A run of plain memory that still grows, and how far it reaches.
    let (mut start, mut end) = (0, everything_below);
    for region in memory.regions() {
        let framebuffer = region.kind == Kind::Framebuffer;
        if framebuffer {
            let resume = end.max(region.end);
            let cut = end.min(region.base);
            if start < cut {
                map(start, cut, false);
            }
            map(region.base, region.end, true);
            (start, end) = (region.end, resume);
        } else if covered(region.kind) && region.end > end {
            if region.base > end {
                if start < end {
                    map(start, end, false);
                }
                start = region.base;
            }
            end = region.end;
        }
    }
    if start < end {
        map(start, end, false);
    }
}
