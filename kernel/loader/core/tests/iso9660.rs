//! Finding files on hand-made ISO 9660 volumes, with Rock Ridge names and without.

use onko_loader_core::error::{Name, Refusal, VolumeProblem};
use onko_loader_core::iso9660::{BLOCK, Block, BlockDevice, File, LookupError, Volume};

struct Medium(Vec<u8>);

impl BlockDevice for Medium {
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem> {
        let start = lba as usize * BLOCK;
        let bytes = self.0.get(start..start + BLOCK).ok_or(VolumeProblem::Unreadable { block: lba, status: 4 })?;
        block.copy_from_slice(bytes);
        Ok(())
    }
}

fn record(lba: u32, size: u32, flags: u8, name: &[u8], system_use: &[u8]) -> Vec<u8> {
    let mut record = vec![0, 0];
    record.extend(lba.to_le_bytes());
    record.extend(lba.to_be_bytes());
    record.extend(size.to_le_bytes());
    record.extend(size.to_be_bytes());
    record.extend([0; 7]);
    record.extend([flags, 0, 0, 1, 0, 0, 1, name.len() as u8]);
    record.extend(name);
    if record.len() % 2 == 1 {
        record.push(0);
    }
    record.extend(system_use);
    record[0] = record.len() as u8;
    record
}

fn entry(signature: &[u8; 2], data: &[u8]) -> Vec<u8> {
    [signature, &[4 + data.len() as u8, 1][..], data].concat()
}

fn named(name: &str) -> Vec<u8> {
    entry(b"NM", &[&[0], name.as_bytes()].concat())
}

const ROOT: u32 = 20;
const BLOCKS: u32 = 40;
const FILE: u8 = 0;
const DIRECTORY: u8 = 2;

/// A volume whose directories lie at the given blocks.
fn medium(directories: &[(u32, &[Vec<u8>])]) -> Medium {
    let mut bytes = vec![0; BLOCKS as usize * BLOCK];
    let descriptor = &mut bytes[16 * BLOCK..17 * BLOCK];
    descriptor[..6].copy_from_slice(b"\x01CD001");
    descriptor[80..84].copy_from_slice(&BLOCKS.to_le_bytes());
    let root = directories.iter().find(|(lba, _)| *lba == ROOT).map_or(1, |(_, records)| blocks_of(records));
    descriptor[156..190].copy_from_slice(&record(ROOT, root * BLOCK as u32, DIRECTORY, &[0], &[]));
    for (lba, records) in directories {
        let mut at = *lba as usize * BLOCK;
        for record in *records {
            if at % BLOCK + record.len() > BLOCK {
                at = at.next_multiple_of(BLOCK);
            }
            bytes[at..at + record.len()].copy_from_slice(record);
            at += record.len();
        }
    }
    Medium(bytes)
}

fn blocks_of(records: &[Vec<u8>]) -> u32 {
    let mut at = 0;
    for record in records {
        if at % BLOCK + record.len() > BLOCK {
            at = at.next_multiple_of(BLOCK);
        }
        at += record.len();
    }
    at.div_ceil(BLOCK).max(1) as u32
}

fn dots(system_use: &[u8]) -> Vec<Vec<u8>> {
    vec![record(ROOT, 2048, DIRECTORY, &[0], system_use), record(ROOT, 2048, DIRECTORY, &[1], &[])]
}

fn rock_ridge() -> Vec<Vec<u8>> {
    dots(&entry(b"SP", &[0xbe, 0xef, 0]))
}

fn find(medium: &mut Medium, path: &str) -> Result<File, String> {
    let volume = Volume::open(medium).map_err(|problem| Refusal::from(problem).to_string())?;
    assert_eq!(volume.blocks(), BLOCKS);
    let mut near = Name::new();
    volume.find(medium, path, &mut near).map_err(|error| match error {
        LookupError::File(problem) => Refusal::Module { path, problem }.to_string(),
        LookupError::Volume(problem) => Refusal::from(problem).to_string(),
    })
}

fn not_found(path: &str) -> Result<File, String> {
    Err(format!("Cannot load the module \"{path}\": file not found on the boot medium."))
}

