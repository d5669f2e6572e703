/** Directory records: the entries of ISO 9660's directories (ECMA-119, 9.1). */
import { both16, both32, date7, grouped, hex8, raw, text, u8, wideText, type ImageBytes, type Row } from './bytes.ts';

/** The bytes of a record before its name. */
export const recordHead = 33;

/** Bits of a record's flags. */
export const directoryFlag = 2;
export const moreExtentsFlag = 0x80;

/** A directory record, without what Rock Ridge adds to it. */
export interface DirectoryRecord {
  offset: number;
  length: number;
  /** Blocks before the data. */
  attributeBlocks: number;
  block: number;
  size: number;
  flags: number;
  interleaved: boolean;
  nameLength: number;
  /** The name's only byte, if that is 0 (the directory itself) or 1 (the one above). */
  self?: 'itself' | 'above';
  /** Where the bytes that a system may use begin: those of Rock Ridge. */
  systemUse: number;
}

/** Reads the record at `offset`; `undefined` where its length or that of its name cannot be. */
export function readRecord(image: ImageBytes, offset: number): DirectoryRecord | undefined {
  const length = image.u8(offset);
  const nameLength = image.u8(offset + 32);
  if (length < recordHead + 1 || nameLength === 0 || recordHead + nameLength > length || !image.has(offset, length)) {
    return undefined;
  }
  const first = image.u8(offset + recordHead);
  const self = nameLength > 1 || first > 1 ? undefined : first === 0 ? 'itself' : 'above';
  return {
    offset,
    length,
    attributeBlocks: image.u8(offset + 1),
    block: image.u32(offset + 2),
    size: image.u32(offset + 10),
    flags: image.u8(offset + 25),
    interleaved: image.u8(offset + 26) !== 0 || image.u8(offset + 27) !== 0,
    nameLength,
    ...(self !== undefined && { self }),
    // The name is followed by a byte that makes the length even.
    systemUse: recordHead + nameLength + (nameLength % 2 === 0 ? 1 : 0),
  };
}

/** The name in a record, as its bytes spell it: with the version of ISO 9660, in 16-bit letters for Joliet. */
export function recordName(image: ImageBytes, { offset, nameLength }: DirectoryRecord, wide: boolean): string {
  const at = offset + recordHead;
  return wide ? image.utf16(at, nameLength) : image.utf8(at, nameLength);
}

const flagNames = [
  'hidden',
  'directory',
  'associated file',
  'record format',
  'protection',
  '',
  '',
  'more extents follow',
];

function flagsInWords(flags: number): string {
  const set = flagNames.filter((name, bit) => name !== '' && (flags & (1 << bit)) !== 0);
  return set.length === 0 ? 'an ordinary file' : set.join(', ');
}

/** The fields of the record at `offset`, as far as its name and the padding after it. */
export function recordRows(image: ImageBytes, offset: number, kind: string): readonly Row[] {
  const nameLength = image.u8(offset + 32);
  const single = nameLength === 1 ? image.u8(offset + recordHead) : undefined;
  const name: Row =
    single === 0
      ? ['file identifier', 1, u8, 'the directory itself']
      : single === 1
        ? ['file identifier', 1, u8, 'the directory above']
        : ['file identifier', nameLength, kind === 'joliet' ? wideText : text, 'the name'];
  return [
    ['length of the record', 1, u8],
    ['extended attribute length', 1, u8],
    ['location of the extent', 8, both32, 'the first block of its bytes'],
    ['data length', 8, both32, (image, at) => `${grouped(image.u32(at))} bytes`],
    ['recording date', 7, date7],
    ['file flags', 1, hex8, (image, at) => flagsInWords(image.u8(at))],
    ['file unit size', 1, u8],
    ['interleave gap size', 1, u8],
    ['volume sequence number', 4, both16],
    ['length of the identifier', 1, u8],
    name,
    ...(nameLength % 2 === 0 ? [['padding', 1, raw] as const] : []),
  ];
}
