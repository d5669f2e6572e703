//! Finding requests in an image and answering them, checked as a kernel would read the answers.

use onko_loader_core::elf::Plan;
use onko_loader_core::error::{KernelProblem, Refusal};
use onko_loader_core::medium::Medium;
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_core::paging::HHDM;
use onko_loader_core::protocol::{Feature, InternalModule, Requests, internal_modules, resolve};
use onko_loader_core::response::{EfiMemoryMap, Facts, Firmware, LoadedFile, NAME, VERSION, Wishes, Writer, answer};
use onko_loader_core::video::Mode;

const BASE: u64 = 0xffff_ffff_8000_0000;
const IMAGE: usize = 0x2000;
/// How much of the image comes from the file.
const FILE: usize = 0x1000;

const COMMON: [u64; 2] = [0xc7b1dd30df4c8b88, 0x0a82e883a194f07b];
const BASE_REVISION: [u64; 2] = [0xf9562b2d5c95a6c8, 0x6a7b384944536bdc];
const START: [u64; 4] = [0xf6b8f4b39de7d1ae, 0xfab91a6940fcb9cf, 0x785c6ed015d3e316, 0x181e920a7852b9d9];
const END: [u64; 2] = [0xadc0e0531bb10d03, 0x9572709f31764c62];

const BOOTLOADER_INFO: [u64; 2] = [0xf55038d8e2a1202f, 0x279426fcf5f59740];
const FIRMWARE_TYPE: [u64; 2] = [0x8c2f75d90bef28a8, 0x7045a4688eac00c3];
const STACK_SIZE: [u64; 2] = [0x224ef0460a8e8926, 0xe1cb0fc25f46ea3d];
const HHDM_ID: [u64; 2] = [0x48dcf1cb8ad2b852, 0x63984e959a98244b];
const FRAMEBUFFER: [u64; 2] = [0x9d5827dcd881dd75, 0xa3148604f6fab11b];
const PAGING_MODE: [u64; 2] = [0x95c1a0edab0944cb, 0xa4e5cb3842f7488a];
const MP: [u64; 2] = [0x95a67b819a1b857e, 0xa0b61b723b6a73e0];
const MEMORY_MAP: [u64; 2] = [0x67cf3d9d378a806f, 0xe304acdfc50c3c62];
const ENTRY_POINT: [u64; 2] = [0x13d86c035a1cd3e1, 0x2b0caa89d8f3026a];
const EXECUTABLE_FILE: [u64; 2] = [0xad97e90e83f1ed67, 0x31eb5d1c5ff23b69];
const CMDLINE: [u64; 2] = [0x4b161536e598651e, 0xb390ad4a2f1f303a];
const MODULES: [u64; 2] = [0x3e7e279702be32af, 0xca1c4f3bd1280cee];
const RSDP: [u64; 2] = [0xc5e77b6b397e7b43, 0x27637845accdcf3c];
const SMBIOS: [u64; 2] = [0x9e9046f11e095391, 0xaa4a520fefbde5ee];
const DATE: [u64; 2] = [0x502746e184c088aa, 0xfbc5ec83e6327893];
const ADDRESS: [u64; 2] = [0x71ba76863cc55f63, 0xb2644a48c516a487];
const EFI_SYSTEM_TABLE: [u64; 2] = [0x5ceba5163eaaf6d6, 0x0a6981610cf65fcc];
const EFI_MEMORY_MAP: [u64; 2] = [0x7df62a431d6872d5, 0xa4fcdfb3e57306c8];

/// A plan with one segment of `FILE` bytes at `BASE`.
fn plan() -> Plan {
    let mut file = vec![0; 64 + 56 + FILE];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16] = 2;
    file[18] = 62;
    file[32] = 64;
    file[54] = 56;
    file[56] = 1;
    for (offset, word) in [(64, 5 << 32 | 1), (72, 120), (80, BASE), (96, FILE as u64), (104, IMAGE as u64)] {
        file[offset..offset + 8].copy_from_slice(&u64::to_le_bytes(word));
    }
    Plan::new(&file).expect("a good kernel")
}

