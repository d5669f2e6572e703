/** An ELF file as a tree of named bytes, with what stands in each field and what it means. */
import { consecutive, later, listed, repeated, type Field, type Parts } from '../fields.ts';
import * as layouts from './layouts.ts';
import type { Layout } from './layouts.ts';
import {
  classes,
  dynamicTag,
  encodings,
  fileTypes,
  gnuNotes,
  machines,
  meaningOf,
  nameOf,
  sectionFlags,
  sectionTypes,
  segmentFlags,
  segmentTypes,
  specialSections,
  symbolBindings,
  symbolTypes,
  symbolVisibilities,
  systems,
} from './names.ts';
import { relocationName } from './relocations.ts';
import {
  splitInfo,
  type Elf,
  type ElfSection,
  type Note,
  type NoteList,
  type SymbolEntry,
  type SymbolTable,
} from './read.ts';
import type { Extent, Row } from './reader.ts';

const hex = (value: bigint | number) => `0x${value.toString(16)}`;
const count = (value: number, one: string, many = `${one}s`) =>
  `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`;

/** What is said of a field besides its name and place. */
type Saying = Pick<Field, 'value' | 'meaning'>;

/** The fields of a structure in the order of the file. */
function structure<Name extends string>(
  elf: Elf,
  layout: Layout<Name>,
  start: number,
  say: (name: Name, row: Row<Name>) => Saying,
): Parts {
  const row = elf.reader.row(layout, start);
  const names = Object.keys(layout.slots) as Name[];
  return listed(
    names.map((name) => ({ name, offset: row.offset(name), length: layout.slots[name].size, ...say(name, row) })),
  );
}

/** The tree of a file that could be read at least in part. */
export function elfFields(elf: Elf): Field {
  const { bytes } = elf.reader;
  const fields = [headerField(elf), ...tableFields(elf), ...contentFields(elf)];
  return {
    name: 'the file',
    offset: 0,
    length: bytes.length,
    parts: listed(fields.sort((one, other) => one.offset - other.offset)),
  };
}

function headerField(elf: Elf): Field {
  const { reader, header } = elf;
  const { bits, bytes } = reader;
  const size = layouts.identificationSize + layouts.header[bits].size;
  const whole = bytes.length >= size;
  const identification = identificationFields(bytes).filter(({ offset, length }) => offset + length <= bytes.length);
  const numbers = whole
    ? structure(elf, layouts.header[bits], layouts.identificationSize, (name, row) =>
        headerSaying(elf, name, row.big(name)),
      )
    : listed([]);
  return {
    name: 'ELF header',
    offset: 0,
    length: Math.min(size, bytes.length),
    ...(whole && {
      value: nameOf(fileTypes, header.type),
      meaning: 'what kind of file it is, and where its tables lie',
    }),
    parts: listed([...identification, ...Array.from({ length: numbers.count }, (_, index) => numbers.at(index))]),
  };
}

function identificationFields(bytes: Uint8Array): Field[] {
  const byte = (name: string, offset: number, meaning: string | undefined): Field => ({
    name,
    offset,
    length: 1,
    value: String(bytes[offset]),
    ...(meaning !== undefined && { meaning }),
  });
  return [
    {
      name: 'EI_MAG0…3',
      offset: 0,
      length: 4,
      value: '7f 45 4c 46',
      meaning: 'the mark of an ELF file: 7f and the letters ELF',
    },
    byte('EI_CLASS', 4, meaningOf(classes, bytes[4] ?? 0)),
    byte('EI_DATA', 5, meaningOf(encodings, bytes[5] ?? 0)),
    byte('EI_VERSION', 6, bytes[6] === 1 ? 'the version of ELF, still the first' : undefined),
    byte('EI_OSABI', 7, meaningOf(systems, bytes[7] ?? 0)),
    byte('EI_ABIVERSION', 8, undefined),
    { name: 'EI_PAD', offset: 9, length: 7, meaning: 'unused' },
  ];
}

/** What the header's fields say that need no more words. */
const headerMeanings: Readonly<Record<string, string>> = {
  e_version: 'the version of ELF',
  e_phoff: 'where the program headers begin',
  e_shoff: 'where the section headers begin',
  e_flags: 'flags of the processor’s own',
  e_ehsize: 'bytes of this header',
  e_phentsize: 'bytes of a program header',
  e_phnum: 'how many program headers',
  e_shentsize: 'bytes of a section header',
  e_shnum: 'how many section headers',
  e_shstrndx: 'the section that has the sections’ names',
};

