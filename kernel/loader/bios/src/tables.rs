//! The firmware's tables: ACPI's root pointer and SMBIOS's entry points in low memory, and what they lead to.

use crate::layout::physical;
use onko_loader_core::firmware::{find_rsdp, find_smbios32, find_smbios64};

const BIOS_AREA: (u64, u64) = (0xe0000, 0x20000);
const SMBIOS_AREA: (u64, u64) = (0xf0000, 0x10000);

/// Physical address of ACPI's root pointer: in the first KiB of the extended BIOS data area, or in the BIOS.
pub fn rsdp() -> Option<u64> {
    let segment = crate::bios::data_area_u32(0x0e) & 0xffff;
    let extended_data_area = (u64::from(segment) << 4, 1024);
    let areas = [extended_data_area, BIOS_AREA];
    areas.into_iter().filter(|(base, _)| *base >= 0x80000).find_map(|area| search(area, find_rsdp))
}

/// Physical addresses of the 32-bit and the 64-bit SMBIOS entry point.
pub fn smbios() -> (Option<u64>, Option<u64>) {
    (search(SMBIOS_AREA, find_smbios32), search(SMBIOS_AREA, find_smbios64))
}

fn search((base, length): (u64, u64), find: fn(&[u8]) -> Option<usize>) -> Option<u64> {
    // SAFETY: firmware memory below 1 MiB, in which nothing of the loader lies; it is only read.
    let memory: &[u8] = unsafe { physical(base, length) };
    find(memory).map(|offset| base + offset as u64)
}

/// Memory of the firmware's tables; `None` beyond the 4 GiB that the loader's page tables map.
pub fn read(address: u64, length: u64) -> Option<&'static [u8]> {
    let mapped = address.checked_add(length)? <= 1 << 32;
    // SAFETY: the firmware's tables, in which nothing of the loader lies; they are only read.
    if mapped { Some(unsafe { physical(address, length) }) } else { None }
}
