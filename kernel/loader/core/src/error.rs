//! Every sentence with which the loader refuses, in one place.
//!
//! A refusal is one sentence that names the file (or the line), what is wrong, the value that stands there and the
//! value that was expected. The reader of that sentence may have no other window into the machine.

use core::fmt::{self, Display, Formatter, Write};

/// The lowest address at which a kernel may be linked (Limine boot protocol, "Entry memory layout").
pub const LOWEST_KERNEL_ADDRESS: u64 = 0xffff_ffff_8000_0000;

/// The first address above the canonical lower half, with the four levels of page tables that the loader builds.
const END_OF_LOWER_HALF: u64 = 0x8000_0000_0000;

/// Why the loader stops. Its [`Display`] is the sentence shown on screen, COM1 and port 0xE9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// The BIOS has no INT 15h AX=E820h, or it lists nothing.
    NoMemoryMap,
    /// No free block below 4 GiB is large enough. Sizes in bytes.
    OutOfMemory {
        /// What the memory was for.
        purpose: &'static str,
        /// Bytes asked for.
        needed: u64,
        /// Bytes of the largest free block.
        largest: u64,
    },
    /// The firmware has left five levels of page tables on.
    FiveLevels,
    /// The memory map has more regions than the loader's table holds.
    TooManyRegions {
        /// How many fit.
        limit: usize,
    },
    /// The boot medium is no usable ISO 9660 volume, or it cannot be read.
    Volume(VolumeProblem),
    /// None of the places holds a limine.conf.
    NoConfig,
    /// limine.conf is larger than the loader accepts. Sizes in bytes.
    ConfigTooLarge {
        /// Where it was found.
        file: &'a str,
        /// Its size.
        size: u64,
        /// The largest size accepted.
        limit: u64,
    },
    /// limine.conf says something that cannot be followed.
    Config {
        /// Where it was found.
        file: &'a str,
        /// 1-based line, 0 for the file as a whole.
        line: u32,
        /// What is wrong there.
        problem: ConfigProblem<'a>,
    },
    /// The kernel cannot be loaded.
    Kernel {
        /// Its path as limine.conf gives it.
        path: &'a str,
        /// What is wrong with it.
        problem: KernelProblem<'a>,
    },
    /// A module cannot be loaded.
    Module {
        /// Its path as limine.conf (or the kernel) gives it.
        path: &'a str,
        /// What is wrong with it.
        problem: FileProblem<'a>,
    },
    /// More modules than the loader's table holds, those of the kernel's own request among them.
    TooManyModules {
        /// How many fit.
        limit: usize,
    },
}

/// What can be wrong with the boot medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeProblem {
    /// The firmware reported an error, or a read lies beyond what it can address.
    Unreadable {
        /// First 2048-byte block of the failed read.
        block: u32,
        /// A BIOS's status in AH (INT 13h), or UEFI's number of the error.
        status: u64,
    },
    /// Block 16 holds no primary volume descriptor (ECMA-119, 8.4).
    NotIso9660,
    /// A directory record contradicts itself (ECMA-119, 9.1).
    BadDirectory {
        /// The 2048-byte block it lies in.
        block: u32,
        /// Where in that block it begins.
        offset: u32,
    },
}

/// What can be wrong with a file named by a path, whatever its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileProblem<'a> {
    /// The path does not begin with `boot():/`.
    BadPath,
    /// The path carries a `#` and a hash, which would have to be checked.
    Hashed,
    /// No such file; `near` is an entry whose name differs only in case.
    NotFound {
        /// The entry that differs only in upper and lower case.
        near: Option<&'a Name>,
    },
    /// The path names a directory.
    IsDirectory,
    /// A component before the last is a file.
    NotADirectory,
    /// The file's blocks lie beyond the end of the medium. Blocks of 2048 bytes.
    BeyondVolume {
        /// First block after the file.
        end: u64,
        /// Blocks the volume has.
        blocks: u32,
    },
    /// The file is stored in several pieces (ECMA-119, 9.1.6, "Multi-Extent").
    SeveralExtents,
    /// A zero-length file.
    Empty,
}

