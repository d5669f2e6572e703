//! A kernel that makes every request, and tells on port 0xE9 what it was given: one `name value…` per line, numbers in
//! hexadecimal. tests/kernel/loader-conformance.test.ts reads it.
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use limine::BaseRevision;
use limine::file::{File, MediaType};
use limine::modules::{InternalModule, ModuleFlags};
use limine::request::*;

#[used]
static BASE_REVISION: BaseRevision = BaseRevision::new();
static BOOTLOADER_INFO: BootloaderInfoRequest = BootloaderInfoRequest::new();
static FIRMWARE_TYPE: FirmwareTypeRequest = FirmwareTypeRequest::new();
static STACK_SIZE: StackSizeRequest = StackSizeRequest::new().with_size(256 * 1024);
static HHDM: HhdmRequest = HhdmRequest::new();
static FRAMEBUFFER: FramebufferRequest = FramebufferRequest::new();
static PAGING_MODE: PagingModeRequest = PagingModeRequest::new();
static MP: MpRequest = MpRequest::new();
static MEMORY_MAP: MemoryMapRequest = MemoryMapRequest::new();
static EXECUTABLE_FILE: ExecutableFileRequest = ExecutableFileRequest::new();
static CMDLINE: ExecutableCmdlineRequest = ExecutableCmdlineRequest::new();
static MODULES: ModuleRequest = ModuleRequest::new().with_internal_modules(&[
    &InternalModule::new()
        .with_path(c"sub/inner.txt")
        .with_cmdline(c"from the kernel")
        .with_flags(ModuleFlags::REQUIRED),
    &InternalModule::new().with_path(c"not-there.txt"),
]);
static RSDP: RsdpRequest = RsdpRequest::new();
static SMBIOS: SmbiosRequest = SmbiosRequest::new();
static EFI_SYSTEM_TABLE: EfiSystemTableRequest = EfiSystemTableRequest::new();
static EFI_MEMORY_MAP: EfiMemoryMapRequest = EfiMemoryMapRequest::new();
static DATE: DateAtBootRequest = DateAtBootRequest::new();
static ADDRESS: ExecutableAddressRequest = ExecutableAddressRequest::new();
static DEVICE_TREE: DeviceTreeBlobRequest = DeviceTreeBlobRequest::new();

/// Zeros that take up no bytes in the file.
static mut ZEROS: [u8; 10_000] = [0; 10_000];

// The first instructions: keep every register as the loader left it, then go on in Rust.
global_asm!(
    "
    .globl start
start:
    mov [rip + registers], rax
    mov [rip + registers + 8], rbx
    mov [rip + registers + 16], rcx
    mov [rip + registers + 24], rdx
    mov [rip + registers + 32], rsi
    mov [rip + registers + 40], rdi
    mov [rip + registers + 48], rbp
    mov [rip + registers + 56], rsp
    mov [rip + registers + 64], r8
    mov [rip + registers + 72], r9
    mov [rip + registers + 80], r10
    mov [rip + registers + 88], r11
    mov [rip + registers + 96], r12
    mov [rip + registers + 104], r13
    mov [rip + registers + 112], r14
    mov [rip + registers + 120], r15
    mov rax, [rsp]
    mov [rip + registers + 128], rax
    pushfq
    pop [rip + registers + 136]
    mov rax, cr0
    mov [rip + registers + 144], rax
    mov rax, cr3
    mov [rip + registers + 152], rax
    mov rax, cr4
    mov [rip + registers + 160], rax
    mov ecx, 0xc0000080
    rdmsr
    mov [rip + registers + 168], eax
    mov [rip + registers + 172], edx
    mov [rip + registers + 176], cs
    mov [rip + registers + 184], ds
    mov [rip + registers + 192], es
    mov [rip + registers + 200], fs
    mov [rip + registers + 208], gs
    mov [rip + registers + 216], ss
    sgdt [rip + registers + 224]
    sidt [rip + registers + 240]
    mov ecx, 0x277
    rdmsr
    mov [rip + registers + 256], eax
    mov [rip + registers + 260], edx
    in al, 0x21
    mov [rip + registers + 264], al
    in al, 0xa1
    mov [rip + registers + 272], al
    call tell_all

    .section .data
    .balign 8
registers:
    .fill 35, 8, 0
    .text
"
);

