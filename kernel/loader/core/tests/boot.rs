//! From a disc to a loaded kernel, on a machine made of vectors: what is loaded, what is refused, and that no disc, however
//! damaged, makes the loader panic, run for ever or take memory without end. Both firmwares come through here.

use core::fmt;
use onko_loader_core::boot::{Kernel, Machine, MachineFacts, RESPONSE_SPACE, read_config};
use onko_loader_core::error::{Name, Refusal, VolumeProblem};
use onko_loader_core::iso9660::{BLOCK, Block, BlockDevice, Volume};
use onko_loader_core::medium::Medium;
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_core::response::{EfiMemoryMap, Firmware};
use onko_loader_core::video::Modes;

/// A machine whose memory is the test's heap. What it gives away it never gets back, as the real one.
struct Bench {
    disc: Vec<u8>,
    free: u64,
    lines: Vec<String>,
}

impl BlockDevice for Bench {
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem> {
        let start = lba as usize * BLOCK;
        let bytes = self.disc.get(start..start + BLOCK).ok_or(VolumeProblem::Unreadable { block: lba, status: 7 })?;
        block.copy_from_slice(bytes);
        Ok(())
    }
}

impl Machine for Bench {
    fn take(&mut self, size: u64, _: Kind, purpose: &'static str) -> Result<&'static mut [u8], Refusal<'static>> {
        let needed = size.max(1).checked_next_multiple_of(4096).filter(|&needed| needed <= self.free);
        let needed = needed.ok_or(Refusal::OutOfMemory { purpose, needed: size, largest: self.free })?;
        self.free -= needed;
        Ok(Vec::leak(vec![0xaa; needed as usize]))
    }

    fn name(&mut self) -> &'static mut Name {
        Box::leak(Box::default())
    }

    fn report(&mut self, line: fmt::Arguments<'_>, serial: bool) {
        self.lines.push(format!("{}{line}", if serial { "serial: " } else { "" }));
    }
}

const MIB: u64 = 1 << 20;
const BASE: u64 = 0xffff_ffff_8000_0000;

fn record(lba: u32, size: u32, directory: bool, name: &[u8]) -> Vec<u8> {
    let mut record = vec![0; 33];
    record[2..6].copy_from_slice(&lba.to_le_bytes());
    record[10..14].copy_from_slice(&size.to_le_bytes());
    record[25] = if directory { 2 } else { 0 };
    record[32] = name.len() as u8;
    record.extend(name);
    record.resize(record.len().next_multiple_of(2), 0);
    record[0] = record.len() as u8;
    record
}

/// A disc with these files in its root folder.
fn disc(files: &[(&str, &[u8])]) -> Vec<u8> {
    const ROOT: u32 = 18;
    let mut bytes = vec![0; 19 * BLOCK];
    let mut records = [record(ROOT, BLOCK as u32, true, &[0]), record(ROOT, BLOCK as u32, true, &[1])].concat();
    for (name, content) in files {
        let lba = (bytes.len() / BLOCK) as u32;
        // Every name has a dot (ECMA-119, 7.5.1).
        let dot = if name.contains('.') { "" } else { "." };
        records.extend(record(lba, content.len() as u32, false, format!("{name}{dot};1").as_bytes()));
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    }
    bytes[ROOT as usize * BLOCK..][..records.len()].copy_from_slice(&records);
    let blocks = (bytes.len() / BLOCK) as u32;
    let descriptor = &mut bytes[16 * BLOCK..];
    descriptor[..6].copy_from_slice(b"\x01CD001");
    descriptor[80..84].copy_from_slice(&blocks.to_le_bytes());
    descriptor[156..190].copy_from_slice(&record(ROOT, BLOCK as u32, true, &[0]));
    bytes
}