function headerSaying({ header }: Elf, name: string, value: bigint): Saying {
  const number = Number(value);
  if (name === 'e_type') return say(number, meaningOf(fileTypes, number));
  if (name === 'e_machine') return say(number, meaningOf(machines, number));
  if (name === 'e_entry') return say(hex(value), entryMeaning(header.type, value));
  return say(/off|flags/.test(name) ? hex(value) : number, headerMeanings[name]);
}

function entryMeaning(type: number, value: bigint): string {
  if (value === 0n) return 'no entry point';
  return type === 3
    ? 'where it begins: a distance from wherever it is loaded'
    : 'where it begins: the address of the first instruction';
}

function say(value: string | number, meaning?: string): Saying {
  return { value: String(value), ...(meaning !== undefined && { meaning }) };
}

/** The program headers and the section headers. */
function tableFields(elf: Elf): Field[] {
  const { reader, segments, segmentTable, sections, sectionTable } = elf;
  const segmentLayout = layouts.programHeader[reader.bits];
  const sectionLayout = layouts.sectionHeader[reader.bits];
  return [
    {
      name: 'Program headers',
      offset: segmentTable.start,
      length: segmentTable.size,
      value: count(segments.length, 'segment'),
      meaning: 'what a loader does with the file',
      parts: repeated(
        { start: segmentTable.start, size: segmentLayout.size, count: segments.length },
        (index, offset) => {
          const { type, flags, virtualAddress } = segments[index] ?? noSegment;
          return {
            name: `[${index}] ${nameOf(segmentTypes, type)}`,
            offset,
            length: segmentLayout.size,
            value: `${segmentLetters(flags)} at ${hex(virtualAddress)}`,
            ...meaning(segmentTypes[type]?.[1]),
            parts: structure(elf, segmentLayout, offset, (name, row) => segmentSaying(elf, name, row.big(name), index)),
          };
        },
      ),
    },
    {
      name: 'Section headers',
      offset: sectionTable.start,
      length: sectionTable.size,
      value: count(sections.length, 'section'),
      meaning: 'what a linker and a debugger know the file by',
      parts: repeated(
        { start: sectionTable.start, size: sectionLayout.size, count: sections.length },
        (index, offset) => {
          const section = sections[index] ?? noSection;
          return {
            name: `[${index}] ${section.name}`.trimEnd(),
            offset,
            length: sectionLayout.size,
            value: nameOf(sectionTypes, section.type),
            ...meaning(sectionTypes[section.type]?.[1]),
            parts: structure(elf, sectionLayout, offset, (name, row) =>
              sectionSaying(elf, name, row.big(name), section),
            ),
          };
        },
      ),
    },
  ].filter(({ length }) => length > 0);
}

const noSegment = { type: 0, flags: 0, virtualAddress: 0n };
const noSection: ElfSection = {
  name: '',
  type: 0,
  flags: 0n,
  address: 0n,
  offset: 0n,
  size: 0n,
  link: 0,
  info: 0,
  alignment: 0n,
  entrySize: 0n,
};

function meaning(text: string | undefined): Pick<Field, 'meaning'> {
  return text === undefined || text === '' ? {} : { meaning: text };
}

/** A segment's permissions as readelf writes them, without blanks at the end: `R E`. */
export function segmentLetters(flags: number): string {
  const letters = segmentFlags.map(([bit, , letter]) => ((BigInt(flags) & bit) !== 0n ? letter : ' ')).join('');
  return letters.trim() === '' ? 'no permission' : letters.trim();
}

/** A section's flags as readelf writes them: `WA`. */
export function sectionLetters(flags: bigint): string {
  return sectionFlags.map(([bit, , letter]) => ((flags & bit) !== 0n ? letter : '')).join('');
}

