//! Writing the responses to a kernel's requests (Limine boot protocol, "Feature List").

use crate::bytes::u64_at;
use crate::error::{KernelProblem, Refusal};
use crate::medium::Medium;
use crate::memory::MemoryMap;
use crate::paging::HHDM;
use crate::protocol::{Feature, MEMBERS, RESPONSE, Requests};
use crate::video::Mode;

/// Name that the bootloader-info response gives.
pub const NAME: &str = "Onko";
/// Version that the bootloader-info response gives.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The smallest stack a kernel gets, in bytes.
pub const SMALLEST_STACK: u64 = 64 * 1024;

/// A file in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadedFile<'a> {
    /// Physical address, on a page boundary.
    pub physical: u64,
    /// Size in bytes.
    pub size: u64,
    /// Path on the volume, with a leading slash.
    pub path: &'a str,
    /// Command line.
    pub string: &'a str,
}

/// Everything the responses tell.
pub struct Facts<'a> {
    /// The base revision followed.
    pub base_revision: u64,
    /// Physical address of the kernel's image.
    pub physical_base: u64,
    /// Virtual address of the kernel's image.
    pub virtual_base: u64,
    /// The kernel's file.
    pub kernel: LoadedFile<'a>,
    /// The modules, those of the kernel's own request first.
    pub modules: &'a [LoadedFile<'a>],
    /// All memory, with everything taken that the kernel will find in use.
    pub memory: &'a MemoryMap,
    /// The mode that is set, and all that could have been.
    pub video: Option<(Mode, &'a [Mode])>,
    /// Physical address of ACPI's root pointer.
    pub rsdp: Option<u64>,
    /// Physical addresses of the 32-bit and the 64-bit SMBIOS entry point.
    pub smbios: (Option<u64>, Option<u64>),
    /// Unix time from the clock.
    pub date: Option<i64>,
    /// What the machine's firmware is.
    pub firmware: Firmware,
    /// What the files were loaded from.
    pub medium: Medium,
}

/// What started the loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// A BIOS.
    Bios,
    /// UEFI, of 64 bits.
    Uefi {
        /// Physical address of the EFI system table.
        system_table: u64,
        /// The EFI memory map, as it is once boot services are left.
        map: EfiMemoryMap,
    },
}

/// Where the EFI memory map lies, in reclaimable memory (UEFI 2.10, 7.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EfiMemoryMap {
    /// Physical address.
    pub physical: u64,
    /// Size in bytes.
    pub size: u64,
    /// Bytes from one descriptor to the next.
    pub descriptor_size: u64,
    /// Version of the descriptors.
    pub descriptor_version: u64,
}

/// Memory in which responses are laid out, one after the other.
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    physical: u64,
    /// Bytes laid out so far, those beyond the buffer included.
    used: usize,
}

impl<'b> Writer<'b> {
    /// Writes into `buffer`, which lies at physical address `physical`, a multiple of 8.
    pub fn new(buffer: &'b mut [u8], physical: u64) -> Self {
        Self { buffer, physical, used: 0 }
    }

    /// Appends `bytes`, then fills up to a multiple of 8. Returns where they begin in the direct map. What the buffer
    /// has no room for is only counted.
    fn bytes(&mut self, bytes: &[u8]) -> u64 {
        let start = self.used;
        self.used = (start + bytes.len()).next_multiple_of(8);
        if let Some(place) = self.buffer.get_mut(start..self.used) {
            let (content, rest) = place.split_at_mut(bytes.len());
            content.copy_from_slice(bytes);
            rest.fill(0);
        }
        HHDM + self.physical + start as u64
    }

    fn words(&mut self, words: &[u64]) -> u64 {
        let start = self.bytes(&[]);
        for word in words {
            self.bytes(&word.to_le_bytes());
        }
        start
    }

    /// A NUL-terminated string.
    fn string(&mut self, text: &str) -> u64 {
        let start = self.bytes(text.as_bytes());
        // A text that fills its last word leaves no room for the NUL.
        if text.len().is_multiple_of(8) {
            self.bytes(&[0]);
        }
        start
    }

    /// An array of pointers to `count` structures of `stride` bytes that begin at `first`.
    fn pointers(&mut self, first: u64, count: usize, stride: u64) -> u64 {
        let start = self.bytes(&[]);
        for number in 0..count as u64 {
            self.words(&[first + number * stride]);
        }
        start
    }
}

