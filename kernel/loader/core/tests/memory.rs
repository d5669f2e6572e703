//! The memory map, and the page tables made from it.

use onko_loader_core::error::Refusal;
use onko_loader_core::memory::{Kind, MemoryMap, REGION_LIMIT, Region};
use onko_loader_core::paging::{Access, Features, HHDM, PageTables, TableMemory, direct_map_ranges};

fn map(regions: &[(u64, u64, Kind)]) -> MemoryMap {
    let mut map = MemoryMap::new();
    for &(base, end, kind) in regions {
        map.add(base, end - base, kind).expect("room for a region");
    }
    map
}

fn listed(map: &MemoryMap) -> Vec<(u64, u64, Kind)> {
    map.regions().iter().map(|&Region { base, end, kind }| (base, end, kind)).collect()
}

const MIB: u64 = 1 << 20;

#[test]
fn regions_become_sorted_whole_pages_and_page_zero_is_never_free() {
    let map = map(&[(MIB, 64 * MIB + 7, Kind::Usable), (0, 0x9fc00, Kind::Usable), (0x9fc00, 0xa0000, Kind::Reserved)]);
    assert_eq!(
        listed(&map),
        [(0x1000, 0x9f000, Kind::Usable), (0x9f000, 0xa0000, Kind::Reserved), (MIB, 64 * MIB, Kind::Usable)]
    );
}

#[test]
fn where_regions_overlap_the_less_usable_kind_wins() {
    let map = map(&[
        (0x10000, 0x50000, Kind::Usable),
        (0x20000, 0x30000, Kind::Reserved),
        (0x28000, 0x38000, Kind::AcpiReclaimable),
        (0x48000, 0x60000, Kind::AcpiNvs),
        (0x0f000, 0x11000, Kind::Bad),
        (0x2a000, 0x2b000, Kind::Usable),
    ]);
    assert_eq!(
        listed(&map),
        [
            (0x0f000, 0x11000, Kind::Bad),
            (0x11000, 0x20000, Kind::Usable),
            (0x20000, 0x30000, Kind::Reserved),
            (0x30000, 0x38000, Kind::AcpiReclaimable),
            (0x38000, 0x48000, Kind::Usable),
            (0x48000, 0x60000, Kind::AcpiNvs),
        ]
    );
}

#[test]
fn nonsense_regions_do_no_harm() {
    let mut map = MemoryMap::new();
    map.add(0x5000, 0, Kind::Usable).expect("nothing to add");
    map.add(u64::MAX - 5, 100, Kind::Reserved).expect("cut at the end of memory");
    map.add(u64::MAX - 5, 100, Kind::Usable).expect("no whole page");
    map.add(0x10, 0x20, Kind::Usable).expect("no whole page");
    assert!(map.regions().is_empty());
}

#[test]
fn every_type_number_of_the_bios_has_a_kind() {
    let kinds = [Kind::Reserved, Kind::Usable, Kind::Reserved, Kind::AcpiReclaimable, Kind::AcpiNvs, Kind::Bad];
    for (number, kind) in kinds.into_iter().enumerate() {
        assert_eq!(Kind::from_e820(number as u32), kind);
    }
    assert_eq!(Kind::from_e820(12), Kind::Reserved);
}