fn put(image: &mut [u8], offset: usize, words: &[u64]) {
    for (number, word) in words.iter().enumerate() {
        image[offset + number * 8..][..8].copy_from_slice(&word.to_le_bytes());
    }
}

fn request(image: &mut [u8], offset: usize, id: [u64; 2], revision: u64, members: &[u64]) {
    put(image, offset, &[COMMON[0], COMMON[1], id[0], id[1], revision, 0]);
    put(image, offset + 48, members);
}

fn image() -> Vec<u8> {
    vec![0; IMAGE]
}

fn found(image: &[u8]) -> Requests {
    Requests::find(image, &plan()).expect("no duplicates")
}

#[test]
fn requests_are_found_on_8_byte_boundaries_in_what_the_file_holds() {
    let mut image = image();
    request(&mut image, 8, HHDM_ID, 0, &[]);
    request(&mut image, FILE - 48, RSDP, 0, &[]);
    request(&mut image, 0x104, SMBIOS, 0, &[]);
    request(&mut image, FILE + 0x100, DATE, 0, &[]);
    request(&mut image, 0x200, [1, 2], 0, &[]);
    request(&mut image, 0x300, MP, 0, &[]);
    let requests = found(&image);
    assert_eq!(requests.get(Feature::Hhdm), Some(8));
    assert_eq!(requests.get(Feature::Rsdp), Some(FILE - 48));
    assert_eq!(requests.get(Feature::Smbios), None);
    assert_eq!(requests.get(Feature::DateAtBoot), None);
    assert_eq!(requests.base_revision_tag, None);
    assert_eq!(requests.base_revision(&image), (0, true));
}

#[test]
fn a_request_that_the_image_cuts_off_is_no_request() {
    let mut image = image();
    image.truncate(FILE);
    request(&mut image, FILE - 48, HHDM_ID, 0, &[]);
    assert_eq!(found(&image).get(Feature::Hhdm), Some(FILE - 48));
    let mut image = vec![0; FILE + 8];
    request(&mut image, FILE - 40, HHDM_ID, 0, &[]);
    image.truncate(FILE);
    assert_eq!(found(&image).get(Feature::Hhdm), None);
}

#[test]
fn markers_bound_the_search() {
    let mut image = image();
    request(&mut image, 0x40, HHDM_ID, 0, &[]);
    put(&mut image, 0x80, &[BASE_REVISION[0], BASE_REVISION[1], 3]);
    put(&mut image, 0x100, &START);
    request(&mut image, 0x140, RSDP, 0, &[]);
    put(&mut image, 0x180, &[BASE_REVISION[0], BASE_REVISION[1], 2]);
    put(&mut image, 0x200, &END);
    request(&mut image, 0x240, RSDP, 0, &[]);
    let requests = found(&image);
    assert_eq!((requests.get(Feature::Hhdm), requests.get(Feature::Rsdp)), (None, Some(0x140)));
    assert_eq!(requests.base_revision(&image), (2, true));
    // A marker is all of its words.
    put(&mut image, 0x118, &[0]);
    put(&mut image, 0x208, &[0]);
    let problem = Requests::find(&image, &plan()).expect_err("two RSDP requests");
    assert_eq!(
        Refusal::Kernel { path: "k", problem }.to_string(),
        "Cannot boot \"k\": it has the RSDP request twice, at 0xffffffff80000140 and 0xffffffff80000240; expected one."
    );
}

#[test]
fn duplicates_outside_the_markers_do_not_count() {
    let mut image = image();
    request(&mut image, 0x40, HHDM_ID, 0, &[]);
    request(&mut image, 0x80, HHDM_ID, 0, &[]);
    put(&mut image, 0x100, &START);
    request(&mut image, 0x140, HHDM_ID, 0, &[]);
    assert_eq!(found(&image).get(Feature::Hhdm), Some(0x140));
}

