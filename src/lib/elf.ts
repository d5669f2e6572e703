/**
 * Reads kernels' ELF files strictly: 64-bit, little-endian ones. It is small, as pages need it, too; whoever looks into any
 * ELF file, a damaged one even, takes `readElf` of elf/read.ts.
 *
 * Sources: System V Application Binary Interface, generic part, chapters 4 and 5; field offsets from its ELF-64 tables.
 */

import { ElfError } from './elf/error.ts';

export { ElfError };

export interface ElfFile {
  /** Kind of file (`e_type`): 1 relocatable, 2 executable at fixed addresses, 3 position-independent or shared, 4 core. */
  type: number;
  /** Processor (`e_machine`): 62 is x86-64. */
  machine: number;
  /** Virtual address of the first instruction (`e_entry`); 0 where there is none. */
  entry: bigint;
  /** What a loader maps (program headers). */
  segments: ElfSegment[];
  /** What a linker and a debugger know the file by (section headers). */
  sections: ElfSection[];
  /** The entries of `.symtab`, in its order; empty in a stripped file. */
  symbols: ElfSymbol[];
}

export interface ElfSegment {
  /** `p_type`: 1 is a segment to load. */
  type: number;
  /** `p_flags`: 1 execute + 2 write + 4 read. */
  flags: number;
  offset: bigint;
  virtualAddress: bigint;
  physicalAddress: bigint;
  fileSize: bigint;
  memorySize: bigint;
  alignment: bigint;
}

export interface ElfSection {
  name: string;
  /** `sh_type`: 1 program bits, 2 symbol table, 3 string table, 8 no bits in the file. */
  type: number;
  /** `sh_flags`: 1 write + 2 occupies memory + 4 execute + … */
  flags: bigint;
  address: bigint;
  offset: bigint;
  size: bigint;
  /** Index of the section that this one refers to: for a symbol table, its strings. */
  link: number;
  alignment: bigint;
}

export interface ElfSymbol {
  name: string;
  /** Low four bits of `st_info`. */
  type: 'none' | 'object' | 'function' | 'section' | 'file' | 'other';
  /** High four bits of `st_info`. */
  binding: 'local' | 'global' | 'weak' | 'other';
  /** Index of the section it lies in; 0 where it is undefined. */
  section: number;
  value: bigint;
  size: bigint;
}

const headerSize = 64n;
const segmentSize = 56n;
const sectionSize = 64n;
const symbolSize = 24n;
const symbolTable = 2;
const noBits = 8;

/** Reads the whole file. Throws an {@link ElfError} that names the first field that is wrong. */
export function parseElf(bytes: Uint8Array): ElfFile {
  const file = new Reader(bytes);
  checkIdentification(file);
  const sections = readSections(file);
  return {
    type: file.u16(16n, 'e_type'),
    machine: file.u16(18n, 'e_machine'),
    entry: file.u64(24n, 'e_entry'),
    segments: readSegments(file),
    sections,
    symbols: readSymbols(file, sections),
  };
}

function checkIdentification(file: Reader): void {
  const expect = (offset: bigint, field: string, expected: number, meaning: string) => {
    const found = file.u8(offset, field);
    if (found !== expected) throw new ElfError(field, offset, `is ${found}, not ${expected} (${meaning})`);
  };
  for (const [index, letter] of [0x7f, 0x45, 0x4c, 0x46].entries()) {
    expect(BigInt(index), `EI_MAG${index}`, letter, 'the mark of an ELF file');
  }
  expect(4n, 'EI_CLASS', 2, '64-bit');
  expect(5n, 'EI_DATA', 1, 'little-endian');
  expect(6n, 'EI_VERSION', 1, 'current');
  file.need(0n, headerSize, 'the ELF header');
}

function readSegments(file: Reader): ElfSegment[] {
  const count = file.u16(56n, 'e_phnum');
  if (count === 0) return [];
  const table = file.table('e_phoff', 32n, 'e_phentsize', 54n, segmentSize, count);
  return Array.from({ length: count }, (_, index) => {
    const at = table + BigInt(index) * segmentSize;
    return {
      type: file.u32(at, 'p_type'),
      flags: file.u32(at + 4n, 'p_flags'),
      offset: file.u64(at + 8n, 'p_offset'),
      virtualAddress: file.u64(at + 16n, 'p_vaddr'),
      physicalAddress: file.u64(at + 24n, 'p_paddr'),
      fileSize: file.u64(at + 32n, 'p_filesz'),
      memorySize: file.u64(at + 40n, 'p_memsz'),
      alignment: file.u64(at + 48n, 'p_align'),
    };
  });
}