/// What can be wrong with a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelProblem<'a> {
    /// The file itself cannot be had.
    File(FileProblem<'a>),
    /// The first four bytes are not 7f 45 4c 46.
    NotElf {
        /// The bytes that stand there (fewer than four in a tiny file).
        found: [u8; 4],
        /// How many of them are in the file.
        count: usize,
    },
    /// The file ends before something that its headers promise. Offsets in bytes.
    Truncated {
        /// What does not fit.
        part: Part,
        /// Where that part ends.
        end: u64,
        /// The file's size.
        size: u64,
    },
    /// `EI_CLASS` is not `ELFCLASS64`.
    Not64Bit {
        /// The byte that stands there.
        class: u8,
    },
    /// `EI_DATA` is not `ELFDATA2LSB`.
    NotLittleEndian {
        /// The byte that stands there.
        data: u8,
    },
    /// `e_machine` is not `EM_X86_64`.
    WrongMachine {
        /// The number that stands there.
        machine: u16,
    },
    /// A `PT_INTERP` segment asks for a dynamic linker.
    Interpreter {
        /// The dynamic linker's path.
        interpreter: &'a str,
    },
    /// `e_type` is `ET_DYN`: position-independent.
    PositionIndependent {
        /// Whether a `PT_DYNAMIC` segment is there.
        dynamic: bool,
        /// `e_entry`.
        entry: u64,
    },
    /// `e_type` is neither `ET_EXEC` nor `ET_DYN`.
    WrongType {
        /// The number that stands there.
        kind: u16,
    },
    /// `e_phentsize` is not 56.
    HeaderSize {
        /// The number that stands there.
        size: u16,
    },
    /// No `PT_LOAD` segment takes up memory.
    NothingToLoad {
        /// `e_entry`.
        entry: u64,
    },
    /// More `PT_LOAD` segments than the loader's table holds.
    TooManySegments {
        /// How many fit.
        limit: usize,
    },
    /// A segment lies below [`LOWEST_KERNEL_ADDRESS`].
    TooLow {
        /// Number of its program header, from 0.
        segment: u16,
        /// `p_vaddr`.
        address: u64,
        /// `e_entry`.
        entry: u64,
    },
    /// `p_vaddr + p_memsz` runs over the end of the address space.
    AddressOverflow {
        /// Number of its program header, from 0.
        segment: u16,
        /// `p_vaddr`.
        address: u64,
        /// `p_memsz`.
        size: u64,
    },
    /// `p_filesz` is larger than `p_memsz`.
    FileLargerThanMemory {
        /// Number of its program header, from 0.
        segment: u16,
        /// `p_filesz`.
        file: u64,
        /// `p_memsz`.
        memory: u64,
    },
    /// Two segments claim the same bytes.
    Overlap {
        /// Number of the first program header, from 0.
        first: u16,
        /// Number of the second.
        second: u16,
        /// The first byte that both claim.
        address: u64,
    },
    /// Two segments with different permissions lie in one page.
    SharedPage {
        /// Number of the first program header, from 0.
        first: u16,
        /// Its `p_flags`.
        first_flags: u32,
        /// Number of the second.
        second: u16,
        /// Its `p_flags`.
        second_flags: u32,
        /// The page's address.
        page: u64,
    },
    /// The entry point is not inside an executable segment.
    EntryOutside {
        /// The address that was to be called.
        entry: u64,
        /// Whether an entry-point request named it, rather than the ELF header.
        requested: bool,
    },
    /// The same request stands twice in the image.
    DuplicateRequest {
        /// The request's name.
        name: &'static str,
        /// Address of the first.
        first: u64,
        /// Address of the second.
        second: u64,
    },
    /// A paging-mode request insists on five levels.
    PagingMode {
        /// `min_mode`.
        minimum: u64,
    },
    /// A request, or what it points to, lies outside the image.
    RequestOutside {
        /// The request's name.
        name: &'static str,
        /// The address that lies outside.
        address: u64,
    },
    /// The kernel asks for a framebuffer and there is no mode to give it.
    NoVideoMode,
}