unsafe extern "C" {
    static registers: [u64; 35];
    fn start();
}

struct Port;

impl Write for Port {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: port 0xE9 only prints.
            unsafe { asm!("out 0xe9, al", in("al") byte, options(nomem, nostack, preserves_flags)) }
        }
        Ok(())
    }
}

macro_rules! tell {
    ($($arguments:tt)*) => { let _never_fails = writeln!(Port, $($arguments)*); };
}

#[unsafe(no_mangle)]
extern "C" fn tell_all() -> ! {
    tell!("begin");
    tell_registers();
    tell!("base-revision {} {}", BASE_REVISION.is_supported(), BASE_REVISION.loaded_revision().unwrap_or(99));
    if let Some(info) = BOOTLOADER_INFO.get_response() {
        tell!("bootloader {} {}", info.name(), info.version());
    }
    if let Some(firmware) = FIRMWARE_TYPE.get_response() {
        use limine::firmware_type::FirmwareType;
        let kind = firmware.firmware_type();
        let name = if kind == FirmwareType::X86_BIOS {
            "bios"
        } else if kind == FirmwareType::UEFI_64 {
            "uefi-64"
        } else {
            "other"
        };
        tell!("firmware {name}");
    }
    tell!("stack-size {}", STACK_SIZE.get_response().is_some());
    let hhdm = HHDM.get_response().map_or(0, |response| response.offset());
    tell!("hhdm {hhdm:x}");
    tell_framebuffers();
    if let Some(paging) = PAGING_MODE.get_response() {
        tell!("four-levels {}", paging.mode() == limine::paging::Mode::FOUR_LEVEL);
    }
    tell!("unanswered {} {}", MP.get_response().is_none(), DEVICE_TREE.get_response().is_none());
    tell_revisions();
    if let Some(response) = EFI_SYSTEM_TABLE.get_response() {
        tell!("efi-system-table {:x}", response.address());
    }
    if let Some(response) = EFI_MEMORY_MAP.get_response() {
        tell_efi_memory(response);
    }
    if let Some(map) = MEMORY_MAP.get_response() {
        for entry in map.entries() {
            // SAFETY: EntryType is a transparent u64.
            let kind: u64 = unsafe { core::mem::transmute(entry.entry_type) };
            tell!("memory {:x} {:x} {kind:x}", entry.base, entry.length);
        }
    }
    if let Some(response) = EXECUTABLE_FILE.get_response() {
        tell_file("kernel-file", response.file());
    }
    if let Some(response) = CMDLINE.get_response() {
        tell!("cmdline {}", response.cmdline().to_str().unwrap_or("?"));
    }
    if let Some(response) = MODULES.get_response() {
        tell!("modules {:x} {:x}", response.revision(), response.modules().len());
        for module in response.modules() {
            tell_file("module", module);
        }
    }
    if let Some(response) = RSDP.get_response() {
        tell!("rsdp {:x}", response.address());
    }
    if let Some(response) = SMBIOS.get_response() {
        tell!(
            "smbios {:x} {:x}",
            response.entry_32().map_or(0, |a| a.get()),
            response.entry_64().map_or(0, |a| a.get())
        );
    }
    if let Some(response) = DATE.get_response() {
        tell!("date {:x}", response.timestamp().as_secs());
    }
    if let Some(response) = ADDRESS.get_response() {
        tell!("address {:x} {:x}", response.physical_base(), response.virtual_base());
    }
    tell_mappings(hhdm);
    if BASE_REVISION.loaded_revision().is_some_and(|revision| revision < 3) {
        tell_io_apic(hhdm);
    }
    // SAFETY: one CPU, no interrupts: nobody else reads or writes it.
    let zeros = unsafe { (&raw const ZEROS).as_ref() }.unwrap_or(&[1; 10_000]);
    tell!("zeros {}", zeros.iter().all(|&byte| byte == 0));
    tell!("end");
    halt()
}

/// The lines of the I/O APIC where PCs have it: delivery mode and whether the line is masked. Only direct maps of base
/// revisions below 3 reach it.
fn tell_io_apic(hhdm: u64) {
    let select = (hhdm + 0xfec0_0000) as *mut u32;
    let read = |register| {
        // SAFETY: every PC that the tests emulate has an I/O APIC there, and the loader has mapped the first 4 GiB.
        unsafe {
            select.write_volatile(register);
            select.add(4).read_volatile()
        }
    };
    for line in 0..=(read(1) >> 16 & 0xff) {
        let entry = read(0x10 + 2 * line);
        tell!("io-apic {line:x} {:x} {}", entry >> 8 & 7, entry >> 16 & 1);
    }
}