function readSections(file: Reader): ElfSection[] {
  const count = file.u16(60n, 'e_shnum');
  if (count === 0) return [];
  const table = file.table('e_shoff', 40n, 'e_shentsize', 58n, sectionSize, count);
  const headers = Array.from({ length: count }, (_, index) => {
    const at = table + BigInt(index) * sectionSize;
    const section: ElfSection = {
      name: '',
      type: file.u32(at + 4n, 'sh_type'),
      flags: file.u64(at + 8n, 'sh_flags'),
      address: file.u64(at + 16n, 'sh_addr'),
      offset: file.u64(at + 24n, 'sh_offset'),
      size: file.u64(at + 32n, 'sh_size'),
      link: file.u32(at + 40n, 'sh_link'),
      alignment: file.u64(at + 48n, 'sh_addralign'),
    };
    return { section, at, nameOffset: file.u32(at, 'sh_name') };
  });

  const namesIndex = file.u16(62n, 'e_shstrndx');
  const names = headers[namesIndex]?.section;
  if (names === undefined) throw new ElfError('e_shstrndx', 62n, `is ${namesIndex}, but there are ${count} sections`);
  for (const { section, at, nameOffset } of headers) section.name = file.string(names, nameOffset, 'sh_name', at);
  return headers.map(({ section }) => section);
}

function readSymbols(file: Reader, sections: readonly ElfSection[]): ElfSymbol[] {
  const table = sections.find(({ type }) => type === symbolTable);
  if (table === undefined) return [];
  file.need(table.offset, table.size, `the symbol table ${table.name}`);
  const names = sections[table.link];
  if (names === undefined) {
    throw new ElfError('sh_link', table.offset, `${table.name} wants section ${table.link}, which does not exist`);
  }
  return Array.from({ length: Number(table.size / symbolSize) }, (_, index) => {
    const at = table.offset + BigInt(index) * symbolSize;
    const info = file.u8(at + 4n, 'st_info');
    return {
      name: file.string(names, file.u32(at, 'st_name'), 'st_name', at),
      type: (['none', 'object', 'function', 'section', 'file'] as const)[info & 15] ?? 'other',
      binding: (['local', 'global', 'weak'] as const)[info >> 4] ?? 'other',
      section: file.u16(at + 6n, 'st_shndx'),
      value: file.u64(at + 8n, 'st_value'),
      size: file.u64(at + 16n, 'st_size'),
    };
  });
}

/** Little-endian numbers and strings of a file, every access checked against its end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws unless `length` bytes from `offset` lie within the file. Offsets may be any 64-bit number. */
  need(offset: bigint, length: bigint, field: string): void {
    if (offset + length <= BigInt(this.#bytes.length)) return;
    throw new ElfError(field, offset, `ends behind the file, which has ${this.#bytes.length} bytes`);
  }

  u8(offset: bigint, field: string): number {
    this.need(offset, 1n, field);
    return this.#view.getUint8(Number(offset));
  }

  u16(offset: bigint, field: string): number {
    this.need(offset, 2n, field);
    return this.#view.getUint16(Number(offset), true);
  }

  u32(offset: bigint, field: string): number {
    this.need(offset, 4n, field);
    return this.#view.getUint32(Number(offset), true);
  }

  u64(offset: bigint, field: string): bigint {
    this.need(offset, 8n, field);
    return this.#view.getBigUint64(Number(offset), true);
  }

  /** Where a table of `count` entries begins; its place and the size of an entry stand in the ELF header. */
  table(place: string, placeAt: bigint, size: string, sizeAt: bigint, expected: bigint, count: number): bigint {
    const found = BigInt(this.u16(sizeAt, size));
    if (found !== expected) throw new ElfError(size, sizeAt, `is ${found}, not ${expected}`);
    const start = this.u64(placeAt, place);
    this.need(start, expected * BigInt(count), `the table of ${place}`);
    return start;
  }

  /** A string that ends with a zero byte, in a string table. `field` at `at` is what refers to it. */
  string(table: ElfSection, index: number, field: string, at: bigint): string {
    if (table.type === noBits) throw new ElfError(field, at, `its string table ${table.name} has no bytes in the file`);
    this.need(table.offset, table.size, `the string table ${table.name}`);
    const start = Number(table.offset) + index;
    const end = Number(table.offset + table.size);
    const stop = this.#bytes.subarray(0, end).indexOf(0, start);
    if (start >= end || stop < 0) throw new ElfError(field, at, `is ${index}, where its string table has no string`);
    return utf8.decode(this.#bytes.subarray(start, stop));
  }
}

const utf8 = new TextDecoder();
