/**
 * Reads an ELF file as far as it can be read: 32- and 64-bit, of either byte order. What is damaged becomes a problem in a
 * list; the rest is there all the same. Tables that can be long are read entry by entry, when an entry is asked for, so
 * that no file makes more of itself in memory than a few times its size.
 *
 * Sources: System V Application Binary Interface, generic part, chapters 4 and 5; its x86-64 supplement.
 */
import { nameOf, sectionTypes, segmentTypes } from './names.ts';
import * as layouts from './layouts.ts';
import type { Bits, Layouts } from './layouts.ts';
import { ElfError, problemText, type ElfProblem } from './error.ts';
import { Reader, type Extent } from './reader.ts';

/** Entries of a table in a file, decoded when they are asked for. */
export interface Table<Entry> {
  readonly length: number;
  /** Where the table lies in the file, and how far its entries are apart. */
  readonly start: number;
  readonly stride: number;
  /** Entry number `index`, from 0 to `length - 1`. */
  at(index: number): Entry;
}

/** What the ELF header says of the file; {@link headerNumbers} has all of its numbers. */
export interface ElfHeader {
  /** Kind of file (`e_type`): 1 relocatable, 2 executable at fixed addresses, 3 position-independent or shared, 4 core. */
  type: number;
  /** Processor (`e_machine`): 62 is x86-64. */
  machine: number;
  /** Virtual address of the first instruction (`e_entry`); 0 where there is none. */
  entry: bigint;
  /** How many program headers, as the header says it or, where it has too few bits for that, section 0. */
  programHeaderCount: number;
  sectionHeaderCount: number;
  /** Index of the section with the sections' names. */
  sectionNames: number;
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
  /** `sh_info`: what it says depends on the type. */
  info: number;
  alignment: bigint;
  /** Bytes of an entry, for sections that are tables. */
  entrySize: bigint;
}

export interface SymbolEntry {
  /** Undefined where the string table has no string at `nameIndex`. */
  name: string | undefined;
  nameIndex: number;
  /** High four bits of `st_info`. */
  binding: number;
  /** Low four bits of `st_info`. */
  type: number;
  /** `st_other`: its low two bits are the visibility. */
  other: number;
  /** Index of the section it lies in, or a special number: 0 undefined, 0xfff1 absolute, 0xfff2 common, 0xffff too large. */
  section: number;
  value: bigint;
  size: bigint;
}

export interface SymbolTable extends Table<SymbolEntry> {
  /** The section that it is. */
  section: number;
}

export interface RelocationEntry {
  offset: bigint;
  type: number;
  /** Index in the symbol table that the section refers to. */
  symbol: number;
  /** Undefined where it stands in the place to be relocated (`SHT_REL`). */
  addend: bigint | undefined;
}

export interface RelocationTable extends Table<RelocationEntry> {
  section: number;
  /** The symbol table that its entries refer to. */
  symbols: SymbolTable | undefined;
}

export interface DynamicEntry {
  tag: bigint;
  value: bigint;
  /** The string that the value is the place of, for the tags whose value is one. */
  text: string | undefined;
}

export interface Note {
  /** Whose note it is: `GNU`. */
  owner: string;
  type: number;
  /** The note as a whole, with its padding, and the stretch of its content. */
  extent: Extent;
  content: Extent;
}

export interface NoteList {
  /** The section or the segment that they lie in: “.note.gnu.build-id”, “segment 3”. */
  place: string;
  extent: Extent;
  notes: Note[];
}

/** What can be read of an ELF file. */
export interface Elf {
  reader: Reader;
  header: ElfHeader;
  /** What a loader maps. */
  segments: ElfSegment[];
  /** Where the program headers lie, as far as they lie in the file. */
  segmentTable: Extent;
  /** What a linker and a debugger know the file by. */
  sections: ElfSection[];
  sectionTable: Extent;
  symbolTables: SymbolTable[];
  relocationTables: RelocationTable[];
  /** The entries up to the one that ends them; undefined in a file that is linked statically. */
  dynamic: Table<DynamicEntry> | undefined;
  notes: NoteList[];
  /** The path in `PT_INTERP`. */
  interpreter: string | undefined;
  /** What is wrong with it, in the order in which it was met. */
  problems: ElfProblem[];
}

