//! Small readers of what firmware gives: modes, clock, tables; and text for a small screen.

use onko_loader_core::date::{Clock, unix_time};
use onko_loader_core::error::VolumeProblem;
use onko_loader_core::firmware::{each_io_apic, find_rsdp, find_smbios32, find_smbios64};
use onko_loader_core::iso9660::{BLOCK, Block, BlockDevice};
use onko_loader_core::medium::Medium;
use onko_loader_core::memory::Kind;
use onko_loader_core::text::{Text, wrap};
use onko_loader_core::video::{MODE_LIMIT, Mode, Modes, Resolution, choose};

/// A VBE mode info block as Bochs gives it.
fn block(width: u16, height: u16, pitch: u16, bpp: u8) -> [u8; 256] {
    let mut block = [0; 256];
    block[..2].copy_from_slice(&0x009bu16.to_le_bytes());
    block[16..18].copy_from_slice(&pitch.to_le_bytes());
    block[18..20].copy_from_slice(&width.to_le_bytes());
    block[20..22].copy_from_slice(&height.to_le_bytes());
    block[25] = bpp;
    block[27] = 6;
    block[31..37].copy_from_slice(&[8, 16, 8, 8, 8, 0]);
    block[40..44].copy_from_slice(&0xe000_0000u32.to_le_bytes());
    block
}

fn mode(number: u16, width: u16, height: u16, bpp: u8) -> Mode {
    let pitch = u32::from(width) * u32::from(bpp.div_ceil(8));
    Mode { number, width, height, pitch, bpp, masks: [(8, 16), (8, 8), (8, 0)], address: 0xe000_0000 }
}

#[test]
fn a_mode_info_block_is_read_field_by_field() {
    let mut block = block(1024, 768, 4352, 32);
    block[31..37].copy_from_slice(&[1, 2, 3, 4, 5, 6]);
    let expected = Mode {
        number: 7,
        width: 1024,
        height: 768,
        pitch: 4352,
        bpp: 32,
        masks: [(1, 2), (3, 4), (5, 6)],
        address: 0xe000_0000,
    };
    assert_eq!(Mode::parse(7, &block), Some(expected));
    assert_eq!(expected.size(), 4352 * 768);
}

#[test]
fn modes_without_a_sound_linear_framebuffer_are_left_out() {
    let good = block(1024, 768, 4096, 32);
    assert!(Mode::parse(7, &good).is_some());
    let changes: [(usize, &[u8]); 12] = [
        (0, &[0x9a]),
        (0, &[0x93]),
        (0, &[0x8b]),
        (0, &[0x1b]),
        (16, &4095u16.to_le_bytes()),
        (18, &[0, 0]),
        (20, &[0, 0]),
        (25, &[8]),
        (27, &[4]),
        (40, &[0; 4]),
        (40, &0xffff_f000u32.to_le_bytes()),
        (25, &[64]),
    ];
    for (offset, bytes) in changes {
        let mut bad = good;
        bad[offset..offset + bytes.len()].copy_from_slice(bytes);
        assert_eq!(Mode::parse(7, &bad), None, "{offset} {bytes:?}");
    }
    for bpp in [15, 16] {
        assert!(Mode::parse(7, &block(800, 600, 1600, bpp)).is_some());
        assert!(Mode::parse(7, &block(800, 600, 1599, bpp)).is_none());
    }
}

#[test]
fn the_largest_32_bit_mode_up_to_1280_by_800_is_chosen() {
    let modes = [
        mode(1, 800, 600, 32),
        mode(2, 1280, 800, 24),
        mode(3, 1024, 768, 32),
        mode(4, 1280, 1024, 32),
        mode(5, 1920, 800, 32),
        mode(6, 1024, 768, 32),
    ];
    assert_eq!(choose(&modes, None), Some(modes[2]));
    assert_eq!(choose(&[], None), None);
    assert_eq!(choose(&modes[1..2], None), None);
    let exact = [modes[2], mode(9, 1280, 800, 32)];
    assert_eq!(choose(&exact, None), Some(exact[1]));
    // Of equal areas the wider.
    let equal = [mode(1, 600, 800, 32), mode(2, 800, 600, 32), mode(3, 600, 800, 32)];
    assert_eq!(choose(&equal, None), Some(equal[1]));
}

#[test]
fn the_resolution_asked_for_is_taken_where_it_exists() {
    let modes = [mode(1, 800, 600, 32), mode(2, 800, 600, 24), mode(3, 1920, 1080, 32)];
    let ask = |width, height, bpp| choose(&modes, Some(Resolution { width, height, bpp })).map(|mode| mode.number);
    assert_eq!(ask(800, 600, 24), Some(2));
    assert_eq!(ask(1920, 1080, 32), Some(3));
    assert_eq!(ask(800, 601, 32), Some(1));
    assert_eq!(ask(801, 600, 24), Some(1));
    assert_eq!(ask(800, 600, 16), Some(1));
}

