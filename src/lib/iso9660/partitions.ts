/**
 * Partition tables in front of an image, which make it a hard disk or USB stick as well: the MBR's and the GPT.
 *
 * Sources: UEFI 2.10, section 5 (MBR and GPT), appendix A (GUIDs).
 */
import { crc32 } from '../crc32.ts';
import { repeated, type Field } from '../fields.ts';
import {
  diskBlock,
  grouped,
  guid,
  guidAt,
  hex,
  hex32,
  hex64,
  hex8,
  made,
  raw,
  rowsToFields,
  u32,
  u64,
  type ImageBytes,
  type Piece,
  type Problems,
  type Row,
} from './bytes.ts';
import type { Extent } from './directories.ts';

export interface MbrPartition {
  /** Where its entry stands. */
  offset: number;
  number: number;
  active: boolean;
  type: number;
  /** In blocks of 512 bytes. */
  start: number;
  blocks: number;
}

export interface Mbr {
  /** Whether there is code that a BIOS could start. */
  code: boolean;
  /** `protective` guards a GPT from tools that do not know it; `hybrid` names real partitions beside that. */
  kind: 'protective' | 'hybrid' | 'ordinary';
  partitions: MbrPartition[];
}

export interface GptPartition {
  offset: number;
  number: number;
  type: string;
  name: string;
  /** First and last block of 512 bytes. */
  first: bigint;
  last: bigint;
}

export interface Gpt {
  /** Where the header stands. */
  offset: number;
  backup: boolean;
  /** The header and the entries are what their checksums say. */
  sound: boolean;
  disk: string;
  first: bigint;
  last: bigint;
  entries: Extent;
  partitions: GptPartition[];
}

export interface Partitions {
  mbr?: Mbr;
  gpt?: Gpt;
  /** The copy at the end of the disk. */
  backup?: Gpt;
}

const mbrSignature = 0xaa55;
const mbrTable = 446;
const gptMagic = 'EFI PART';

/** The GUID by which firmware knows the partition to boot from. */
export const efiSystemPartition = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';

/** The partition types in an MBR that firmware for UEFI, or a reader of this page, meets. */
export const mbrTypes: Readonly<Record<number, string>> = {
  0: 'empty, or an image of its own',
  0xc: 'FAT32',
  0x17: 'hidden NTFS, what isohybrid takes',
  0xcd: 'ISO 9660',
  0xee: 'protective: a GPT has the disk',
  0xef: 'EFI system partition',
};

const gptTypes: Readonly<Record<string, string>> = {
  [efiSystemPartition]: 'EFI system partition',
  'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7': 'basic data',
};

/** What a GPT partition's type is called; the GUID itself where it has no name here. */
export function gptTypeName(type: string): string {
  return gptTypes[type] ?? type;
}

/** Reads MBR, GPT and its backup, as far as they are there. */
export function readPartitions(image: ImageBytes, problems: Problems): { partitions: Partitions; pieces: Piece[] } {
  const pieces: Piece[] = [];
  const partitions: Partitions = {};
  if (image.u16(510) === mbrSignature) {
    partitions.mbr = readMbr(image);
    pieces.push({ offset: 0, length: diskBlock, field: () => mbrField(image) });
  }
  const gpt = readGpt(image, diskBlock, false, problems);
  if (gpt !== undefined) {
    partitions.gpt = gpt;
    pieces.push(...gptPieces(image, gpt));
  }
  const place = gpt === undefined ? undefined : Number(image.u64(gpt.offset + 32)) * diskBlock;
  const backup = backupPlace(image, place, problems);
  const copy = backup === undefined ? undefined : readGpt(image, backup, true, problems);
  if (copy !== undefined) {
    partitions.backup = copy;
    pieces.push(...gptPieces(image, copy));
  }
  return { partitions, pieces };
}

