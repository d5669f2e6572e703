import { InputError, quote } from './input.ts';
import type { KernelSymbol } from './manifest.ts';

/** How many levels of page tables the CPU walks: 4 translate 48 bits of an address, 5 translate 57. */
export type PagingLevels = 4 | 5;

/** 2⁶⁴ − 1, the highest number an address register holds. */
export const topAddress = (1n << 64n) - 1n;

/** Where the Limine protocol wants a kernel: the last 2 GiB. */
export const kernelSpace = 0xffff_ffff_8000_0000n;

/**
 * Reads an address as people paste it: hexadecimal, with or without `0x`, with `_` between digits, at most 64 bits.
 * Throws {@link InputError} that names what stands there.
 */
export function parseAddress(text: string): bigint {
  const digits = text.trim().replace(/^0x/i, '').replaceAll('_', '');
  if (digits === '') throw new InputError('Type an address, such as 0xffffffff80000000.');
  if (!/^[0-9a-f]+$/i.test(digits)) {
    throw new InputError(`${quote(text)} is not an address: it takes hexadecimal digits (0 to 9, a to f).`);
  }
  const address = BigInt(`0x${digits}`);
  if (address > topAddress) {
    throw new InputError(`${quote(text)} has ${address.toString(2).length} bits; an address has at most 64.`);
  }
  return address;
}

/** `0xffff_ffff_8000_0000`: all sixteen digits, in groups of four, so that a narrow screen can break it between bytes. */
export function formatAddress(address: bigint): string {
  const digits = address.toString(16).padStart(16, '0');
  return `0x${digits.match(/.{4}/g)?.join('_')}`;
}

/** A stretch of the 64-bit address space, both ends included. */
export interface AddressRegion {
  name: 'lower half' | 'hole' | 'higher half';
  first: bigint;
  last: bigint;
}

/**
 * The three parts of the address space. An address is canonical when all bits above the translated ones equal the
 * highest translated bit (Intel SDM volume 1, section 3.3.7.1); the hole is what is not canonical.
 */
export function addressRegions(levels: PagingLevels): AddressRegion[] {
  const half = 1n << BigInt(translatedBits(levels) - 1);
  return [
    { name: 'lower half', first: 0n, last: half - 1n },
    { name: 'hole', first: half, last: topAddress - half },
    { name: 'higher half', first: topAddress - half + 1n, last: topAddress },
  ];
}

/** Bits of an address that the page tables translate: 9 for each level and 12 within the page. */
export function translatedBits(levels: PagingLevels): number {
  return 12 + 9 * levels;
}

/** One step of the walk: which of a table's 512 entries is taken. */
export interface TableIndex {
  /** Intel's name of the table. */
  table: 'PML5' | 'PML4' | 'PDPT' | 'PD' | 'PT';
  index: number;
  /** The bits of the address that hold the index. */
  high: number;
  low: number;
}

const tables = ['PML5', 'PML4', 'PDPT', 'PD', 'PT'] as const;

/** The walk from the top table down to the page (Intel SDM volume 3, section 4.5: 4-level and 5-level paging). */
export function tableIndices(address: bigint, levels: PagingLevels): TableIndex[] {
  return tables.slice(-levels).map((table, step) => {
    const low = 12 + 9 * (levels - 1 - step);
    return { table, index: Number((address >> BigInt(low)) & 0x1ffn), high: low + 8, low };
  });
}

/** The last 12 bits: where in its 4 KiB page the address lies. */
export function pageOffset(address: bigint): number {
  return Number(address & 0xfffn);
}

/** Everything that can be said of an address without asking a page table. */
export interface AddressFacts {
  address: bigint;
  levels: PagingLevels;
  canonical: boolean;
  /** A sentence: which bits decide, and what they are. */
  why: string;
  region: AddressRegion;
  indices: TableIndex[];
  offset: number;
  /** Distance to the region's two ends, in words. */
  borders: string;
}