/// Answers every request in `image`, and the base revision tag. What cannot be answered keeps its null pointer.
///
/// # Errors
/// [`Refusal::OutOfMemory`] when the writer's buffer is too small.
pub fn answer(
    image: &mut [u8],
    requests: &Requests,
    facts: &Facts<'_>,
    writer: &mut Writer<'_>,
) -> Result<(), Refusal<'static>> {
    answer_base_revision(image, requests, facts.base_revision);
    for feature in ALL {
        let Some(offset) = requests.get(feature) else { continue };
        if let Some(response) = respond(feature, facts, writer) {
            put(image, offset + RESPONSE, response);
        }
    }
    if writer.used > writer.buffer.len() {
        let (needed, largest) = (writer.used as u64, writer.buffer.len() as u64);
        return Err(Refusal::OutOfMemory { purpose: "the answers to the kernel's requests", needed, largest });
    }
    Ok(())
}

const ALL: [Feature; crate::protocol::FEATURES] = [
    Feature::BootloaderInfo,
    Feature::FirmwareType,
    Feature::StackSize,
    Feature::Hhdm,
    Feature::Framebuffer,
    Feature::PagingMode,
    Feature::MemoryMap,
    Feature::EntryPoint,
    Feature::ExecutableFile,
    Feature::ExecutableCmdline,
    Feature::Modules,
    Feature::Rsdp,
    Feature::Smbios,
    Feature::DateAtBoot,
    Feature::ExecutableAddress,
    Feature::EfiSystemTable,
    Feature::EfiMemoryMap,
];

/// From base revision 3 on, the tag's second word tells which revision was followed; the third word becomes 0 when
/// that is the one asked for.
fn answer_base_revision(image: &mut [u8], requests: &Requests, followed: u64) {
    let Some(tag) = requests.base_revision_tag else { return };
    let (_, granted) = requests.base_revision(image);
    put(image, tag + 8, followed);
    if granted {
        put(image, tag + 16, 0);
    }
}

fn put(image: &mut [u8], offset: usize, word: u64) {
    image[offset..offset + 8].copy_from_slice(&word.to_le_bytes());
}

/// Writes the response to one request. Returns its address in the direct map.
fn respond(feature: Feature, facts: &Facts<'_>, writer: &mut Writer<'_>) -> Option<u64> {
    // Base revision 3 hands the firmware's tables over by physical address: they are not in its direct map.
    let table = |physical: u64| if facts.base_revision >= 3 { physical } else { HHDM + physical };
    let response = match feature {
        Feature::BootloaderInfo => {
            let (name, version) = (writer.string(NAME), writer.string(VERSION));
            writer.words(&[0, name, version])
        }
        Feature::FirmwareType => {
            const UEFI_64: u64 = 2;
            writer.words(&[0, if facts.firmware == Firmware::Bios { 0 } else { UEFI_64 }])
        }
        Feature::StackSize | Feature::EntryPoint => writer.words(&[0]),
        Feature::Hhdm => writer.words(&[0, HHDM]),
        Feature::Framebuffer => match facts.video {
            Some((mode, modes)) => framebuffer(mode, modes, writer),
            None => return None,
        },
        Feature::PagingMode => writer.words(&[0, 0]),
        Feature::MemoryMap => memory_map(facts.memory, writer),
        Feature::ExecutableFile => {
            let file = file(&facts.kernel, facts.medium, writer);
            writer.words(&[0, file])
        }
        Feature::ExecutableCmdline => {
            let string = writer.string(facts.kernel.string);
            writer.words(&[0, string])
        }
        Feature::Modules => modules(facts.modules, facts.medium, writer),
        Feature::Rsdp => match facts.rsdp {
            Some(physical) => writer.words(&[0, table(physical)]),
            None => return None,
        },
        Feature::Smbios => match facts.smbios {
            (None, None) => return None,
            (low, high) => writer.words(&[0, low.map_or(0, table), high.map_or(0, table)]),
        },
        Feature::DateAtBoot => match facts.date {
            Some(time) => writer.words(&[0, time as u64]),
            None => return None,
        },
        Feature::ExecutableAddress => writer.words(&[0, facts.physical_base, facts.virtual_base]),
        Feature::EfiSystemTable => match facts.firmware {
            Firmware::Uefi { system_table, .. } => writer.words(&[0, table(system_table)]),
            Firmware::Bios => return None,
        },
        Feature::EfiMemoryMap => match facts.firmware {
            Firmware::Uefi { map, .. } => {
                writer.words(&[0, HHDM + map.physical, map.size, map.descriptor_size, map.descriptor_version])
            }
            Firmware::Bios => return None,
        },
    };
    Some(response)
}