#[test]
fn the_list_of_base_revision_0_replaces_the_search() {
    let mut image = image();
    request(&mut image, 0x40, HHDM_ID, 0, &[]);
    request(&mut image, 0x84, RSDP, 0, &[]);
    let requests = found(&image);
    let list = |addresses: &[u64]| addresses.iter().flat_map(|address| address.to_le_bytes()).collect::<Vec<u8>>();
    let listed = requests.from_list(&image, BASE, &list(&[BASE + 0x84, 0, BASE + 0x40])).expect("a good list");
    assert_eq!((listed.get(Feature::Hhdm), listed.get(Feature::Rsdp)), (None, Some(0x84)));
    for address in [BASE - 8, BASE + IMAGE as u64 - 47, 0x1000] {
        let problem = requests.from_list(&image, BASE, &list(&[address])).expect_err("outside");
        let text = format!(
            "Cannot boot \"k\": its .limine_reqs request points to {address:#x}, which is outside its loaded image."
        );
        assert_eq!(Refusal::Kernel { path: "k", problem }.to_string(), text);
    }
    assert!(requests.from_list(&image, BASE, &list(&[BASE + 0x40, BASE + 0x40])).is_err());
}

#[test]
fn base_revisions_up_to_3_are_granted() {
    for (wish, expected) in
        [(0, (0, true)), (1, (1, true)), (2, (2, true)), (3, (3, true)), (4, (3, false)), (u64::MAX, (3, false))]
    {
        let mut image = image();
        put(&mut image, 0x80, &[BASE_REVISION[0], BASE_REVISION[1], wish]);
        assert_eq!(found(&image).base_revision(&image), expected);
    }
}

#[test]
fn wishes_are_read_with_their_revisions() {
    let mut image = image();
    assert_eq!(Wishes::read(&image, &found(&image)), Ok(Wishes { stack: 64 * 1024, entry: None }));
    request(&mut image, 0x40, STACK_SIZE, 0, &[1 << 20]);
    request(&mut image, 0x80, ENTRY_POINT, 0, &[BASE + 0x123]);
    request(&mut image, 0x100, PAGING_MODE, 0, &[1, 1, 1]);
    assert_eq!(Wishes::read(&image, &found(&image)), Ok(Wishes { stack: 1 << 20, entry: Some(BASE + 0x123) }));
    request(&mut image, 0x100, PAGING_MODE, 1, &[1, 1, 1]);
    let problem = Wishes::read(&image, &found(&image)).expect_err("five levels");
    assert_eq!(
        Refusal::Kernel { path: "k", problem }.to_string(),
        "Cannot boot \"k\": it asks for paging mode 1 or higher; this loader has mode 0 (four levels)."
    );
    request(&mut image, 0x100, PAGING_MODE, 1, &[1, 1, 0]);
    request(&mut image, 0x40, STACK_SIZE, 0, &[5]);
    assert_eq!(Wishes::read(&image, &found(&image)).map(|wishes| wishes.stack), Ok(64 * 1024));
}

/// Reads responses as the kernel does, through the direct map.
struct Reader<'r> {
    image: &'r [u8],
    buffer: &'r [u8],
    physical: u64,
}

impl Reader<'_> {
    fn response(&self, offset: usize) -> u64 {
        u64::from_le_bytes(self.image[offset + 40..][..8].try_into().expect("8 bytes"))
    }
    fn at(&self, address: u64) -> &[u8] {
        assert_eq!(address % 8, 0);
        &self.buffer[(address - HHDM - self.physical) as usize..]
    }
    fn word(&self, address: u64) -> u64 {
        u64::from_le_bytes(self.at(address)[..8].try_into().expect("8 bytes"))
    }
    fn words<const N: usize>(&self, address: u64) -> [u64; N] {
        core::array::from_fn(|number| self.word(address + number as u64 * 8))
    }
    fn string(&self, address: u64) -> &str {
        let bytes = self.at(address);
        let end = bytes.iter().position(|&byte| byte == 0).expect("a NUL");
        core::str::from_utf8(&bytes[..end]).expect("UTF-8")
    }
}