/// The revision of every response that has one of its own.
fn tell_revisions() {
    macro_rules! tell_revision {
        ($($name:literal $request:ident),*) => {
            $(if let Some(response) = $request.get_response() { tell!("revision {} {:x}", $name, response.revision()); })*
        };
    }
    tell_revision!(
        "bootloader" BOOTLOADER_INFO, "firmware" FIRMWARE_TYPE, "stack" STACK_SIZE, "hhdm" HHDM, "framebuffer" FRAMEBUFFER,
        "paging" PAGING_MODE, "memory" MEMORY_MAP, "file" EXECUTABLE_FILE, "cmdline" CMDLINE, "modules" MODULES, "rsdp" RSDP,
        "smbios" SMBIOS, "efi-system-table" EFI_SYSTEM_TABLE, "efi-memory-map" EFI_MEMORY_MAP, "date" DATE,
        "address" ADDRESS
    );
}

/// The firmware's own list of memory: type, first address and number of pages (UEFI 2.10, 7.2.3).
fn tell_efi_memory(response: &limine::response::EfiMemoryMapResponse) {
    let (size, stride) = (response.memmap_size(), response.desc_size());
    tell!("efi-memory-map {:x} {size:x} {stride:x} {:x}", response.memmap() as u64, response.desc_version());
    for number in 0..size / stride.max(40) {
        let descriptor = response.memmap() as u64 + number * stride;
        // SAFETY: the loader says that this many descriptors are there, in reclaimable memory.
        let word = |offset| unsafe { core::ptr::read((descriptor + offset) as *const u64) };
        tell!("efi-memory {:x} {:x} {:x}", word(0) & 0xffff_ffff, word(8), word(24));
    }
}

fn tell_registers() {
    const NAMES: [&str; 34] = [
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "return", "rflags", "cr0", "cr3", "cr4", "efer", "cs", "ds", "es", "fs", "gs", "ss", "", "", "", "", "pat",
        "pic0",
    ];
    // SAFETY: filled before this function was called, and never changed again.
    let values = unsafe { &registers };
    for (name, value) in NAMES.iter().zip(values).filter(|(name, _)| !name.is_empty()) {
        tell!("register {name} {value:x}");
    }
    tell!("register pic1 {:x}", values[34]);
    let table = |first: usize| (values[first] & 0xffff, values[first] >> 16 | values[first + 1] << 48);
    for (name, first) in [("gdt", 28), ("idt", 30)] {
        let (limit, base) = table(first);
        tell!("{name} {limit:x} {base:x}");
    }
    let (limit, base) = table(28);
    for number in 0..(limit + 1) / 8 {
        // SAFETY: the CPU uses this table; the loader has mapped it.
        tell!("descriptor {number:x} {:x}", unsafe { core::ptr::read((base + number * 8) as *const u64) });
    }
}

fn tell_framebuffers() {
    let Some(response) = FRAMEBUFFER.get_response() else { return };
    tell!("framebuffer-revision {:x}", response.revision());
    for framebuffer in response.framebuffers() {
        tell!(
            "framebuffer {:x} {:x} {:x} {:x} {:x} {} {:x} {:x} {:x} {:x} {:x} {:x} {}",
            framebuffer.addr() as u64,
            framebuffer.width(),
            framebuffer.height(),
            framebuffer.pitch(),
            framebuffer.bpp(),
            framebuffer.memory_model() == limine::framebuffer::MemoryModel::RGB,
            framebuffer.red_mask_size(),
            framebuffer.red_mask_shift(),
            framebuffer.green_mask_size(),
            framebuffer.green_mask_shift(),
            framebuffer.blue_mask_size(),
            framebuffer.blue_mask_shift(),
            framebuffer.edid().is_some(),
        );
        for mode in framebuffer.modes().unwrap_or_default() {
            tell!(
                "mode {:x} {:x} {:x} {:x} {:x} {:x} {:x}",
                mode.width,
                mode.height,
                mode.pitch,
                mode.bpp,
                mode.red_mask_size,
                mode.red_mask_shift,
                mode.blue_mask_shift
            );
        }
    }
}

