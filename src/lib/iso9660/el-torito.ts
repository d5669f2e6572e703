/**
 * The boot catalogue of El Torito: what firmware may start from a CD, and how.
 *
 * Sources: El Torito Bootable CD-ROM Format Specification 1.0 (1995), section 2; UEFI 2.10, section 13.3.2.
 */
import type { Field } from '../fields.ts';
import {
  diskBlock,
  grouped,
  hex,
  hex16,
  hex8,
  made,
  raw,
  rowsToFields,
  sector,
  text,
  u16,
  u32,
  u8,
  type ImageBytes,
  type Piece,
  type Problems,
  type Row,
} from './bytes.ts';
import type { Extent, IsoNode } from './directories.ts';

/** Size of everything in the catalogue. */
const entrySize = 32;

export const platforms: Readonly<Record<number, string>> = { 0: 'BIOS', 1: 'PowerPC', 2: 'Mac', 0xef: 'UEFI' };

/** What a BIOS pretends that the image is. */
export const mediaNames = ['no emulation', '1.2 MB floppy', '1.44 MB floppy', '2.88 MB floppy', 'hard disk'] as const;

/** Sizes of the floppies that can be emulated, by their media type. */
export const floppySizes: Readonly<Record<number, number>> = { 1: 1_228_800, 2: 1_474_560, 3: 2_949_120 };

export interface BootEntry {
  /** Where it stands in the catalogue. */
  offset: number;
  /** 0 x86, 1 PowerPC, 2 Mac, 0xef UEFI. */
  platform: number;
  bootable: boolean;
  /** Index into {@link mediaNames}; larger where nobody knows it. */
  media: number;
  /** Where a BIOS loads it, as segment; 0 stands for 0x7c0. */
  segment: number;
  systemType: number;
  /** How many blocks of 512 bytes are loaded. */
  count: number;
  /** The sector in which the boot image begins. */
  sector: number;
  /** The file that lies there, if one does. */
  file?: IsoNode;
  /** The boot image's bytes, as far as they are known: those of the file, or as many as are loaded. */
  extent: Extent;
  /** It says, from byte 8 on, where it lies. */
  info?: BootInfo;
}

/** The boot information table, which whoever writes an image puts into a boot file's bytes 8 to 63. */
export interface BootInfo {
  descriptor: number;
  sector: number;
  length: number;
  checksum: number;
  /** The sum of the file's 32-bit words from byte 64 on: what the checksum should be. */
  sum: number;
}

export interface BootCatalogue {
  sector: number;
  offset: number;
  /** As far as it is in use. */
  length: number;
  platform: number;
  id: string;
  /** The sum of the validation entry's 16-bit words; must be 0. */
  sum: number;
  entries: BootEntry[];
}

interface Section {
  offset: number;
  kind: 'validation' | 'initial' | 'header' | 'entry' | 'extension';
}

/** Longest catalogue that is read, in sectors: xorriso and genisoimage write one. */
const mostSectors = 32;

/** How many boot files may be added up to check their sums; discs have one or two of them. */
const mostInfos = 8;