/** What the fields of program headers and section headers say that need no more words. */
const tableMeanings: Readonly<Record<string, string>> = {
  p_offset: 'where its bytes begin in the file',
  p_vaddr: 'its address in memory',
  p_paddr: 'its physical address, where there are no page tables',
  p_filesz: 'bytes in the file',
  p_align: 'address and offset agree in what is left when divided by this',
  sh_addr: 'its address in memory; 0 where it has none',
  sh_offset: 'where its bytes begin in the file',
  sh_addralign: 'its address is a multiple of this',
  sh_entsize: 'bytes of an entry, in a table',
};

function segmentSaying({ segments }: Elf, name: string, value: bigint, index: number): Saying {
  if (name === 'p_type') return say(hex(value), meaningOf(segmentTypes, Number(value)));
  if (name === 'p_flags') return say(hex(value), flagNames(segmentFlags, value));
  if (name !== 'p_memsz') return say(hex(value), tableMeanings[name]);
  const zeroes = value - (segments[index]?.fileSize ?? value);
  return say(hex(value), `bytes in memory${zeroes > 0n ? `: the last ${hex(zeroes)} are zeroes` : ''}`);
}

function sectionSaying(elf: Elf, name: string, value: bigint, section: ElfSection): Saying {
  if (name === 'sh_name') return say(hex(value), section.name && `${section.name}, by its place among the names`);
  if (name === 'sh_type') return say(hex(value), meaningOf(sectionTypes, section.type));
  if (name === 'sh_flags') return say(hex(value), flagNames(sectionFlags, value));
  if (name === 'sh_size') return say(hex(value), section.type === 8 ? 'bytes in memory, none in the file' : 'bytes');
  if (name === 'sh_link') return say(Number(value), linkMeaning(elf, Number(value)));
  return say(hex(value), tableMeanings[name]);
}

function flagNames(flags: readonly (readonly [bit: bigint, name: string, letter: string])[], value: bigint): string {
  return flags
    .filter(([bit]) => (value & bit) !== 0n)
    .map(([, name]) => name)
    .join(' + ');
}

function linkMeaning({ sections }: Elf, link: number): string | undefined {
  const section = sections[link];
  return link === 0 || section === undefined ? undefined : `refers to ${section.name || `section ${link}`}`;
}

/** What the sections hold; in a file without sections, what the segments do. */
function contentFields(elf: Elf): Field[] {
  const { reader, sections, segments } = elf;
  const within = (offset: bigint, size: bigint): Extent | undefined => {
    if (offset >= BigInt(reader.bytes.length) || size === 0n) return undefined;
    return { start: Number(offset), size: Math.min(Number(size), reader.bytes.length - Number(offset)) };
  };
  if (sections.length > 0) {
    return sections.flatMap((section, index) => {
      const extent = section.type === 8 || section.type === 0 ? undefined : within(section.offset, section.size);
      if (extent === undefined) return [];
      const kind = sectionTypes[section.type]?.[1];
      return [
        {
          name: section.name || `section ${index}`,
          offset: extent.start,
          length: extent.size,
          value: count(extent.size, 'byte'),
          ...meaning(kind),
          ...withParts(sectionParts(elf, section, index, extent)),
        },
      ];
    });
  }
  return segments.flatMap(({ type, offset, fileSize }, index) => {
    const extent = within(offset, fileSize);
    // A segment over the headers would only hide them.
    if (extent === undefined || type === 6) return [];
    const notes = elf.notes.find(({ place }) => place === `segment ${index}`);
    return [
      {
        name: `segment ${index}`,
        offset: extent.start,
        length: extent.size,
        value: nameOf(segmentTypes, type),
        ...meaning(segmentTypes[type]?.[1]),
        ...withParts(notes && noteParts(elf, notes)),
      },
    ];
  });
}

function withParts(parts: Parts | undefined): Pick<Field, 'parts'> {
  return parts === undefined ? {} : { parts };
}

/** The named bytes of a section whose format is the standard's. */
function sectionParts(elf: Elf, { type, name }: ElfSection, index: number, extent: Extent): Parts | undefined {
  const symbols = elf.symbolTables.find(({ section }) => section === index);
  if (symbols !== undefined) return symbolParts(elf, symbols);
  if (elf.relocationTables.some(({ section }) => section === index)) return relocationParts(elf, index);
  if (type === 6 && elf.dynamic?.start === extent.start) return dynamicParts(elf);
  if (type === 7) {
    const notes = elf.notes.find((list) => list.extent.start === extent.start);
    return notes && noteParts(elf, notes);
  }
  if (type === 3 || name === '.interp') return later(() => stringParts(elf, extent));
  if ([14, 15, 16].includes(type)) return addressParts(elf, extent);
  return undefined;
}

