//! Physical memory: the firmware's list made orderly, and taking pieces of it.

use crate::error::Refusal;
use crate::{PAGE, align_down, align_up};

/// What a region is for, with the numbers of the memory-map response (Limine boot protocol, "Memory Map Feature").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Kind {
    /// Free for the kernel.
    Usable = 0,
    /// Not to be touched.
    Reserved = 1,
    /// ACPI tables, free once they are read.
    AcpiReclaimable = 2,
    /// ACPI's own memory.
    AcpiNvs = 3,
    /// Broken.
    Bad = 4,
    /// Page tables, stack and responses; free once the kernel needs them no more.
    LoaderReclaimable = 5,
    /// The kernel's image and the modules.
    ExecutableAndModules = 6,
    /// The framebuffer.
    Framebuffer = 7,
}

impl Kind {
    /// The kind for a type number of INT 15h, AX=E820h (ACPI 6.4, table 15.4); unknown numbers are reserved.
    pub fn from_e820(number: u32) -> Self {
        match number {
            1 => Self::Usable,
            3 => Self::AcpiReclaimable,
            4 => Self::AcpiNvs,
            5 => Self::Bad,
            _ => Self::Reserved,
        }
    }

    /// The kind for a type number of UEFI's memory map, once boot services are left (UEFI 2.10, 7.2.1); unknown numbers are
    /// reserved.
    pub fn from_uefi(number: u32) -> Self {
        match number {
            1 | 2 => Self::LoaderReclaimable,
            3 | 4 | 7 => Self::Usable,
            8 => Self::Bad,
            9 => Self::AcpiReclaimable,
            10 => Self::AcpiNvs,
            _ => Self::Reserved,
        }
    }

    /// Who wins where two regions overlap: the higher number. Firmware that contradicts itself is believed where it
    /// says that memory is *not* free.
    fn priority(self) -> u8 {
        match self {
            Self::Usable => 0,
            Self::LoaderReclaimable | Self::ExecutableAndModules => 1,
            Self::AcpiReclaimable => 2,
            Self::AcpiNvs => 3,
            Self::Reserved => 4,
            Self::Bad => 5,
            Self::Framebuffer => 6,
        }
    }
}

/// A stretch of physical memory: `[base, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// First address.
    pub base: u64,
    /// First address behind it.
    pub end: u64,
    /// What it is for.
    pub kind: Kind,
}

/// The most regions a map can have.
pub const REGION_LIMIT: usize = 256;

/// All regions, sorted by address, none overlapping another, neighbours of one kind merged; usable and reclaimable
/// regions begin and end on page boundaries.
#[derive(Debug, Clone)]
pub struct MemoryMap {
    regions: [Region; REGION_LIMIT],
    count: usize,
}

const NOTHING: Region = Region { base: 0, end: 0, kind: Kind::Reserved };

impl Default for MemoryMap {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryMap {
    /// An empty map.
    pub const fn new() -> Self {
        Self { regions: [NOTHING; REGION_LIMIT], count: 0 }
    }

    /// The regions in order.
    pub fn regions(&self) -> &[Region] {
        &self.regions[..self.count]
    }

    /// Adds what the firmware says of `[base, base + length)`. Of regions with equal claims the one added first stays. Usable regions shrink to whole pages, all others grow to
    /// whole pages; the first page of memory (the interrupt vectors) is never usable.
    ///
    /// # Errors
    /// [`Refusal::TooManyRegions`] when the table is full.
    pub fn add(&mut self, base: u64, length: u64, kind: Kind) -> Result<(), Refusal<'static>> {
        let end = base.saturating_add(length);
        let region = if kind == Kind::Usable {
            let Some(first) = align_up(base.max(PAGE), PAGE) else { return Ok(()) };
            Region { base: first, end: align_down(end, PAGE), kind }
        } else {
            Region { base: align_down(base, PAGE), end: align_up(end, PAGE).unwrap_or(align_down(end, PAGE)), kind }
        };
        if region.base >= region.end { Ok(()) } else { self.insert(region) }
    }

    /// Puts `new` into the map. Where it meets other regions, the one of higher priority stays.
    fn insert(&mut self, new: Region) -> Result<(), Refusal<'static>> {
        let old = self.clone();
        self.count = 0;
        // Walk over the old regions in order, and over the pieces of the new one between and upon them.
        let mut rest = new.base;
        for &region in old.regions() {
            if region.base >= new.end || region.end <= rest {
                if rest < new.end && region.base >= new.end {
                    self.push(Region { base: rest, end: new.end, kind: new.kind })?;
                    rest = new.end;
                }
                self.push(region)?;
                continue;
            }
            if rest < region.base {
                self.push(Region { base: rest, end: region.base, kind: new.kind })?;
                rest = region.base;
            }
            let shared_end = region.end.min(new.end);
            let winner = if new.kind.priority() > region.kind.priority() { new.kind } else { region.kind };
            self.push(Region { base: region.base, end: rest, kind: region.kind })?;
            self.push(Region { base: rest, end: shared_end, kind: winner })?;
            self.push(Region { base: shared_end, end: region.end, kind: region.kind })?;
            rest = shared_end;
        }
        self.push(Region { base: rest, end: new.end, kind: new.kind })
    }

    /// Appends a region that begins where the last one ends, or later; empty ones vanish, equal neighbours merge.
    fn push(&mut self, region: Region) -> Result<(), Refusal<'static>> {
        if region.base >= region.end {
            return Ok(());
        }
        if let Some(last) = self.regions[..self.count].last_mut()
            && last.end == region.base
            && last.kind == region.kind
        {
            last.end = region.end;
            return Ok(());
        }
        let slot = self.regions.get_mut(self.count).ok_or(Refusal::TooManyRegions { limit: REGION_LIMIT })?;
        *slot = region;
        self.count += 1;
        Ok(())
    }

    /// Takes `size` bytes (rounded up to pages) at a multiple of `alignment` (a power of two, at least a page) out
    /// of the highest usable memory in `[1 MiB, 4 GiB)`, and marks them `kind`. Returns the physical address.
    ///
    /// Below 1 MiB is the loader itself, beyond 4 GiB its own page tables do not reach.
    ///
    /// # Errors
    /// [`Refusal::OutOfMemory`] naming `purpose`, [`Refusal::TooManyRegions`].
    pub fn take(
        &mut self,
        size: u64,
        alignment: u64,
        kind: Kind,
        purpose: &'static str,
    ) -> Result<u64, Refusal<'static>> {
        const LOWEST: u64 = 1 << 20;
        const LIMIT: u64 = 1 << 32;
        let mut largest = 0;
        if let Some(size) = align_up(size.max(1), PAGE) {
            for region in self.regions().iter().rev().filter(|region| region.kind == Kind::Usable) {
                let (bottom, top) = (region.base.max(LOWEST), region.end.min(LIMIT));
                let Some(room) = top.checked_sub(bottom) else { continue };
                largest = largest.max(room);
                if room < size {
                    continue;
                }
                let base = align_down(top - size, alignment);
                if base >= bottom {
                    self.insert(Region { base, end: base + size, kind })?;
                    return Ok(base);
                }
            }
        }
        Err(Refusal::OutOfMemory { purpose, needed: size, largest })
    }
}
