//! Checking a kernel's ELF file and planning where its bytes go (System V ABI, "Object Files"; ELF-64 object file format).

use crate::bytes::{array, u16_at, u32_at, u64_at};
use crate::error::{KernelProblem, LOWEST_KERNEL_ADDRESS, Part};
use crate::{PAGE, align_down};

/// The segment may be executed (`PF_X`).
pub const EXECUTE: u32 = 1;
/// The segment may be written (`PF_W`).
pub const WRITE: u32 = 2;
/// The segment may be read (`PF_R`).
pub const READ: u32 = 4;

/// The most loadable segments a kernel can have.
pub const SEGMENT_LIMIT: usize = 32;

const FILE_HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;

/// A loadable segment: `file_size` bytes of the file from `offset`, followed by zeros up to `memory_size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Number of its program header, from 0.
    pub number: u16,
    /// `p_flags`: [`READ`], [`WRITE`], [`EXECUTE`].
    pub flags: u32,
    /// Where its bytes begin in the file.
    pub offset: u64,
    /// Virtual address.
    pub address: u64,
    /// Bytes in the file.
    pub file_size: u64,
    /// Bytes in memory; never 0.
    pub memory_size: u64,
}

impl Segment {
    /// The last address that belongs to the segment.
    pub fn last(&self) -> u64 {
        self.address + (self.memory_size - 1)
    }

    /// The first and the last page (their addresses) the segment lies in.
    pub fn pages(&self) -> (u64, u64) {
        (align_down(self.address, PAGE), align_down(self.last(), PAGE))
    }
}

const EMPTY: Segment = Segment { number: 0, flags: 0, offset: 0, address: 0, file_size: 0, memory_size: 0 };

/// A kernel that can be loaded: its segments in order of address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// `e_entry`.
    pub entry: u64,
    segments: [Segment; SEGMENT_LIMIT],
    count: usize,
}

impl Plan {
    /// Checks that `file` is a kernel which can be loaded, and lists its segments by address.
    ///
    /// # Errors
    /// The first reason against it, in the order in which the file is read: kind of file, dynamic linking, segments one
    /// by one, segments against each other.
    pub fn new(file: &[u8]) -> Result<Self, KernelProblem<'_>> {
        check_kind(file)?;
        let entry = need(file, Part::Header, u64_at(file, 24), FILE_HEADER as u64)?;
        let headers = program_headers(file)?;
        let number_of = |kind| (0..headers.count).find(|&number| headers.get(number).kind == kind);
        if let Some(number) = number_of(INTERPRETER) {
            return Err(KernelProblem::Interpreter { interpreter: interpreter(file, headers.get(number))? });
        }
        match u16_at(file, 16).unwrap_or_default() {
            EXECUTABLE => {}
            SHARED => {
                let dynamic = number_of(DYNAMIC).is_some();
                return Err(KernelProblem::PositionIndependent { dynamic, entry });
            }
            kind => return Err(KernelProblem::WrongType { kind }),
        }
        let mut plan = Self { entry, segments: [EMPTY; SEGMENT_LIMIT], count: 0 };
        for number in 0..headers.count {
            let header = headers.get(number);
            if header.kind == LOAD && header.segment.memory_size > 0 {
                check_segment(file, &header.segment, entry)?;
                plan.insert(header.segment)?;
            }
        }
        plan.check_together()?;
        Ok(plan)
    }

    /// The segments in order of address.
    pub fn segments(&self) -> &[Segment] {
        &self.segments[..self.count]
    }

    /// First address of the image, on a page boundary.
    pub fn base(&self) -> u64 {
        self.segments[0].pages().0
    }

    /// Size of the image in bytes, whole pages.
    pub fn size(&self) -> u64 {
        (self.segments[self.count - 1].pages().1 - self.base()) + PAGE
    }

    /// Whether `address` lies in an executable segment.
    pub fn is_executable(&self, address: u64) -> bool {
        self.segments()
            .iter()
            .any(|segment| segment.flags & EXECUTE != 0 && (segment.address..=segment.last()).contains(&address))
    }

    /// Copies the segments into `image`, [`Plan::size`] bytes that stand for [`Plan::base`] and what follows it, and
    /// zeroes everything between and behind them.
    ///
    /// # Panics
    /// When `image` has another size, or `file` is not the file the plan was made from.
    pub fn load(&self, file: &[u8], image: &mut [u8]) {
        assert_eq!(image.len() as u64, self.size());
        let mut filled = 0;
        for segment in self.segments() {
            let start = (segment.address - self.base()) as usize;
            let end = start + segment.file_size as usize;
            image[filled..start].fill(0);
            image[start..end].copy_from_slice(&file[segment.offset as usize..][..segment.file_size as usize]);
            filled = end;
        }
        image[filled..].fill(0);
    }

    /// Inserts by address.
    fn insert(&mut self, segment: Segment) -> Result<(), KernelProblem<'static>> {
        if self.count == SEGMENT_LIMIT {
            return Err(KernelProblem::TooManySegments { limit: SEGMENT_LIMIT });
        }
        let place = self.segments().iter().take_while(|other| other.address <= segment.address).count();
        self.segments.copy_within(place..self.count, place + 1);
        self.segments[place] = segment;
        self.count += 1;
        Ok(())
    }

    fn check_together(&self) -> Result<(), KernelProblem<'static>> {
        if self.count == 0 {
            return Err(KernelProblem::NothingToLoad { entry: self.entry });
        }
        for pair in self.segments().windows(2) {
            let [low, high] = [pair[0], pair[1]];
            if high.address <= low.last() {
                let (first, second) = (low.number, high.number);
                return Err(KernelProblem::Overlap { first, second, address: high.address });
            }
            let page = high.pages().0;
            if page == low.pages().1 && low.flags != high.flags {
                return Err(KernelProblem::SharedPage {
                    first: low.number,
                    first_flags: low.flags,
                    second: high.number,
                    second_flags: high.flags,
                    page,
                });
            }
        }
        Ok(())
    }
}

