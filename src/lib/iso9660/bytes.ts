import { later, listed, type Field, type Parts } from '../fields.ts';

/** CD sectors, of which ISO 9660 and El Torito count (ECMA-119, 6.1.2). */
export const sector = 2048;

/** The blocks of hard disks and USB sticks, of which partition tables count. */
export const diskBlock = 512;

/** Something about an image that is not as it should be. What could be read all the same is there beside it. */
export interface IsoProblem {
  /** Where the field lies that is wrong. */
  offset: number;
  field: string;
  /** What is wrong with it, as the end of a sentence: `is 3, not 2,048`. */
  text: string;
}

/** A problem as a sentence with field and place. */
export function problemInWords({ offset, field, text }: IsoProblem): string {
  return `${field} at byte ${hex(offset)}: ${text}.`;
}

/** The problems of an image. A damaged one can have millions; nobody reads more than the first few. */
export class Problems {
  readonly list: IsoProblem[] = [];
  /** How many were found beyond those in the list. */
  further = 0;

  add(offset: number, field: string, text: string): void {
    if (this.list.length < 200) this.list.push({ offset, field, text });
    else this.further += 1;
  }
}

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** 180224 as `180,224`. */
export const grouped = (value: number | bigint): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');

/** Numbers and texts of an image. What lies behind its end reads as 0 or as nothing: whoever cares asks `has` first. */
export class ImageBytes {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    // Node's Buffer is one too, but its `slice` is not a copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  has(offset: number, length: number): boolean {
    return offset >= 0 && length >= 0 && offset + length <= this.length;
  }

  /** How many of these bytes there are. */
  present(offset: number, length: number): number {
    return Math.max(0, Math.min(length, this.length - offset));
  }

  u8(offset: number): number {
    return this.bytes[offset] ?? 0;
  }

  u16(offset: number, bigEndian = false): number {
    return this.has(offset, 2) ? this.#view.getUint16(offset, !bigEndian) : 0;
  }

  u32(offset: number, bigEndian = false): number {
    return this.has(offset, 4) ? this.#view.getUint32(offset, !bigEndian) : 0;
  }

  u64(offset: number): bigint {
    return this.has(offset, 8) ? this.#view.getBigUint64(offset, true) : 0n;
  }

  slice(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + this.present(offset, length));
  }

  /** Bytes as letters, one each. */
  latin(offset: number, length: number): string {
    let text = '';
    for (const byte of this.slice(offset, length)) text += String.fromCharCode(byte);
    return text;
  }

  utf8(offset: number, length: number): string {
    return utf8.decode(this.slice(offset, length));
  }

  /** 16-bit letters, the upper byte first: Joliet's. */
  utf16(offset: number, length: number): string {
    return utf16.decode(this.slice(offset, length - (length % 2)));
  }

  is(offset: number, text: string): boolean {
    return this.has(offset, text.length) && this.latin(offset, text.length) === text;
  }

  isZero(offset: number, length: number): boolean {
    const end = offset + this.present(offset, length);
    for (let at = offset; at < end; at++) if (this.bytes[at] !== 0) return false;
    return true;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16 = new TextDecoder('utf-16be', { ignoreBOM: true });

/** How the bytes of a field are written. */
export type Format = (image: ImageBytes, offset: number, length: number) => string;

/** A field of a structure: its name, its length in bytes, how it is written, and what that means. */
export type Row = readonly [
  name: string,
  length: number,
  format: Format,
  meaning?: string | ((image: ImageBytes, offset: number) => string | undefined),
];

const fixed =
  (read: (image: ImageBytes, offset: number) => number | bigint): Format =>
  (image, offset) =>
    String(read(image, offset));

export const u8 = fixed((image, at) => image.u8(at));
export const u16 = fixed((image, at) => image.u16(at));
export const u32 = fixed((image, at) => image.u32(at));
export const u64 = fixed((image, at) => image.u64(at));
export const u16big = fixed((image, at) => image.u16(at, true));
export const u32big = fixed((image, at) => image.u32(at, true));

/** A number twice, little end first and big end first, as most numbers of ISO 9660 stand (ECMA-119, 7.2.3 and 7.3.3). */
export const both16: Format = (image, at) => twice(image.u16(at), image.u16(at + 2, true));
export const both32: Format = (image, at) => twice(image.u32(at), image.u32(at + 4, true));

function twice(little: number, big: number): string {
  return little === big ? String(little) : `${little}, and ${big} with the big end first`;
}

/** The number that stands at `offset` in both ways; a problem where the two differ. */
export function checkTwice(image: ImageBytes, offset: number, field: string, problems: Problems): number {
  const [little, big] = [image.u32(offset), image.u32(offset + 4, true)];
  if (little !== big) {
    problems.add(offset, field, `says ${little} with the little end first, and ${big} with the big one`);
  }
  return little;
}

export const hex8: Format = (image, at) => hex(image.u8(at));
export const hex16: Format = (image, at) => hex(image.u16(at));
export const hex32: Format = (image, at) => hex(image.u32(at));
export const hex64: Format = (image, at) => hex(image.u64(at));

export const text: Format = (image, at, length) => quoted(image.latin(at, length));
export const wideText: Format = (image, at, length) => quoted(image.utf16(at, length));
export const utf8Text: Format = (image, at, length) => quoted(image.utf8(at, length));

/** Text without the blanks or zeros that fill its field. */
function quoted(found: string): string {
  const letters = unpadded(found);
  return letters === '' ? 'empty' : `“${letters}”`;
}

/** A text without the blanks or zeros behind it, in steps that no text can make long. */
export function unpadded(found: string): string {
  let end = found.length;
  while (end > 0 && (found[end - 1] === ' ' || found[end - 1] === '\0')) end -= 1;
  return found.slice(0, end);
}

/** Bytes as they are: a few in hexadecimal, more of them only counted. */
export const raw: Format = (image, offset, length) => {
  if (length === 0) return 'none';
  if (image.isZero(offset, length)) return length === 1 ? '0' : `${length} zeros`;
  const shown = [...image.slice(offset, Math.min(length, 16))].map((byte) => byte.toString(16).padStart(2, '0'));
  return `${shown.join(' ')}${length > 16 ? ' …' : ''}`;
};

/** A GUID, whose first three numbers stand with their little end first (UEFI 2.10, appendix A). */
export const guid: Format = (image, offset) => guidAt(image, offset);

export function guidAt(image: ImageBytes, offset: number): string {
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15];
  return order
    .map((at) =>
      at < 0
        ? '-'
        : image
            .u8(offset + at)
            .toString(16)
            .padStart(2, '0'),
    )
    .join('');
}