const type = { null: 0, symbols: 2, strings: 3, rela: 4, dynamic: 6, note: 7, noBits: 8, rel: 9, dynamicSymbols: 11 };
const [load, dynamicSegment, interpreterSegment, noteSegment] = [1, 2, 3, 4];
const tag = { null: 0n, needed: 1n, strings: 5n, stringsSize: 10n };
/** Tags whose value is a place in the string table: needed, soname, rpath, runpath, and Solaris's three. */
const textTags = new Set([1n, 14n, 15n, 29n, 0x7ffffffdn, 0x7fffffffn, 0x7ffffefan, 0x7ffffefbn, 0x7ffffefcn]);
/** Special values that mean “the true number does not fit here; it stands in section 0”. */
const elsewhere = 0xffff;

/** Most sections, segments and notes that are listed. Real files have fewer; crafted ones cannot fill the memory. */
const mostListed = 100_000;

/** More problems than anybody reads. */
const mostProblems = 100;

/** Reads what can be read. Throws an {@link ElfError} only where the first bytes already are not those of an ELF file. */
export function readElf(bytes: Uint8Array): Elf {
  const reader = identify(bytes);
  const elf: Elf = {
    reader,
    header: { type: 0, machine: 0, entry: 0n, programHeaderCount: 0, sectionHeaderCount: 0, sectionNames: 0 },
    segments: [],
    segmentTable: { start: 0, size: 0 },
    sections: [],
    sectionTable: { start: 0, size: 0 },
    symbolTables: [],
    relocationTables: [],
    dynamic: undefined,
    notes: [],
    interpreter: undefined,
    problems: [],
  };
  const size = layouts.identificationSize + layouts.header[reader.bits].size;
  if (bytes.length < size) {
    complain(elf, 'the ELF header', 0n, endsBehind(bytes));
    return elf;
  }
  readHeader(elf);
  readSections(elf);
  readSegments(elf);
  readSymbolTables(elf);
  readRelocations(elf);
  readDynamic(elf);
  readNotes(elf);
  readInterpreter(elf);
  return elf;
}

function complain({ problems }: Elf, field: string, offset: bigint, problem: string): void {
  if (problems.length < mostProblems) problems.push({ message: problemText(field, offset, problem), offset });
}

function endsBehind(bytes: Uint8Array): string {
  return `ends behind the file, which has ${bytes.length} bytes`;
}

/** Checks the bytes that say how to read the others. */
function identify(bytes: Uint8Array): Reader {
  for (const [index, letter] of [0x7f, 0x45, 0x4c, 0x46].entries()) {
    const found = bytes[index];
    if (found === letter) continue;
    const problem = found === undefined ? endsBehind(bytes) : `is ${found}, not ${letter} (the mark of an ELF file)`;
    throw new ElfError(`EI_MAG${index}`, BigInt(index), problem);
  }
  const choose = <Choice>(at: number, field: string, one: Choice, two: Choice, meaning: string): Choice => {
    const found = bytes[at];
    if (found === 1) return one;
    if (found === 2) return two;
    const problem = found === undefined ? endsBehind(bytes) : `is ${found}, not ${meaning}`;
    throw new ElfError(field, BigInt(at), problem);
  };
  const bits = choose<Bits>(4, 'EI_CLASS', 32, 64, '1 (32-bit) or 2 (64-bit)');
  const littleEndian = choose(5, 'EI_DATA', true, false, '1 (little-endian) or 2 (big-endian)');
  return new Reader(bytes, bits, littleEndian);
}

function readHeader(elf: Elf): void {
  const { reader, header } = elf;
  const version = reader.bytes[6];
  if (version !== 1) complain(elf, 'EI_VERSION', 6n, `is ${version}, not 1 (current)`);
  const row = headerRow(reader);
  header.type = row.number('e_type');
  header.machine = row.number('e_machine');
  header.entry = row.big('e_entry');
  header.programHeaderCount = row.number('e_phnum');
  header.sectionHeaderCount = row.number('e_shnum');
  header.sectionNames = row.number('e_shstrndx');
}