/// A part of an ELF file, as a refusal names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The 64-byte file header.
    Header,
    /// The program header table.
    ProgramHeaders,
    /// The bytes of the segment with this program header, from 0.
    Segment(u16),
    /// The path in `PT_INTERP`.
    Interpreter,
}

/// What can be wrong in limine.conf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigProblem<'a> {
    /// A byte above 0x7f that is not UTF-8.
    NotUtf8,
    /// `:Entry`, as Limine before version 8 wrote it.
    OldEntry {
        /// The line.
        text: &'a str,
        /// The entry's title.
        title: &'a str,
    },
    /// `KEY=value`, as Limine before version 8 wrote it.
    OldAssignment {
        /// What stands before the equals sign.
        key: &'a str,
        /// What stands behind it.
        value: &'a str,
    },
    /// A line that is no comment, entry, option or macro.
    NoColon {
        /// The line.
        text: &'a str,
    },
    /// An option that Limine does not know.
    UnknownOption {
        /// The option.
        key: &'a str,
        /// A known option that looks almost the same.
        near: Option<&'static str>,
    },
    /// An option of entries stands before the first entry.
    OutsideEntry {
        /// The option.
        key: &'static str,
    },
    /// An option has a value it cannot have.
    BadValue {
        /// The option.
        key: &'static str,
        /// What stands there.
        value: &'a str,
        /// What can stand there.
        expected: &'static str,
    },
    /// The option stands twice in one entry, or twice in the whole file.
    Duplicate {
        /// The option.
        key: &'static str,
        /// The line of the first.
        first: u32,
    },
    /// `module_cmdline` without a `module_path` before it.
    CmdlineWithoutModule,
    /// An entry without a title.
    NoTitle,
    /// `///Deep` straight below `/Top`.
    DepthJump {
        /// The entry's title.
        title: &'a str,
        /// Slashes that stand there.
        found: u32,
        /// Most slashes that could stand there.
        most: u32,
    },
    /// More entries or modules than the loader's table holds.
    TooMany {
        /// "entries" or "modules".
        what: &'static str,
        /// How many fit.
        limit: usize,
    },
    /// `${NAME` without the closing brace.
    UnclosedMacro,
    /// `${NAME}` that no line defines.
    UnknownMacro {
        /// The name.
        name: &'a str,
    },
    /// Replacing macros makes the file too large.
    MacrosTooLarge {
        /// Bytes that fit.
        limit: usize,
    },
    /// There is no entry to boot.
    NoEntries,
    /// `default_entry` is larger than the number of entries.
    NoSuchEntry {
        /// What `default_entry` says.
        index: u32,
        /// How many bootable entries there are.
        count: u32,
    },
    /// The entry lacks `path`.
    NoPath {
        /// The entry's title.
        title: &'a str,
    },
    /// The entry lacks `protocol`.
    NoProtocol {
        /// The entry's title.
        title: &'a str,
    },
}

/// A short name kept by value, for names that outlive the block they were read from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; Name::LIMIT],
    length: u8,
}

impl Name {
    /// The longest name: a Rock Ridge name has at most 255 bytes.
    pub const LIMIT: usize = 255;

    /// An empty name.
    pub const fn new() -> Self {
        Self { bytes: [0; Self::LIMIT], length: 0 }
    }

    /// Appends bytes; what is beyond [`Name::LIMIT`] is cut.
    pub fn push(&mut self, bytes: &[u8]) {
        let start = usize::from(self.length);
        let count = bytes.len().min(Self::LIMIT - start);
        self.bytes[start..start + count].copy_from_slice(&bytes[..count]);
        self.length += count as u8;
    }

    /// The name, or a question mark when it is not UTF-8.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("?")
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|&byte| f.write_char(shown(byte)))
    }
}

/// The character that stands for `byte` on a text screen: itself when printable ASCII, else `?`.
pub fn shown(byte: u8) -> char {
    if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '?' }
}

