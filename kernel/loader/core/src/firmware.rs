//! Finding the firmware's tables in the memory where firmware leaves them.

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