/** Where the copy of the GPT lies: where the first says, or in the last whole block. */
function backupPlace(image: ImageBytes, place: number | undefined, problems: Problems): number | undefined {
  if (place !== undefined && image.has(place, diskBlock) && image.is(place, gptMagic)) return place;
  const last = Math.floor(image.length / diskBlock - 1) * diskBlock;
  const there = last > diskBlock && image.is(last, gptMagic);
  if (place !== undefined) {
    const found = there ? `, but in the last block, at byte ${hex(last)}` : '';
    problems.add(
      diskBlock + 32,
      'alternate LBA',
      `sends to byte ${hex(place)}, where there is no copy of the GPT${found}`,
    );
  }
  return there ? last : undefined;
}

function readMbr(image: ImageBytes): Mbr {
  const partitions: MbrPartition[] = [];
  for (let index = 0; index < 4; index++) {
    const offset = mbrTable + 16 * index;
    if (image.isZero(offset, 16)) continue;
    partitions.push({
      offset,
      number: index + 1,
      active: image.u8(offset) === 0x80,
      type: image.u8(offset + 4),
      start: image.u32(offset + 8),
      blocks: image.u32(offset + 12),
    });
  }
  const guards = partitions.filter(({ type }) => type === 0xee).length;
  const kind = guards === 0 ? 'ordinary' : partitions.length > guards ? 'hybrid' : 'protective';
  return { code: !image.isZero(0, 440), kind, partitions };
}

const mbrEntryRows: readonly Row[] = [
  ['status', 1, hex8, (image, at) => (image.u8(at) === 0x80 ? 'active' : undefined)],
  ['first sector, the old way', 3, raw, 'as cylinder, head and sector'],
  ['type', 1, hex8, (image, at) => mbrTypes[image.u8(at)]],
  ['last sector, the old way', 3, raw],
  ['first block', 4, u32, (image, at) => `byte ${grouped(image.u32(at) * diskBlock)}`],
  ['number of blocks', 4, u32, (image, at) => `${grouped(image.u32(at) * diskBlock)} bytes`],
];

function mbrField(image: ImageBytes): Field {
  return {
    name: 'MBR',
    offset: 0,
    length: diskBlock,
    meaning: 'what a BIOS reads from a disk or stick',
    parts: made(() => [
      ...rowsToFields(image, 0, [
        ['boot code', 432, raw, (_, at) => (image.isZero(at, 440) ? 'none: a BIOS finds nothing to start' : undefined)],
        ['boot code, or where the boot file lies', 8, hex64],
        ['disk signature', 4, hex32],
        ['reserved', 2, raw],
      ]),
      ...[1, 2, 3, 4].map((number, index): Field => {
        const offset = mbrTable + 16 * index;
        const empty = image.isZero(offset, 16);
        return {
          name: `partition ${number}`,
          offset,
          length: 16,
          ...(empty && { meaning: 'not in use' }),
          parts: made(() => rowsToFields(image, offset, mbrEntryRows)),
        };
      }),
      ...rowsToFields(image, 510, [['signature', 2, raw, 'what makes it an MBR']]),
    ]),
  };
}

const smallestHeader = 92;
const smallestEntry = 128;
const mostEntries = 1024;

