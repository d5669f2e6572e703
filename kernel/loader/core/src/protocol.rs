//! Finding a kernel's requests in its loaded image (Limine boot protocol, "Features").

use crate::bytes::u64_at;
use crate::elf::Plan;
use crate::error::KernelProblem;

/// The highest base revision this loader speaks.
pub const BASE_REVISION: u64 = 3;

const BASE_REVISION_MAGIC: [u64; 2] = [0xf956_2b2d_5c95_a6c8, 0x6a7b_3849_4453_6bdc];
const COMMON_MAGIC: [u64; 2] = [0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b];
const START_MARKER: [u64; 4] =
    [0xf6b8_f4b3_9de7_d1ae, 0xfab9_1a69_40fc_b9cf, 0x785c_6ed0_15d3_e316, 0x181e_920a_7852_b9d9];
const END_MARKER: [u64; 2] = [0xadc0_e053_1bb1_0d03, 0x9572_709f_3176_4c62];

/// Offset of the response pointer in every request.
pub const RESPONSE: usize = 40;
/// Offset of the first member after the response pointer.
pub const MEMBERS: usize = 48;

/// The requests this loader answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Name and version of the loader.
    BootloaderInfo,
    /// BIOS or UEFI.
    FirmwareType,
    /// A stack of a size of the kernel's choice.
    StackSize,
    /// Offset of the higher half direct map.
    Hhdm,
    /// The picture.
    Framebuffer,
    /// Four or five levels of page tables.
    PagingMode,
    /// All regions of physical memory.
    MemoryMap,
    /// An entry point other than the ELF header's.
    EntryPoint,
    /// The kernel's own file.
    ExecutableFile,
    /// The kernel's command line.
    ExecutableCmdline,
    /// Files loaded beside the kernel.
    Modules,
    /// ACPI's root pointer.
    Rsdp,
    /// SMBIOS's entry points.
    Smbios,
    /// The clock's time.
    DateAtBoot,
    /// Where the kernel lies in physical and virtual memory.
    ExecutableAddress,
    /// The EFI system table.
    EfiSystemTable,
    /// The EFI memory map.
    EfiMemoryMap,
}

/// Number of [`Feature`]s.
pub const FEATURES: usize = 17;

/// Third and fourth word of the request's ID, and its name in refusals.
const TABLE: [(Feature, [u64; 2], &str); FEATURES] = [
    (Feature::BootloaderInfo, [0xf550_38d8_e2a1_202f, 0x2794_26fc_f5f5_9740], "bootloader info"),
    (Feature::FirmwareType, [0x8c2f_75d9_0bef_28a8, 0x7045_a468_8eac_00c3], "firmware type"),
    (Feature::StackSize, [0x224e_f046_0a8e_8926, 0xe1cb_0fc2_5f46_ea3d], "stack size"),
    (Feature::Hhdm, [0x48dc_f1cb_8ad2_b852, 0x6398_4e95_9a98_244b], "HHDM"),
    (Feature::Framebuffer, [0x9d58_27dc_d881_dd75, 0xa314_8604_f6fa_b11b], "framebuffer"),
    (Feature::PagingMode, [0x95c1_a0ed_ab09_44cb, 0xa4e5_cb38_42f7_488a], "paging mode"),
    (Feature::MemoryMap, [0x67cf_3d9d_378a_806f, 0xe304_acdf_c50c_3c62], "memory map"),
    (Feature::EntryPoint, [0x13d8_6c03_5a1c_d3e1, 0x2b0c_aa89_d8f3_026a], "entry point"),
    (Feature::ExecutableFile, [0xad97_e90e_83f1_ed67, 0x31eb_5d1c_5ff2_3b69], "executable file"),
    (Feature::ExecutableCmdline, [0x4b16_1536_e598_651e, 0xb390_ad4a_2f1f_303a], "executable command line"),
    (Feature::Modules, [0x3e7e_2797_02be_32af, 0xca1c_4f3b_d128_0cee], "module"),
    (Feature::Rsdp, [0xc5e7_7b6b_397e_7b43, 0x2763_7845_accd_cf3c], "RSDP"),
    (Feature::Smbios, [0x9e90_46f1_1e09_5391, 0xaa4a_520f_efbd_e5ee], "SMBIOS"),
    (Feature::DateAtBoot, [0x5027_46e1_84c0_88aa, 0xfbc5_ec83_e632_7893], "date at boot"),
    (Feature::ExecutableAddress, [0x71ba_7686_3cc5_5f63, 0xb264_4a48_c516_a487], "executable address"),
    (Feature::EfiSystemTable, [0x5ceb_a516_3eaa_f6d6, 0x0a69_8161_0cf6_5fcc], "EFI system table"),
    (Feature::EfiMemoryMap, [0x7df6_2a43_1d68_72d5, 0xa4fc_dfb3_e573_06c8], "EFI memory map"),
];