/// A value quoted from a file, cut after 60 characters and free of control characters.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const LIMIT: usize = 60;
        let bytes = self.0.as_bytes();
        f.write_str("\"")?;
        bytes.iter().take(LIMIT).try_for_each(|&byte| f.write_char(shown(byte)))?;
        f.write_str(if bytes.len() > LIMIT { "...\"" } else { "\"" })
    }
}

/// The same without quotes, cut after 40 characters and in lower case when asked.
struct Plain<'a> {
    text: &'a str,
    lower: bool,
}

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let lower = |byte: u8| if self.lower { byte.to_ascii_lowercase() } else { byte };
        self.text.bytes().take(40).try_for_each(|byte| f.write_char(shown(lower(byte))))
    }
}

/// `p_flags` as readelf writes them, without blanks.
struct Flags(u32);

impl Display for Flags {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (bit, letter) in [(4, 'R'), (2, 'W'), (1, 'X')] {
            f.write_char(if self.0 & bit != 0 { letter } else { '-' })?;
        }
        Ok(())
    }
}

impl Display for Refusal<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMemoryMap => f.write_str(
                "Cannot boot: the firmware gives no memory map (a BIOS by INT 15h, AX=E820h), so no memory is known to be free.",
            ),
            Self::OutOfMemory { purpose, needed, largest } => write!(
                f,
                "Cannot boot: not enough memory; {purpose} needs {} KiB in one piece below 4 GiB, the largest free \
                 piece has {} KiB.",
                needed.div_ceil(1024),
                largest / 1024
            ),
            Self::FiveLevels => f.write_str(
                "Cannot boot: the firmware uses five levels of page tables, and this loader knows four; expected a \
                 setting like \"5-level paging\" in the firmware to switch off.",
            ),
            Self::TooManyRegions { limit } => {
                write!(f, "Cannot boot: the firmware's memory map has more than the {limit} regions this loader can hold.")
            }
            Self::Volume(problem) => write!(f, "Cannot read the boot medium: {problem}."),
            Self::NoConfig => f.write_str(
                "Cannot boot: the boot medium has no limine.conf; expected /limine.conf, /limine/limine.conf, \
                 /boot/limine.conf or /boot/limine/limine.conf.",
            ),
            Self::ConfigTooLarge { file, size, limit } => {
                write!(f, "Bad configuration: {file} has {size} bytes, expected at most {limit}.")
            }
            Self::Config { file, line: 0, problem } => write!(f, "Bad configuration: {file}: {problem}."),
            Self::Config { file, line, problem } => write!(f, "Bad configuration: {file}, line {line}: {problem}."),
            Self::Kernel { path, problem } => write!(f, "Cannot boot {}: {problem}.", Quoted(path)),
            Self::TooManyModules { limit } => {
                write!(f, "Cannot boot: limine.conf and the kernel ask for more than {limit} modules.")
            }
            Self::Module { path, problem } => write!(f, "Cannot load the module {}: {problem}.", Quoted(path)),
        }
    }
}

impl Display for VolumeProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { block, status } => {
                write!(f, "reading block {block} failed, the firmware reports status {status:#04x}")
            }
            Self::NotIso9660 => f.write_str(
                "its block 16 holds no ISO 9660 primary volume descriptor; expected type 1 and the letters CD001",
            ),
            Self::BadDirectory { block, offset } => {
                write!(f, "the directory record at block {block}, byte {offset}, is damaged")
            }
        }
    }
}

impl Display for FileProblem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadPath => f.write_str("the path is not one this loader can follow; expected boot():/ and a file"),
            Self::Hashed => {
                f.write_str("the path carries a # and a hash, which this loader cannot check; leave it away")
            }
            Self::NotFound { near: None } => f.write_str("file not found on the boot medium"),
            Self::NotFound { near: Some(name) } => write!(
                f,
                "file not found on the boot medium; there is {}, and upper and lower case count",
                Quoted(name.as_str())
            ),
            Self::IsDirectory => f.write_str("that is a directory, expected a file"),
            Self::NotADirectory => f.write_str("file not found: a part of the path before its last is a file"),
            Self::BeyondVolume { end, blocks } => write!(
                f,
                "the file's content runs to block {end}, but the boot medium ends at block {blocks}; the medium is cut off"
            ),
            Self::SeveralExtents => f.write_str("the file is stored in several pieces, expected one"),
            Self::Empty => f.write_str("the file is empty"),
        }
    }
}