function readGpt(image: ImageBytes, offset: number, backup: boolean, problems: Problems): Gpt | undefined {
  if (!image.has(offset, diskBlock) || !image.is(offset, gptMagic)) return undefined;
  let sound = true;
  const name = backup ? ' of the backup' : '';
  const complain = (at: number, field: string, what: string) => {
    sound = false;
    problems.add(offset + at, `${field}${name}`, what);
  };
  const headerSize = image.u32(offset + 12);
  if (headerSize < smallestHeader || headerSize > diskBlock) {
    complain(12, 'GPT header size', `is ${headerSize}, not from ${smallestHeader} to ${diskBlock}`);
  } else {
    const header = image.slice(offset, headerSize).slice();
    header.fill(0, 16, 20);
    check(16, 'GPT header CRC32', crc32(header));
  }
  function check(at: number, field: string, sum: number): void {
    const said = image.u32(offset + at);
    if (said !== sum) complain(at, field, `is ${hex(said)}, but the bytes make ${hex(sum)}`);
  }
  if (image.u64(offset + 24) !== BigInt(offset / diskBlock)) {
    complain(24, 'my LBA', `is ${image.u64(offset + 24)}, but the header stands in block ${offset / diskBlock}`);
  }
  const count = image.u32(offset + 80);
  const size = image.u32(offset + 84);
  const start = Number(image.u64(offset + 72)) * diskBlock;
  const entries = { offset: start, length: 0 };
  const partitions: GptPartition[] = [];
  if (size < smallestEntry || size > 4096 || count > mostEntries) {
    complain(80, 'GPT partition entries', `${count} of ${size} bytes each: no table has these`);
  } else if (!image.has(start, count * size)) {
    complain(
      72,
      'partition entry LBA',
      `the entries would lie from byte ${hex(start)}, where the image has not enough bytes`,
    );
  } else {
    entries.length = count * size;
    check(88, 'GPT entries CRC32', crc32(image.slice(start, count * size)));
    for (let index = 0; index < count; index++) {
      const at = start + index * size;
      if (image.isZero(at, 16)) continue;
      partitions.push({
        offset: at,
        number: index + 1,
        type: guidAt(image, at),
        name: partitionName(image, at),
        first: image.u64(at + 32),
        last: image.u64(at + 40),
      });
    }
  }
  const [first, last] = [image.u64(offset + 40), image.u64(offset + 48)];
  return { offset, backup, sound, disk: guidAt(image, offset + 56), first, last, entries, partitions };
}

/** A partition's name, 36 letters of UTF-16 with the little end first. */
function partitionName(image: ImageBytes, entry: number): string {
  let name = '';
  for (let at = entry + 56; at < entry + 128; at += 2) {
    const letter = image.u16(at);
    if (letter === 0) break;
    name += String.fromCharCode(letter);
  }
  return name;
}

const blockMeaning = (image: ImageBytes, at: number) => `byte ${grouped(image.u64(at) * BigInt(diskBlock))}`;

const headerRows: readonly Row[] = [
  ['signature', 8, (image, at, length) => `“${image.latin(at, length)}”`],
  ['revision', 4, hex32],
  ['header size', 4, u32],
  ['header CRC32', 4, hex32],
  ['reserved', 4, raw],
  ['my LBA', 8, u64, 'the block of this header'],
  ['alternate LBA', 8, u64, 'the block of the other one'],
  ['first usable LBA', 8, u64],
  ['last usable LBA', 8, u64],
  ['disk GUID', 16, guid],
  ['partition entry LBA', 8, u64, blockMeaning],
  ['number of partition entries', 4, u32],
  ['size of an entry', 4, u32],
  ['entries CRC32', 4, hex32],
];

const gptEntryRows: readonly Row[] = [
  ['partition type GUID', 16, guid, (image, at) => gptTypes[guidAt(image, at)]],
  ['unique partition GUID', 16, guid],
  ['starting LBA', 8, u64, blockMeaning],
  ['ending LBA', 8, u64, blockMeaning],
  ['attributes', 8, hex64],
  ['partition name', 72, (image, at) => `“${partitionName(image, at - 56)}”`],
];

function gptPieces(image: ImageBytes, { offset, backup, entries }: Gpt): Piece[] {
  const name = backup ? 'backup GPT' : 'GPT';
  const header: Field = {
    name: `${name} header`,
    offset,
    length: diskBlock,
    parts: made(() => [
      ...rowsToFields(image, offset, headerRows),
      {
        name: 'rest of the block',
        offset: offset + 92,
        length: diskBlock - 92,
        value: raw(image, offset + 92, diskBlock - 92),
      },
    ]),
  };
  const pieces: Piece[] = [{ offset, length: diskBlock, field: () => header }];
  if (entries.length === 0) return pieces;
  const size = image.u32(offset + 84);
  const table: Field = {
    name: `${name} entries`,
    offset: entries.offset,
    length: entries.length,
    parts: repeated({ start: entries.offset, size, count: entries.length / size }, (index, at) => ({
      name: `partition ${index + 1}`,
      offset: at,
      length: size,
      ...(image.isZero(at, 16) ? { meaning: 'not in use' } : { meaning: partitionName(image, at) }),
      parts: made(() => rowsToFields(image, at, gptEntryRows)),
    })),
  };
  pieces.push({ ...entries, field: () => table });
  return pieces;
}
