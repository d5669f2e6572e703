//! Reads discs from standard input, the size of each before it (32 bits, little-endian), and says on a line of its own
//! what the loader makes of the kernel that limine.conf names: the sentence it refuses it with, or `called`.

use core::fmt;
use onko_loader_core::boot::{Kernel, Machine, read_config};
use onko_loader_core::error::{Name, Refusal, VolumeProblem};
use onko_loader_core::iso9660::{BLOCK, Block, BlockDevice, Volume};
use onko_loader_core::memory::Kind;
use std::io::{ErrorKind, Read, Write};

/// A PC with a disc in it, and this much memory. What it gives away it never gets back, as the real one.
struct Pc {
    disc: Vec<u8>,
    free: u64,
}

/// Memory for one boot: more than the files of the test and their images take.
const MEMORY: u64 = 4 << 20;

impl BlockDevice for Pc {
    fn read_block(&mut self, lba: u32, block: &mut Block) -> Result<(), VolumeProblem> {
        let start = lba as usize * BLOCK;
        let bytes = self.disc.get(start..start + BLOCK).ok_or(VolumeProblem::Unreadable { block: lba, status: 1 })?;
        block.copy_from_slice(bytes);
        Ok(())
    }
}

impl Machine for Pc {
    fn take(&mut self, size: u64, _: Kind, purpose: &'static str) -> Result<&'static mut [u8], Refusal<'static>> {
        let pages = size.max(1).checked_next_multiple_of(4096).filter(|&pages| pages <= self.free);
        let pages = pages.ok_or(Refusal::OutOfMemory { purpose, needed: size, largest: self.free })?;
        self.free -= pages;
        Ok(Vec::leak(vec![0; pages as usize]))
    }

    fn name(&mut self) -> &'static mut Name {
        Box::leak(Box::default())
    }

    fn report(&mut self, _: fmt::Arguments<'_>, _: bool) {}
}

fn boot(pc: &mut Pc) -> Result<(), Refusal<'static>> {
    let volume = Volume::open(pc)?;
    let config = read_config(pc, &volume)?;
    Kernel::load(pc, &volume, &config, config.default_entry()).map(|_| ())
}

fn main() -> std::io::Result<()> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let mut size = [0; 4];
    loop {
        match input.read_exact(&mut size) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let mut pc = Pc { disc: vec![0; u32::from_le_bytes(size) as usize], free: MEMORY };
        input.read_exact(&mut pc.disc)?;
        match boot(&mut pc) {
            Ok(()) => writeln!(output, "called")?,
            Err(refusal) => writeln!(output, "{refusal}")?,
        }
    }
}