#[test]
fn rock_ridge_names_are_found_exactly_and_through_folders() {
    let mut root = rock_ridge();
    root.push(record(25, 2048, DIRECTORY, b"BOOT", &named("boot")));
    root.push(record(30, 10168, FILE, b"KERNEL.ELF;1", &named("kernel.elf")));
    let mut boot = dots(&[]);
    boot.push(record(36, 5, FILE, b"MY_FILE.TXT;1", &named("My file.txt")));
    let mut medium = medium(&[(ROOT, &root), (25, &boot)]);
    assert_eq!(find(&mut medium, "/kernel.elf"), Ok(File { lba: 30, size: 10168 }));
    assert_eq!(find(&mut medium, "//boot///My file.txt"), Ok(File { lba: 36, size: 5 }));
    assert_eq!(find(&mut medium, "/kernel.el"), not_found("/kernel.el"));
    assert_eq!(find(&mut medium, "/kernel.elf2"), not_found("/kernel.elf2"));
    assert_eq!(
        find(&mut medium, "/Kernel.ELF"),
        Err("Cannot load the module \"/Kernel.ELF\": file not found on the boot medium; there is \"kernel.elf\", and upper \
             and lower case count."
            .into())
    );
    assert_eq!(
        find(&mut medium, "/boot/my file.txt").map_err(|text| text.contains("there is \"My file.txt\"")),
        Err(true)
    );
    let directory = "that is a directory, expected a file.";
    assert_eq!(find(&mut medium, "/boot"), Err(format!("Cannot load the module \"/boot\": {directory}")));
    assert_eq!(find(&mut medium, "/"), Err(format!("Cannot load the module \"/\": {directory}")));
    assert_eq!(
        find(&mut medium, "/kernel.elf/x"),
        Err("Cannot load the module \"/kernel.elf/x\": file not found: a part of the path before its last is a file."
            .into())
    );
}

#[test]
fn plain_names_are_found_whatever_the_case_without_version() {
    let mut root = dots(&[]);
    root.push(record(30, 1, FILE, b"KERNEL.ELF;1", &named("ignored without SP")));
    root.push(record(31, 2, FILE, b"NOTE.;1", &[]));
    let mut medium = medium(&[(ROOT, &root)]);
    assert_eq!(find(&mut medium, "/kernel.elf"), Ok(File { lba: 30, size: 1 }));
    assert_eq!(find(&mut medium, "/Note"), Ok(File { lba: 31, size: 2 }));
    assert_eq!(find(&mut medium, "/ignored without SP"), not_found("/ignored without SP"));
}

#[test]
fn names_may_be_in_pieces_and_go_on_in_another_block() {
    let mut root = rock_ridge();
    let pieces = [named("long-"), named("name")].concat();
    root.push(record(30, 1, FILE, b"A;1", &pieces));
    let continued = |lba: u32, offset: u32, length: u32| {
        let both = |word: u32| [word.to_le_bytes(), word.to_be_bytes()].concat();
        entry(b"CE", &[both(lba), both(offset), both(length)].concat())
    };
    root.push(record(31, 2, FILE, b"B;1", &[named("be"), continued(38, 100, 14)].concat()));
    root.push(record(32, 3, FILE, b"C;1", &continued(38, 2040, 500)));
    root.push(record(33, 4, FILE, b"D;1", &continued(BLOCKS, 0, 50)));
    // A loop of continuations ends, and a stop entry hides what follows.
    root.push(record(34, 5, FILE, b"E;1", &[named("e"), continued(38, 200, 28)].concat()));
    root.push(record(35, 6, FILE, b"F;1", &[named("f"), entry(b"ST", &[]), named("g")].concat()));
    let mut medium = medium(&[(ROOT, &root)]);
    let area = [named("gin"), named("!")].concat();
    medium.0[38 * BLOCK + 100..][..area.len()].copy_from_slice(&area);
    let again = continued(38, 200, 28);
    medium.0[38 * BLOCK + 200..][..again.len()].copy_from_slice(&again);
    assert_eq!(find(&mut medium, "/long-name"), Ok(File { lba: 30, size: 1 }));
    assert_eq!(find(&mut medium, "/begin!"), Ok(File { lba: 31, size: 2 }));
    assert_eq!(find(&mut medium, "/C"), Ok(File { lba: 32, size: 3 }));
    assert_eq!(find(&mut medium, "/D"), Ok(File { lba: 33, size: 4 }));
    assert_eq!(find(&mut medium, "/e"), Ok(File { lba: 34, size: 5 }));
    assert_eq!(find(&mut medium, "/f"), Ok(File { lba: 35, size: 6 }));
}

#[test]
fn system_use_entries_may_begin_further_in() {
    let mut root = dots(&entry(b"SP", &[0xbe, 0xef, 6]));
    root.push(record(30, 1, FILE, b"A;1", &[&[0; 6][..], &named("shifted")].concat()));
    assert_eq!(find(&mut medium(&[(ROOT, &root)]), "/shifted"), Ok(File { lba: 30, size: 1 }));
}

