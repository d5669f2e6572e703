//! The BIOS's list of memory, and taking memory out of it.

use crate::bios::{Registers, far, interrupt};
use crate::console::{OrRefuse, stop};
use crate::layout::{SCRATCH, physical, scratch};
use onko_loader_core::bytes::{u32_at, u64_at};
use onko_loader_core::error::Refusal;
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_core::paging::TableMemory;
use onko_loader_core::{PAGE, align_up};

/// Asks the BIOS for its memory map (INT 15h, AX=E820h; ACPI 6.4, 15.1).
pub fn detect() -> MemoryMap {
    const SMAP: u32 = 0x534d_4150;
    const MOST_CALLS: usize = 512;
    let mut map = MemoryMap::new();
    let (segment, offset) = far(SCRATCH);
    let mut next = 0;
    for _ in 0..MOST_CALLS {
        let entry: &mut [u8; 24] = scratch();
        entry.fill(0);
        // A BIOS that knows only 20-byte entries leaves this attribute as it is: valid.
        entry[20] = 1;
        let mut registers =
            Registers { eax: 0xe820, ebx: next, ecx: 24, edx: SMAP, edi: offset, es: segment, ..Registers::default() };
        interrupt(0x15, &mut registers);
        if registers.carry() || registers.eax != SMAP {
            break;
        }
        let number = |offset| u64_at(entry, offset).unwrap_or_default();
        let valid = registers.ecx < 24 || entry[20] & 1 != 0;
        if valid {
            map.add(number(0), number(8), Kind::from_e820(u32_at(entry, 16).unwrap_or_default())).or_refuse();
        }
        next = registers.ebx;
        if next == 0 {
            break;
        }
    }
    if map.regions().is_empty() {
        stop(&Refusal::NoMemoryMap)
    }
    map
}

/// Takes whole pages of memory below 4 GiB, for as long as the machine runs.
#[expect(clippy::mut_from_ref, reason = "the memory is the machine's, not the text's")]
pub fn take(
    memory: &mut MemoryMap,
    size: u64,
    kind: Kind,
    purpose: &'static str,
) -> Result<&'static mut [u8], Refusal<'static>> {
    let address = memory.take(size, PAGE, kind, purpose)?;
    // `take` would have failed for a size that cannot be rounded up.
    let size = align_up(size.max(1), PAGE).unwrap_or(PAGE);
    // SAFETY: the map had it as usable below 4 GiB, and never hands it out again.
    Ok(unsafe { physical(address, size) })
}

/// Pages for the kernel's page tables, out of the map.
pub struct Tables<'m>(pub &'m mut MemoryMap);

impl TableMemory for Tables<'_> {
    fn new_table(&mut self) -> u64 {
        let table = take(self.0, PAGE, Kind::LoaderReclaimable, "a page table").or_refuse();
        table.fill(0);
        table.as_ptr() as u64
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
