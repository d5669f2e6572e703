//! From the boot medium to a kernel that can be called: finding limine.conf, loading the kernel and its modules, and
//! answering the kernel's requests.

use crate::config::{Config, ConfigError, MODULE_LIMIT, path_on_volume};
use crate::elf::{Plan, section};
use crate::error::{FileProblem, KernelProblem, Name, Refusal};
use crate::iso9660::{BlockDevice, File, LookupError, Volume};
use crate::medium::Medium;
use crate::memory::{Kind, MemoryMap};
use crate::protocol::{Feature, InternalModule, Requests, internal_modules, resolve};
use crate::response::{Facts, Firmware, LoadedFile, Wishes, Writer, answer};
use crate::video::{self, Mode, Modes};
use core::fmt;

/// A machine to boot on: its boot medium, its memory, and whom it reports to.
pub trait Machine: BlockDevice {
    /// Takes whole pages of memory below 4 GiB for as long as the machine runs, at least `size` bytes.
    ///
    /// # Errors
    /// [`Refusal::OutOfMemory`] naming `purpose`, [`Refusal::TooManyRegions`].
    #[expect(clippy::mut_from_ref, reason = "the memory is the machine's, not the text's")]
    fn take(&mut self, size: u64, kind: Kind, purpose: &'static str) -> Result<&'static mut [u8], Refusal<'static>>;

    /// Room for one name, which a refusal refers to. Asking again is the end of what was given before.
    fn name(&mut self) -> &'static mut Name;

    /// Reports a line where developers listen (port 0xE9), and on COM1, too, if `serial` is set.
    fn report(&mut self, line: fmt::Arguments<'_>, serial: bool);
}

/// Where limine.conf may lie, in the order of looking.
const PLACES: [&str; 4] = ["/limine.conf", "/limine/limine.conf", "/boot/limine.conf", "/boot/limine/limine.conf"];

/// Reads the first limine.conf there is.
///
/// # Errors
/// There is none, it cannot be read, or it cannot be followed.
pub fn read_config(machine: &mut impl Machine, volume: &Volume) -> Result<Config<'static>, Refusal<'static>> {
    const LIMIT: u32 = 64 * 1024;
    for place in PLACES {
        let name = machine.name();
        let file = match volume.find(machine, place, name) {
            Ok(file) => file,
            Err(LookupError::Volume(problem)) => return Err(problem.into()),
            Err(LookupError::File(FileProblem::NotFound { .. } | FileProblem::NotADirectory)) => continue,
            Err(LookupError::File(problem)) => return Err(Refusal::Module { path: place, problem }),
        };
        if file.size > LIMIT {
            return Err(Refusal::ConfigTooLarge { file: place, size: file.size.into(), limit: LIMIT.into() });
        }
        let text = read_file(machine, file, Kind::LoaderReclaimable, "limine.conf")?;
        let space = machine.take(LIMIT.into(), Kind::LoaderReclaimable, "limine.conf's macros")?;
        let refuse =
            |error: ConfigError<'static>| Refusal::Config { file: place, line: error.line, problem: error.problem };
        return Config::parse(text, space).map_err(refuse);
    }
    Err(Refusal::NoConfig)
}

/// Reads a whole file into memory taken for it, on a page boundary and zero up to the page's end.
fn read_file(
    machine: &mut impl Machine,
    file: File,
    kind: Kind,
    purpose: &'static str,
) -> Result<&'static mut [u8], Refusal<'static>> {
    let space = machine.take(file.size.into(), kind, purpose)?;
    let (content, rest) = space.split_at_mut(file.size as usize);
    machine.read_bytes(file.lba, content)?;
    rest.fill(0);
    Ok(content)
}

/// Room for all responses: 64 KiB of strings at most (limine.conf has no more), and 256 regions, 96 modes and 33 files.
pub const RESPONSE_SPACE: u64 = 128 * 1024;

/// A kernel in memory, with its modules.
pub struct Kernel {
    path: &'static str,
    cmdline: &'static str,
    file: &'static [u8],
    /// What of the file lies where.
    pub plan: Plan,
    image: &'static mut [u8],
    requests: Requests,
    /// Where to call it.
    pub entry: u64,
    /// How much stack it asks for, at least.
    pub stack: u64,
    /// The base revision of the protocol to follow.
    pub base_revision: u64,
    modules: LoadedModules,
    progress: Progress,
    resolution: Option<video::Resolution>,
}

/// What the halves know of their machine, for the responses.
pub struct MachineFacts<'a> {
    /// All memory, with everything taken that the kernel will find in use.
    pub memory: &'a MemoryMap,
    /// The mode that is set, and all that could have been.
    pub video: Option<(Mode, &'a Modes)>,
    /// Physical address of ACPI's root pointer.
    pub rsdp: Option<u64>,
    /// Physical addresses of the 32-bit and the 64-bit SMBIOS entry point.
    pub smbios: (Option<u64>, Option<u64>),
    /// Unix time from the clock.
    pub date: Option<i64>,
    /// What started the loader.
    pub firmware: Firmware,
    /// What the files were loaded from.
    pub medium: Medium,
}

impl Kernel {
    /// Loads the kernel and the modules of the entry with this index.
    ///
    /// # Errors
    /// Everything that can be wrong with them, or with the medium.
    pub fn load(
        machine: &mut impl Machine,
        volume: &Volume,
        config: &Config<'static>,
        entry: usize,
    ) -> Result<Self, Refusal<'static>> {
        let progress = Progress { serial: config.serial(), verbose: config.verbose() };
        let choice = &config.entries()[entry];
        let path = choice.path();
        let refuse = |problem| Refusal::Kernel { path, problem };

        progress.tell(machine, format_args!("Loading {path}"));
        let place = find(machine, volume, path, |problem| refuse(KernelProblem::File(problem)))?;
        let file: &'static [u8] = read_file(machine, place, Kind::LoaderReclaimable, "the kernel's file")?;
        let plan = Plan::new(file).map_err(refuse)?;
        let space = machine.take(plan.size(), Kind::ExecutableAndModules, "the kernel's image")?;
        let image = &mut space[..plan.size() as usize];
        plan.load(file, image);
        let place = image.as_ptr() as u64;
        progress.detail(machine, format_args!("{} bytes of image at {place:#x} for {:#x}", image.len(), plan.base()));

        let requests = find_requests(file, image, &plan).map_err(refuse)?;
        let wishes = Wishes::read(image, &requests).map_err(refuse)?;
        let entry_point = wishes.entry.unwrap_or(plan.entry);
        if !plan.is_executable(entry_point) {
            let requested = wishes.entry.is_some();
            return Err(refuse(KernelProblem::EntryOutside { entry: entry_point, requested }));
        }

        let mut modules = LoadedModules::new();
        for module in internal_modules(image, plan.base(), &requests) {
            modules.load_internal(machine, volume, path, module.map_err(refuse)?)?;
        }
        for module in config.modules(entry) {
            progress.tell(machine, format_args!("Loading module {}", module.path));
            let place = find(machine, volume, module.path, |problem| Refusal::Module { path: module.path, problem })?;
            modules.load(machine, place, path_on_volume(module.path).unwrap_or_default(), module.cmdline)?;
        }
        let (base_revision, _) = requests.base_revision(image);
        progress.detail(machine, format_args!("Base revision {base_revision}, {} bytes of stack", wishes.stack));
        Ok(Self {
            path,
            cmdline: choice.cmdline(),
            file,
            plan,
            image,
            requests,
            entry: entry_point,
            stack: wishes.stack,
            base_revision,
            modules,
            progress,
            resolution: choice.resolution(),
        })
    }

    /// Physical address of the image.
    pub fn physical_base(&self) -> u64 {
        self.image.as_ptr() as u64
    }

    /// Whether the kernel asks for this.
    pub fn asks_for(&self, feature: Feature) -> bool {
        self.requests.get(feature).is_some()
    }

    /// The video mode to set; `None` where there is none and the kernel does not ask for one.
    ///
    /// # Errors
    /// The kernel asks for a framebuffer and there is no mode to give it.
    pub fn choose_mode(&self, modes: &Modes) -> Result<Option<Mode>, Refusal<'static>> {
        let mode = video::choose(modes.as_slice(), self.resolution);
        if mode.is_none() && self.asks_for(Feature::Framebuffer) { Err(self.no_video_mode()) } else { Ok(mode) }
    }