/** Every number of a file's header by the standard's name. The file must be long enough to have one. */
export function headerNumbers({ reader }: Elf): Record<keyof (typeof layouts.header)[64]['slots'], bigint> {
  const row = headerRow(reader);
  const names = Object.keys(layouts.header[64].slots) as (keyof (typeof layouts.header)[64]['slots'])[];
  return Object.fromEntries(names.map((name) => [name, row.big(name)])) as Record<(typeof names)[number], bigint>;
}

function headerRow(reader: Reader) {
  return reader.row(layouts.header[reader.bits], layouts.identificationSize);
}

/** The part of a table that lies in the file, in whole entries. Says what is missing. */
function wholeEntries(
  elf: Elf,
  field: string,
  { offset, size, stride }: { offset: bigint; size: bigint; stride: number },
): Extent & { count: number } {
  const { reader } = elf;
  if (reader.has(offset, size)) {
    return { start: Number(offset), size: Number(size), count: Math.floor(Number(size) / stride) };
  }
  complain(elf, field, offset, endsBehind(reader.bytes));
  const left = reader.bytes.length - Number(offset);
  if (!(left > 0)) return { start: 0, size: 0, count: 0 };
  const count = Math.floor(left / stride);
  return { start: Number(offset), size: count * stride, count };
}

/** Where the headers of segments or sections lie, and how many can be read. */
function headerTable(
  elf: Elf,
  names: { place: 'e_phoff' | 'e_shoff'; size: 'e_phentsize' | 'e_shentsize' },
  expected: number,
  count: number,
): Extent & { count: number } {
  const none = { start: 0, size: 0, count: 0 };
  if (count === 0) return none;
  const row = headerRow(elf.reader);
  const stride = row.number(names.size);
  if (stride !== expected) {
    complain(elf, names.size, BigInt(row.offset(names.size)), `is ${stride}, not ${expected}`);
    return none;
  }
  const size = BigInt(expected) * BigInt(count);
  const table = wholeEntries(elf, `the table of ${names.place}`, { offset: row.big(names.place), size, stride });
  if (table.count <= mostListed) return table;
  complain(elf, `the table of ${names.place}`, BigInt(table.start), `has ${count} entries; ${mostListed} are listed`);
  return { ...table, size: mostListed * stride, count: mostListed };
}

function readSections(elf: Elf): void {
  const { reader, header } = elf;
  const layout = layouts.sectionHeader[reader.bits];
  readExtendedNumbers(elf);
  const table = headerTable(elf, { place: 'e_shoff', size: 'e_shentsize' }, layout.size, header.sectionHeaderCount);
  elf.sectionTable = table;
  const rows = Array.from({ length: table.count }, (_, index) => reader.row(layout, table.start + index * layout.size));
  elf.sections = rows.map((row) => ({
    name: '',
    type: row.number('sh_type'),
    flags: row.big('sh_flags'),
    address: row.big('sh_addr'),
    offset: row.big('sh_offset'),
    size: row.big('sh_size'),
    link: row.number('sh_link'),
    info: row.number('sh_info'),
    alignment: row.big('sh_addralign'),
    entrySize: row.big('sh_entsize'),
  }));
  if (table.count === 0) return;

  const at = BigInt(headerRow(reader).offset('e_shstrndx'));
  const names = elf.sections[header.sectionNames];
  if (names === undefined) {
    const problem = `is ${header.sectionNames}, but there are ${table.count} sections`;
    complain(elf, 'e_shstrndx', at, problem);
    return;
  }
  // Index 0 says that the sections have no names.
  if (header.sectionNames === 0) return;
  const strings = stringTable(elf, names, 'e_shstrndx', at);
  if (strings === undefined) return;
  // Names may overlap, so that together they could be much longer than the file.
  let budget = 2 * reader.bytes.length;
  for (const [index, row] of rows.entries()) {
    const section = elf.sections[index];
    const place = row.number('sh_name');
    const found = reader.string(strings, place);
    budget -= found?.length ?? 0;
    if (section === undefined) break;
    if (found === undefined) {
      const problem = `is ${place}, where its string table has no string`;
      complain(elf, 'sh_name', BigInt(row.offset('sh_name')), problem);
    } else if (budget >= 0) section.name = found.text;
  }
}

