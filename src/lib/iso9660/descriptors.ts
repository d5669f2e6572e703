/**
 * The volume descriptors of ISO 9660, from sector 16 on: where everything else begins.
 *
 * Sources: ECMA-119, section 8; the Joliet specification (1995); El Torito 1.0, section 2.
 */
import type { Field } from '../fields.ts';
import {
  both16,
  both32,
  checkTwice,
  date17,
  grouped,
  made,
  raw,
  rowsToFields,
  sector,
  text,
  u32,
  u32big,
  u8,
  unpadded,
  wideText,
  type ImageBytes,
  type Piece,
  type Problems,
  type Row,
} from './bytes.ts';
import { recordRows } from './records.ts';

export const firstDescriptor = 16;

/** Where a BIOS looks for the boot record, and nowhere else (El Torito 1.0, figure 7). */
export const bootRecordSector = 17;

const descriptorNames = {
  primary: 'primary volume descriptor',
  joliet: 'Joliet volume descriptor',
  enhanced: 'enhanced volume descriptor',
  supplementary: 'supplementary volume descriptor',
  boot: 'boot record',
  partition: 'volume partition descriptor',
  terminator: 'end of the volume descriptors',
  unknown: 'volume descriptor of an unknown kind',
} as const;
export type DescriptorKind = keyof typeof descriptorNames;

export interface Descriptor {
  kind: DescriptorKind;
  sector: number;
  name: string;
  /** What it says in short: `“ONKO_OS”, 88 blocks`. */
  summary: string;
  /** Of a descriptor that names a root directory. */
  volume?: Volume;
  /** The sector of the boot catalogue, in El Torito's boot record. */
  catalogue?: number;
}

/** What a descriptor says of a volume and its directories. */
export interface Volume {
  kind: 'primary' | 'joliet' | 'enhanced' | 'supplementary';
  /** The descriptor's first byte. */
  offset: number;
  label: string;
  blocks: number;
  blockSize: number;
  pathTable: { size: number; little: number; big: number };
  /** Where the record of the root directory stands: within the descriptor. */
  rootRecord: number;
}

/** The names by which Joliet says which 16-bit letters it uses. */
const jolietEscapes = ['%/@', '%/C', '%/E'];

/** Reads descriptors until the one that ends them. */
export function readDescriptors(image: ImageBytes, problems: Problems): { descriptors: Descriptor[]; pieces: Piece[] } {
  const descriptors: Descriptor[] = [];
  const pieces: Piece[] = [];
  for (let number = firstDescriptor; ; number++) {
    const offset = number * sector;
    if (!image.has(offset, sector)) {
      problems.add(
        Math.min(offset, image.length),
        'volume descriptor',
        `the image ends after ${grouped(image.length)} bytes, before sector ${number} is complete`,
      );
      break;
    }
    if (!image.is(offset + 1, 'CD001')) {
      const found = text(image, offset + 1, 5);
      problems.add(offset + 1, 'standard identifier', `sector ${number} must say “CD001” here; it is ${found}`);
      break;
    }
    const descriptor = readDescriptor(image, number, problems);
    descriptors.push(descriptor);
    pieces.push({ offset, length: sector, field: () => descriptorField(image, descriptor) });
    if (descriptor.kind === 'terminator') break;
  }
  return { descriptors, pieces };
}

function kindOf(image: ImageBytes, offset: number): DescriptorKind {
  const type = image.u8(offset);
  if (type === 0) return 'boot';
  if (type === 1) return 'primary';
  if (type === 3) return 'partition';
  if (type === 255) return 'terminator';
  if (type !== 2) return 'unknown';
  if (image.u8(offset + 6) === 2) return 'enhanced';
  return jolietEscapes.includes(image.latin(offset + 88, 3)) ? 'joliet' : 'supplementary';
}

function readDescriptor(image: ImageBytes, number: number, problems: Problems): Descriptor {
  const offset = number * sector;
  const kind = kindOf(image, offset);
  const descriptor = { kind, sector: number, name: descriptorNames[kind] };
  switch (kind) {
    case 'boot': {
      const system = unpadded(image.latin(offset + 7, 32));
      if (system !== elTorito) return { ...descriptor, summary: `for ${system === '' ? 'nobody' : `“${system}”`}` };
      const catalogue = image.u32(offset + 71);
      return { ...descriptor, summary: `El Torito, boot catalogue in sector ${catalogue}`, catalogue };
    }
    case 'primary':
    case 'joliet':
    case 'enhanced':
    case 'supplementary': {
      const volume = readVolume(image, offset, kind, problems);
      const label = volume.label === '' ? 'no name' : `“${volume.label}”`;
      return { ...descriptor, summary: `${label}, ${grouped(volume.blocks)} blocks`, volume };
    }
    case 'partition':
      return { ...descriptor, summary: `from block ${image.u32(offset + 72)}` };
    case 'terminator':
      return { ...descriptor, summary: 'no more descriptors' };
    case 'unknown':
      problems.add(offset, 'volume descriptor type', `is ${image.u8(offset)}, which ISO 9660 does not know`);
      return { ...descriptor, summary: `type ${image.u8(offset)}` };
  }
}