#[test]
fn memory_is_taken_from_the_top_below_4_gib() {
    let mut map =
        map(&[(0x1000, 0x9f000, Kind::Usable), (MIB, 16 * MIB, Kind::Usable), (1 << 32, 6 << 30, Kind::Usable)]);
    assert_eq!(map.take(5, 4096, Kind::LoaderReclaimable, "a test"), Ok(16 * MIB - 0x1000));
    assert_eq!(map.take(0x1001, 4096, Kind::LoaderReclaimable, "a test"), Ok(16 * MIB - 0x3000));
    assert_eq!(map.take(4096, 2 * MIB, Kind::ExecutableAndModules, "a test"), Ok(14 * MIB));
    assert_eq!(
        listed(&map),
        [
            (0x1000, 0x9f000, Kind::Usable),
            (MIB, 14 * MIB, Kind::Usable),
            (14 * MIB, 14 * MIB + 0x1000, Kind::ExecutableAndModules),
            (14 * MIB + 0x1000, 16 * MIB - 0x3000, Kind::Usable),
            (16 * MIB - 0x3000, 16 * MIB, Kind::LoaderReclaimable),
            (1 << 32, 6 << 30, Kind::Usable),
        ]
    );
    let refusal = map.take(13 * MIB + 1, 4096, Kind::LoaderReclaimable, "a test").expect_err("too much");
    assert_eq!(
        refusal.to_string(),
        "Cannot boot: not enough memory; a test needs 13313 KiB in one piece below 4 GiB, the largest free piece has \
         13312 KiB."
    );
    assert!(map.take(u64::MAX, 4096, Kind::LoaderReclaimable, "a test").is_err());
    assert_eq!(map.take(13 * MIB, 4096, Kind::LoaderReclaimable, "a test"), Ok(MIB));
    assert_eq!(map.take(2 * MIB - 0x4000, 4096, Kind::LoaderReclaimable, "a test"), Ok(14 * MIB + 0x1000));
    assert!(map.take(1, 4096, Kind::LoaderReclaimable, "a test").is_err());
}

#[test]
fn a_region_across_4_gib_gives_only_its_lower_part() {
    let mut map = map(&[(3 << 30, 5 << 30, Kind::Usable)]);
    assert_eq!(map.take(4096, 4096, Kind::LoaderReclaimable, "a test"), Ok((1 << 32) - 4096));
}

#[test]
fn too_many_regions_are_refused() {
    let mut map = MemoryMap::new();
    let add = |map: &mut MemoryMap, number: u64| map.add(number * 0x2000, 0x1000, Kind::Reserved);
    for number in 0..REGION_LIMIT as u64 {
        add(&mut map, number).expect("room for a region");
    }
    assert_eq!(add(&mut map, 1000), Err(Refusal::TooManyRegions { limit: REGION_LIMIT }));
}

/// Page-table memory in a vector, table N at address N + 1 pages.
struct Tables(Vec<[u64; 512]>);

impl TableMemory for Tables {
    fn new_table(&mut self) -> u64 {
        self.0.push([0; 512]);
        self.0.len() as u64 * 4096
    }
    fn read(&self, address: u64) -> u64 {
        self.0[address as usize / 4096 - 1][address as usize % 4096 / 8]
    }
    fn write(&mut self, address: u64, entry: u64) {
        self.0[address as usize / 4096 - 1][address as usize % 4096 / 8] = entry;
    }
}

/// Translates as the CPU does. Physical address, leaf entry and page size.
fn translate(tables: &Tables, root: u64, address: u64) -> Option<(u64, u64, u64)> {
    let mut table = root;
    for level in (0..4).rev() {
        let entry = tables.read(table + (address >> (12 + 9 * level) & 511) * 8);
        if entry & 1 == 0 {
            return None;
        }
        if level == 0 || entry & 0x80 != 0 && level < 3 {
            let size = 4096 << (9 * level);
            let base = entry & 0x000f_ffff_ffff_f000 & !(size - 1);
            return Some((base + address % size, entry, size));
        }
        assert_eq!(entry & 3, 3, "tables above allow everything");
        table = entry & 0x000f_ffff_ffff_f000;
    }
    None
}

const FEATURES: Features = Features { no_execute: true, gigabyte_pages: false, attribute_table: true };
const ALL: Access = Access { write: true, execute: true, write_combining: false };

