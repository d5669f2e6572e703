//! From a loaded kernel to its first instruction: video mode, page tables, answers.

use crate::console::{OrRefuse, stop};
use crate::memory::Tables;
use crate::pc::Pc;
use crate::{clock, tables, video};
use onko_loader_core::PAGE;
use onko_loader_core::boot::{Kernel, Machine, MachineFacts, RESPONSE_SPACE};
use onko_loader_core::firmware::each_io_apic;
use onko_loader_core::memory::Kind;
use onko_loader_core::paging::{PageTables, map_kernel};
use onko_loader_core::protocol::Feature;
use onko_loader_core::response::Firmware;
use onko_loader_x86::cpu::paging_features;
use onko_loader_x86::handoff::{HANDOFF_SPACE, Handoff};
use onko_loader_x86::interrupts::{mask_io_apic, mask_legacy};

/// Calls the kernel. Stops where the machine lacks what it asks for.
pub fn boot(mut pc: Pc, mut kernel: Kernel) -> ! {
    let modes = video::detect();
    let mode = kernel.choose_mode(&modes).or_refuse();
    if let Some(mode) = mode {
        pc.memory.add(mode.address, mode.size(), Kind::Framebuffer).or_refuse();
    }

    let kind = Kind::LoaderReclaimable;
    let space = pc.take(RESPONSE_SPACE, kind, "the answers to the kernel's requests").or_refuse();
    let stack = pc.take(kernel.stack, kind, "the kernel's stack").or_refuse();
    let page = pc.take(HANDOFF_SPACE, kind, "the kernel's descriptor tables").or_refuse();
    let handoff = Handoff::prepare(page, stack);
    // Page tables come out of usable memory, and are mapped as it is: the ranges can be told before they are taken.
    let before = pc.memory.clone();
    let mut memory = Tables(&mut pc.memory);
    let mut page_tables = PageTables::new(&mut memory, paging_features());
    map_kernel(&mut page_tables, &before, &kernel.plan, kernel.physical_base(), kernel.base_revision);
    let root = page_tables.root();

    let rsdp = tables::rsdp();
    let facts = MachineFacts {
        medium: pc.medium(),
        memory: &pc.memory,
        video: mode.map(|mode| (mode, &modes)),
        rsdp,
        smbios: if kernel.asks_for(Feature::Smbios) { tables::smbios() } else { (None, None) },
        date: if kernel.asks_for(Feature::DateAtBoot) { clock::unix_time() } else { None },
        firmware: Firmware::Bios,
    };
    kernel.answer(&facts, space).or_refuse();

    if let Some(mode) = mode {
        kernel.tell(&mut pc, format_args!("Setting mode {}x{}x{}", mode.width, mode.height, mode.bpp));
        if !video::set(&mode) && kernel.asks_for(Feature::Framebuffer) {
            stop(&kernel.no_video_mode());
        }
    }
    kernel.tell(&mut pc, format_args!("Calling the kernel at {:#x}", kernel.entry));
    mask_legacy();
    if let Some(rsdp) = rsdp {
        each_io_apic(rsdp, tables::read, |address| {
            if address.is_multiple_of(PAGE as u32) {
                // SAFETY: ACPI says that an I/O APIC is there; the loader's page tables map the first 4 GiB one to one.
                unsafe { mask_io_apic(address) }
            }
        });
    }
    // SAFETY: made for this kernel just now; the loader's page tables map the first 4 GiB one to one, and the BIOS is not
    // called again.
    unsafe { handoff.enter(root, kernel.entry) }
}