/** A date of 17 digits and a zone, or none (ECMA-119, 8.4.26.1). */
export const date17: Format = (image, offset) => {
  const digits = image.latin(offset, 16);
  if (/^[0\0]*$/.test(digits)) return 'not given';
  if (!/^\d{16}$/.test(digits)) return quoted(digits);
  const at = (start: number) => digits.slice(start, start + 2);
  const day = `${digits.slice(0, 4)}-${at(4)}-${at(6)}`;
  return `${day} ${at(8)}:${at(10)}:${at(12)}.${at(14)} ${zone(image.u8(offset + 16))}`;
};

/** A date of seven bytes, or none (ECMA-119, 9.1.5). */
export const date7: Format = (image, offset) => {
  if (image.isZero(offset, 7)) return 'not given';
  const two = (at: number) => String(image.u8(offset + at)).padStart(2, '0');
  const day = `${1900 + image.u8(offset)}-${two(1)}-${two(2)}`;
  return `${day} ${two(3)}:${two(4)}:${two(5)} ${zone(image.u8(offset + 6))}`;
};

/** Quarters of an hour from Greenwich, signed. */
function zone(byte: number): string {
  const minutes = ((byte << 24) >> 24) * 15;
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const pad = (value: number) => String(value).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** The fields of a structure, one behind the other from `offset`. Those that the image's end cuts off are left out. */
export function rowsToFields(image: ImageBytes, offset: number, rows: readonly Row[]): Field[] {
  const fields: Field[] = [];
  for (const [name, length, format, meaning] of rows) {
    if (!image.has(offset, length)) break;
    const words = typeof meaning === 'function' ? meaning(image, offset) : meaning;
    const value = format(image, offset, length);
    fields.push({ name, offset, length, value, ...(words !== undefined && { meaning: words }) });
    offset += length;
  }
  return fields;
}

/** Parts that are made when one of them is looked at for the first time. */
export const made = (make: () => readonly Field[]): Parts => later(() => listed(make()));

/** A stretch of the image that a structure or a file has; its field is made when it is looked at. */
export interface Piece {
  offset: number;
  length: number;
  field: () => Field;
}