#[test]
fn the_clock_is_read_in_every_format() {
    let time = |fields, format| Clock { fields, format }.unix_time();
    // 2026-11-22 20:31:05 in BCD, binary, and with 12 hours.
    const EXPECTED: Option<i64> = Some(1_795_379_465);
    assert_eq!(time([0x05, 0x31, 0x20, 0x22, 0x11, 0x26], 2), EXPECTED);
    assert_eq!(time([5, 31, 20, 22, 11, 26], 6), EXPECTED);
    assert_eq!(time([0x05, 0x31, 0x88, 0x22, 0x11, 0x26], 0), EXPECTED);
    assert_eq!(time([5, 31, 0x80 | 8, 22, 11, 26], 4), EXPECTED);
    // Noon and midnight are both 12.
    assert_eq!(time([0, 0, 12, 1, 1, 70], 4), Some(0));
    assert_eq!(time([0, 0, 0x80 | 12, 1, 1, 70], 4), Some(12 * 3600));
    assert_eq!(time([0, 0, 0, 1, 1, 70], 6), Some(0));
    assert_eq!(time([59, 59, 23, 31, 12, 99], 6), Some(946_684_799));
    assert_eq!(time([0, 0, 0, 29, 2, 0], 6), Some(951_782_400));
    assert_eq!(time([0, 0, 0, 1, 3, 0], 6), Some(951_868_800));
    assert_eq!(time([0, 0, 0, 28, 2, 24], 6), Some(1_709_078_400));
    assert_eq!(time([0, 0, 0, 1, 3, 24], 6), Some(1_709_251_200));
    assert_eq!(time([0, 0, 0, 31, 12, 69], 6), Some(3_155_673_600));
}

#[test]
fn impossible_dates_are_no_dates() {
    for fields in [
        [60, 0, 0, 1, 1, 0],
        [0, 60, 0, 1, 1, 0],
        [0, 0, 24, 1, 1, 0],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 32, 1, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 1, 13, 0],
    ] {
        assert_eq!(Clock { fields, format: 6 }.unix_time(), None, "{fields:?}");
    }
}

/// A table of `length` bytes that begins with `anchor` and sums to 0, with its length at `length_at`.
fn table(anchor: &[u8], length: usize, length_at: Option<usize>) -> Vec<u8> {
    let mut table = vec![0; length];
    table[..anchor.len()].copy_from_slice(anchor);
    if let Some(at) = length_at {
        table[at] = length as u8;
    }
    let sum = table.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
    table[length - 1] = sum.wrapping_neg();
    table
}

#[test]
fn firmware_tables_are_found_by_anchor_boundary_and_checksum() {
    let memory = |offset: usize, table: &[u8]| {
        let mut memory = vec![0; 256];
        memory[offset..offset + table.len()].copy_from_slice(table);
        memory
    };
    let rsdp = table(b"RSD PTR ", 20, None);
    let low = table(b"_SM_", 0x1f, Some(5));
    let high = table(b"_SM3_", 0x18, Some(6));
    for (find, table) in [
        (find_rsdp as fn(&[u8]) -> Option<usize>, &rsdp),
        (find_smbios32 as fn(&[u8]) -> Option<usize>, &low),
        (find_smbios64 as fn(&[u8]) -> Option<usize>, &high),
    ] {
        assert_eq!(find(&memory(48, table)), Some(48));
        assert_eq!(find(&memory(40, table)), None);
        assert_eq!(find(&memory(48, table)[..48 + table.len() - 1]), None);
        let mut wrong = table.clone();
        wrong[9] ^= 1;
        assert_eq!(find(&memory(48, &wrong)), None);
        let mut twice = memory(16, &wrong);
        twice[64..64 + table.len()].copy_from_slice(table);
        assert_eq!(find(&twice), Some(64));
        assert_eq!(find(&[]), None);
    }
    // A length too short to reach the checksum is no table.
    assert_eq!(find_smbios32(&memory(0, b"_SM_\0\0")), None);
    assert_eq!(find_smbios64(&memory(0, b"_SM3_\0\0")), None);
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    wrap(text.as_bytes(), width).map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}