function symbolParts(elf: Elf, table: SymbolTable): Parts {
  const layout = layouts.symbol[elf.reader.bits];
  return repeated({ start: table.start, size: table.stride, count: table.length }, (index, offset) => {
    const entry = table.at(index);
    return {
      name: `[${index}] ${symbolName(elf, entry)}`.trimEnd(),
      offset,
      length: layout.size,
      value: hex(entry.value),
      meaning: symbolMeaning(elf, entry),
      parts: structure(elf, layout, offset, (name, row) => symbolSaying(elf, name, row.big(name), entry)),
    };
  });
}

/** What a symbol is called; the one of a section has no name of its own. */
export function symbolName({ sections }: Elf, { name, type, section }: SymbolEntry): string {
  return name === '' && type === 3 ? (sections[section]?.name ?? '') : (name ?? 'a name that is not there');
}

function symbolMeaning({ sections }: Elf, { type, binding, section, size }: SymbolEntry): string {
  const place = specialSections[section]?.[1] ?? `in ${sections[section]?.name || `section ${section}`}`;
  const kind = symbolTypes[type]?.[1] || 'no type';
  const bytes = size > 0n ? `, ${size} bytes` : '';
  return `${kind}, ${nameOf(symbolBindings, binding).replace(/^STB_/, '').toLowerCase()}, ${place}${bytes}`;
}

function symbolSaying({ sections }: Elf, name: string, value: bigint, entry: SymbolEntry): Saying {
  switch (name) {
    case 'st_name':
      return say(Number(value), entry.name === undefined ? 'no string is there' : entry.name || 'no name');
    case 'st_info':
      return say(hex(value), `${nameOf(symbolBindings, entry.binding)}, ${nameOf(symbolTypes, entry.type)}`);
    case 'st_other':
      return say(Number(value), meaningOf(symbolVisibilities, entry.other & 3));
    case 'st_shndx':
      return say(Number(value), meaningOf(specialSections, entry.section) ?? sections[entry.section]?.name);
    case 'st_value':
      return say(hex(value), 'its address, or what stands for one');
    default:
      return say(Number(value), 'bytes');
  }
}

function relocationParts(elf: Elf, index: number): Parts | undefined {
  const table = elf.relocationTables.find(({ section }) => section === index);
  if (table === undefined) return undefined;
  const { bits } = elf.reader;
  const hasAddends = table.length > 0 && table.at(0).addend !== undefined;
  const layout: Layout<string> = hasAddends ? layouts.relocationWithAddend[bits] : layouts.relocation[bits];
  return repeated({ start: table.start, size: table.stride, count: table.length }, (entryIndex, offset) => {
    const entry = table.at(entryIndex);
    const type = relocationName(elf.header.machine, entry.type);
    const target = relocationTarget(elf, table.symbols, entry.symbol, entry.addend);
    return {
      name: `[${entryIndex}] ${type}`,
      offset,
      length: layout.size,
      value: hex(entry.offset),
      meaning: `gets ${target}`,
      parts: structure(elf, layout, offset, (name, row) => {
        if (name === 'r_offset') return say(hex(row.big(name)), 'the place to be filled in');
        if (name === 'r_addend') return say(signedHex(row.signed(name)), 'to be added');
        const { symbol } = splitInfo(bits, row.big(name));
        return say(hex(row.big(name)), `${type}, symbol ${symbol}`);
      }),
    };
  });
}

export function signedHex(value: bigint): string {
  return value < 0n ? `-${hex(-value)}` : hex(value);
}

/** What a relocation is filled in with, in words: `puts + 0x10`, `the base + 0x1139`. */
export function relocationTarget(
  elf: Elf,
  symbols: SymbolTable | undefined,
  symbol: number,
  addend: bigint | undefined,
): string {
  const entry = symbol > 0 && symbols !== undefined && symbol < symbols.length ? symbols.at(symbol) : undefined;
  const base = symbol === 0 ? 'the base' : entry === undefined ? `symbol ${symbol}` : symbolName(elf, entry);
  if (addend === undefined || addend === 0n) return base;
  return `${base} ${addend < 0n ? '-' : '+'} ${hex(addend < 0n ? -addend : addend)}`;
}