/** Reads the catalogue that a boot record sends to. `files` are the files of the disc by their first byte. */
export function readCatalogue(
  image: ImageBytes,
  { at, number }: { at: number; number: number },
  files: ReadonlyMap<number, IsoNode>,
  problems: Problems,
): { catalogue: BootCatalogue; pieces: Piece[] } | undefined {
  const offset = number * sector;
  if (!image.has(offset, 2 * entrySize)) {
    problems.add(at, 'boot catalogue', `is said to lie in sector ${number}, which the image does not have`);
    return undefined;
  }
  const sections: Section[] = [
    { offset, kind: 'validation' },
    { offset: offset + entrySize, kind: 'initial' },
  ];
  const platform = image.u8(offset + 1);
  const entries = [readEntry(image, offset + entrySize, platform, files)];
  const end = Math.min(image.length, offset + mostSectors * sector);
  let last = false;
  let next = offset + 2 * entrySize;
  while (!last && next + entrySize <= end) {
    const indicator = image.u8(next);
    if (indicator !== 0x90 && indicator !== 0x91) break;
    last = indicator === 0x91;
    const sectionPlatform = image.u8(next + 1);
    const count = image.u16(next + 2);
    sections.push({ offset: next, kind: 'header' });
    const header = next;
    next += entrySize;
    for (let index = 0; index < count; index++) {
      if (next + entrySize > end) {
        problems.add(header + 2, 'number of section entries', `is ${count}, of which the catalogue has only ${index}`);
        break;
      }
      sections.push({ offset: next, kind: 'entry' });
      entries.push(readEntry(image, next, sectionPlatform, files));
      let more = (image.u8(next + 1) & 0x20) !== 0;
      next += entrySize;
      while (more && next + entrySize <= end && image.u8(next) === 0x44) {
        sections.push({ offset: next, kind: 'extension' });
        more = (image.u8(next + 1) & 0x20) !== 0;
        next += entrySize;
      }
    }
  }
  let sum = 0;
  for (let word = 0; word < entrySize; word += 2) sum = (sum + image.u16(offset + word)) & 0xffff;
  if (image.u8(offset) !== 1) problems.add(offset, 'header ID', `must be 1, and is ${image.u8(offset)}`);
  if (image.u16(offset + 30) !== 0xaa55) {
    problems.add(offset + 30, 'key bytes', `must be 55 aa, and are ${raw(image, offset + 30, 2)}`);
  }
  if (sum !== 0)
    problems.add(offset + 28, 'checksum', `the words of the validation entry must add up to 0, and make ${hex(sum)}`);
  for (const entry of entries) checkEntry(image, entry, problems);
  for (const entry of entries.slice(0, mostInfos)) {
    const info = readInfo(image, entry.extent, entry.sector);
    if (info !== undefined) entry.info = info;
  }
  const length = next - offset;
  const id = image
    .latin(offset + 4, 24)
    .replaceAll('\0', '')
    .trim();
  const catalogue: BootCatalogue = { sector: number, offset, length, platform, id, sum, entries };
  const whole = Math.max(length, image.present(offset, files.get(offset)?.size ?? 0));
  const field: Field = {
    name: 'boot catalogue',
    offset,
    length: whole,
    meaning: `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`,
    parts: made(() => sections.map((section) => sectionField(image, section))),
  };
  return { catalogue, pieces: [{ offset, length: whole, field: () => field }] };
}

function readEntry(
  image: ImageBytes,
  offset: number,
  platform: number,
  files: ReadonlyMap<number, IsoNode>,
): BootEntry {
  const number = image.u32(offset + 8);
  const count = image.u16(offset + 6);
  const start = number * sector;
  const file = files.get(start);
  // Firmware for UEFI takes 0 and 1 for “to the end of the disc” (UEFI 2.10, 13.3.2.1).
  const size = file?.size ?? (platform === 0xef && count <= 1 ? image.length : count * diskBlock);
  const extent = { offset: start, length: image.present(start, size) };
  return {
    offset,
    platform,
    bootable: image.u8(offset) === 0x88,
    media: image.u8(offset + 1) & 15,
    segment: image.u16(offset + 2),
    systemType: image.u8(offset + 4),
    count,
    sector: number,
    ...(file !== undefined && { file }),
    extent,
  };
}

function checkEntry(
  image: ImageBytes,
  { offset, bootable, sector: number, media }: BootEntry,
  problems: Problems,
): void {
  const indicator = image.u8(offset);
  if (!bootable && indicator !== 0)
    problems.add(offset, 'boot indicator', `is ${hex(indicator)}, neither 0x88 (bootable) nor 0`);
  if (!image.has(number * sector, 1)) {
    problems.add(offset + 8, 'load RBA', `is sector ${number}, which the image does not have`);
  }
  if (mediaNames[media] === undefined) problems.add(offset + 1, 'boot media type', `is ${media}, which nobody knows`);
}