    /// The refusal of a kernel that asks for a framebuffer where there is none.
    pub fn no_video_mode(&self) -> Refusal<'static> {
        Refusal::Kernel { path: self.path, problem: KernelProblem::NoVideoMode }
    }

    /// Writes the answers to the kernel's requests into `space`, [`RESPONSE_SPACE`] bytes on a page boundary.
    ///
    /// # Errors
    /// [`Refusal::OutOfMemory`] when they do not fit.
    pub fn answer(&mut self, facts: &MachineFacts<'_>, space: &'static mut [u8]) -> Result<(), Refusal<'static>> {
        let facts = Facts {
            base_revision: self.base_revision,
            physical_base: self.image.as_ptr() as u64,
            virtual_base: self.plan.base(),
            kernel: loaded(self.file, path_on_volume(self.path).unwrap_or_default(), self.cmdline),
            modules: self.modules.as_slice(),
            memory: facts.memory,
            video: facts.video.map(|(mode, modes)| (mode, modes.as_slice())),
            rsdp: facts.rsdp,
            smbios: facts.smbios,
            date: facts.date,
            firmware: facts.firmware,
            medium: facts.medium,
        };
        let address = space.as_ptr() as u64;
        answer(self.image, &self.requests, &facts, &mut Writer::new(space, address))
    }

    /// Reports how far loading is.
    pub fn tell(&self, machine: &mut impl Machine, line: fmt::Arguments<'_>) {
        self.progress.tell(machine, line);
    }
}