/** Numbers that are too large for the header's fields stand in section 0. */
function readExtendedNumbers(elf: Elf): void {
  const { reader, header } = elf;
  const layout = layouts.sectionHeader[reader.bits];
  const table = headerRow(reader).big('e_shoff');
  const isNeeded =
    (header.sectionHeaderCount === 0 && table !== 0n) ||
    header.sectionNames === elsewhere ||
    header.programHeaderCount === elsewhere;
  if (!isNeeded) return;
  if (table === 0n || !reader.has(table, BigInt(layout.size))) {
    complain(elf, 'section 0', table, 'is not in the file, but has to say a number that the header leaves out');
    header.sectionHeaderCount = 0;
    if (header.programHeaderCount === elsewhere) header.programHeaderCount = 0;
    return;
  }
  const first = reader.row(layout, Number(table));
  // Beyond 2⁵³ no file has as many, whatever the exact number is.
  if (header.sectionHeaderCount === 0) header.sectionHeaderCount = Number(first.big('sh_size'));
  if (header.sectionNames === elsewhere) header.sectionNames = first.number('sh_link');
  if (header.programHeaderCount === elsewhere) header.programHeaderCount = first.number('sh_info');
}

/** The stretch of a string table; undefined, with a problem at the field that refers to it, where there is none. */
function stringTable(elf: Elf, section: ElfSection, field: string, at: bigint): Extent | undefined {
  if (section.type === type.noBits) {
    complain(elf, field, at, `its string table ${section.name} has no bytes in the file`);
    return undefined;
  }
  return wholeEntries(elf, `the string table ${section.name}`.trimEnd(), { ...section, stride: 1 });
}

function readSegments(elf: Elf): void {
  const { reader, header } = elf;
  const layout = layouts.programHeader[reader.bits];
  const table = headerTable(elf, { place: 'e_phoff', size: 'e_phentsize' }, layout.size, header.programHeaderCount);
  elf.segmentTable = table;
  elf.segments = Array.from({ length: table.count }, (_, index) => {
    const row = reader.row(layout, table.start + index * layout.size);
    return {
      type: row.number('p_type'),
      flags: row.number('p_flags'),
      offset: row.big('p_offset'),
      virtualAddress: row.big('p_vaddr'),
      physicalAddress: row.big('p_paddr'),
      fileSize: row.big('p_filesz'),
      memorySize: row.big('p_memsz'),
      alignment: row.big('p_align'),
    };
  });
}

/** Where a section's header has a field, for problems. */
export function sectionField(
  elf: Elf,
  index: number,
  field: keyof (typeof layouts.sectionHeader)[64]['slots'],
): bigint {
  const layout = layouts.sectionHeader[elf.reader.bits];
  return BigInt(elf.sectionTable.start + index * layout.size + layout.slots[field].at);
}

/** The table that a section holds, of entries with this layout. */
function sectionTable<Name extends string>(
  elf: Elf,
  index: number,
  section: ElfSection,
  forms: Layouts<Name>,
): (Extent & { count: number; stride: number }) | undefined {
  const stride = forms[elf.reader.bits].size;
  const title = `${nameOf(sectionTypes, section.type)} ${section.name}`.trimEnd();
  // Some tools leave the size out, as the type says it already.
  if (section.entrySize !== 0n && section.entrySize !== BigInt(stride)) {
    const problem = `of ${title} is ${section.entrySize}, not ${stride}`;
    complain(elf, 'sh_entsize', sectionField(elf, index, 'sh_entsize'), problem);
  }
  return { ...wholeEntries(elf, title, { ...section, stride }), stride };
}

