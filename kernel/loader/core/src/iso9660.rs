//! Finding files on an ISO 9660 volume (ECMA-119), by their Rock Ridge names (RRIP 1.12) where there are any.

use crate::bytes::u32_at;
use crate::error::{FileProblem, Name, Refusal, VolumeProblem};

/// Size of a logical block; the only size that CDs use.
pub const BLOCK: usize = 2048;

/// One block's bytes.
pub type Block = [u8; BLOCK];

/// A boot medium that can be read block by block.
pub trait BlockDevice {
    /// Reads block number `lba`.
    ///
    /// # Errors
    /// [`VolumeProblem::Unreadable`].
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem>;

    /// Fills `bytes` from block number `lba` on.
    ///
    /// # Errors
    /// [`VolumeProblem::Unreadable`].
    fn read_bytes(&mut self, lba: u32, bytes: &mut [u8]) -> Result<(), VolumeProblem> {
        let mut block = [0; BLOCK];
        for (lba, piece) in (lba..).zip(bytes.chunks_mut(BLOCK)) {
            self.read_block(lba, &mut block)?;
            piece.copy_from_slice(&block[..piece.len()]);
        }
        Ok(())
    }
}

/// A file's place on the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// First block.
    pub lba: u32,
    /// Size in bytes.
    pub size: u32,
}

/// Why a file could not be found: something about the file, or about the whole medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupError<'n> {
    /// The path leads nowhere.
    File(FileProblem<'n>),
    /// The medium is unreadable or damaged.
    Volume(VolumeProblem),
}

impl From<VolumeProblem> for LookupError<'_> {
    fn from(problem: VolumeProblem) -> Self {
        Self::Volume(problem)
    }
}

impl<'n> From<FileProblem<'n>> for LookupError<'n> {
    fn from(problem: FileProblem<'n>) -> Self {
        Self::File(problem)
    }
}

impl From<VolumeProblem> for Refusal<'_> {
    fn from(problem: VolumeProblem) -> Self {
        Self::Volume(problem)
    }
}

/// An opened volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    root: File,
    blocks: u32,
    /// Bytes to skip at the start of every system use field (SUSP 1.12, 5.3, "SP"); `None` without Rock Ridge.
    system_use_skip: Option<usize>,
}

impl Volume {
    /// Reads the primary volume descriptor (ECMA-119, 8.4) and looks whether the volume has Rock Ridge names.
    ///
    /// # Errors
    /// [`VolumeProblem::NotIso9660`], or what the device reports.
    pub fn open(device: &mut impl BlockDevice) -> Result<Self, VolumeProblem> {
        const DESCRIPTOR: u32 = 16;
        const ROOT_RECORD: usize = 156;
        let mut block = [0; BLOCK];
        device.read_block(DESCRIPTOR, &mut block)?;
        if block[0] != 1 || &block[1..6] != b"CD001" {
            return Err(VolumeProblem::NotIso9660);
        }
        let damaged = VolumeProblem::BadDirectory { block: DESCRIPTOR, offset: ROOT_RECORD as u32 };
        let blocks = u32_at(&block, 80).ok_or(damaged)?;
        let root = Record::parse(&block[ROOT_RECORD..ROOT_RECORD + 34]).ok_or(damaged)?.file;
        let mut volume = Self { root, blocks, system_use_skip: None };
        if root.lba < blocks {
            device.read_block(root.lba, &mut block)?;
            volume.system_use_skip = Record::parse(&block).and_then(|record| system_use_skip(record.system_use));
        }
        Ok(volume)
    }

