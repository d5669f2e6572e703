//! Finding the firmware's tables in the memory where firmware leaves them, and reading what the loader needs of them.

use crate::bytes::{array, u32_at, u64_at};

/// Offset of the ACPI root pointer in `memory`, a stretch that begins on a 16-byte boundary (ACPI 6.4, 5.2.5.1).
pub fn find_rsdp(memory: &[u8]) -> Option<usize> {
    find(memory, b"RSD PTR ", |table| sum(table.get(..20)?))
}

/// Offset of the 32-bit SMBIOS entry point in `memory` (SMBIOS 3.6, 5.2.1).
pub fn find_smbios32(memory: &[u8]) -> Option<usize> {
    find(memory, b"_SM_", |table| sum(table.get(..usize::from(*table.get(5)?).max(0x1e))?))
}

/// Offset of the 64-bit SMBIOS entry point in `memory` (SMBIOS 3.6, 5.2.2).
pub fn find_smbios64(memory: &[u8]) -> Option<usize> {
    find(memory, b"_SM3_", |table| sum(table.get(..usize::from(*table.get(6)?).max(0x18))?))
}

fn find(memory: &[u8], anchor: &[u8], checksum: impl Fn(&[u8]) -> Option<u8>) -> Option<usize> {
    (0..memory.len())
        .step_by(16)
        .find(|&offset| memory[offset..].starts_with(anchor) && checksum(&memory[offset..]) == Some(0))
}

fn sum(bytes: &[u8]) -> Option<u8> {
    Some(bytes.iter().fold(0, |sum: u8, &byte| sum.wrapping_add(byte)))
}

/// Calls `visit` with the physical address of each I/O APIC that ACPI's MADT names (ACPI 6.4, 5.2.12.3). `root` is the
/// root pointer, `read` the memory at a physical address, `None` where it cannot be reached.
pub fn each_io_apic<'m>(
    root: u64,
    read: impl Fn(u64, u64) -> Option<&'m [u8]>,
    mut visit: impl FnMut(u32),
) -> Option<()> {
    const HEADER: u64 = 36;
    const LIMIT: u64 = 1 << 20;
    let table = |address| {
        let length = u64::from(u32_at(read(address, HEADER)?, 4)?);
        if length < HEADER { None } else { read(address, length.min(LIMIT)) }
    };
    let pointer = read(root, 20)?;
    // From revision 2 on there is a second list, of 64-bit addresses.
    let extended = if pointer[15] >= 2 { read(root, 36).and_then(|pointer| u64_at(pointer, 24)) } else { None };
    let (list, width) = match extended.filter(|&address| address != 0).and_then(table) {
        Some(list) => (list, 8),
        None => (table(u32_at(pointer, 16)?.into())?, 4),
    };
    for entry in list[HEADER as usize..].chunks_exact(width) {
        let address = if width == 8 { u64_at(entry, 0) } else { u32_at(entry, 0).map(u64::from) };
        let Some(found) = address.and_then(table) else { continue };
        if array(found, 0) != Some(*b"APIC") {
            continue;
        }
        // A list of structures with type and length behind the header and two words.
        let mut structures = found.get(HEADER as usize + 8..).unwrap_or_default();
        while let [kind, length @ 2..=u8::MAX, ..] = *structures {
            let Some((structure, rest)) = structures.split_at_checked(length.into()) else { break };
            const IO_APIC: u8 = 1;
            if kind == IO_APIC
                && let Some(address) = u32_at(structure, 4)
            {
                visit(address);
            }
            structures = rest;
        }
    }
    Some(())
}