function readSymbolTables(elf: Elf): void {
  const { reader, sections } = elf;
  const layout = layouts.symbol[reader.bits];
  for (const [index, section] of sections.entries()) {
    if (section.type !== type.symbols && section.type !== type.dynamicSymbols) continue;
    const table = sectionTable(elf, index, section, layouts.symbol);
    if (table === undefined || table.count === 0) continue;
    const names = sections[section.link];
    let strings: Extent = { start: 0, size: 0 };
    if (names === undefined) {
      const problem = `${section.name} wants section ${section.link}, which does not exist`;
      complain(elf, 'sh_link', sectionField(elf, index, 'sh_link'), problem);
    } else strings = stringTable(elf, names, 'sh_link', sectionField(elf, index, 'sh_link')) ?? strings;
    elf.symbolTables.push({
      section: index,
      length: table.count,
      start: table.start,
      stride: table.stride,
      at: (entry) => {
        const row = reader.row(layout, table.start + entry * table.stride);
        const info = row.number('st_info');
        const nameIndex = row.number('st_name');
        return {
          name: reader.string(strings, nameIndex)?.text,
          nameIndex,
          binding: info >> 4,
          type: info & 15,
          other: row.number('st_other'),
          section: row.number('st_shndx'),
          value: row.big('st_value'),
          size: row.big('st_size'),
        };
      },
    });
  }
}

function readRelocations(elf: Elf): void {
  const { reader, sections } = elf;
  for (const [index, section] of sections.entries()) {
    const hasAddends = section.type === type.rela;
    if (!hasAddends && section.type !== type.rel) continue;
    const table = sectionTable(elf, index, section, hasAddends ? layouts.relocationWithAddend : layouts.relocation);
    if (table === undefined || table.count === 0) continue;
    const withAddend = layouts.relocationWithAddend[reader.bits];
    elf.relocationTables.push({
      section: index,
      symbols: elf.symbolTables.find(({ section: symbols }) => symbols === section.link),
      length: table.count,
      start: table.start,
      stride: table.stride,
      at: (entry) => {
        const start = table.start + entry * table.stride;
        const row = reader.row(layouts.relocation[reader.bits], start);
        const { symbol, type } = splitInfo(reader.bits, row.big('r_info'));
        return {
          offset: row.big('r_offset'),
          type,
          symbol,
          addend: hasAddends ? reader.row(withAddend, start).signed('r_addend') : undefined,
        };
      },
    });
  }
}

/** What `r_info` is made of: the symbol above the type. */
export function splitInfo(bits: Bits, info: bigint): { symbol: number; type: number } {
  const typeBits = bits === 32 ? 8 : 32;
  return { symbol: Number(info >> BigInt(typeBits)), type: Number(BigInt.asUintN(typeBits, info)) };
}

function readDynamic(elf: Elf): void {
  const { reader, sections, segments } = elf;
  const layout = layouts.dynamicEntry[reader.bits];
  const section = sections.find((candidate) => candidate.type === type.dynamic);
  const segment = segments.find((candidate) => candidate.type === dynamicSegment);
  const place =
    segment !== undefined && segment.fileSize > 0n
      ? { offset: segment.offset, size: segment.fileSize, field: 'PT_DYNAMIC' }
      : section !== undefined
        ? { offset: section.offset, size: section.size, field: 'SHT_DYNAMIC' }
        : undefined;
  if (place === undefined) return;
  const stride = layout.size;
  const extent = wholeEntries(elf, place.field, { ...place, stride });
  const row = (index: number) => reader.row(layout, extent.start + index * stride);
  let length = 0;
  let strings: { address?: bigint; size?: bigint } = {};
  while (length < extent.count) {
    const found = row(length).big('d_tag');
    length += 1;
    if (found === tag.null) break;
    if (found === tag.strings) strings = { ...strings, address: row(length - 1).big('d_val') };
    if (found === tag.stringsSize) strings = { ...strings, size: row(length - 1).big('d_val') };
  }
  if (length > 0 && row(length - 1).big('d_tag') !== tag.null) {
    complain(elf, place.field, BigInt(extent.start), 'has no DT_NULL, which would end it');
  }
  const table = dynamicStrings(elf, strings, section);
  elf.dynamic = {
    length,
    start: extent.start,
    stride,
    at: (index) => {
      const entry = row(index);
      const [found, value] = [entry.big('d_tag'), entry.big('d_val')];
      const isText = textTags.has(found) && table !== undefined && value < BigInt(table.size);
      return { tag: found, value, text: isText ? reader.string(table, Number(value))?.text : undefined };
    },
  };
}