    /// Size of the volume in blocks of 2048 bytes.
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// Finds the file that `path` names, with components separated by slashes. Rock Ridge names are compared exactly,
    /// plain ISO 9660 names (upper case only) whatever the case. `near` is room for the name of an entry that differs
    /// from the path only in case, which the error then refers to.
    ///
    /// # Errors
    /// What is wrong with the path, or with the medium.
    pub fn find<'n>(
        &self,
        device: &mut impl BlockDevice,
        path: &str,
        near: &'n mut Name,
    ) -> Result<File, LookupError<'n>> {
        *near = Name::new();
        let found = self.walk(device, path, near);
        let near = Some(&*near).filter(|near| !near.as_bytes().is_empty());
        found.map_err(|error| match error {
            LookupError::File(FileProblem::NotFound { .. }) => FileProblem::NotFound { near }.into(),
            other => other,
        })
    }

    fn walk(&self, device: &mut impl BlockDevice, path: &str, near: &mut Name) -> Result<File, LookupError<'static>> {
        let mut components = path.split('/').filter(|component| !component.is_empty()).peekable();
        let mut directory = self.root;
        while let Some(component) = components.next() {
            let (file, is_directory) = self.find_in(device, directory, component.as_bytes(), near)?;
            match (is_directory, components.peek().is_some()) {
                (true, true) => directory = file,
                (false, false) => return self.check_place(file),
                (true, false) => return Err(FileProblem::IsDirectory.into()),
                (false, true) => return Err(FileProblem::NotADirectory.into()),
            }
        }
        Err(FileProblem::IsDirectory.into())
    }

    fn check_place(&self, file: File) -> Result<File, LookupError<'static>> {
        let end = u64::from(file.lba) + u64::from(file.size).div_ceil(BLOCK as u64);
        if end > u64::from(self.blocks) {
            return Err(FileProblem::BeyondVolume { end, blocks: self.blocks }.into());
        }
        Ok(file)
    }

    /// Looks through one directory. Returns the place and whether it is a directory.
    fn find_in(
        &self,
        device: &mut impl BlockDevice,
        directory: File,
        wanted: &[u8],
        near: &mut Name,
    ) -> Result<(File, bool), LookupError<'static>> {
        let mut name = Name::new();
        let mut block = [0; BLOCK];
        let count = directory.size.div_ceil(BLOCK as u32);
        for number in 0..count {
            let lba = directory.lba.checked_add(number).filter(|&lba| lba < self.blocks);
            let lba = lba.ok_or(FileProblem::BeyondVolume {
                end: u64::from(directory.lba) + u64::from(count),
                blocks: self.blocks,
            })?;
            device.read_block(lba, &mut block)?;
            let mut offset = 0;
            // A record never crosses a block; a zero length byte says that the rest of the block is unused.
            while offset < BLOCK && block[offset] != 0 {
                let length = usize::from(block[offset]);
                let bytes = block.get(offset..offset + length);
                let record = bytes.and_then(Record::parse);
                let record = record.ok_or(VolumeProblem::BadDirectory { block: lba, offset: offset as u32 })?;
                offset += length;
                if record.is_dot() {
                    continue;
                }
                self.name(device, &record, &mut name)?;
                if self.matches(name.as_bytes(), wanted) {
                    if record.several_extents {
                        return Err(FileProblem::SeveralExtents.into());
                    }
                    return Ok((record.file, record.directory));
                }
                if name.as_bytes().eq_ignore_ascii_case(wanted) {
                    *near = name;
                }
            }
        }
        Err(FileProblem::NotFound { near: None }.into())
    }

    fn matches(&self, name: &[u8], wanted: &[u8]) -> bool {
        match self.system_use_skip {
            Some(_) => name == wanted,
            None => name.eq_ignore_ascii_case(wanted),
        }
    }

    /// Sets `name` to the record's Rock Ridge name, else to its ISO 9660 name without version number.
    fn name(&self, device: &mut impl BlockDevice, record: &Record<'_>, name: &mut Name) -> Result<(), VolumeProblem> {
        *name = Name::new();
        if let Some(skip) = self.system_use_skip {
            let area = record.system_use.get(skip..).unwrap_or_default();
            let mut continuation = read_names(area, name);
            let mut block = [0; BLOCK];
            // A name of 255 bytes needs one continuation area; more than a few are a loop.
            for _ in 0..4 {
                let Some(area) = continuation.filter(|area| area.lba < self.blocks) else { break };
                device.read_block(area.lba, &mut block)?;
                let end = area.offset.saturating_add(area.length).min(BLOCK);
                continuation = read_names(block.get(area.offset..end).unwrap_or_default(), name);
            }
        }
        if name.as_bytes().is_empty() {
            let plain = record.name.split(|&byte| byte == b';').next().unwrap_or_default();
            name.push(plain.strip_suffix(b".").unwrap_or(plain));
        }
        Ok(())
    }
}

/// A directory record (ECMA-119, 9.1).
struct Record<'a> {
    file: File,
    directory: bool,
    several_extents: bool,
    name: &'a [u8],
    system_use: &'a [u8],
}

impl<'a> Record<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let length = usize::from(*bytes.first()?);
        let bytes = bytes.get(..length)?;
        let name_length = usize::from(*bytes.get(32)?);
        let name = bytes.get(33..33 + name_length).filter(|name| !name.is_empty())?;
        // The system use field begins on an even offset.
        let system_use = bytes.get((33 + name_length).next_multiple_of(2)..).unwrap_or_default();
        Some(Self {
            file: File { lba: u32_at(bytes, 2)?, size: u32_at(bytes, 10)? },
            directory: bytes[25] & 2 != 0,
            several_extents: bytes[25] & 0x80 != 0,
            name,
            system_use,
        })
    }

    /// Whether this is the directory itself or its parent.
    fn is_dot(&self) -> bool {
        matches!(self.name, [0] | [1])
    }
}

/// Where a system use field goes on (SUSP 1.12, 5.1, "CE").
struct Continuation {
    lba: u32,
    offset: usize,
    length: usize,
}

/// Calls `visit` with signature and data of each system use entry (SUSP 1.12, 4.1) until it returns `false`.
fn each_entry<'a>(mut area: &'a [u8], mut visit: impl FnMut(&'a [u8], &'a [u8]) -> bool) {
    while area.len() >= 4 {
        let length = usize::from(area[2]);
        let Some(entry) = area.get(..length).filter(|entry| entry.len() >= 4) else { return };
        if !visit(&entry[..2], &entry[4..]) {
            return;
        }
        area = &area[length..];
    }
}

/// The LEN_SKP of the root directory's SP entry, which marks a volume with system use entries.
fn system_use_skip(area: &[u8]) -> Option<usize> {
    let mut skip = None;
    each_entry(area, |signature, data| {
        if let (b"SP", [0xbe, 0xef, length, ..]) = (signature, data) {
            skip = Some(usize::from(*length));
        }
        signature != b"ST"
    });
    skip
}

/// Appends the pieces of a Rock Ridge name (RRIP 1.12, 4.1.4, "NM") and says where the area goes on.
fn read_names(area: &[u8], name: &mut Name) -> Option<Continuation> {
    let mut continuation = None;
    each_entry(area, |signature, data| {
        match (signature, data) {
            (b"NM", [_flags, piece @ ..]) => name.push(piece),
            (b"CE", _) => {
                continuation = (|| {
                    Some(Continuation {
                        lba: u32_at(data, 0)?,
                        offset: u32_at(data, 8)? as usize,
                        length: u32_at(data, 16)? as usize,
                    })
                })();
            }
            _ => {}
        }
        signature != b"ST"
    });
    continuation
}