impl Display for KernelProblem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(problem) => write!(f, "{problem}"),
            Self::NotElf { found, count } => {
                f.write_str("it is not an ELF file; it begins with")?;
                found.iter().take(*count).try_for_each(|byte| write!(f, " {byte:02x}"))?;
                f.write_str(", expected 7f 45 4c 46")
            }
            Self::Truncated { part, end, size } => {
                f.write_str("the file is truncated; its ")?;
                match part {
                    Part::Header => f.write_str("ELF header")?,
                    Part::ProgramHeaders => f.write_str("program header table")?,
                    Part::Segment(number) => write!(f, "segment {number}")?,
                    Part::Interpreter => f.write_str("PT_INTERP segment")?,
                }
                write!(f, " ends at byte {end}, but the file has {size} bytes")
            }
            Self::Not64Bit { class } => {
                f.write_str("it is not a 64-bit ELF file; its class (byte 4) is ")?;
                write!(f, "{class}")?;
                f.write_str(if *class == 1 { " (32-bit), expected 2 (64-bit)" } else { ", expected 2 (64-bit)" })
            }
            Self::NotLittleEndian { data } => {
                write!(f, "it is not a little-endian ELF file; its data encoding (byte 5) is {data}, expected 1")
            }
            Self::WrongMachine { machine } => {
                write!(f, "it is not for this processor; its machine is {machine}, expected 62 (x86-64)")
            }
            Self::Interpreter { interpreter } => write!(
                f,
                "it is a dynamically linked program (PT_INTERP asks for {}); a kernel must be a static executable",
                interpreter
            ),
            Self::PositionIndependent { dynamic, entry } => write!(
                f,
                "it is position-independent (type ET_DYN, {} PT_DYNAMIC, entry point {entry:#x}); expected an executable \
                 linked to a fixed address (ET_EXEC), as -C relocation-model=static makes it",
                if *dynamic { "with" } else { "without" }
            ),
            Self::WrongType { kind } => {
                write!(f, "it is not an executable; its ELF type is {kind}, expected 2 (ET_EXEC)")
            }
            Self::HeaderSize { size } => {
                write!(f, "its program headers have {size} bytes each, expected 56")
            }
            Self::NothingToLoad { entry } => {
                write!(f, "it has no segment to load (no PT_LOAD); its entry point is {entry:#x}")
            }
            Self::TooManySegments { limit } => write!(f, "it has more than {limit} segments to load"),
            Self::TooLow { segment, address, entry } => write!(
                f,
                "segment {segment} lies at {address:#x}{}, expected {LOWEST_KERNEL_ADDRESS:#x} or above; \
                 its entry point is {entry:#x}",
                if *address < END_OF_LOWER_HALF { " in the lower half" } else { "" }
            ),
            Self::AddressOverflow { segment, address, size } => write!(
                f,
                "segment {segment} at {address:#x} with {size:#x} bytes runs over the end of the address space"
            ),
            Self::FileLargerThanMemory { segment, file, memory } => write!(
                f,
                "segment {segment} has {file:#x} bytes in the file but only {memory:#x} in memory; expected no more in \
                 the file than in memory"
            ),
            Self::Overlap { first, second, address } => {
                write!(f, "segments {first} and {second} overlap at {address:#x}")
            }
            Self::SharedPage { first, first_flags, second, second_flags, page } => write!(
                f,
                "segments {first} ({}) and {second} ({}) share the page at {page:#x} with different permissions; \
                 expected each to begin on a page of its own, as ALIGN(0x1000) makes it",
                Flags(*first_flags),
                Flags(*second_flags)
            ),
            Self::EntryOutside { entry, requested } => write!(
                f,
                "its entry point is {entry:#x}{}, which is not inside an executable segment; expected the address of \
                 the kernel's first function",
                if *requested { " (from its entry-point request)" } else { "" }
            ),
            Self::DuplicateRequest { name, first, second } => {
                write!(f, "it has the {name} request twice, at {first:#x} and {second:#x}; expected one")
            }
            Self::PagingMode { minimum } => {
                write!(f, "it asks for paging mode {minimum} or higher; this loader has mode 0 (four levels)")
            }
            Self::RequestOutside { name, address } => {
                write!(f, "its {name} request points to {address:#x}, which is outside its loaded image")
            }
            Self::NoVideoMode => f.write_str(
                "it asks for a framebuffer, but the graphics card offers no linear 32-bit mode up to 1280x800",
            ),
        }
    }
}