#[test]
fn mappings_use_the_largest_pages_that_fit() {
    let mut memory = Tables(Vec::new());
    let mut tables = PageTables::new(&mut memory, FEATURES);
    // From 1 page before 2 MiB to 1 page behind 6 MiB.
    tables.map(HHDM + 0x1f_f000, 0x1f_f000, 4 * MIB + 0x2000, ALL);
    let root = tables.root();
    let at = |address: u64| translate(&memory, root, HHDM + address);
    assert_eq!(at(0x1f_e000), None);
    assert_eq!(at(0x1f_f123), Some((0x1f_f123, 0x1f_f003, 4096)));
    assert_eq!(at(2 * MIB + 5), Some((2 * MIB + 5, (2 * MIB) | 0x83, 2 * MIB)));
    assert_eq!(at(6 * MIB - 1), Some((6 * MIB - 1, (4 * MIB) | 0x83, 2 * MIB)));
    assert_eq!(at(6 * MIB), Some((6 * MIB, (6 * MIB) | 3, 4096)));
    assert_eq!(at(6 * MIB + 0x1000), None);
}

#[test]
fn gigabyte_pages_are_used_where_the_cpu_has_them() {
    for (gigabyte_pages, size, most) in [(true, 1 << 30, 3), (false, 2 * MIB, 7)] {
        let mut memory = Tables(Vec::new());
        let mut tables = PageTables::new(&mut memory, Features { gigabyte_pages, ..FEATURES });
        tables.map(HHDM, 0, 4 << 30, ALL);
        let root = tables.root();
        assert_eq!(
            translate(&memory, root, HHDM + (3 << 30) + 77).map(|(at, _, size)| (at, size)),
            Some(((3 << 30) + 77, size))
        );
        assert!(memory.0.len() <= most, "{}", memory.0.len());
    }
}

#[test]
fn physical_and_virtual_address_must_both_suit_a_large_page() {
    let mut memory = Tables(Vec::new());
    let mut tables = PageTables::new(&mut memory, FEATURES);
    tables.map(0xffff_ffff_8000_0000, 0x12_3000, 4 * MIB, ALL);
    let root = tables.root();
    let found = translate(&memory, root, 0xffff_ffff_8000_0000 + 4 * MIB - 1);
    assert_eq!(found.map(|(at, _, size)| (at, size)), Some((0x12_3000 + 4 * MIB - 1, 4096)));
}

#[test]
fn access_bits_follow_access_and_features() {
    const NX: u64 = 1 << 63;
    let leaf = |access: Access, features: Features, length: u64| {
        let mut memory = Tables(Vec::new());
        let mut tables = PageTables::new(&mut memory, features);
        tables.map(HHDM, 0, length, access);
        let root = tables.root();
        translate(&memory, root, HHDM).expect("mapped").1
    };
    let read_only = Access { write: false, execute: false, write_combining: false };
    let combining = Access { write_combining: true, ..ALL };
    assert_eq!(leaf(read_only, FEATURES, 4096), 1 | NX);
    assert_eq!(leaf(read_only, Features { no_execute: false, ..FEATURES }, 4096), 1);
    assert_eq!(leaf(ALL, FEATURES, 4096), 3);
    // PAT5: the PAT bit (7 in small pages, 12 in large ones) and PWT (bit 3).
    assert_eq!(leaf(combining, FEATURES, 4096), 3 | 1 << 7 | 1 << 3);
    assert_eq!(leaf(combining, FEATURES, 2 * MIB), 3 | 1 << 7 | 1 << 12 | 1 << 3);
    assert_eq!(leaf(combining, Features { attribute_table: false, ..FEATURES }, 4096), 3);
}

fn ranges(map: &MemoryMap, revision: u64) -> Vec<(u64, u64, bool)> {
    let mut ranges = Vec::new();
    direct_map_ranges(map, revision, |base, end, framebuffer| ranges.push((base, end, framebuffer)));
    ranges
}