/** Where the dynamic section's strings lie: at an address that a segment has, or in the section it refers to. */
function dynamicStrings(
  elf: Elf,
  { address, size }: { address?: bigint; size?: bigint },
  section: ElfSection | undefined,
): Extent | undefined {
  const { reader, segments, sections } = elf;
  if (address !== undefined && size !== undefined) {
    const offset = offsetOfAddress(segments, address);
    if (offset !== undefined && reader.has(offset, size)) return { start: Number(offset), size: Number(size) };
  }
  const linked = section === undefined ? undefined : sections[section.link];
  if (linked === undefined || linked.type === type.noBits || !reader.has(linked.offset, linked.size)) return undefined;
  return { start: Number(linked.offset), size: Number(linked.size) };
}

/** Where in the file the byte lies that a loaded program has at an address; undefined where no segment brings it. */
export function offsetOfAddress(segments: readonly ElfSegment[], address: bigint): bigint | undefined {
  const segment = segments.find(
    ({ type, virtualAddress, fileSize }) =>
      type === load && address >= virtualAddress && address - virtualAddress < fileSize,
  );
  return segment && segment.offset + (address - segment.virtualAddress);
}

function readNotes(elf: Elf): void {
  const { sections, segments } = elf;
  for (const section of sections) {
    if (section.type === type.note) readNoteList(elf, section.name || 'a section', section, section.alignment);
  }
  if (sections.length > 0) return;
  for (const [index, { type, offset, fileSize, alignment }] of segments.entries()) {
    if (type === noteSegment) readNoteList(elf, `segment ${index}`, { offset, size: fileSize }, alignment);
  }
}

function readNoteList(elf: Elf, place: string, where: { offset: bigint; size: bigint }, alignment: bigint): void {
  const { reader } = elf;
  const extent = wholeEntries(elf, `the notes of ${place}`, { ...where, stride: 1 });
  const padding = alignment === 8n ? 8 : 4;
  const padded = (length: number) => Math.ceil(length / padding) * padding;
  const layout = layouts.note[reader.bits];
  const end = extent.start + extent.size;
  const notes: Note[] = [];
  for (let start = extent.start; start + layout.size <= end;) {
    const row = reader.row(layout, start);
    const [nameSize, size] = [row.number('n_namesz'), row.number('n_descsz')];
    // The name follows the header, the content the name, each on a boundary counted from the note's start.
    const content = start + padded(layout.size + nameSize);
    if (content + size > end) {
      complain(elf, 'n_descsz', BigInt(row.offset('n_descsz')), `the note ends behind ${place}`);
      break;
    }
    if (notes.length === mostListed) {
      complain(elf, 'n_namesz', BigInt(start), `more than ${mostListed} notes; the others are not listed`);
      break;
    }
    const name = { start: start + layout.size, size: nameSize };
    const next = Math.min(end, start + padded(content - start + size));
    notes.push({
      owner: reader.string(name, 0)?.text ?? '',
      type: row.number('n_type'),
      extent: { start, size: next - start },
      content: { start: content, size },
    });
    start = next;
  }
  if (notes.length > 0) elf.notes.push({ place, extent, notes });
}

function readInterpreter(elf: Elf): void {
  const { reader, segments } = elf;
  const index = segments.findIndex(({ type }) => type === interpreterSegment);
  const segment = segments[index];
  if (segment === undefined) return;
  const { offset, fileSize } = segment;
  const name = nameOf(segmentTypes, interpreterSegment);
  const extent = wholeEntries(elf, name, { offset, size: fileSize, stride: 1 });
  const text = reader.string(extent, 0)?.text;
  if (text !== undefined) elf.interpreter = text;
  else if (extent.size > 0) complain(elf, name, offset, 'has no zero byte at its end');
}
