//! Where things lie below 1 MiB. Addresses that src/boot.s and linker.ld know as well:
//!
//! | address           | what                                                        |
//! |-------------------|-------------------------------------------------------------|
//! | 0x00500..0x07c00  | the stack of BIOS calls, downwards from 0x7c00              |
//! | 0x07c00..0x30000  | this image and its variables                                |
//! | 0x30000..0x38000  | blocks on their way from the disk to where they belong      |
//! | 0x38000..0x39000  | small structures for BIOS calls                             |
//! | 0x39000..0x3a000  | a name that a refusal refers to                             |
//! | 0x40000..0x60000  | the stack                                                   |
//! | 0x60000..0x66000  | the loader's page tables                                    |

use onko_loader_core::error::Name;

/// Where INT 13h puts blocks.
pub const DISK_BUFFER: u32 = 0x30000;
/// Blocks of 2048 bytes that fit there, and as many as are read at once.
pub const DISK_BUFFER_BLOCKS: u32 = 16;
/// Where structures for BIOS calls are.
pub const SCRATCH: u32 = 0x38000;
const NAME: u32 = 0x39000;

/// Room for one name, which a refusal refers to. Asking again is the end of what was given before.
pub fn name() -> &'static mut Name {
    const { assert!(size_of::<Name>() <= 4096 && align_of::<Name>() == 1) };
    let name = NAME as usize as *mut Name;
    // SAFETY: nothing else lies there (see the table), and the loader's page tables map it; a name is written before it
    // is referred to. Callers give it to one search at a time, and a refusal that refers to it is the loader's end.
    unsafe {
        name.write(Name::new());
        &mut *name
    }
}

/// The first `N` bytes of [`SCRATCH`].
pub fn scratch<const N: usize>() -> &'static mut [u8; N] {
    const { assert!(N <= 4096) };
    // SAFETY: nothing else lies there (see the table), and the loader's page tables map it. Callers use it for the
    // length of one BIOS call, one at a time.
    unsafe { &mut *(SCRATCH as usize as *mut [u8; N]) }
}

/// Physical memory, which the loader's page tables map one to one below 4 GiB.
///
/// # Safety
/// `[address, address + length)` has to be memory below 4 GiB that nothing else refers to.
pub unsafe fn physical(address: u64, length: u64) -> &'static mut [u8] {
    // SAFETY: promised by the caller; mapped because it lies below 4 GiB.
    unsafe { core::slice::from_raw_parts_mut(address as usize as *mut u8, length as usize) }
}