#[test]
fn the_direct_map_covers_what_each_base_revision_promises() {
    const GIB: u64 = 1 << 30;
    let map = map(&[
        (0x1000, 0x9f000, Kind::Usable),
        (MIB, 2 * MIB, Kind::Usable),
        (2 * MIB, 3 * MIB, Kind::LoaderReclaimable),
        (3 * MIB, 4 * MIB, Kind::ExecutableAndModules),
        (4 * MIB, 5 * MIB, Kind::AcpiReclaimable),
        (5 * MIB, 6 * MIB, Kind::AcpiNvs),
        (0xfd00_0000, 0xfd3e_8000, Kind::Framebuffer),
        (0xfffc_0000, 4 * GIB, Kind::Reserved),
        (4 * GIB, 6 * GIB, Kind::Usable),
        (8 * GIB, 9 * GIB, Kind::Reserved),
        (10 * GIB, 11 * GIB, Kind::AcpiNvs),
        (11 * GIB, 12 * GIB, Kind::Bad),
    ]);
    let low = [(0, 0xfd00_0000, false), (0xfd00_0000, 0xfd3e_8000, true), (0xfd3e_8000, 6 * GIB, false)];
    let zero = [&low[..], &[(8 * GIB, 9 * GIB, false), (10 * GIB, 12 * GIB, false)]].concat();
    let one = [&low[..], &[(10 * GIB, 11 * GIB, false)]].concat();
    assert_eq!(ranges(&map, 0), zero);
    assert_eq!(ranges(&map, 1), one);
    assert_eq!(ranges(&map, 2), one);
    assert_eq!(
        ranges(&map, 3),
        [(0x1000, 0x9f000, false), (MIB, 4 * MIB, false), (0xfd00_0000, 0xfd3e_8000, true), (4 * GIB, 6 * GIB, false),]
    );
}

#[test]
fn nothing_is_mapped_where_there_is_nothing() {
    assert_eq!(ranges(&MemoryMap::new(), 3), []);
    assert_eq!(ranges(&MemoryMap::new(), 0), [(0, 1 << 32, false)]);
    let only_framebuffer = map(&[(0, 1 << 32, Kind::Framebuffer)]);
    assert_eq!(ranges(&only_framebuffer, 0), [(0, 1 << 32, true)]);
    assert_eq!(ranges(&only_framebuffer, 3), [(0, 1 << 32, true)]);
}

#[test]
fn a_framebuffer_beyond_4_gib_is_mapped_once_too() {
    const GIB: u64 = 1 << 30;
    let map = map(&[
        (4 * GIB, 5 * GIB, Kind::Usable),
        (5 * GIB, 6 * GIB, Kind::Framebuffer),
        (6 * GIB, 7 * GIB, Kind::Usable),
    ]);
    let expected = [(4 * GIB, 5 * GIB, false), (5 * GIB, 6 * GIB, true), (6 * GIB, 7 * GIB, false)];
    assert_eq!(ranges(&map, 3), expected);
    assert_eq!(ranges(&map, 1), [(0, 5 * GIB, false), expected[1], expected[2]]);
}

#[test]
fn random_maps_stay_sorted_and_give_memory_only_once() {
    let mut random = 3u64;
    let mut next = |limit: u64| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) % limit
    };
    for _ in 0..2_000 {
        let mut map = MemoryMap::new();
        for _ in 0..12 {
            let kind = Kind::from_e820(next(6) as u32);
            map.add(next(0x400) * 0x800 + MIB, next(0x100) * 0x800, kind).expect("room for a region");
        }
        let usable = |map: &MemoryMap| -> u64 {
            map.regions()
                .iter()
                .filter(|region| region.kind == Kind::Usable)
                .map(|region| region.end - region.base)
                .sum()
        };
        let mut free = usable(&map);
        while let Ok(base) = map.take(0x3000, 0x2000, Kind::LoaderReclaimable, "a test") {
            assert_eq!(base % 0x2000, 0);
            free -= 0x3000;
            assert_eq!(usable(&map), free);
        }
        let regions = map.regions();
        assert!(
            regions.iter().all(|region| region.base < region.end && region.base % 4096 == 0 && region.end % 4096 == 0)
        );
        assert!(
            regions
                .windows(2)
                .all(|pair| pair[0].end < pair[1].base || pair[0].end == pair[1].base && pair[0].kind != pair[1].kind)
        );
    }
}