#[test]
fn sentences_break_between_words() {
    assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    assert_eq!(wrapped("one two three", 6), ["one", "two", "three"]);
    assert_eq!(wrapped("one two three", 13), ["one two three"]);
    assert_eq!(wrapped("  one   two  ", 5), ["one", "two"]);
    assert_eq!(wrapped("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(wrapped("ab cdefghij", 4), ["ab", "cdef", "ghij"]);
    assert_eq!(wrapped("", 4), [""; 0]);
    assert_eq!(wrapped("abc", 0), [""; 0]);
    assert_eq!(wrapped("abc", 1), ["a", "b", "c"]);
}

#[test]
fn dates_before_1970_or_that_are_none_have_no_time() {
    assert_eq!(unix_time([1970, 1, 1, 0, 0, 0]), Some(0));
    assert_eq!(unix_time([2026, 11, 22, 20, 31, 5]), Some(1_795_379_465));
    for bad in [
        [1969, 12, 31, 23, 59, 59],
        [2026, 13, 1, 0, 0, 0],
        [2026, 0, 1, 0, 0, 0],
        [2026, 1, 0, 0, 0, 0],
        [2026, 1, 1, 24, 0, 0],
        [2026, 1, 1, 0, 60, 0],
        [2026, 1, 1, 0, 0, 60],
    ] {
        assert_eq!(unix_time(bad), None, "{bad:?}");
    }
}

#[test]
fn uefi_memory_that_boot_services_leave_behind_is_free() {
    let kinds: Vec<_> = (0..17).map(Kind::from_uefi).collect();
    for (number, kind) in kinds.into_iter().enumerate() {
        let expected = match number {
            1 | 2 => Kind::LoaderReclaimable,
            3 | 4 | 7 => Kind::Usable,
            8 => Kind::Bad,
            9 => Kind::AcpiReclaimable,
            10 => Kind::AcpiNvs,
            _ => Kind::Reserved,
        };
        assert_eq!(kind, expected, "{number}");
    }
    assert_eq!(Kind::from_uefi(0x8000_0001), Kind::Reserved);
}

#[test]
fn a_text_that_is_too_long_is_cut_and_has_only_ascii() {
    assert_eq!(Text::<5>::new(format_args!("{}{}", 12, "\u{e4}bcd")).as_bytes(), b"12?bc");
}

#[test]
fn modes_beyond_the_limit_are_left_out() {
    let mut modes = Modes::default();
    (0..MODE_LIMIT as u16 + 5).for_each(|number| modes.push(mode(number, 640, 480, 32)));
    assert_eq!(modes.as_slice().len(), MODE_LIMIT);
    assert_eq!(modes.as_slice()[MODE_LIMIT - 1].number as usize, MODE_LIMIT - 1);
}

struct FirstBlock(Block);

impl BlockDevice for FirstBlock {
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem> {
        *block = if lba == 0 { self.0 } else { [0; BLOCK] };
        Ok(())
    }
}

#[test]
fn a_disk_is_known_by_its_numbers_where_it_has_them() {
    let mut block = [0; BLOCK];
    block[440..444].copy_from_slice(&[0x78, 0x56, 0x34, 0x12]);
    block[568..584].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    let nameless = Medium::Disk { mbr_id: 0, gpt_guid: [0, 0] };
    assert_eq!(Medium::disk(&mut FirstBlock(block)), Ok(nameless));
    block[510..512].copy_from_slice(&[0x55, 0xaa]);
    assert_eq!(Medium::disk(&mut FirstBlock(block)), Ok(Medium::Disk { mbr_id: 0x1234_5678, gpt_guid: [0, 0] }));
    block[512..520].copy_from_slice(b"EFI PART");
    assert_eq!(Medium::disk(&mut FirstBlock(block)), Ok(Medium::Disk { mbr_id: 0x1234_5678, gpt_guid: [1, 2] }));
}

/// Memory of 4 KiB with ACPI's tables: root pointer at 0, lists at 0x100 (32 bits) and 0x200 (64 bits), another table at
/// 0x300 and the MADT at 0x400, with the I/O APICs.
fn acpi(revision: u8) -> Vec<u8> {
    let mut memory = vec![0; 4096];
    let mut put = |offset: usize, bytes: &[u8]| memory[offset..offset + bytes.len()].copy_from_slice(bytes);
    put(0, b"RSD PTR ");
    put(15, &[revision]);
    put(16, &0x100u32.to_le_bytes());
    put(24, &0x200u64.to_le_bytes());
    put(0x100, b"RSDT");
    put(0x104, &44u32.to_le_bytes());
    put(0x124, &0x300u32.to_le_bytes());
    put(0x128, &0x400u32.to_le_bytes());
    put(0x200, b"XSDT");
    put(0x204, &44u32.to_le_bytes());
    put(0x224, &0x400u64.to_le_bytes());
    put(0x300, b"FACP");
    put(0x304, &36u32.to_le_bytes());
    put(0x400, b"APIC");
    put(0x404, &(44 + 8 + 12 + 12u32).to_le_bytes());
    put(0x400 + 44, &[0, 8, 0, 0, 1, 0, 0, 0]);
    put(0x400 + 52, &[1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
    put(0x400 + 64, &[1, 12, 1, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0]);
    memory
}

fn io_apics(memory: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    let read = |address: u64, length: u64| memory.get(address as usize..address.checked_add(length)? as usize);
    each_io_apic(0, read, |address| found.push(address));
    found
}

#[test]
fn acpi_names_the_io_apics_by_either_list() {
    for revision in [0, 2] {
        assert_eq!(io_apics(&acpi(revision)), [0xfec0_0000, 0xfec0_1000]);
    }
}

#[test]
fn damaged_acpi_tables_end_the_search() {
    let mut random = 7u64;
    let mut next = |limit: usize| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) as usize % limit
    };
    for round in 0..20_000 {
        let mut memory = acpi(if round % 2 == 0 { 0 } else { 2 });
        for _ in 0..=next(5) {
            memory[next(0x460)] = next(256) as u8;
        }
        memory.truncate(0x100 + next(0x500));
        assert!(io_apics(&memory).len() < 4096);
    }
    // A structure of length 0 would never end.
    let mut memory = acpi(0);
    memory[0x400 + 45] = 0;
    assert!(io_apics(&memory).is_empty());
}