/// A kernel of one segment, with the requests for a memory map, an EFI system table and one module of its own.
fn kernel(memory_size: u64) -> Vec<u8> {
    const COMMON: [u64; 2] = [0xc7b1dd30df4c8b88, 0x0a82e883a194f07b];
    let mut file = vec![0; 0x1000 + 0x800];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16] = 2;
    file[18] = 62;
    file[24..32].copy_from_slice(&BASE.to_le_bytes());
    file[32] = 64;
    file[54] = 56;
    file[56] = 1;
    for (offset, word) in [(64, 5 << 32 | 1), (72, 0x1000), (80, BASE), (96, 0x800), (104, memory_size)] {
        file[offset..offset + 8].copy_from_slice(&u64::to_le_bytes(word));
    }
    let mut put = |offset: usize, words: &[u64]| {
        for (number, word) in words.iter().enumerate() {
            file[0x1000 + offset + number * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
    };
    put(0x100, &[0xf9562b2d5c95a6c8, 0x6a7b384944536bdc, 3]);
    put(0x140, &[COMMON[0], COMMON[1], 0x67cf3d9d378a806f, 0xe304acdfc50c3c62, 0, 0]);
    put(0x180, &[COMMON[0], COMMON[1], 0x5ceba5163eaaf6d6, 0x0a6981610cf65fcc, 0, 0]);
    put(0x1c0, &[COMMON[0], COMMON[1], 0x3e7e279702be32af, 0xca1c4f3bd1280cee, 1, 0, 1, BASE + 0x240]);
    put(0x240, &[BASE + 0x260, BASE + 0x280, BASE + 0x290, 1]);
    put(0x260, &[BASE + 0x280, BASE + 0x290, 1, 0, u64::from_le_bytes(*b"module\0\0")]);
    file
}

const CONFIG: &str = "timeout: 0\nserial: yes\n${WORD}=two\n/Onko OS\nprotocol: limine\npath: boot():/kernel\n\
                      cmdline: one ${WORD}\nmodule_path: boot():/module\nmodule_cmdline: three\n";

/// Boots a disc as far as the kernel's call. Returns the sentence with which it is refused, if it is.
fn boot(disc: Vec<u8>, free: u64, firmware: Firmware) -> Result<Bench, String> {
    let mut bench = Bench { disc, free, lines: Vec::new() };
    match load(&mut bench, firmware) {
        Ok(()) => Ok(bench),
        Err(refusal) => Err(refusal.to_string()),
    }
}

fn load(bench: &mut Bench, firmware: Firmware) -> Result<(), Refusal<'static>> {
    let volume = Volume::open(bench)?;
    let config = read_config(bench, &volume)?;
    let mut kernel = Kernel::load(bench, &volume, &config, config.default_entry())?;
    kernel.choose_mode(&Modes::new())?;
    let mut memory = MemoryMap::new();
    memory.add(0x1000, 0x9e000, Kind::Usable)?;
    let space = bench.take(RESPONSE_SPACE, Kind::LoaderReclaimable, "answers")?;
    let facts = MachineFacts {
        memory: &memory,
        video: None,
        rsdp: None,
        smbios: (None, None),
        date: None,
        firmware,
        medium: Medium::Optical,
    };
    kernel.answer(&facts, space)?;
    kernel.tell(bench, format_args!("Calling the kernel at {:#x}", kernel.entry));
    Ok(())
}

const UEFI: Firmware = Firmware::Uefi {
    system_table: 0x7f_0018,
    map: EfiMemoryMap { physical: 0x50_0000, size: 4800, descriptor_size: 48, descriptor_version: 1 },
};
const FIRMWARES: [Firmware; 2] = [Firmware::Bios, UEFI];

fn good() -> Vec<u8> {
    disc(&[("LIMINE.CONF", CONFIG.as_bytes()), ("KERNEL", &kernel(0x3000)), ("MODULE", b"content")])
}

#[test]
fn a_good_disc_is_booted_and_each_step_reported() {
    for firmware in FIRMWARES {
        let bench = boot(good(), 16 * MIB, firmware).expect("a kernel");
        assert_eq!(
            bench.lines,
            [
                "serial: Loading boot():/kernel",
                "serial: Loading module boot():/module",
                "serial: Calling the kernel at 0xffffffff80000000"
            ]
        );
    }
}

#[test]
fn a_kernel_larger_than_memory_is_refused_with_both_sizes() {
    let large = disc(&[("LIMINE.CONF", CONFIG.as_bytes()), ("KERNEL", &kernel(200 * MIB)), ("MODULE", b"content")]);
    for firmware in FIRMWARES {
        let sentence = boot(large.clone(), 64 * MIB, firmware).map(|_| ()).expect_err("too large");
        assert!(
            sentence.starts_with("Cannot boot: not enough memory; the kernel's image needs 204800 KiB in one piece"),
            "{sentence}"
        );
    }
}

#[test]
fn thousands_of_damaged_discs_end_in_a_kernel_or_in_a_sentence() {
    let good = good();
    let config = 19 * BLOCK;
    let elf = 20 * BLOCK;
    // With `./onko test --thorough` more than 1,000 for each firmware.
    let rounds = if std::env::var_os("ONKO_THOROUGH").is_some() { 100_000 } else { 2_000 };
    let mut random = 11u64;
    let mut next = |limit: usize| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) as usize % limit
    };
    let (mut booted, mut refused) = (0, 0);
    for round in 0..rounds {
        let mut bytes = good.clone();
        // In turn: the configuration, the kernel's headers, its requests, the folder.
        let (start, length) = [(config, CONFIG.len()), (elf, 120), (elf + 0x1100, 0x190), (18 * BLOCK, 240)][round % 4];
        for _ in 0..=next(4) {
            let place = start + next(length);
            bytes[place] = match next(4) {
                0 => next(256) as u8,
                1 => bytes[place] ^ 1 << next(8),
                2 => b"\n/:$ {}#0"[next(9)],
                _ => 0xff,
            };
        }
        match boot(bytes, 16 * MIB, FIRMWARES[round / 4 % 2]) {
            Ok(_) => booted += 1,
            Err(sentence) => {
                let begins =
                    ["Cannot boot", "Bad configuration: ", "Cannot read the boot medium: ", "Cannot load the module "];
                assert!(begins.iter().any(|words| sentence.starts_with(words)), "{sentence}");
                assert!(sentence.ends_with('.') && sentence.is_ascii() && sentence.len() < 2048, "{sentence}");
                refused += 1;
            }
        }
    }
    assert!(booted * 20 > rounds && refused * 4 > rounds, "{booted} booted, {refused} refused");
}
