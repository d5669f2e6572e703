import type { Bits, Layout } from './layouts.ts';

/** The longest name that is read, in bytes; what is longer is cut. Each of a million could else be as long as the file. */
const longestName = 8192;

const utf8 = new TextDecoder();

/** A string that was asked for at a place of the file. */
export interface Text {
  text: string;
  /** Bytes in the file, the zero byte at the end included. */
  length: number;
}

/** A stretch of the file. */
export interface Extent {
  start: number;
  size: number;
}

/** The numbers and strings of a file in its own byte order. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly bits: Bits;
  readonly littleEndian: boolean;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, bits: Bits, littleEndian: boolean) {
    this.bytes = bytes;
    this.bits = bits;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether `length` bytes from `offset` lie within the file. Both may be any 64-bit number. */
  has(offset: bigint, length: bigint): boolean {
    return offset + length <= BigInt(this.bytes.length);
  }

  /** The unsigned number of `size` bytes at an offset that lies within the file. */
  number(offset: number, size: 1 | 2 | 4): number {
    if (size === 1) return this.#view.getUint8(offset);
    return size === 2
      ? this.#view.getUint16(offset, this.littleEndian)
      : this.#view.getUint32(offset, this.littleEndian);
  }

  /** The same for any size. */
  big(offset: number, size: 1 | 2 | 4 | 8): bigint {
    return size === 8 ? this.#view.getBigUint64(offset, this.littleEndian) : BigInt(this.number(offset, size));
  }

  /** The structure at an offset; all of it must lie within the file. */
  row<Name extends string>(layout: Layout<Name>, offset: number): Row<Name> {
    return new Row(this, layout, offset);
  }

  /** A string that ends with a zero byte, in a string table; undefined where there is none. */
  string({ start, size }: Extent, index: number): Text | undefined {
    const first = start + index;
    const end = start + size;
    if (index < 0 || first >= end) return undefined;
    const window = this.bytes.subarray(first, Math.min(end, first + longestName));
    const stop = window.indexOf(0);
    if (stop >= 0) return { text: utf8.decode(window.subarray(0, stop)), length: stop + 1 };
    return window.length === longestName ? { text: `${utf8.decode(window)}…`, length: window.length } : undefined;
  }
}

/** A structure in a file. */
export class Row<Name extends string> {
  readonly #reader: Reader;
  readonly #layout: Layout<Name>;
  readonly #start: number;

  constructor(reader: Reader, layout: Layout<Name>, start: number) {
    this.#reader = reader;
    this.#layout = layout;
    this.#start = start;
  }

  /** Where a field lies in the file. */
  offset(name: Name): number {
    return this.#start + this.#layout.slots[name].at;
  }

  /** A field of at most four bytes. */
  number(name: Name): number {
    const { at, size } = this.#layout.slots[name];
    if (size === 8) throw new RangeError(`${name} has 8 bytes`);
    return this.#reader.number(this.#start + at, size);
  }

  big(name: Name): bigint {
    const { at, size } = this.#layout.slots[name];
    return this.#reader.big(this.#start + at, size);
  }

  /** The same as a signed number. */
  signed(name: Name): bigint {
    return BigInt.asIntN(this.#layout.slots[name].size * 8, this.big(name));
  }
}