const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERPRETER: u32 = 3;
const EXECUTABLE: u16 = 2;
const SHARED: u16 = 3;

/// `value`, or the complaint that the file ends before `end`.
fn need<'a, T>(file: &[u8], part: Part, value: Option<T>, end: u64) -> Result<T, KernelProblem<'a>> {
    value.ok_or(KernelProblem::Truncated { part, end, size: file.len() as u64 })
}

/// Checks the identification bytes and the machine.
fn check_kind(file: &[u8]) -> Result<(), KernelProblem<'static>> {
    if file.is_empty() {
        return Err(KernelProblem::File(crate::error::FileProblem::Empty));
    }
    let count = file.len().min(4);
    let mut found = [0; 4];
    found[..count].copy_from_slice(&file[..count]);
    if found != *b"\x7fELF" {
        return Err(KernelProblem::NotElf { found, count });
    }
    let header: [u8; FILE_HEADER] = need(file, Part::Header, array(file, 0), FILE_HEADER as u64)?;
    match (header[4], header[5]) {
        (2, 1) => {}
        (2, data) => return Err(KernelProblem::NotLittleEndian { data }),
        (class, _) => return Err(KernelProblem::Not64Bit { class }),
    }
    match u16::from_le_bytes([header[18], header[19]]) {
        62 => Ok(()),
        machine => Err(KernelProblem::WrongMachine { machine }),
    }
}

/// The program header table.
struct Headers<'a> {
    bytes: &'a [u8],
    count: u16,
}

struct Header {
    kind: u32,
    segment: Segment,
}

impl Headers<'_> {
    /// Header number `number`, less than `count`.
    fn get(&self, number: u16) -> Header {
        let bytes = &self.bytes[usize::from(number) * PROGRAM_HEADER..][..PROGRAM_HEADER];
        let word = |offset| u32_at(bytes, offset).unwrap_or_default();
        let long = |offset| u64_at(bytes, offset).unwrap_or_default();
        Header {
            kind: word(0),
            segment: Segment {
                number,
                flags: word(4) & (READ | WRITE | EXECUTE),
                offset: long(8),
                address: long(16),
                file_size: long(32),
                memory_size: long(40),
            },
        }
    }
}

fn program_headers(file: &[u8]) -> Result<Headers<'_>, KernelProblem<'static>> {
    let offset = u64_at(file, 32).unwrap_or_default();
    let size = u16_at(file, 54).unwrap_or_default();
    let count = u16_at(file, 56).unwrap_or_default();
    if count == 0 {
        return Ok(Headers { bytes: &[], count });
    }
    if usize::from(size) != PROGRAM_HEADER {
        return Err(KernelProblem::HeaderSize { size });
    }
    let length = u64::from(count) * PROGRAM_HEADER as u64;
    let bytes = slice(file, offset, length);
    Ok(Headers { bytes: need(file, Part::ProgramHeaders, bytes, offset.saturating_add(length))?, count })
}

/// The bytes of the first section called `name`; `None` without one, or where the section headers are damaged.
pub fn section<'a>(file: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    const SECTION_HEADER: usize = 64;
    let table = u64_at(file, 40)?;
    let (size, count, names) = (u16_at(file, 58)?, u16_at(file, 60)?, u16_at(file, 62)?);
    if usize::from(size) != SECTION_HEADER {
        return None;
    }
    let header = |number: u16| slice(file, table.checked_add(u64::from(number) * SECTION_HEADER as u64)?, 64);
    let content = |header: &[u8]| slice(file, u64_at(header, 24)?, u64_at(header, 32)?);
    let names = content(header(names)?)?;
    (0..count).filter_map(header).find_map(|header| {
        let own = names.get(u32_at(header, 0)? as usize..)?.strip_prefix(name)?;
        if own.first() == Some(&0) { content(header) } else { None }
    })
}

fn slice(file: &[u8], offset: u64, length: u64) -> Option<&[u8]> {
    let end = usize::try_from(offset.checked_add(length)?).ok()?;
    file.get(usize::try_from(offset).ok()?..end)
}

/// The text of a `PT_INTERP` segment, up to its NUL.
fn interpreter(file: &[u8], header: Header) -> Result<&str, KernelProblem<'_>> {
    let Segment { offset, file_size, .. } = header.segment;
    let bytes = slice(file, offset, file_size);
    let bytes = need(file, Part::Interpreter, bytes, offset.saturating_add(file_size))?;
    let path = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    let printable = path.len() <= 255 && path.iter().all(|byte| (0x20..0x7f).contains(byte));
    Ok(core::str::from_utf8(path).ok().filter(|_| printable).unwrap_or("an unreadable path"))
}

fn check_segment(file: &[u8], segment: &Segment, entry: u64) -> Result<(), KernelProblem<'static>> {
    let &Segment { number, offset, address, file_size, memory_size, .. } = segment;
    if address < LOWEST_KERNEL_ADDRESS {
        return Err(KernelProblem::TooLow { segment: number, address, entry });
    }
    if address.checked_add(memory_size - 1).is_none() {
        return Err(KernelProblem::AddressOverflow { segment: number, address, size: memory_size });
    }
    if file_size > memory_size {
        return Err(KernelProblem::FileLargerThanMemory { segment: number, file: file_size, memory: memory_size });
    }
    need(file, Part::Segment(number), slice(file, offset, file_size), offset.saturating_add(file_size)).map(|_| ())
}