#[test]
fn the_mark_of_rock_ridge_may_stand_behind_other_entries_but_not_behind_a_stop() {
    let mark = entry(b"SP", &[0xbe, 0xef, 0]);
    let file = record(30, 1, FILE, b"A;1", &named("long"));
    let find_behind = |first: Vec<u8>| {
        let mut root = dots(&[first, mark.clone()].concat());
        root.push(file.clone());
        find(&mut medium(&[(ROOT, &root)]), "/long")
    };
    assert_eq!(find_behind(entry(b"RR", &[1])), Ok(File { lba: 30, size: 1 }));
    assert_eq!(find_behind(entry(b"ST", &[])), not_found("/long"));
    assert_eq!(find_behind(entry(b"SP", &[0xbe, 0xee, 0])), Ok(File { lba: 30, size: 1 }));
}

#[test]
fn directories_may_be_longer_than_a_block() {
    let mut root = rock_ridge();
    for number in 0..60 {
        root.push(record(30, number, FILE, b"X;1", &named(&format!("file-{number}-{}", "x".repeat(40)))));
    }
    assert!(blocks_of(&root) == 3);
    let mut medium = medium(&[(ROOT, &root)]);
    let name = |number: u32| format!("/file-{number}-{}", "x".repeat(40));
    assert_eq!(find(&mut medium, &name(0)), Ok(File { lba: 30, size: 0 }));
    assert_eq!(find(&mut medium, &name(59)), Ok(File { lba: 30, size: 59 }));
}

#[test]
fn damage_is_told_with_its_place() {
    let mut root = rock_ridge();
    root.push(record(39, 2048, FILE, b"LAST", &named("last")));
    root.push(record(39, 2049, FILE, b"OVER", &named("over")));
    root.push(record(30, 1, 0x80, b"PARTS", &named("parts")));
    root.push(record(39, 4096, DIRECTORY, b"D", &named("d")));
    let offset: usize = root.iter().map(Vec::len).sum();
    let mut good = medium(&[(ROOT, &root)]);
    assert_eq!(find(&mut good, "/last"), Ok(File { lba: 39, size: 2048 }));
    let refused = |path: &str, reason: &str| Err(format!("Cannot load the module \"{path}\": {reason}."));
    let cut = "the file's content runs to block 41, but the boot medium ends at block 40; the medium is cut off";
    assert_eq!(find(&mut good, "/over"), refused("/over", cut));
    assert_eq!(find(&mut good, "/parts"), refused("/parts", "the file is stored in several pieces, expected one"));
    assert_eq!(find(&mut good, "/d/x"), refused("/d/x", cut));

    let damaged = |medium: &mut Medium| {
        let expected =
            format!("Cannot read the boot medium: the directory record at block 20, byte {offset}, is damaged.");
        assert_eq!(find(medium, "/none"), Err(expected));
    };
    for (length, name_length) in [(20, 0), (33, 0), (40, 8), (255, 250)] {
        let mut bad = medium(&[(ROOT, &root)]);
        bad.0[ROOT as usize * BLOCK + offset] = length;
        bad.0[ROOT as usize * BLOCK + offset + 32] = name_length;
        damaged(&mut bad);
    }
    let mut no_volume = medium(&[(ROOT, &root)]);
    no_volume.0[16 * BLOCK] = 2;
    let expected = "Cannot read the boot medium: its block 16 holds no ISO 9660 primary volume descriptor; expected type 1 and \
         the letters CD001.";
    assert_eq!(find(&mut no_volume, "/x"), Err(expected.into()));
    no_volume.0[16 * BLOCK] = 1;
    no_volume.0[16 * BLOCK + 5] = b'2';
    assert_eq!(find(&mut no_volume, "/x"), Err(expected.into()));
    let mut short = Medium(good.0[..20 * BLOCK].to_vec());
    assert_eq!(
        find(&mut short, "/last"),
        Err("Cannot read the boot medium: reading block 20 failed, the firmware reports status 0x04.".into())
    );
}

#[test]
fn no_directory_makes_the_search_panic_or_run_for_ever() {
    let mut root = rock_ridge();
    root.push(record(25, 2048, DIRECTORY, b"BOOT", &named("boot")));
    root.push(record(30, 10168, FILE, b"KERNEL.ELF;1", &named("kernel.elf")));
    let good = medium(&[(ROOT, &root), (25, &dots(&[]))]);
    let mut random = 9u64;
    let mut next = |limit: usize| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) as usize % limit
    };
    let mut found = 0;
    for _ in 0..5_000 {
        let mut medium = Medium(good.0.clone());
        for _ in 0..next(6) + 1 {
            let place = [16 * BLOCK + next(200), 20 * BLOCK + next(300)][next(2)];
            medium.0[place] = next(256) as u8;
        }
        let Ok(volume) = Volume::open(&mut medium) else { continue };
        let mut near = Name::new();
        found += usize::from(volume.find(&mut medium, "/kernel.elf", &mut near).is_ok());
        let _any = volume.find(&mut medium, "/boot/Kernel.elf", &mut near);
    }
    assert!(found > 1000, "{found}");
}
