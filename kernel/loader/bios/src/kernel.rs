//! Loading a kernel and its modules, answering its requests, and calling it.

use crate::console::{DebugPort, OrRefuse, Serial, stop};
use crate::disk::Disk;
use crate::handoff::Handoff;
use crate::layout::name;
use crate::memory::take;
use crate::video::{self, Modes};
use crate::{clock, tables};
use core::fmt::{self, Write};
use onko_loader_core::config::{Config, MODULE_LIMIT, path_on_volume};
use onko_loader_core::elf::{Plan, section};
use onko_loader_core::error::{FileProblem, KernelProblem, Refusal};
use onko_loader_core::iso9660::{File, LookupError, Volume};
use onko_loader_core::memory::{Kind, MemoryMap};
use onko_loader_core::protocol::{Feature, InternalModule, Requests, internal_modules, resolve};
use onko_loader_core::response::{Facts, LoadedFile, Wishes, Writer, answer};
use onko_loader_core::video::choose;

/// Boots the entry with this index. Stops for everything that can be wrong with the kernel, its modules or the machine.
pub fn boot(disk: &mut Disk, volume: &Volume, memory: &mut MemoryMap, config: &Config<'static>, entry: usize) -> ! {
    let progress = Progress { serial: config.serial(), verbose: config.verbose() };
    let path = config.entries()[entry].path();
    let refuse = |problem| Refusal::Kernel { path, problem };

    progress.tell(format_args!("Loading {path}"));
    let place = find(disk, volume, path, |problem| refuse(KernelProblem::File(problem)));
    let file: &'static [u8] = disk.read_file(place, memory, Kind::LoaderReclaimable, "the kernel's file");
    let plan = Plan::new(file).map_err(refuse).or_refuse();
    let space = take(memory, plan.size(), Kind::ExecutableAndModules, "the kernel's image");
    let physical_base = space.as_ptr() as u64;
    let image = &mut space[..plan.size() as usize];
    plan.load(file, image);
    progress.detail(format_args!("{} bytes of image at {physical_base:#x} for {:#x}", image.len(), plan.base()));

    let requests = find_requests(file, image, &plan).map_err(refuse).or_refuse();
    let wishes = Wishes::read(image, &requests).map_err(refuse).or_refuse();
    let entry_point = wishes.entry.unwrap_or(plan.entry);
    if !plan.is_executable(entry_point) {
        stop(&refuse(KernelProblem::EntryOutside { entry: entry_point, requested: wishes.entry.is_some() }));
    }

    let mut modules = Modules::new();
    for module in internal_modules(image, plan.base(), &requests) {
        let module = module.map_err(refuse).or_refuse();
        modules.load_internal(disk, volume, memory, path, module);
    }
    for module in config.modules(entry) {
        progress.tell(format_args!("Loading module {}", module.path));
        let place = find(disk, volume, module.path, |problem| Refusal::Module { path: module.path, problem });
        modules.load(disk, memory, place, path_on_volume(module.path).unwrap_or_default(), module.cmdline);
    }

    let modes = Modes::detect();
    let mode = choose(modes.as_slice(), config.entries()[entry].resolution());
    let wants_framebuffer = requests.get(Feature::Framebuffer).is_some();
    if mode.is_none() && wants_framebuffer {
        stop(&refuse(KernelProblem::NoVideoMode));
    }
    if let Some(mode) = mode {
        memory.add(mode.address.into(), mode.size(), Kind::Framebuffer).or_refuse();
    }

    let (base_revision, _) = requests.base_revision(image);
    progress.detail(format_args!("Base revision {base_revision}, {} bytes of stack", wishes.stack));
    let space = take(memory, RESPONSE_SPACE, Kind::LoaderReclaimable, "the answers to the kernel's requests");
    let handoff = Handoff::prepare(memory, &plan, physical_base, wishes.stack, base_revision);
    let facts = Facts {
        base_revision,
        physical_base,
        virtual_base: plan.base(),
        kernel: loaded(file, path_on_volume(path).unwrap_or_default(), config.entries()[entry].cmdline()),
        modules: modules.as_slice(),
        memory,
        video: mode.map(|mode| (mode, modes.as_slice())),
        rsdp: requests.get(Feature::Rsdp).and_then(|_| tables::rsdp()),
        smbios: requests.get(Feature::Smbios).map_or((None, None), |_| tables::smbios()),
        date: requests.get(Feature::DateAtBoot).and_then(|_| clock::unix_time()),
    };
    let space_address = space.as_ptr() as u64;
    answer(image, &requests, &facts, &mut Writer::new(space, space_address)).or_refuse();

    if let Some(mode) = mode {
        progress.tell(format_args!("Setting mode {}x{}x{}", mode.width, mode.height, mode.bpp));
        if !video::set(&mode) && wants_framebuffer {
            stop(&refuse(KernelProblem::NoVideoMode));
        }
    }
    progress.tell(format_args!("Calling the kernel at {entry_point:#x}"));
    handoff.enter(entry_point)
}

