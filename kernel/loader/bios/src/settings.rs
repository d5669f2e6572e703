//! Finding and reading limine.conf.

use crate::console::{OrRefuse, stop};
use crate::disk::Disk;
use crate::layout::name;
use crate::memory::take;
use onko_loader_core::config::{Config, ConfigError};
use onko_loader_core::error::{FileProblem, Refusal};
use onko_loader_core::iso9660::{LookupError, Volume};
use onko_loader_core::memory::{Kind, MemoryMap};

/// Where limine.conf may lie, in the order of looking.
const PLACES: [&str; 4] = ["/limine.conf", "/limine/limine.conf", "/boot/limine.conf", "/boot/limine/limine.conf"];

/// Reads the first limine.conf there is. Stops when there is none, or it cannot be followed.
pub fn read(disk: &mut Disk, volume: &Volume, memory: &mut MemoryMap) -> Config<'static> {
    const LIMIT: u32 = 64 * 1024;
    for place in PLACES {
        let file = match volume.find(disk, place, name()) {
            Ok(file) => file,
            Err(LookupError::Volume(problem)) => stop(&problem.into()),
            Err(LookupError::File(FileProblem::NotFound { .. } | FileProblem::NotADirectory)) => continue,
            Err(LookupError::File(problem)) => stop(&Refusal::Module { path: place, problem }),
        };
        if file.size > LIMIT {
            stop(&Refusal::ConfigTooLarge { file: place, size: file.size.into(), limit: LIMIT.into() });
        }
        let text = disk.read_file(file, memory, Kind::LoaderReclaimable, "limine.conf");
        let space = take(memory, LIMIT.into(), Kind::LoaderReclaimable, "limine.conf's macros");
        let refuse =
            |error: ConfigError<'static>| Refusal::Config { file: place, line: error.line, problem: error.problem };
        return Config::parse(text, space).map_err(refuse).or_refuse();
    }
    stop(&Refusal::NoConfig)
}