/// The two words that end with the last mask: bits per pixel, memory model RGB, size and shift of each colour.
fn pixel_format(mode: &Mode) -> [u64; 2] {
    let [bpp, _] = u16::from(mode.bpp).to_le_bytes();
    let [(red, red_shift), (green, green_shift), (blue, blue_shift)] = mode.masks;
    [u64::from_le_bytes([bpp, 0, 1, red, red_shift, green, green_shift, blue]), u64::from(blue_shift)]
}

fn framebuffer(mode: Mode, modes: &[Mode], writer: &mut Writer<'_>) -> u64 {
    let mut first = None;
    for mode in modes {
        let [format, rest] = pixel_format(mode);
        let address = writer.words(&[mode.pitch.into(), mode.width.into(), mode.height.into(), format, rest]);
        first = first.or(Some(address));
    }
    let pointers = writer.pointers(first.unwrap_or_default(), modes.len(), 40);
    let [format, rest] = pixel_format(&mode);
    let address = HHDM + mode.address;
    let [width, height, pitch] = [mode.width.into(), mode.height.into(), mode.pitch.into()];
    let (no_edid, count) = (0, modes.len() as u64);
    let framebuffer = writer.words(&[address, width, height, pitch, format, rest, no_edid, no_edid, count, pointers]);
    let list = writer.words(&[framebuffer]);
    writer.words(&[1, 1, list])
}

fn memory_map(memory: &MemoryMap, writer: &mut Writer<'_>) -> u64 {
    let regions = memory.regions();
    let first = writer.words(&[]);
    for region in regions {
        writer.words(&[region.base, region.end - region.base, region.kind as u64]);
    }
    let entries = writer.pointers(first, regions.len(), 24);
    writer.words(&[0, regions.len() as u64, entries])
}

fn file(file: &LoadedFile<'_>, medium: Medium, writer: &mut Writer<'_>) -> u64 {
    const GENERIC: u64 = 0;
    const OPTICAL: u64 = 1;
    let (path, string) = (writer.string(file.path), writer.string(file.string));
    let (kind, disk, guid) = match medium {
        Medium::Optical => (OPTICAL, 0, [0; 2]),
        Medium::Disk { mbr_id, gpt_guid } => (GENERIC, mbr_id, gpt_guid),
    };
    let (no_network, no_id) = (0, 0);
    writer.words(&[
        0,
        HHDM + file.physical,
        file.size,
        path,
        string,
        kind,
        no_network,
        // In the lower half the number of a partition: 0, as the volume is the whole disk.
        u64::from(disk) << 32,
        guid[0],
        guid[1],
        no_id,
        no_id,
        no_id,
        no_id,
    ])
}

fn modules(modules: &[LoadedFile<'_>], medium: Medium, writer: &mut Writer<'_>) -> u64 {
    let mut addresses = [0; crate::config::MODULE_LIMIT];
    for (address, module) in addresses.iter_mut().zip(modules) {
        *address = file(module, medium, writer);
    }
    let list = writer.words(&[]);
    for address in &addresses[..modules.len()] {
        writer.words(&[*address]);
    }
    writer.words(&[1, modules.len() as u64, list])
}

/// What requests ask for beyond an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wishes {
    /// Size of the stack in bytes, at least [`SMALLEST_STACK`].
    pub stack: u64,
    /// The entry point to call instead of the ELF header's.
    pub entry: Option<u64>,
}

impl Wishes {
    /// Reads the stack-size, entry-point and paging-mode requests.
    ///
    /// # Errors
    /// [`KernelProblem::PagingMode`] when the kernel insists on five levels.
    pub fn read(image: &[u8], requests: &Requests) -> Result<Self, KernelProblem<'static>> {
        let member = |feature, number: usize| {
            requests.get(feature).and_then(|offset| u64_at(image, offset + MEMBERS + number * 8))
        };
        let revision = requests.get(Feature::PagingMode).and_then(|offset| u64_at(image, offset + 32));
        // Revision 0 of the request ends before min_mode, and means four levels by that.
        let minimum = member(Feature::PagingMode, 2).filter(|_| revision >= Some(1)).unwrap_or_default();
        if minimum > 0 {
            return Err(KernelProblem::PagingMode { minimum });
        }
        Ok(Self {
            stack: member(Feature::StackSize, 0).unwrap_or_default().max(SMALLEST_STACK),
            entry: member(Feature::EntryPoint, 0),
        })
    }
}