const MODE: Mode = Mode {
    number: 0x144,
    width: 1024,
    height: 768,
    pitch: 4352,
    bpp: 32,
    masks: [(8, 16), (7, 9), (6, 1)],
    address: 0xfd00_0000,
};

const UEFI: Firmware = Firmware::Uefi {
    system_table: 0x7f_0018,
    map: EfiMemoryMap { physical: 0x50_0000, size: 4800, descriptor_size: 48, descriptor_version: 1 },
};
const DISK: Medium = Medium::Disk { mbr_id: 0x1234_5678, gpt_guid: [3, 4] };

#[test]
fn every_response_holds_what_the_protocol_says() {
    const PHYSICAL: u64 = 0x70_0000;
    let ids = [
        BOOTLOADER_INFO,
        FIRMWARE_TYPE,
        STACK_SIZE,
        HHDM_ID,
        FRAMEBUFFER,
        PAGING_MODE,
        MEMORY_MAP,
        ENTRY_POINT,
        EXECUTABLE_FILE,
        CMDLINE,
        MODULES,
        RSDP,
        SMBIOS,
        DATE,
        ADDRESS,
        EFI_SYSTEM_TABLE,
        EFI_MEMORY_MAP,
        MP,
    ];
    let modes = [Mode { bpp: 24, width: 640, ..MODE }, MODE];
    let module = |physical, path, string| LoadedFile { physical, size: 9, path, string };
    let modules = [module(0x10_0000, "/a", "1"), module(0x20_0000, "/b", "12345678")];
    let mut memory = MemoryMap::new();
    memory.add(0x1000, 0x9e000, Kind::Usable).expect("room");
    memory.add(0x10_0000, 0x5000, Kind::ExecutableAndModules).expect("room");
    for (base_revision, uefi) in (0..=3).flat_map(|revision| [(revision, false), (revision, true)]) {
        let mut image = image();
        for (number, id) in ids.into_iter().enumerate() {
            request(&mut image, 0x100 + number * 0x50, id, 0, &[]);
        }
        put(&mut image, 0x40, &[BASE_REVISION[0], BASE_REVISION[1], base_revision]);
        let requests = found(&image);
        let facts = Facts {
            base_revision,
            physical_base: 0x30_0000,
            virtual_base: BASE,
            kernel: LoadedFile { physical: 0x40_0000, size: 10168, path: "/boot/kernel.elf", string: "quiet" },
            modules: &modules,
            memory: &memory,
            video: Some((MODE, &modes)),
            rsdp: Some(0xf_5ad0),
            smbios: (Some(0xf_5cd0), None),
            date: Some(1_700_000_000),
            firmware: if uefi { UEFI } else { Firmware::Bios },
            medium: if uefi { DISK } else { Medium::Optical },
        };
        let mut buffer = vec![0xaa; 4096];
        answer(&mut image, &requests, &facts, &mut Writer::new(&mut buffer, PHYSICAL)).expect("room");
        let reader = Reader { image: &image, buffer: &buffer, physical: PHYSICAL };
        let response =
            |id| reader.response(0x100 + ids.iter().position(|other| *other == id).expect("a request") * 0x50);

        let [revision, name, version] = reader.words(response(BOOTLOADER_INFO));
        assert_eq!((revision, reader.string(name), reader.string(version)), (0, NAME, VERSION));
        assert_eq!(reader.words(response(FIRMWARE_TYPE)), [0, if uefi { 2 } else { 0 }]);
        assert_eq!(reader.word(response(STACK_SIZE)), 0);
        assert_eq!(reader.words(response(HHDM_ID)), [0, HHDM]);
        assert_eq!(reader.words(response(PAGING_MODE)), [0, 0]);
        assert_eq!(reader.word(response(ENTRY_POINT)), 0);
        assert_eq!(reader.words(response(ADDRESS)), [0, 0x30_0000, BASE]);
        assert_eq!(reader.words(response(DATE)), [0, 1_700_000_000]);
        assert_eq!(response(MP), 0);

        let offset = if base_revision == 3 { 0 } else { HHDM };
        assert_eq!(reader.words(response(RSDP)), [0, offset + 0xf_5ad0]);
        assert_eq!(reader.words(response(SMBIOS)), [0, offset + 0xf_5cd0, 0]);
        if uefi {
            assert_eq!(reader.words(response(EFI_SYSTEM_TABLE)), [0, offset + 0x7f_0018]);
            assert_eq!(reader.words(response(EFI_MEMORY_MAP)), [0, HHDM + 0x50_0000, 4800, 48, 1]);
        } else {
            assert_eq!([response(EFI_SYSTEM_TABLE), response(EFI_MEMORY_MAP)], [0, 0]);
        }

        let [revision, count, list] = reader.words(response(FRAMEBUFFER));
        assert_eq!((revision, count), (1, 1));
        let framebuffer: [u64; 10] = reader.words(reader.word(list));
        assert_eq!(framebuffer[..4], [HHDM + 0xfd00_0000, 1024, 768, 4352]);
        assert_eq!(framebuffer[4].to_le_bytes(), [32, 0, 1, 8, 16, 7, 9, 6]);
        assert_eq!(framebuffer[5..9], [1, 0, 0, 2]);
        let listed: [u64; 2] = reader.words(framebuffer[9]);
        for (mode, address) in modes.iter().zip(listed) {
            let [pitch, width, height, format, shift] = reader.words(address);
            assert_eq!([pitch, width, height], [4352, mode.width.into(), 768]);
            assert_eq!(format.to_le_bytes(), [mode.bpp, 0, 1, 8, 16, 7, 9, 6]);
            assert_eq!(shift, 1);
        }

        let [revision, count, list] = reader.words(response(MEMORY_MAP));
        assert_eq!((revision, count), (0, 2));
        let [first, second] = reader.words(list);
        assert_eq!(reader.words(first), [0x1000, 0x9e000, 0]);
        assert_eq!(reader.words(second), [0x10_0000, 0x5000, 6]);

        let [revision, file] = reader.words(response(EXECUTABLE_FILE));
        let file: [u64; 14] = reader.words(file);
        assert_eq!((revision, file[0], file[1], file[2]), (0, 0, HHDM + 0x40_0000, 10168));
        assert_eq!((reader.string(file[3]), reader.string(file[4])), ("/boot/kernel.elf", "quiet"));
        let place = if uefi { [0, 0, 0x1234_5678 << 32, 3, 4] } else { [1, 0, 0, 0, 0] };
        assert_eq!(file[5..10], place);
        assert_eq!(file[10..], [0; 4]);
        let [revision, string] = reader.words(response(CMDLINE));
        assert_eq!((revision, reader.string(string)), (0, "quiet"));

        let [revision, count, list] = reader.words(response(MODULES));
        assert_eq!((revision, count), (1, 2));
        for (module, address) in modules.iter().zip(reader.words::<2>(list)) {
            let file: [u64; 14] = reader.words(address);
            assert_eq!((file[1], file[2]), (HHDM + module.physical, 9));
            assert_eq!((reader.string(file[3]), reader.string(file[4])), (module.path, module.string));
        }
        assert_eq!(image[0x48..0x50], base_revision.to_le_bytes());
        assert_eq!(image[0x50..0x58], [0; 8]);
    }
}