impl Feature {
    /// The feature's name in refusals.
    pub fn name(self) -> &'static str {
        TABLE[self as usize].2
    }
}

/// Where the requests lie in an image, as offsets from its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requests {
    /// The base revision tag.
    pub base_revision_tag: Option<usize>,
    offsets: [Option<usize>; FEATURES],
}

impl Requests {
    const NONE: Self = Self { base_revision_tag: None, offsets: [None; FEATURES] };

    /// Finds the requests between the last start marker and the first end marker, or in the whole image where there
    /// are no markers. `image` is what `plan` says it is; what its file left zero is not searched.
    ///
    /// # Errors
    /// [`KernelProblem::DuplicateRequest`].
    pub fn find(image: &[u8], plan: &Plan) -> Result<Self, KernelProblem<'static>> {
        let mut requests = Self::NONE;
        let mut duplicate = Ok(());
        'search: for segment in plan.segments() {
            let start = (segment.address - plan.base()) as usize;
            let end = start + segment.file_size as usize;
            let mut offset = start.next_multiple_of(8);
            while let Some(word) = u64_at(&image[..end], offset) {
                if word == COMMON_MAGIC[0] && is_at(image, offset, &COMMON_MAGIC) {
                    duplicate = duplicate.and(requests.note(image, plan.base(), offset));
                } else if word == BASE_REVISION_MAGIC[0] && is_at(image, offset, &BASE_REVISION_MAGIC) {
                    requests.base_revision_tag = requests.base_revision_tag.or(Some(offset));
                } else if word == START_MARKER[0] && is_at(image, offset, &START_MARKER) {
                    (requests, duplicate) = (Self::NONE, Ok(()));
                } else if word == END_MARKER[0] && is_at(image, offset, &END_MARKER) {
                    break 'search;
                }
                offset += 8;
            }
        }
        duplicate.map(|()| requests)
    }

    /// The same base revision tag, with the requests taken from a list of their virtual addresses instead, as the
    /// `.limine_reqs` section of kernels of base revision 0 holds it.
    ///
    /// # Errors
    /// [`KernelProblem::DuplicateRequest`]; an address outside the image is [`KernelProblem::RequestOutside`].
    pub fn from_list(&self, image: &[u8], base: u64, list: &[u8]) -> Result<Self, KernelProblem<'static>> {
        let mut requests = Self { base_revision_tag: self.base_revision_tag, ..Self::NONE };
        for address in list.chunks_exact(8).filter_map(|word| u64_at(word, 0)).take_while(|&address| address != 0) {
            let offset = address.checked_sub(base).and_then(|offset| usize::try_from(offset).ok());
            let offset = offset.filter(|&offset| image.len().saturating_sub(MEMBERS) >= offset);
            let offset = offset.ok_or(KernelProblem::RequestOutside { name: ".limine_reqs", address })?;
            requests.note(image, base, offset)?;
        }
        Ok(requests)
    }

    /// Remembers the request at `offset`, if it is one this loader knows.
    fn note(&mut self, image: &[u8], base: u64, offset: usize) -> Result<(), KernelProblem<'static>> {
        let known = TABLE.iter().find(|(_, id, _)| is_at(image, offset.saturating_add(16), id));
        let Some(&(feature, _, name)) = known else { return Ok(()) };
        // A request cut off by the end of the image cannot be answered.
        if image.len().saturating_sub(offset) < MEMBERS {
            return Ok(());
        }
        let slot = &mut self.offsets[feature as usize];
        if let Some(first) = *slot {
            return Err(KernelProblem::DuplicateRequest {
                name,
                first: base + first as u64,
                second: base + offset as u64,
            });
        }
        *slot = Some(offset);
        Ok(())
    }

    /// Offset of the request for `feature`, if the kernel makes it.
    pub fn get(&self, feature: Feature) -> Option<usize> {
        self.offsets[feature as usize]
    }

    /// The base revision to follow, and whether the kernel's wish is granted. Without a tag it is 0; a wish above
    /// [`BASE_REVISION`] gets the highest there is.
    pub fn base_revision(&self, image: &[u8]) -> (u64, bool) {
        match self.base_revision_tag.and_then(|offset| u64_at(image, offset + 16)) {
            None => (0, true),
            Some(wish) if wish <= BASE_REVISION => (wish, true),
            Some(_) => (BASE_REVISION, false),
        }
    }
}