/// Finds a file of limine.conf on the boot medium.
fn find(
    machine: &mut impl Machine,
    volume: &Volume,
    path: &'static str,
    refuse: impl Fn(FileProblem<'static>) -> Refusal<'static>,
) -> Result<File, Refusal<'static>> {
    let name = machine.name();
    let found = match path_on_volume(path) {
        Some(path) => volume.find(machine, path, name),
        None => Err(FileProblem::BadPath.into()),
    };
    found.map_err(|error| match error {
        LookupError::File(problem) => refuse(problem),
        LookupError::Volume(problem) => problem.into(),
    })
}

fn loaded(bytes: &[u8], path: &'static str, string: &'static str) -> LoadedFile<'static> {
    LoadedFile { physical: bytes.as_ptr() as u64, size: bytes.len() as u64, path, string }
}

fn find_requests(file: &[u8], image: &[u8], plan: &Plan) -> Result<Requests, KernelProblem<'static>> {
    let requests = Requests::find(image, plan)?;
    match section(file, b".limine_reqs") {
        Some(list) if requests.base_revision(image).0 == 0 => requests.from_list(image, plan.base(), list),
        _ => Ok(requests),
    }
}

/// The modules loaded so far.
struct LoadedModules {
    files: [LoadedFile<'static>; MODULE_LIMIT],
    count: usize,
}

impl LoadedModules {
    const fn new() -> Self {
        const NOTHING: LoadedFile<'static> = LoadedFile { physical: 0, size: 0, path: "", string: "" };
        Self { files: [NOTHING; MODULE_LIMIT], count: 0 }
    }

    fn as_slice(&self) -> &[LoadedFile<'static>] {
        &self.files[..self.count]
    }

    fn load(
        &mut self,
        machine: &mut impl Machine,
        place: File,
        path: &'static str,
        cmdline: &'static str,
    ) -> Result<(), Refusal<'static>> {
        if self.count == MODULE_LIMIT {
            return Err(Refusal::TooManyModules { limit: MODULE_LIMIT });
        }
        let bytes = read_file(machine, place, Kind::ExecutableAndModules, "a module")?;
        self.files[self.count] = loaded(bytes, path, cmdline);
        self.count += 1;
        Ok(())
    }

    /// Loads a module that the kernel at `kernel` lists in its request.
    fn load_internal(
        &mut self,
        machine: &mut impl Machine,
        volume: &Volume,
        kernel: &'static str,
        module: InternalModule<'_>,
    ) -> Result<(), Refusal<'static>> {
        // The texts lie in the kernel's image, which is about to be its own: the loader keeps copies.
        let room = machine.take(TEXT_SPACE, Kind::LoaderReclaimable, "a module's path")?;
        let (path_room, cmdline_room) = room.split_at_mut(TEXT_SPACE as usize / 2);
        let length = resolve(path_on_volume(kernel).unwrap_or_default(), module.path, path_room);
        let path = text(path_room, length.unwrap_or_default());
        let length = module.cmdline.len().min(cmdline_room.len());
        cmdline_room[..length].copy_from_slice(&module.cmdline.as_bytes()[..length]);
        let cmdline = text(cmdline_room, length);
        let name = machine.name();
        match volume.find(machine, path, name) {
            Ok(place) => self.load(machine, place, path, cmdline),
            Err(LookupError::Volume(problem)) => Err(problem.into()),
            Err(LookupError::File(problem)) if module.required => Err(Refusal::Module { path, problem }),
            Err(LookupError::File(_)) => Ok(()),
        }
    }
}

/// Room for a path and a command line, half of it each.
const TEXT_SPACE: u64 = 4096;

fn text(bytes: &'static [u8], length: usize) -> &'static str {
    core::str::from_utf8(&bytes[..length]).unwrap_or_default()
}

/// Tells how far loading is: always on port 0xE9, on COM1 when limine.conf says so.
#[derive(Clone, Copy)]
struct Progress {
    serial: bool,
    verbose: bool,
}

impl Progress {
    fn tell(self, machine: &mut impl Machine, line: fmt::Arguments<'_>) {
        machine.report(line, self.serial);
    }

    /// The same for what only `verbose: yes` wants to know.
    fn detail(self, machine: &mut impl Machine, line: fmt::Arguments<'_>) {
        if self.verbose {
            self.tell(machine, line);
        }
    }
}