impl Display for ConfigProblem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("the line is not valid UTF-8 text"),
            Self::OldEntry { text, title } => write!(
                f,
                "{} is the old way to open an entry (Limine before version 8); expected \"/{}\"",
                Quoted(text),
                Plain { text: title, lower: false }
            ),
            Self::OldAssignment { key, value } => write!(
                f,
                "{} is the old way to set an option (Limine before version 8); expected \"{}: {}\"",
                Quoted(key),
                Plain { text: key, lower: true },
                Plain { text: value, lower: false }
            ),
            Self::NoColon { text } => {
                write!(f, "{} is neither a comment (#), an entry (/Title) nor an option (name: value)", Quoted(text))
            }
            Self::UnknownOption { key, near: Some(near) } => {
                write!(f, "{} is not an option; expected \"{near}\", perhaps", Quoted(key))
            }
            Self::UnknownOption { key, near: None } => write!(
                f,
                "{} is not an option; expected timeout, default_entry, quiet, serial or verbose, or inside an entry \
                 protocol, path, cmdline, module_path, module_cmdline, resolution or comment",
                Quoted(key)
            ),
            Self::OutsideEntry { key } => {
                write!(f, "\"{key}\" belongs to an entry; expected a line like \"/My system\" before it")
            }
            Self::BadValue { key, value, expected } => {
                write!(f, "\"{key}\" is {}, expected {expected}", Quoted(value))
            }
            Self::Duplicate { key, first } => {
                write!(f, "\"{key}\" stands here a second time; expected it once, as on line {first}")
            }
            Self::CmdlineWithoutModule => {
                f.write_str("\"module_cmdline\" has no module to go with; expected \"module_path\" before it")
            }
            Self::NoTitle => f.write_str("the entry has no title; expected one behind the slash"),
            Self::DepthJump { title, found, most } => {
                write!(f, "the entry {} begins with {found} slashes, expected at most {most} here", Quoted(title))
            }
            Self::TooMany { what, limit } => write!(f, "these are too many {what}, expected at most {limit}"),
            Self::UnclosedMacro => f.write_str("a macro begins with ${ and is never closed; expected a }"),
            Self::UnknownMacro { name } => write!(
                f,
                "no line defines the macro {}; expected a line \"${{{}}}=...\"",
                Quoted(name),
                Plain { text: name, lower: false }
            ),
            Self::MacrosTooLarge { limit } => {
                write!(f, "replacing the macros makes the text longer than {limit} bytes")
            }
            Self::NoEntries => f.write_str(
                "it has no entry to boot; expected a line like \"/My system\" with \"protocol: limine\" and \
                 \"path: boot():/kernel.elf\" below it",
            ),
            Self::NoSuchEntry { index, count } => {
                write!(f, "\"default_entry\" is {index}, expected a number from 1 to {count}")
            }
            Self::NoPath { title } => {
                write!(
                    f,
                    "the entry {} says no \"path\"; expected one like \"path: boot():/kernel.elf\"",
                    Quoted(title)
                )
            }
            Self::NoProtocol { title } => {
                write!(f, "the entry {} says no \"protocol\"; expected \"protocol: limine\"", Quoted(title))
            }
        }
    }
}
