//! Which ELF files are kernels, what is said of those that are not, and where the bytes of the good ones go.

use onko_loader_core::elf::{EXECUTE, Plan, READ, WRITE, section};
use onko_loader_core::error::Refusal;

const BASE: u64 = 0xffff_ffff_8000_0000;

/// A program header: kind, flags, offset, address, file size, memory size.
type Header = (u32, u32, u64, u64, u64, u64);

const CODE: Header = (1, READ | EXECUTE, 0x1000, BASE, 0x10, 0x10);
const DATA: Header = (1, READ | WRITE, 0x1010, BASE + 0x1000, 8, 0x3000);

fn elf(entry: u64, headers: &[Header]) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend(2u16.to_le_bytes());
    file.extend(62u16.to_le_bytes());
    file.extend(1u32.to_le_bytes());
    file.extend(entry.to_le_bytes());
    file.extend(64u64.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    for half in [64, 56, headers.len() as u16, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    for &(kind, flags, offset, address, file_size, memory_size) in headers {
        file.extend(kind.to_le_bytes());
        file.extend(flags.to_le_bytes());
        for word in [offset, address, address, file_size, memory_size, 0x1000] {
            file.extend(word.to_le_bytes());
        }
    }
    file.resize(0x1000, 0);
    file.extend(1..=0x18);
    file
}

fn refusal(file: &[u8]) -> String {
    match Plan::new(file) {
        Ok(plan) => panic!("{plan:?}"),
        Err(problem) => {
            let sentence = Refusal::Kernel { path: "boot():/kernel.elf", problem }.to_string();
            let start = "Cannot boot \"boot():/kernel.elf\": ";
            sentence.strip_prefix(start).unwrap_or_else(|| panic!("{sentence}")).to_string()
        }
    }
}

fn patched(file: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn a_kernel_is_planned_by_address_and_loaded_with_zeros_behind() {
    let file = elf(BASE + 4, &[DATA, CODE]);
    let plan = Plan::new(&file).expect("a good kernel");
    assert_eq!((plan.entry, plan.base(), plan.size()), (BASE + 4, BASE, 0x4000));
    let numbers: Vec<_> = plan.segments().iter().map(|segment| segment.number).collect();
    assert_eq!(numbers, [1, 0]);
    assert_eq!(plan.segments()[1].pages(), (BASE + 0x1000, BASE + 0x3000));
    assert_eq!(plan.segments()[1].last(), BASE + 0x3fff);
    for (address, expected) in [(BASE, true), (BASE + 15, true), (BASE + 16, false), (BASE + 0x1000, false), (0, false)]
    {
        assert_eq!(plan.is_executable(address), expected, "{address:#x}");
    }
    let mut image = vec![0xaa; 0x4000];
    plan.load(&file, &mut image);
    assert_eq!(&image[..16], &(1..=16).collect::<Vec<u8>>()[..]);
    assert!(image[16..0x1000].iter().all(|&byte| byte == 0));
    assert_eq!(&image[0x1000..0x1008], &(17..=24).collect::<Vec<u8>>()[..]);
    assert!(image[0x1008..].iter().all(|&byte| byte == 0));
}

#[test]
fn segments_may_begin_anywhere_in_a_page_and_at_the_very_top() {
    let odd = (1, READ | EXECUTE, 0x1000, BASE + 0x234, 0x10, 0x10);
    let extent = |file: &[u8]| Plan::new(file).map(|plan| (plan.base(), plan.size())).expect("a good kernel");
    assert_eq!(extent(&elf(BASE + 0x234, &[odd])), (BASE, 0x1000));
    let top = (1, READ | EXECUTE, 0x1000, u64::MAX - 0xf, 0x10, 0x10);
    assert_eq!(extent(&elf(u64::MAX - 0xf, &[top])), (0xffff_ffff_ffff_f000, 0x1000));
}

#[test]
fn each_file_that_is_no_kernel_is_refused_for_its_own_reason() {
    let good = elf(BASE, &[CODE, DATA]);
    assert_eq!(refusal(&[]), "the file is empty.");
    assert_eq!(refusal(b"hi"), "it is not an ELF file; it begins with 68 69, expected 7f 45 4c 46.");
    assert_eq!(refusal(b"#!/bin/sh\n"), "it is not an ELF file; it begins with 23 21 2f 62, expected 7f 45 4c 46.");
    assert_eq!(
        refusal(&good[..63]),
        "the file is truncated; its ELF header ends at byte 64, but the file has 63 bytes."
    );
    assert_eq!(
        refusal(&patched(&good, 4, &[1])),
        "it is not a 64-bit ELF file; its class (byte 4) is 1 (32-bit), expected 2 (64-bit)."
    );
    assert_eq!(
        refusal(&patched(&good, 4, &[7])),
        "it is not a 64-bit ELF file; its class (byte 4) is 7, expected 2 (64-bit)."
    );
    assert_eq!(
        refusal(&patched(&good, 5, &[2])),
        "it is not a little-endian ELF file; its data encoding (byte 5) is 2, expected 1."
    );
    assert_eq!(
        refusal(&patched(&good, 18, &[183])),
        "it is not for this processor; its machine is 183, expected 62 (x86-64)."
    );
    assert_eq!(refusal(&patched(&good, 16, &[1])), "it is not an executable; its ELF type is 1, expected 2 (ET_EXEC).");
    assert_eq!(refusal(&patched(&good, 54, &[32])), "its program headers have 32 bytes each, expected 56.");
    assert_eq!(
        refusal(&good[..64 + 111]),
        "the file is truncated; its program header table ends at byte 176, but the file has 175 bytes."
    );
    assert_eq!(
        refusal(&good[..0x1017]),
        "the file is truncated; its segment 1 ends at byte 4120, but the file has 4119 bytes."
    );
    assert_eq!(
        refusal(&patched(&good, 32, &[0xff; 8])),
        "the file is truncated; its program header table ends at byte 18446744073709551615, but the file has 4120 bytes."
    );
}

#[test]
fn hosted_and_position_independent_programs_are_refused_by_name() {
    let interpreter = (3, READ, 0x1000, 0, 8, 8);
    let file = patched(&elf(BASE, &[CODE, interpreter]), 0x1000, b"/lib/ld\0");
    assert_eq!(
        refusal(&file),
        "it is a dynamically linked program (PT_INTERP asks for /lib/ld); a kernel must be a static executable."
    );
    let file = patched(&file, 0x1000, b"\x01\x02\x03\x04\x05\x06\x07\0");
    assert!(refusal(&file).contains("PT_INTERP asks for an unreadable path"));
    let cut = elf(BASE, &[CODE, (3, READ, 0x1000, 0, 0x19, 8)]);
    assert_eq!(
        refusal(&cut),
        "the file is truncated; its PT_INTERP segment ends at byte 4121, but the file has 4120 bytes."
    );
    let shared = patched(&elf(0x1234, &[CODE]), 16, &[3]);
    assert_eq!(
        refusal(&shared),
        "it is position-independent (type ET_DYN, without PT_DYNAMIC, entry point 0x1234); expected an executable linked \
         to a fixed address (ET_EXEC), as -C relocation-model=static makes it."
    );
    let dynamic = patched(&elf(0x1234, &[CODE, (2, READ, 0x1000, 0, 8, 8)]), 16, &[3]);
    assert!(refusal(&dynamic).contains("with PT_DYNAMIC"));
}

#[test]
fn segments_in_the_wrong_place_are_named_with_address_and_entry() {
    assert_eq!(refusal(&elf(0, &[])), "it has no segment to load (no PT_LOAD); its entry point is 0x0.");
    let empty = (1, READ, 0x1000, 0, 0, 0);
    assert_eq!(refusal(&elf(0, &[empty])), "it has no segment to load (no PT_LOAD); its entry point is 0x0.");
    assert_eq!(
        refusal(&elf(0x201120, &[empty, (1, READ, 0x1000, 0x200000, 8, 8)])),
        "segment 1 lies at 0x200000 in the lower half, expected 0xffffffff80000000 or above; its entry point is 0x201120."
    );
    assert!(refusal(&elf(0, &[(1, READ, 0x1000, BASE - 1, 8, 8)])).contains("lies at 0xffffffff7fffffff, expected"));
    assert_eq!(
        refusal(&elf(BASE, &[(1, READ, 0x1000, BASE + 8, 0, u64::MAX)])),
        "segment 0 at 0xffffffff80000008 with 0xffffffffffffffff bytes runs over the end of the address space."
    );
    assert_eq!(
        refusal(&elf(BASE, &[(1, READ, 0x1000, BASE, 9, 8)])),
        "segment 0 has 0x9 bytes in the file but only 0x8 in memory; expected no more in the file than in memory."
    );
    assert_eq!(
        refusal(&elf(BASE, &[(1, READ, u64::MAX, BASE, 9, 9)])),
        "the file is truncated; its segment 0 ends at byte 18446744073709551615, but the file has 4120 bytes."
    );
    assert_eq!(
        refusal(&elf(BASE, &[(1, READ, 0x1000, BASE + 7, 8, 8), (1, READ, 0x1000, BASE, 8, 8)])),
        "segments 1 and 0 overlap at 0xffffffff80000007."
    );
    assert_eq!(
        refusal(&elf(BASE, &[CODE, (1, READ | WRITE, 0x1000, BASE + 0x10, 8, 8)])),
        "segments 0 (R-X) and 1 (RW-) share the page at 0xffffffff80000000 with different permissions; expected each to \
         begin on a page of its own, as ALIGN(0x1000) makes it."
    );
    let many = vec![CODE; 33];
    let many: Vec<_> =
        many.iter().enumerate().map(|(n, h)| (h.0, h.1, h.2, BASE + n as u64 * 0x1000, h.4, h.5)).collect();
    assert_eq!(refusal(&elf(BASE, &many)), "it has more than 32 segments to load.");
    assert_eq!(Plan::new(&elf(BASE, &many[..32])).map(|plan| plan.segments().len()), Ok(32));
}

#[test]
fn segments_with_equal_permissions_may_share_a_page() {
    let second = (1, READ | EXECUTE, 0x1010, BASE + 0x10, 8, 8);
    let file = elf(BASE, &[CODE, second]);
    let plan = Plan::new(&file).expect("a good kernel");
    assert_eq!(plan.size(), 0x1000);
    let mut image = vec![0xaa; 0x1000];
    plan.load(&file, &mut image);
    assert_eq!(&image[..24], &(1..=24).collect::<Vec<u8>>()[..]);
    // Bits of p_flags beyond R, W and X are for operating systems and processors, and mean nothing here.
    let marked = (1, READ | EXECUTE | 0x10_0000, 0x1010, BASE + 0x10, 8, 8);
    assert!(Plan::new(&elf(BASE, &[CODE, marked])).is_ok());
}

#[test]
fn sections_are_found_by_their_whole_name() {
    let mut file = elf(BASE, &[CODE]);
    let names = b"\0.limine_reqs2\0.limine_reqs\0.names\0";
    let (names_at, content_at) = (file.len(), file.len() + names.len());
    file.extend(names);
    file.extend(b"content!");
    let table = file.len() as u64;
    for (name, offset, size) in [(1u32, 0, 4), (15, content_at, 8), (28, names_at, names.len())] {
        let mut header = [0; 64];
        header[..4].copy_from_slice(&name.to_le_bytes());
        header[24..32].copy_from_slice(&(offset as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(size as u64).to_le_bytes());
        file.extend(header);
    }
    let file = patched(&patched(&file, 40, &table.to_le_bytes()), 58, &[64, 0, 3, 0, 2, 0]);
    assert_eq!(section(&file, b".limine_reqs"), Some(&b"content!"[..]));
    assert_eq!(section(&file, b".limine_req"), None);
    assert_eq!(section(&patched(&file, 62, &[3]), b".limine_reqs"), None);
    assert_eq!(section(&patched(&file, 58, &[40]), b".limine_reqs"), None);
    assert_eq!(section(&patched(&file, 40, &[0xff; 8]), b".limine_reqs"), None);
}

#[test]
fn a_kernel_cut_anywhere_is_refused_as_truncated() {
    let file = elf(BASE, &[CODE, DATA]);
    for length in (4..64).chain([176, 0x800, 0xfff, 0x1000, 0x1017]) {
        assert!(refusal(&file[..length]).starts_with("the file is truncated; its "), "{length}");
    }
}

#[test]
fn no_bytes_make_the_checks_panic() {
    let good = elf(BASE, &[CODE, DATA, (3, READ, 0x1000, 0, 8, 8)]);
    let mut random = 7u64;
    let mut next = |limit: usize| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) as usize % limit
    };
    let mut loaded = 0;
    for round in 0..200_000 {
        let mut file = if round % 4 == 0 { (0..next(300)).map(|_| next(256) as u8).collect() } else { good.clone() };
        for _ in 0..next(4) + 1 {
            if !file.is_empty() {
                let place = next(file.len().min(240));
                file[place] = if next(2) == 0 { next(256) as u8 } else { [0, 1, 0x7f, 0x80, 0xff][next(5)] };
            }
        }
        if round % 4 == 0 && file.len() > 64 {
            file[..20].copy_from_slice(&good[..20]);
        }
        match Plan::new(&file) {
            Ok(plan) if plan.size() <= 1 << 20 => {
                let mut image = vec![0; plan.size() as usize];
                plan.load(&file, &mut image);
                loaded += 1;
            }
            Ok(_) => {}
            Err(problem) => {
                let sentence = Refusal::Kernel { path: "k", problem }.to_string();
                assert!(sentence.is_ascii() && sentence.ends_with('.'), "{sentence}");
            }
        }
        assert!(section(&file, b".limine_reqs").is_none());
    }
    assert!(loaded > 1000, "{loaded}");
}