const elTorito = 'EL TORITO SPECIFICATION';

function readVolume(image: ImageBytes, offset: number, kind: Volume['kind'], problems: Problems): Volume {
  const twice = (at: number, field: string) => checkTwice(image, offset + at, field, problems);
  const blocks = twice(80, 'volume space size');
  const size = image.u16(offset + 128);
  const known = size === 512 || size === 1024 || size === sector;
  if (!known) problems.add(offset + 128, 'logical block size', `is ${size}, not 2,048; read as if it were`);
  const blockSize = known ? size : sector;
  if (blocks * blockSize > image.length) {
    problems.add(
      offset + 80,
      'volume space size',
      `announces ${grouped(blocks * blockSize)} bytes, but the image has ${grouped(image.length)}`,
    );
  }
  const label = kind === 'joliet' ? image.utf16(offset + 40, 32) : image.latin(offset + 40, 32);
  return {
    kind,
    offset,
    label: unpadded(label),
    blocks,
    blockSize,
    pathTable: {
      size: twice(132, 'path table size'),
      little: image.u32(offset + 140),
      big: image.u32(offset + 148, true),
    },
    rootRecord: offset + 156,
  };
}

const head: readonly Row[] = [
  ['type', 1, u8, (image, at) => descriptorNames[kindOf(image, at)]],
  ['standard identifier', 5, text, 'what every volume descriptor says'],
  ['version', 1, u8],
];

const bootRows: readonly Row[] = [
  ...head,
  ['boot system identifier', 32, text],
  ['boot identifier', 32, text],
  [
    'boot catalogue',
    4,
    u32,
    (image, at) => `the sector of the boot catalogue: byte ${grouped(image.u32(at) * sector)} of the image`,
  ],
  ['boot system use', 1973, raw],
];

function volumeRows(kind: Volume['kind']): readonly Row[] {
  const letters = kind === 'joliet' ? wideText : text;
  const flags: Row = kind === 'primary' ? ['unused', 1, raw] : ['volume flags', 1, u8];
  const escapes: Row =
    kind === 'primary'
      ? ['unused', 32, raw]
      : ['escape sequences', 32, text, 'which letters; %/@, %/C and %/E make it Joliet'];
  return [
    ...head,
    flags,
    ['system identifier', 32, letters],
    ['volume identifier', 32, letters, 'the name of the disc'],
    ['unused', 8, raw],
    ['volume space size', 8, both32, 'in logical blocks'],
    escapes,
    ['volume set size', 4, both16],
    ['volume sequence number', 4, both16],
    ['logical block size', 4, both16, 'in bytes'],
    ['path table size', 8, both32, 'in bytes'],
    ['type L path table', 4, u32, 'its first block; numbers in it have the little end first'],
    ['optional type L path table', 4, u32],
    ['type M path table', 4, u32big, 'its first block; numbers in it have the big end first'],
    ['optional type M path table', 4, u32big],
    ['root directory record', 34, (image, at) => `directory in block ${image.u32(at + 2)}`],
    ['volume set identifier', 128, letters],
    ['publisher identifier', 128, letters],
    ['data preparer identifier', 128, letters, 'the program that wrote the image'],
    ['application identifier', 128, letters],
    ['copyright file identifier', 37, letters],
    ['abstract file identifier', 37, letters],
    ['bibliographic file identifier', 37, letters],
    ['volume creation date', 17, date17],
    ['volume modification date', 17, date17],
    ['volume expiration date', 17, date17],
    ['volume effective date', 17, date17],
    ['file structure version', 1, u8],
    ['reserved', 1, raw],
    ['application use', 512, raw],
    ['reserved', 653, raw],
  ];
}

function descriptorField(image: ImageBytes, { kind, sector: number, name, summary, volume }: Descriptor): Field {
  const offset = number * sector;
  return {
    name,
    offset,
    length: sector,
    meaning: summary,
    parts: made(() => {
      if (volume !== undefined) return volumeFields(image, volume);
      if (kind === 'boot') return rowsToFields(image, offset, bootRows);
      return rowsToFields(image, offset, [...head, ['rest', sector - 7, raw]]);
    }),
  };
}

function volumeFields(image: ImageBytes, { kind, offset, rootRecord }: Volume): Field[] {
  return rowsToFields(image, offset, volumeRows(kind)).map((field) =>
    field.offset === rootRecord
      ? { ...field, parts: made(() => rowsToFields(image, rootRecord, recordRows(image, rootRecord, kind))) }
      : field,
  );
}