fn tell_file(name: &str, file: &File) {
    // SAFETY: the loader has put the file there and mapped it.
    let bytes = unsafe { core::slice::from_raw_parts(file.addr(), file.size() as usize) };
    let sum = bytes.iter().fold(0u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    tell!(
        "{name} {:x} {:x} {sum:x} {} {:?}",
        file.addr() as u64,
        file.size(),
        file.path().to_str().unwrap_or("?"),
        file.string().to_str().unwrap_or("?")
    );
    let kind = file.media_type();
    tell!(
        "{name}-from {} {} {:x} {:x} {} {:x} {} {}",
        if kind == MediaType::OPTICAL {
            "optical"
        } else if kind == MediaType::GENERIC {
            "generic"
        } else {
            "other"
        },
        file.tftp_ip().is_none() && file.tftp_port().is_none(),
        file.partition_idx().map_or(0, |number| number.get()),
        file.mbr_disk_id().map_or(0, |number| number.get()),
        file.gpt_disk_id().is_some(),
        file.gpt_disk_id().map_or(0, |guid| guid.a),
        file.gpt_partition_id().is_none(),
        file.partition_uuid().is_none(),
    );
}

/// How some addresses are mapped: physical address, then flags of the page-table entry, or `none`.
fn tell_mappings(hhdm: u64) {
    static READ_ONLY: [u64; 4] = [1, 2, 3, 4];
    tell_mapping(hhdm, "text", start as *const () as u64);
    tell_mapping(hhdm, "rodata", READ_ONLY.as_ptr() as u64);
    tell_mapping(hhdm, "data", &raw const registers as u64);
    tell_mapping(hhdm, "bss-end", &raw const ZEROS as u64 + 9_999);
    tell_mapping(hhdm, "below-kernel", 0xffff_ffff_7fff_f000);
    for address in [0, 0x1000, 0x10_0000, 0xb8000, 0xf_0000, 0x8000_0000, 0xfee0_0000, 0xffff_f000, 0x1_0000_0000] {
        tell_mapping(hhdm, "identity", address);
        tell_mapping(hhdm, "direct", hhdm + address);
    }
    if let Some(framebuffer) = FRAMEBUFFER.get_response().and_then(|response| response.framebuffers().next()) {
        let start = framebuffer.addr() as u64;
        tell_mapping(hhdm, "framebuffer-start", start);
        tell_mapping(hhdm, "framebuffer-end", start + framebuffer.pitch() * framebuffer.height() - 1);
        tell_mapping(
            hhdm,
            "behind-framebuffer",
            (start + framebuffer.pitch() * framebuffer.height()).next_multiple_of(4096),
        );
    }
}

fn tell_mapping(hhdm: u64, name: &str, address: u64) {
    let root: u64;
    // SAFETY: only reads CR3.
    unsafe { asm!("mov {}, cr3", out(reg) root, options(nomem, nostack, preserves_flags)) }
    let mut table = root;
    for level in (0..4).rev() {
        let slot = hhdm + (table & 0x000f_ffff_ffff_f000) + (address >> (12 + 9 * level) & 511) * 8;
        // SAFETY: page tables lie in reclaimable memory, which the direct map covers.
        let entry = unsafe { core::ptr::read(slot as *const u64) };
        if entry & 1 == 0 {
            tell!("mapping {name} {address:x} none");
            return;
        }
        if level == 0 || entry & 0x80 != 0 {
            let mask = (4096u64 << (9 * level)) - 1;
            let physical = entry & 0x000f_ffff_ffff_f000 & !mask | address & mask;
            let attribute = entry >> if level == 0 { 7 } else { 12 } & 1;
            let cache = attribute << 2 | entry >> 3 & 3;
            tell!(
                "mapping {name} {address:x} {physical:x} {} {} {} pat{cache}",
                if entry & 2 != 0 { "w" } else { "-" },
                if entry >> 63 == 0 { "x" } else { "-" },
                if entry & 4 != 0 { "u" } else { "-" }
            );
            return;
        }
        table = entry;
    }
}

fn halt() -> ! {
    loop {
        // SAFETY: stops the CPU, which has nothing left to do.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) }
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    tell!("panic {info}");
    halt()
}