function dynamicParts(elf: Elf): Parts | undefined {
  const { dynamic, reader } = elf;
  if (dynamic === undefined) return undefined;
  const layout = layouts.dynamicEntry[reader.bits];
  return repeated({ start: dynamic.start, size: dynamic.stride, count: dynamic.length }, (index, offset) => {
    const { tag, value, text } = dynamic.at(index);
    const [name, words] = dynamicTag(tag);
    return {
      name: `[${index}] ${name}`,
      offset,
      length: layout.size,
      value: text ?? hex(value),
      ...meaning(words),
      parts: structure(elf, layout, offset, (field) =>
        field === 'd_tag' ? say(hex(tag), name) : say(hex(value), text),
      ),
    };
  });
}

function noteParts(elf: Elf, { notes }: NoteList): Parts {
  const layout = layouts.note[elf.reader.bits];
  return listed(
    notes.map((entry) => {
      const { owner, extent, content } = entry;
      const nameStart = extent.start + layout.size;
      const parts: Field[] = [];
      const numbers = structure(elf, layout, extent.start, (name, row) =>
        say(String(row.number(name)), noteFieldMeaning(name, entry)),
      );
      for (let index = 0; index < numbers.count; index += 1) parts.push(numbers.at(index));
      const nameSize = elf.reader.row(layout, extent.start).number('n_namesz');
      if (nameSize > 0)
        parts.push({ name: 'name', offset: nameStart, length: nameSize, value: owner, meaning: 'whose note it is' });
      if (content.size > 0)
        parts.push({ name: 'desc', offset: content.start, length: content.size, ...noteContent(elf, entry) });
      return {
        name: noteName(entry),
        offset: extent.start,
        length: extent.size,
        ...noteContent(elf, entry),
        parts: listed(parts),
      };
    }),
  );
}

/** What a note is called: `NT_GNU_BUILD_ID`. */
export function noteName({ owner, type }: Note): string {
  return owner === 'GNU' ? nameOf(gnuNotes, type) : `${owner || 'note'} ${type}`;
}

function noteFieldMeaning(name: 'n_namesz' | 'n_descsz' | 'n_type', { owner, type }: Note): string | undefined {
  if (name === 'n_namesz') return 'bytes of the name';
  if (name === 'n_descsz') return 'bytes of the content';
  return owner === 'GNU' ? meaningOf(gnuNotes, type) : 'its type, as its owner counts them';
}

/** What a note says, where we know its format. */
export function noteContent({ reader }: Elf, { owner, type, content }: Note): Saying {
  const bytes = reader.bytes.subarray(content.start, content.start + content.size);
  if (owner !== 'GNU') return {};
  if (type === 1 && content.size >= 16) {
    const number = (index: number) => reader.number(content.start + index * 4, 4);
    const system = ['Linux', 'Hurd', 'Solaris', 'FreeBSD', 'NetBSD'][number(0)] ?? `system ${number(0)}`;
    return say(`${system} ${number(1)}.${number(2)}.${number(3)}`, gnuNotes[type]?.[1]);
  }
  if (type === 3 && content.size <= 64) {
    return say([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''), gnuNotes[type]?.[1]);
  }
  return meaning(gnuNotes[type]?.[1]);
}

function stringParts({ reader }: Elf, extent: Extent): Parts {
  const end = extent.start + extent.size;
  const starts: number[] = [];
  for (let start = extent.start; start < end;) {
    starts.push(start);
    const stop = reader.bytes.indexOf(0, start);
    start = stop < 0 || stop >= end ? end : stop + 1;
  }
  return consecutive(starts, end, (index, offset, length) => ({
    name: `[${index}]`,
    offset,
    length,
    value: reader.string(extent, offset - extent.start)?.text ?? '',
  }));
}

function addressParts({ reader }: Elf, extent: Extent): Parts {
  const size = reader.bits === 64 ? 8 : 4;
  return repeated({ start: extent.start, size, count: Math.floor(extent.size / size) }, (index, offset) => ({
    name: `[${index}]`,
    offset,
    length: size,
    value: hex(reader.big(offset, size)),
    meaning: 'the address of a function',
  }));
}