/// Facts of a machine that has nothing to tell.
fn nothing(memory: &MemoryMap) -> Facts<'_> {
    Facts {
        base_revision: 3,
        physical_base: 0,
        virtual_base: BASE,
        kernel: LoadedFile { physical: 0, size: 0, path: "", string: "" },
        modules: &[],
        memory,
        video: None,
        rsdp: None,
        smbios: (None, None),
        date: None,
        firmware: Firmware::Bios,
        medium: Medium::Optical,
    }
}

#[test]
fn what_the_machine_does_not_have_stays_unanswered() {
    let memory = MemoryMap::new();
    let mut image = image();
    for (number, id) in [FRAMEBUFFER, RSDP, SMBIOS, DATE].into_iter().enumerate() {
        request(&mut image, 0x100 + number * 0x50, id, 0, &[]);
    }
    put(&mut image, 0x40, &[BASE_REVISION[0], BASE_REVISION[1], 7]);
    let before = image.clone();
    let requests = found(&image);
    answer(&mut image, &requests, &nothing(&memory), &mut Writer::new(&mut [], 0)).expect("nothing to write");
    // The tag tells which revision was followed, and that it is not the one asked for.
    assert_eq!(image[0x48..0x50], 3u64.to_le_bytes());
    image[0x48..0x50].copy_from_slice(&before[0x48..0x50]);
    assert_eq!(image, before);
}