/** A table is one if it names the primary volume descriptor and the place that the catalogue names. */
function readInfo(image: ImageBytes, { offset, length }: Extent, number: number): BootInfo | undefined {
  const sectorOf = image.u32(offset + 12);
  if (length < 64 || image.u32(offset + 8) !== 16 || sectorOf !== number) return undefined;
  const size = image.u32(offset + 16);
  let sum = 0;
  for (let at = 64; at < Math.min(size, length); at += 4) sum = (sum + image.u32(offset + at)) >>> 0;
  return { descriptor: 16, sector: sectorOf, length: size, checksum: image.u32(offset + 20), sum };
}

const infoRows: readonly Row[] = [
  ['primary volume descriptor', 4, u32, 'its sector'],
  ['boot file', 4, u32, 'the sector in which this file begins'],
  ['boot file length', 4, u32, 'in bytes'],
  ['boot file checksum', 4, (image, at) => hex(image.u32(at)), 'the sum of its 32-bit words from byte 64 on'],
  ['reserved', 40, raw],
];

/** The fields within a boot file that whoever wrote the image put there. */
export function bootFileFields(image: ImageBytes, { info, extent }: BootEntry): Field[] {
  const fields: Field[] = [];
  if (info !== undefined) {
    const offset = extent.offset + 8;
    const parts = made(() => rowsToFields(image, offset, infoRows));
    fields.push({
      name: 'boot info table',
      offset,
      length: 56,
      meaning: 'written by what made the image',
      parts,
    });
  }
  return fields;
}

const platformMeaning = (image: ImageBytes, at: number) => platforms[image.u8(at)] ?? 'nobody knows it';

const validationRows: readonly Row[] = [
  ['header ID', 1, u8, 'must be 1'],
  ['platform ID', 1, hex8, platformMeaning],
  ['reserved', 2, raw],
  ['ID string', 24, text],
  ['checksum', 2, hex16, 'makes the words add up to 0'],
  ['key bytes', 2, raw, 'must be 55 aa'],
];

const entryRows: readonly Row[] = [
  ['boot indicator', 1, hex8, (image, at) => (image.u8(at) === 0x88 ? 'bootable' : 'not bootable')],
  ['boot media type', 1, hex8, (image, at) => mediaNames[image.u8(at) & 15]],
  ['load segment', 2, hex16, (image, at) => `loaded to ${hex((image.u16(at) || 0x7c0) * 16)} by a BIOS`],
  ['system type', 1, u8],
  ['unused', 1, raw],
  ['sector count', 2, u16, (image, at) => `${grouped(image.u16(at) * diskBlock)} bytes are loaded`],
  ['load RBA', 4, u32, (image, at) => `the sector of the boot image: byte ${grouped(image.u32(at) * sector)}`],
];

const rows: Readonly<Record<Section['kind'], readonly Row[]>> = {
  validation: validationRows,
  initial: [...entryRows, ['unused', 20, raw]],
  header: [
    ['header indicator', 1, hex8, (image, at) => (image.u8(at) === 0x91 ? 'the last section' : 'more sections follow')],
    ['platform ID', 1, hex8, platformMeaning],
    ['number of section entries', 2, u16],
    ['ID string', 28, text],
  ],
  entry: [...entryRows, ['selection criteria type', 1, u8], ['selection criteria', 19, raw]],
  extension: [
    ['extension indicator', 1, hex8],
    ['flags', 1, hex8],
    ['selection criteria', 30, raw],
  ],
};

const sectionNames: Readonly<Record<Section['kind'], string>> = {
  validation: 'validation entry',
  initial: 'initial entry',
  header: 'section header',
  entry: 'section entry',
  extension: 'section entry extension',
};

function sectionField(image: ImageBytes, { offset, kind }: Section): Field {
  return {
    name: sectionNames[kind],
    offset,
    length: entrySize,
    parts: made(() => rowsToFields(image, offset, rows[kind])),
  };
}