/** Takes an address apart. */
export function describeAddress(address: bigint, levels: PagingLevels): AddressFacts {
  const region = addressRegions(levels).find(({ first, last }) => address >= first && address <= last);
  if (region === undefined) throw new RangeError(`${address} is not an address of 64 bits`);
  const sign = translatedBits(levels) - 1;
  const upper = address >> BigInt(sign);
  const digits = upper.toString(2).padStart(64 - sign, '0');
  const canonical = region.name !== 'hole';
  const why = canonical
    ? `Bits 63 to ${sign} are all ${digits[0]}.`
    : `Bits 63 to ${sign} must be all equal, and they are ${digits}.`;
  const borders =
    `${formatDistance(address - region.first)} above the start of the ${region.name}, ` +
    `${formatDistance(region.last + 1n - address)} below its end`;
  return {
    address,
    levels,
    canonical,
    why,
    region,
    indices: tableIndices(address, levels),
    offset: pageOffset(address),
    borders,
  };
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/**
 * A number of bytes as a person says it: exact where it is a whole number of some unit, else with three digits and
 * “about”: `2 GiB`, `1 byte`, `about 127 TiB`.
 */
export function formatDistance(bytes: bigint): string {
  if (bytes === 1n) return '1 byte';
  const power = Math.min(units.length - 1, Math.floor((bytes.toString(2).length - 1) / 10));
  const unit = 1n << BigInt(10 * power);
  if (bytes % unit === 0n) return `${bytes / unit} ${units[power]}`;
  const scaled = Number((bytes * 1000n) / unit) / 1000;
  return `about ${Number(scaled.toPrecision(3))} ${units[power]}`;
}

/** The symbol of a kernel that an address lies in, and how many bytes into it. A symbol without a size is its first byte. */
export function locate(
  address: bigint,
  symbols: readonly KernelSymbol[],
): { symbol: KernelSymbol; offset: bigint } | undefined {
  for (const symbol of symbols) {
    const offset = address - BigInt(symbol.address);
    if (offset >= 0n && offset < BigInt(Math.max(1, symbol.size))) return { symbol, offset };
  }
  return undefined;
}

/** `kmain + 12` when the address lies in one of the kernel's symbols. */
export function symbolAt(address: bigint, symbols: readonly KernelSymbol[]): string | undefined {
  const place = locate(address, symbols);
  if (place === undefined) return undefined;
  return place.offset === 0n ? place.symbol.name : `${place.symbol.name} + ${place.offset}`;
}

/** Neighbouring bits of an address that are used together. */
export interface AddressBits {
  /** `sign` for the bits that are not translated, else the table they index, or `offset` for those within the page. */
  part: 'sign' | TableIndex['table'] | 'offset';
  high: number;
  low: number;
  /** The bits as digits, most significant first. */
  bits: string;
  /** The bits as a number. */
  value: number;
}

/** An address's 64 bits from the top down, split by what the CPU uses them for. */
export function addressBits(address: bigint, levels: PagingLevels): AddressBits[] {
  const part = (name: AddressBits['part'], high: number, low: number): AddressBits => {
    const count = high - low + 1;
    const value = BigInt.asUintN(count, address >> BigInt(low));
    return { part: name, high, low, bits: value.toString(2).padStart(count, '0'), value: Number(value) };
  };
  return [
    part('sign', 63, translatedBits(levels)),
    ...tableIndices(address, levels).map(({ table, high, low }) => part(table, high, low)),
    part('offset', 11, 0),
  ];
}

/** What the address explorer is set to. */
export interface AddressSetting {
  address: bigint;
  levels: PagingLevels;
}

/** Reads a number of page-table levels. Throws {@link InputError} for any but 4 and 5. */
export function parseLevels(text: string): PagingLevels {
  if (text !== '4' && text !== '5') throw new InputError(`Page tables have 4 or 5 levels, not ${quote(text)}.`);
  return text === '5' ? 5 : 4;
}

/** The setting as a URL fragment without the `#`: `address=0xffffffff80000000&levels=4`. */
export function addressToFragment({ address, levels }: AddressSetting): string {
  return `address=0x${address.toString(16)}&levels=${levels}`;
}

/**
 * The setting that a URL fragment carries, with 4 levels where none are named; undefined for one about something else.
 * Throws {@link InputError}.
 */
export function addressFromFragment(fragment: string): AddressSetting | undefined {
  const fields = new URLSearchParams(fragment);
  const address = fields.get('address');
  if (address === null) return undefined;
  return { address: parseAddress(address), levels: parseLevels(fields.get('levels') ?? '4') };
}