#[test]
fn responses_that_do_not_fit_are_refused() {
    let memory = MemoryMap::new();
    let mut image = image();
    request(&mut image, 0x40, HHDM_ID, 0, &[]);
    let requests = found(&image);
    let mut write = |room: usize| {
        answer(&mut image, &requests, &nothing(&memory), &mut Writer::new(&mut vec![0; room], 0))
            .map_err(|refusal| refusal.to_string())
    };
    assert_eq!(write(16), Ok(()));
    let expected = "Cannot boot: not enough memory; the answers to the kernel's requests needs 1 KiB in one piece below 4 GiB, \
         the largest free piece has 0 KiB.";
    assert_eq!(write(15), Err(expected.into()));
}

fn listed(image: &[u8]) -> Result<Vec<InternalModule<'_>>, KernelProblem<'static>> {
    internal_modules(image, BASE, &found(image)).collect()
}

#[test]
fn a_kernel_may_list_modules_itself() {
    let mut image = image();
    put(&mut image, 0x400, &[BASE + 0x500, BASE + 0x540]);
    put(&mut image, 0x500, &[BASE + 0x600, BASE + 0x608, 1]);
    put(&mut image, 0x540, &[BASE + 0x608, BASE + 0x600, 2]);
    image[0x600..0x607].copy_from_slice(b"../a/b\0");
    image[0x608..0x60a].copy_from_slice(b"c\0");
    request(&mut image, 0x40, MODULES, 1, &[2, BASE + 0x400]);
    assert_eq!(
        listed(&image),
        Ok(vec![
            InternalModule { path: "../a/b", cmdline: "c", required: true },
            InternalModule { path: "c", cmdline: "../a/b", required: false },
        ])
    );
    let mut older = image.clone();
    put(&mut older, 0x40 + 32, &[0]);
    assert_eq!(listed(&older), Ok(vec![]));
    for (offset, word) in [(0x40 + 56, 0), (0x40 + 56, BASE + IMAGE as u64), (0x508, BASE - 1), (0x40 + 48, u64::MAX)] {
        let mut bad = image.clone();
        put(&mut bad, offset, &[word]);
        let problem = listed(&bad).expect_err("outside");
        let text = Refusal::Kernel { path: "k", problem }.to_string();
        assert!(text.contains("its module request points to 0x"), "{text}");
    }
    let mut unending = image.clone();
    unending[0x600..].fill(b'x');
    assert!(listed(&unending).is_err());
}

#[test]
fn module_paths_are_relative_to_the_kernel() {
    let join = |kernel: &str, path: &str| {
        let mut room = [0; 16];
        resolve(kernel, path, &mut room).map(|length| String::from_utf8_lossy(&room[..length]).into_owned())
    };
    assert_eq!(join("/boot/kernel.elf", "m").as_deref(), Some("/boot/m"));
    assert_eq!(join("/boot/kernel.elf", "./a//m").as_deref(), Some("/boot/a/m"));
    assert_eq!(join("/boot/kernel.elf", "../m").as_deref(), Some("/m"));
    assert_eq!(join("/boot/kernel.elf", "../../../m").as_deref(), Some("/m"));
    assert_eq!(join("/boot/kernel.elf", "/m").as_deref(), Some("/m"));
    assert_eq!(join("/kernel.elf", "m").as_deref(), Some("/m"));
    assert_eq!(join("/kernel.elf", "123456789012345").as_deref(), Some("/123456789012345"));
    assert_eq!(join("/kernel.elf", "1234567890123456"), None);
}
