//! The last steps: the kernel's page tables, its stack, its descriptors, and the jump.

use crate::cpu::{out, paging_features, write_msr};
use crate::layout::physical;
use crate::memory::{Tables, take};
use onko_loader_core::PAGE;
use onko_loader_core::elf::{EXECUTE, Plan, WRITE};
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_core::paging::{Access, Features, HHDM, PageTables, direct_map_ranges};

/// What the kernel needs to run, all of it made.
pub struct Handoff {
    tables: u64,
    stack: u64,
    descriptors: u64,
    code: u64,
    features: Features,
}

unsafe extern "sysv64" {
    static global_descriptors: [u64; 7];
    static enter_kernel: u8;
    static enter_kernel_end: u8;
}

impl Handoff {
    /// Makes page tables, stack and descriptors in memory that the kernel may reclaim. `image` is the physical address
    /// of the kernel's image.
    pub fn prepare(memory: &mut MemoryMap, plan: &Plan, image: u64, stack: u64, base_revision: u64) -> Self {
        let stack = take(memory, stack, Kind::LoaderReclaimable, "the kernel's stack");
        let (stack, stack_size) = (stack.as_ptr() as u64, stack.len() as u64);
        let page = take(memory, PAGE, Kind::LoaderReclaimable, "the kernel's descriptor tables");
        page.fill(0);
        let (descriptors, code) = fill_descriptor_page(page);
        let features = paging_features();
        let tables = map_everything(memory, plan, image, base_revision, features);
        // The return address 0 is there: the stack is cleared, and the kernel's frame begins at its end.
        // SAFETY: the stack was taken just now, and nothing else refers to it.
        unsafe { physical(stack + stack_size - PAGE, PAGE) }.fill(0);
        Self { tables, stack: HHDM + stack + stack_size - 8, descriptors, code, features }
    }

    /// Calls the kernel.
    pub fn enter(self, entry: u64) -> ! {
        const EFER: u32 = 0xc000_0080;
        const EFER_LME_LMA: u64 = 0x500;
        const EFER_NXE: u64 = 1 << 11;
        const PAT: u32 = 0x277;
        // PAT0 to PAT5 as the protocol prescribes (WB, WT, UC-, UC, WP, WC), PAT6 and PAT7 as after a reset.
        const PAT_LAYOUT: u64 = 0x0007_0105_0007_0406;
        const PIC_MASKS: [u16; 2] = [0x21, 0xa1];
        PIC_MASKS.into_iter().for_each(|port| out(port, 0xff));
        if self.features.no_execute {
            // SAFETY: CPUID says that the bit exists; the loader's own tables do not use it.
            unsafe { write_msr(EFER, EFER_LME_LMA | EFER_NXE) }
        }
        if self.features.attribute_table {
            // SAFETY: CPUID says that the register exists; the loader's own tables use only PAT0, which stays.
            unsafe { write_msr(PAT, PAT_LAYOUT) }
        }
        // SAFETY: the code was copied there, with the four parameters of `enter_kernel`; the loader's page tables map
        // it at this address, as the kernel's do.
        let enter: extern "sysv64" fn(u64, u64, u64, u64) -> ! = unsafe { core::mem::transmute(self.code) };
        enter(self.tables, entry, self.stack, self.descriptors)
    }
}

/// Puts the global descriptor table, the operands of lgdt and lidt, and the code of `enter_kernel` into a page. Returns
/// where the operands and the code are in the direct map.
fn fill_descriptor_page(page: &mut [u8]) -> (u64, u64) {
    const OPERANDS: usize = 64;
    const CODE: usize = 128;
    let base = HHDM + page.as_ptr() as u64;
    // SAFETY: boot.s has it, and nobody changes it.
    let descriptors = unsafe { &global_descriptors };
    for (place, descriptor) in page.chunks_exact_mut(8).zip(descriptors) {
        place.copy_from_slice(&descriptor.to_le_bytes());
    }
    // For lgdt: limit and base. For lidt, 16 bytes further: limit 0, so that every exception resets the machine until
    // the kernel has a table of its own.
    page[OPERANDS..OPERANDS + 2].copy_from_slice(&(size_of_val(descriptors) as u16 - 1).to_le_bytes());
    page[OPERANDS + 2..OPERANDS + 10].copy_from_slice(&base.to_le_bytes());
    let start = &raw const enter_kernel;
    let length = (&raw const enter_kernel_end) as usize - start as usize;
    // SAFETY: boot.s has this code between the two symbols.
    page[CODE..CODE + length].copy_from_slice(unsafe { core::slice::from_raw_parts(start, length) });
    (base + OPERANDS as u64, base + CODE as u64)
}

fn map_everything(memory: &mut MemoryMap, plan: &Plan, image: u64, base_revision: u64, features: Features) -> u64 {
    // Page tables come out of usable memory, and are mapped as it is: the ranges can be told before they are taken.
    let before = memory.clone();
    let mut memory = Tables(memory);
    let mut tables = PageTables::new(&mut memory, features);
    direct_map_ranges(&before, base_revision, |base, end, framebuffer| {
        let access = Access { write: true, execute: true, write_combining: framebuffer };
        tables.map(HHDM + base, base, end - base, access);
        // Base revision 0 has an identity map beside it, without the first page.
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
    tables.root()
}
