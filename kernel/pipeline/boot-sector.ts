import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadAddress, patchSector, sectorBytes, sectorSize, sourceSetting } from '../../src/lib/boot-sector.ts';
import type { BootSector, Place } from '../../src/lib/boot-sector.ts';
import { parseElf } from '../../src/lib/elf.ts';
import type { ElfFile } from '../../src/lib/elf.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { root } from '../../tools/paths.ts';
import { stripRegions } from './compose.ts';
import type { Tree } from './compose.ts';
import { bareTarget, buildBare, buildFolder, ownCoreToolchain } from './toolchain.ts';

/** The boot sector's crate, relative to the checkout and as a path. */
const crate = 'kernel/boot-sector';
export const bootSectorFolder = `${root}/${crate}`;

/** The assembled sector, for the pages. It is committed, as the recorded transcripts are. */
export const bootSectorFile = `${root}/src/data/boot-sector.json`;

const loaderSource = 'kernel/loader/bios/src/boot.s';

/** The sector's assembly, and that of our loader's beginning, as the pages print them: path in the checkout → text. */
export function bootSources(): Tree {
  const paths = [`${crate}/src/boot-sector.s`, loaderSource];
  return new Map(paths.map((path) => [path, stripRegions(readFileSync(`${root}/${path}`, 'utf8'), path)]));
}

/**
 * The loader's words for a CPU without long mode, as they stand in its source, up to where the screen breaks the line.
 * Throws when they are not there.
 */
export function loaderRefusal(): string {
  const words = /^no_long_mode:\n\s*\.asciz ".*?Cannot boot: (.*?), expected/m;
  const [, refusal] = words.exec(readFileSync(`${root}/${loaderSource}`, 'utf8')) ?? [];
  if (refusal === undefined) throw new Error(`${loaderSource} does not say what it refuses at no_long_mode.`);
  return refusal;
}

/** What was recorded. */
export async function readBootSector(): Promise<BootSector> {
  return JSON.parse(await readFile(bootSectorFile, 'utf8')) as BootSector;
}

/** Whether the file is there and was made from the sources as they are now. */
export async function bootSectorIsCurrent(): Promise<boolean> {
  if (!existsSync(bootSectorFile)) return false;
  const { sourceHash } = await readBootSector();
  return sourceHash === (await fingerprint([crate]));
}

/** Assembles the sector and writes the file. */
export async function recordBootSector(): Promise<void> {
  const sector = await buildBootSector();
  await mkdir(dirname(bootSectorFile), { recursive: true });
  writeFileSync(`${bootSectorFile}.unfinished`, `${JSON.stringify(sector, null, 2)}\n`);
  renameSync(`${bootSectorFile}.unfinished`, bootSectorFile);
}

/**
 * Assembles the sector and finds the places that readers may fill. Throws when they do not hold what the source says,
 * so that a page never patches anything else.
 */
export async function buildBootSector(onOutput?: (text: string) => void): Promise<BootSector> {
  const { versions } = await ownCoreToolchain();
  const path = await buildBare({
    folder: bootSectorFolder,
    output: `${buildFolder}/output/boot-sector`,
    binary: 'onko-boot-sector',
    target: bareTarget,
    ...(onOutput && { onOutput }),
  });
  const file = await readFile(path);
  const elf = parseElf(file);
  const section = elf.sections.find(({ name }) => name === '.boot');
  if (section === undefined || section.size !== BigInt(sectorSize))
    throw new Error(`${path} has no section .boot of 512 bytes.`);
  const bytes = file.subarray(Number(section.offset), Number(section.offset) + sectorSize);
  const places = { color: find(elf, 'color'), ink: find(elf, 'ink'), text: find(elf, 'text') };
  const sector: BootSector = {
    rustc: versions['rustc'] ?? '',
    sourceHash: await fingerprint([crate]),
    bytes: bytes.toString('hex'),
    places,
    halt: find(elf, 'stop').offset,
  };
  if (!Buffer.from(patchSector(sector, sourceSetting)).equals(Buffer.from(sectorBytes(sector)))) {
    throw new Error(`${crate}: text, colour and ink do not lie where the symbols say.`);
  }
  return sector;
}

/** Where a symbol lies in the sector, and how many bytes the source says it has. */
function find({ symbols }: ElfFile, wanted: string): Place {
  const symbol = symbols.find(({ name }) => name === wanted);
  if (symbol === undefined) throw new Error(`${crate} has no symbol "${wanted}".`);
  return { offset: Number(symbol.value) - loadAddress, size: Number(symbol.size) };
}
