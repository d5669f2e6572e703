//! The last steps: the kernel's stack, its descriptors, and the jump.

use crate::cpu::{page_tables, paging_features, write_msr};
use core::arch::{asm, global_asm};
use onko_loader_core::PAGE;
use onko_loader_core::paging::{Features, HHDM};

global_asm!(include_str!("enter.s"), options(att_syntax));

unsafe extern "sysv64" {
    static enter_kernel: u8;
    static enter_kernel_end: u8;
}

/// The descriptors that the Limine boot protocol prescribes ("Machine State at Entry"): none, then code and data of 16, 32 and
/// 64 bits.
const DESCRIPTORS: [u64; 7] = [
    0,
    0x0000_9b00_0000_ffff,
    0x0000_9300_0000_ffff,
    0x00cf_9b00_0000_ffff,
    0x00cf_9300_0000_ffff,
    0x0020_9b00_0000_0000,
    0x0000_9300_0000_0000,
];

/// Bytes of memory that a [`Handoff`] needs besides the stack.
pub const HANDOFF_SPACE: u64 = 2 * PAGE;

/// What the kernel needs to run besides its page tables.
pub struct Handoff {
    stack: u64,
    descriptors: u64,
    code: u64,
    bridge: &'static mut [u8],
    features: Features,
}

impl Handoff {
    /// Makes stack and descriptors in memory that the kernel may reclaim: `space` has [`HANDOFF_SPACE`] bytes, both begin on
    /// a page boundary.
    pub fn prepare(space: &'static mut [u8], stack: &'static mut [u8]) -> Self {
        let (page, bridge) = space.split_at_mut(PAGE as usize);
        page.fill(0);
        // The return address 0 is there: the end of the stack is cleared, and the kernel's frame begins at it.
        let (length, cleared) = (stack.len(), PAGE as usize);
        stack[length - cleared..].fill(0);
        let (descriptors, code) = fill_descriptor_page(page);
        let top = HHDM + stack.as_ptr() as u64 + length as u64;
        Self { stack: top - 8, descriptors, code, bridge, features: paging_features() }
    }

    /// Calls the kernel at `entry` with the page tables at physical address `tables`.
    ///
    /// # Safety
    /// The tables have to map the kernel, and the memory of this handoff in the direct map; the tables in use now have to
    /// map the lower half one to one. Nothing of the firmware may be needed any more.
    pub unsafe fn enter(self, tables: u64, entry: u64) -> ! {
        const EFER: u32 = 0xc000_0080;
        const EFER_LME_LMA: u64 = 0x500;
        const EFER_NXE: u64 = 1 << 11;
        const PAT: u32 = 0x277;
        // PAT0 to PAT5 as the protocol prescribes (WB, WT, UC-, UC, WP, WC), PAT6 and PAT7 as after a reset.
        const PAT_LAYOUT: u64 = 0x0007_0105_0007_0406;
        // The way over: tables with the lower half of those in use and the upper half of the kernel's.
        let half = PAGE as usize / 2;
        let (lower, upper) = self.bridge[..PAGE as usize].split_at_mut(half);
        // SAFETY: the top-level table in use, which is mapped one to one, and the kernel's, which this loader made.
        unsafe {
            lower.copy_from_slice(core::slice::from_raw_parts(page_tables() as *const u8, half));
            upper.copy_from_slice(core::slice::from_raw_parts((tables as usize + half) as *const u8, half));
        }
        // SAFETY: interrupts off: whoever handles them is about to vanish.
        unsafe { asm!("cli", options(nomem, nostack)) }
        if self.features.no_execute {
            // SAFETY: CPUID says that the bit exists; it only allows what the kernel's tables use.
            unsafe { write_msr(EFER, EFER_LME_LMA | EFER_NXE) }
        }
        if self.features.attribute_table {
            // SAFETY: CPUID says that the register exists; code and stack in use now are mapped by PAT0, which stays.
            unsafe { write_msr(PAT, PAT_LAYOUT) }
        }
        // SAFETY: the lower half, with this code and its stack, stays as it is. The code called lies in the direct map, in
        // these tables and in the kernel's, and takes these four parameters.
        unsafe {
            asm!(
                "mov cr3, {bridge}",
                "jmp {code}",
                bridge = in(reg) self.bridge.as_ptr(),
                code = in(reg) self.code,
                in("rdi") tables,
                in("rsi") entry,
                in("rdx") self.stack,
                in("rcx") self.descriptors,
                options(noreturn)
            )
        }
    }
}

/// Puts the global descriptor table, the operands of lgdt and lidt, and the code of `enter_kernel` into a page. Returns
/// where the operands and the code are in the direct map.
fn fill_descriptor_page(page: &mut [u8]) -> (u64, u64) {
    const OPERANDS: usize = 64;
    const CODE: usize = 128;
    let base = HHDM + page.as_ptr() as u64;
    for (place, descriptor) in page.chunks_exact_mut(8).zip(DESCRIPTORS) {
        place.copy_from_slice(&descriptor.to_le_bytes());
    }
    // For lgdt: limit and base. For lidt, 16 bytes further: limit 0, so that every exception resets the machine until
    // the kernel has a table of its own.
    page[OPERANDS..OPERANDS + 2].copy_from_slice(&(size_of_val(&DESCRIPTORS) as u16 - 1).to_le_bytes());
    page[OPERANDS + 2..OPERANDS + 10].copy_from_slice(&base.to_le_bytes());
    let start = &raw const enter_kernel;
    let length = (&raw const enter_kernel_end) as usize - start as usize;
    // SAFETY: enter.s has this code between the two symbols.
    page[CODE..CODE + length].copy_from_slice(unsafe { core::slice::from_raw_parts(start, length) });
    (base + OPERANDS as u64, base + CODE as u64)
}
