//! What the loader decides, free of any machine.
//!
//! Nothing in here touches a port, an interrupt or a fixed address, so all of it runs under `cargo test` on the host.
//! The BIOS half and the UEFI half bring what this crate asks for through traits: blocks of the boot medium
//! ([`iso9660::BlockDevice`]), memory and a place to report to ([`boot::Machine`]), page-table memory
//! ([`paging::TableMemory`]), and a text screen with keys ([`menu::Terminal`]).
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod boot;
pub mod bytes;
pub mod config;
pub mod date;
pub mod elf;
pub mod error;
pub mod firmware;
pub mod iso9660;
pub mod medium;
pub mod memory;
pub mod menu;
pub mod paging;
pub mod protocol;
pub mod response;
pub mod text;
pub mod video;

/// Size of a page, and of the smallest piece of memory the loader hands out.
pub const PAGE: u64 = 4096;

/// Rounds `value` down to a multiple of `alignment`, a power of two.
pub const fn align_down(value: u64, alignment: u64) -> u64 {
    value & !(alignment - 1)
}

/// Rounds `value` up to a multiple of `alignment`, a power of two; `None` beyond 2^64.
pub const fn align_up(value: u64, alignment: u64) -> Option<u64> {
    match value.checked_add(alignment - 1) {
        Some(sum) => Some(align_down(sum, alignment)),
        None => None,
    }
}
