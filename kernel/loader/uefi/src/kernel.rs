//! From a loaded kernel to its first instruction: video mode, good-bye to the firmware, page tables, answers.

use crate::console::refuse_unseen;
use crate::memory::{Pool, list};
use crate::pc::Pc;
use crate::video::Card;
use core::convert::Infallible;
use onko_loader_core::PAGE;
use onko_loader_core::boot::{Kernel, Machine, MachineFacts, RESPONSE_SPACE};
use onko_loader_core::date::unix_time;
use onko_loader_core::error::Refusal;
use onko_loader_core::firmware::each_io_apic;
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_core::paging::{PageTables, map_kernel};
use onko_loader_core::protocol::Feature;
use onko_loader_core::response::{EfiMemoryMap, Firmware};
use onko_loader_x86::cpu::{has_five_levels, paging_features};
use onko_loader_x86::handoff::{HANDOFF_SPACE, Handoff};
use onko_loader_x86::interrupts::{mask_io_apic, mask_legacy};
use uefi::mem::memory_map::{MemoryMap as _, MemoryMapOwned};
use uefi::table::cfg::ConfigTableEntry;
use uefi::{Guid, boot, runtime, system, table};

/// Calls the kernel. Returns only where the machine lacks what it asks for.
pub fn boot(mut pc: Pc, mut kernel: Kernel) -> Result<Infallible, Refusal<'static>> {
    if has_five_levels() {
        return Err(Refusal::FiveLevels);
    }
    let kind = Kind::LoaderReclaimable;
    let space = pc.take(RESPONSE_SPACE, kind, "the answers to the kernel's requests")?;
    let stack = pc.take(kernel.stack, kind, "the kernel's stack")?;
    let page = pc.take(HANDOFF_SPACE, kind, "the kernel's descriptor tables")?;
    let handoff = Handoff::prepare(page, stack);
    let medium = pc.medium()?;
    let rsdp = table_at(ConfigTableEntry::ACPI2_GUID).or_else(|| table_at(ConfigTableEntry::ACPI_GUID));
    let smbios = (table_at(ConfigTableEntry::SMBIOS_GUID), table_at(ConfigTableEntry::SMBIOS3_GUID));
    let date = date();
    let system_table = table::system_table_raw().map_or(0, |table| table.as_ptr() as u64);

    // Everything that can fail is tried before the mode is set: after that, nobody can read the firmware's screen.
    let mut card = Card::find();
    let modes = card.modes();
    let wanted = kernel.choose_mode(&modes)?;
    let mut pool = tables_for(&pc, &kernel)?;
    let mode = match wanted {
        Some(wanted) => {
            kernel.tell(&mut pc, format_args!("Setting mode {}x{}x{}", wanted.width, wanted.height, wanted.bpp));
            let mode = card.set(wanted);
            if mode.is_none() && kernel.asks_for(Feature::Framebuffer) {
                return Err(kernel.no_video_mode());
            }
            mode
        }
        None => None,
    };
    kernel.tell(&mut pc, format_args!("Calling the kernel at {:#x}", kernel.entry));

    // SAFETY: nothing that belongs to the firmware is used below, its screen least of all. What was opened is never closed,
    // as this function does not return any more.
    let list = unsafe { boot::exit_boot_services(None) };
    let firmware = Firmware::Uefi { system_table, map: place_of(&list) };
    let enter = || -> Result<Infallible, Refusal<'static>> {
        let mut memory = pc.taken.map(&list)?;
        if let Some(mode) = mode {
            memory.add(mode.address, mode.size(), Kind::Framebuffer)?;
        }
        let root = map(&mut pool, &memory, &kernel);
        if !pool.sufficed() {
            return Err(too_many(pool.used()));
        }
        let video = mode.map(|mode| (mode, &modes));
        let facts = MachineFacts { memory: &memory, video, rsdp, smbios, date, firmware, medium };
        kernel.answer(&facts, space)?;
        mask_legacy();
        if let Some(rsdp) = rsdp {
            each_io_apic(rsdp, read, |address| {
                if address.is_multiple_of(PAGE as u32) {
                    // SAFETY: ACPI says that an I/O APIC is there; the firmware maps all memory one to one.
                    unsafe { mask_io_apic(address) }
                }
            });
        }
        // SAFETY: made for this kernel just now; UEFI maps all memory one to one, and its boot services are left.
        unsafe { handoff.enter(root, kernel.entry) }
    };
    let Err(refusal) = enter();
    refuse_unseen(format_args!("{refusal}"))
}

/// Pages enough for the kernel's page tables: as many as they take now, and some, as the list of memory is another once the
/// mode is set and boot services are left.
fn tables_for(pc: &Pc, kernel: &Kernel) -> Result<Pool, Refusal<'static>> {
    const MOST: usize = 1024;
    const SPARE: usize = 32;
    let mut trial = Pool::new(MOST)?;
    let list = list()?;
    map(&mut trial, &pc.taken.map(&list)?, kernel);
    let used = trial.used();
    let sufficed = trial.sufficed();
    trial.free();
    if sufficed { Pool::new(used + SPARE) } else { Err(too_many(used)) }
}

fn too_many(pages: usize) -> Refusal<'static> {
    Refusal::OutOfMemory { purpose: "page tables", needed: pages as u64 * PAGE, largest: 0 }
}

/// Makes the kernel's page tables. Returns the physical address of the top-level table.
fn map(pool: &mut Pool, memory: &MemoryMap, kernel: &Kernel) -> u64 {
    let mut tables = PageTables::new(pool, paging_features());
    map_kernel(&mut tables, memory, &kernel.plan, kernel.physical_base(), kernel.base_revision);
    tables.root()
}

/// Where the firmware's list of memory lies, for kernels that go on to use its runtime services.
fn place_of(list: &MemoryMapOwned) -> EfiMemoryMap {
    let meta = list.meta();
    EfiMemoryMap {
        physical: list.buffer().as_ptr() as u64,
        size: meta.map_size as u64,
        descriptor_size: meta.desc_size as u64,
        descriptor_version: meta.desc_version.into(),
    }
}

/// Physical address of the firmware's table with this GUID.
fn table_at(guid: Guid) -> Option<u64> {
    system::with_config_table(|entries| {
        entries.iter().find(|entry| entry.guid == guid).map(|entry| entry.address as u64)
    })
}

/// Memory of the firmware's tables.
fn read(address: u64, length: u64) -> Option<&'static [u8]> {
    if address == 0 {
        return None;
    }
    // SAFETY: the firmware's tables, in which nothing of the loader lies; they are only read, and UEFI maps them one to one.
    Some(unsafe { core::slice::from_raw_parts(address as *const u8, length as usize) })
}

/// Seconds since 1970 by the firmware's clock; without a time zone it is taken to run in UTC.
fn date() -> Option<i64> {
    let time = runtime::get_time().ok()?;
    let local = [
        time.year().into(),
        time.month().into(),
        time.day().into(),
        time.hour().into(),
        time.minute().into(),
        time.second().into(),
    ];
    Some(unix_time(local)? + 60 * i64::from(time.time_zone().unwrap_or_default()))
}