/// Room for all responses: 64 KiB of strings at most (limine.conf has no more), and 256 regions, 96 modes and 33 files.
const RESPONSE_SPACE: u64 = 128 * 1024;

/// Finds a file of limine.conf on the boot medium.
fn find(
    disk: &mut Disk,
    volume: &Volume,
    path: &'static str,
    refuse: impl Fn(FileProblem<'static>) -> Refusal<'static>,
) -> File {
    let found = match path_on_volume(path) {
        Some(path) => volume.find(disk, path, name()),
        None => Err(FileProblem::BadPath.into()),
    };
    found.unwrap_or_else(|error| match error {
        LookupError::File(problem) => stop(&refuse(problem)),
        LookupError::Volume(problem) => stop(&problem.into()),
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
struct Modules {
    files: [LoadedFile<'static>; MODULE_LIMIT],
    count: usize,
}

impl Modules {
    const fn new() -> Self {
        const NOTHING: LoadedFile<'static> = LoadedFile { physical: 0, size: 0, path: "", string: "" };
        Self { files: [NOTHING; MODULE_LIMIT], count: 0 }
    }

    fn as_slice(&self) -> &[LoadedFile<'static>] {
        &self.files[..self.count]
    }

    fn load(
        &mut self,
        disk: &mut Disk,
        memory: &mut MemoryMap,
        place: File,
        path: &'static str,
        cmdline: &'static str,
    ) {
        if self.count == MODULE_LIMIT {
            stop(&Refusal::TooManyModules { limit: MODULE_LIMIT });
        }
        let bytes = disk.read_file(place, memory, Kind::ExecutableAndModules, "a module");
        self.files[self.count] = loaded(bytes, path, cmdline);
        self.count += 1;
    }

    /// Loads a module that the kernel at `kernel` lists in its request.
    fn load_internal(
        &mut self,
        disk: &mut Disk,
        volume: &Volume,
        memory: &mut MemoryMap,
        kernel: &'static str,
        module: InternalModule<'_>,
    ) {
        // The texts lie in the kernel's image, which is about to be its own: the loader keeps copies.
        let (path_room, cmdline_room) =
            take(memory, TEXT_SPACE, Kind::LoaderReclaimable, "a module's path").split_at_mut(TEXT_SPACE as usize / 2);
        let length = resolve(path_on_volume(kernel).unwrap_or_default(), module.path, path_room);
        let path = text(path_room, length.unwrap_or_default());
        let length = module.cmdline.len().min(cmdline_room.len());
        cmdline_room[..length].copy_from_slice(&module.cmdline.as_bytes()[..length]);
        let cmdline = text(cmdline_room, length);
        match volume.find(disk, path, name()) {
            Ok(place) => self.load(disk, memory, place, path, cmdline),
            Err(LookupError::Volume(problem)) => stop(&problem.into()),
            Err(LookupError::File(problem)) if module.required => stop(&Refusal::Module { path, problem }),
            Err(LookupError::File(_)) => {}
        }
    }
}

/// Room for a path and a command line, half of it each.
const TEXT_SPACE: u64 = 4096;

fn text(bytes: &'static [u8], length: usize) -> &'static str {
    core::str::from_utf8(&bytes[..length]).unwrap_or_default()
}

/// Tells how far loading is: always on port 0xE9, on COM1 when limine.conf says so.
struct Progress {
    serial: bool,
    verbose: bool,
}

impl Progress {
    fn tell(&self, line: fmt::Arguments<'_>) {
        // Writing to these cannot fail.
        let _written = writeln!(DebugPort, "onko: {line}");
        if self.serial {
            let _written = writeln!(Serial, "onko: {line}");
        }
    }

    /// The same for what only `verbose: yes` wants to know.
    fn detail(&self, line: fmt::Arguments<'_>) {
        if self.verbose {
            self.tell(line);
        }
    }
}