/// A module that the kernel itself asks for, by the module request's revision 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InternalModule<'a> {
    /// Path, relative to the kernel's folder unless it begins with a slash.
    pub path: &'a str,
    /// Command line.
    pub cmdline: &'a str,
    /// Whether a missing file is an error.
    pub required: bool,
}

/// The modules that the module request in `image`, which begins at virtual address `base`, lists by itself.
///
/// # Errors
/// Each pointer that leaves the image, or text that is not UTF-8, is a [`KernelProblem::RequestOutside`].
pub fn internal_modules<'a>(
    image: &'a [u8],
    base: u64,
    requests: &Requests,
) -> impl Iterator<Item = Result<InternalModule<'a>, KernelProblem<'static>>> {
    let word = move |address: u64| {
        let offset = address.checked_sub(base).and_then(|offset| usize::try_from(offset).ok());
        offset.and_then(|offset| u64_at(image, offset)).ok_or_else(|| outside(address))
    };
    let text = move |address: u64| {
        let offset = address.checked_sub(base).and_then(|offset| usize::try_from(offset).ok());
        let bytes = offset.and_then(|offset| image.get(offset..)).ok_or_else(|| outside(address))?;
        let length = bytes.iter().position(|&byte| byte == 0).ok_or_else(|| outside(address))?;
        core::str::from_utf8(&bytes[..length]).map_err(|_| outside(address))
    };
    let request = requests.get(Feature::Modules).filter(|&offset| u64_at(image, offset + 32) >= Some(1));
    let member = |number: usize| request.and_then(|offset| u64_at(image, offset + MEMBERS + number * 8));
    let (count, list) = (member(0).unwrap_or_default(), member(1).unwrap_or_default());
    (0..count).map(move |number| {
        let module = word(list.wrapping_add(number.wrapping_mul(8)))?;
        let member = |number: u64| word(module.wrapping_add(number * 8));
        Ok(InternalModule { path: text(member(0)?)?, cmdline: text(member(1)?)?, required: member(2)? & 1 != 0 })
    })
}

fn outside(address: u64) -> KernelProblem<'static> {
    KernelProblem::RequestOutside { name: Feature::Modules.name(), address }
}

/// Joins a path relative to the folder of `kernel`, both with slashes; one that begins with a slash stays as it is.
/// Returns how many bytes of `room` it takes, `None` when it does not fit.
pub fn resolve(kernel: &str, path: &str, room: &mut [u8]) -> Option<usize> {
    let folder = if path.starts_with('/') { "" } else { kernel.get(..kernel.rfind('/')?)? };
    let mut used = 0;
    for text in [folder, path] {
        for component in text.as_bytes().split(|&byte| byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => used = room[..used].iter().rposition(|&byte| byte == b'/').unwrap_or_default(),
                name => {
                    let place = room.get_mut(used..used + name.len() + 1)?;
                    place[0] = b'/';
                    place[1..].copy_from_slice(name);
                    used += name.len() + 1;
                }
            }
        }
    }
    Some(used)
}

fn is_at(image: &[u8], offset: usize, expected: &[u64]) -> bool {
    expected.iter().enumerate().all(|(number, &word)| u64_at(image, offset + number * 8) == Some(word))
}
