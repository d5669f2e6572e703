/**
 * What we read of ELF files, held against what binutils' readelf and LLVM's llvm-readobj print: header, segments, sections,
 * symbols, dynamic section, relocations and notes, over files of this system and, compiled here, of other processors and
 * byte orders.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import {
  dynamicTag,
  fileTypes,
  nameOf,
  sectionTypes,
  segmentTypes,
  specialSections,
  symbolBindings,
  symbolTypes,
  symbolVisibilities,
} from '../../src/lib/elf/names.ts';
import { relocationName } from '../../src/lib/elf/relocations.ts';
import { noteName, noteContent, sectionLetters, symbolName } from '../../src/lib/elf/fields.ts';
import { headerNumbers, readElf, type Elf } from '../../src/lib/elf/read.ts';
import { cache } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import { thorough } from '../thorough.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-readelf-`);
after(() => rmSync(scratch, { recursive: true }));

/** How many files of this system are read, and the largest one of them. */
const [wanted, largest] = thorough ? [3000, 64e6] : [220, 400_000];

const parts = ['header', 'segments', 'sections', 'symbols', 'dynamic', 'relocations', 'notes'] as const;
type Part = (typeof parts)[number];
/** Two programs that read ELF files, independently of each other, and print them in the same form. */
const readers = {
  readelf: ['readelf', '-W'],
  'llvm-readobj': ['llvm-readobj', '--elf-output-style=GNU', '--dyn-syms', '--raw-relr'],
} as const;
type ReaderName = keyof typeof readers;
const readerNames = Object.keys(readers) as ReaderName[];

/** How many values of each part were held against those of each reader, and in how many files. */
const compared = new Map(
  readerNames.map((reader) => [reader, new Map(parts.map((part) => [part, { files: 0, values: 0 }]))]),
);

/** ELF files of this system, the same ones each time: every so many of all programs, libraries and object files. */
function systemFiles(): string[] {
  const places = ['/usr/bin', '/usr/sbin', '/usr/lib'];
  const { stdout } = spawnSync('find', [...places, '-type', 'f', '-size', '+0', '-size', `-${largest / 1000}k`], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const named = /\/s?bin\/|\.so|\.k?o$|\/lib\/[^.]*$/;
  const found = stdout.split('\n').filter((path) => named.test(path) && isElf(path));
  found.sort();
  const step = Math.max(1, found.length / wanted);
  return Array.from({ length: Math.min(wanted, found.length) }, (_, index) => found[Math.floor(index * step)] ?? '');
}

function isElf(path: string): boolean {
  const file = openSync(path, 'r');
  const mark = Buffer.alloc(4);
  readSync(file, mark);
  closeSync(file);
  return mark.equals(Buffer.from('\x7fELF', 'latin1'));
}

/** A library and an object file for each of these: both sizes, both byte orders. */
const targets = ['x86', 'arm', 'mips', 'powerpc64', 's390x', 'aarch64', 'riscv64', 'riscv32'];
const program = `
extern int outside(int);
static int counter = 3;
int table[4] = {1, 2, 3, 4};
int *where = &table[2];
__thread int each;
__attribute__((constructor)) static void first(void) { counter++; }
int twice(int x) { return outside(x) * counter + *where + each; }
`;

async function compiledFiles(): Promise<string[]> {
  const env = { ZIG_GLOBAL_CACHE_DIR: `${scratch}/zig`, ZIG_LOCAL_CACHE_DIR: `${scratch}/zig` };
  writeFileSync(`${scratch}/program.c`, program);
  const files: string[] = [];
  for (const target of targets) {
    for (const kind of ['-c', '-shared']) {
      const file = `${scratch}/${target}${kind}.elf`;
      const triple = `${target}-linux-${target === 'arm' ? 'musleabi' : 'musl'}`;
      await run(
        `${cache}/venv/bin/python`,
        ['-m', 'ziglang', 'cc', '-target', triple, kind, '-nostdlib', '-fPIC', `${scratch}/program.c`, '-o', file],
        { env },
      );
      files.push(file);
    }
  }
  return files;
}

/** A reader's lines about a file, by part. */
function linesOf(reader: ReaderName, path: string): Record<Part, string[]> {
  const [program, ...options] = readers[reader];
  const { stdout } = spawnSync(program, [...options, '-h', '-l', '-S', '-s', '-d', '-r', '-n', path], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  const lines: Record<Part, string[]> = {
    header: [],
    segments: [],
    sections: [],
    symbols: [],
    dynamic: [],
    relocations: [],
    notes: [],
  };
  let part: Part = 'header';
  for (const line of stdout.split('\n')) {
    if (/^Section Headers:/.test(line)) part = 'sections';
    else if (/^Program Headers:/.test(line)) part = 'segments';
    else if (/^Dynamic section/.test(line)) part = 'dynamic';
    else if (/^Relocation section/.test(line)) part = 'relocations';
    else if (/^Symbol table/.test(line)) part = 'symbols';
    else if (/^Displaying notes/.test(line)) part = 'notes';
    else if (/^ Section to Segment mapping|^Version |^Histogram/.test(line)) part = 'header';
    lines[part].push(line);
  }
  return lines;
}

/** Both readings as lists of the same values, ours first. */
type Pair = [ours: (string | number | bigint | undefined)[], theirs: (string | number | bigint | undefined)[]];

const hexadecimal = (text = '') => BigInt(`0x${text.replace(/^0x/, '') || '0'}`);

function headers(elf: Elf, lines: string[]): Pair {
  const theirs = new Map(
    lines.map((line) => /^ {2}([^:]+): +(.*)$/.exec(line)).map((match) => [match?.[1] ?? '', match?.[2] ?? '']),
  );
  const numbers = headerNumbers(elf);
  const number = (label: string) => BigInt(/^(0x[0-9a-f]+|\d+)/i.exec(theirs.get(label) ?? '')?.[1] ?? -1);
  return [
    [
      elf.reader.bits,
      elf.reader.littleEndian ? 'little' : 'big',
      nameOf(fileTypes, elf.header.type).slice(3),
      ...(
        [
          'e_entry',
          'e_phoff',
          'e_shoff',
          'e_flags',
          'e_ehsize',
          'e_phentsize',
          'e_phnum',
          'e_shentsize',
          'e_shnum',
          'e_shstrndx',
        ] as const
      ).map((name) => numbers[name]),
    ],
    [
      Number(theirs.get('Class')?.slice(3)),
      theirs.get('Data')?.includes('little') ? 'little' : 'big',
      theirs.get('Type')?.split(' ')[0],
      ...[
        'Entry point address',
        'Start of program headers',
        'Start of section headers',
        'Flags',
        'Size of this header',
        'Size of program headers',
        'Number of program headers',
        'Size of section headers',
        'Number of section headers',
        'Section header string table index',
      ].map(number),
    ],
  ];
}

function segments(elf: Elf, lines: string[]): Pair {
  const row =
    /^ {2}(<unknown>: \S+|\S+) +(0x[0-9a-f]+) (0x[0-9a-f]+) (0x[0-9a-f]+) (0x[0-9a-f]+) (0x[0-9a-f]+) (.{3}) (0x[0-9a-f]+|\d+)$/;
  const theirs = lines.flatMap((line) => {
    const [, type, offset, address, physical, inFile, inMemory, flags, alignment = ''] = row.exec(line) ?? [];
    if (type === undefined) return [];
    return [
      isNamed(type),
      ...[offset, address, physical, inFile, inMemory].map(hexadecimal),
      flags?.replaceAll(' ', ''),
      BigInt(alignment),
    ];
  });
  const asks = lines
    .map((line) => /Requesting program interpreter: (.*)\]/.exec(line)?.[1])
    .find((path) => path !== undefined);
  const ours = elf.segments.flatMap((segment) => [
    isNamed(nameOf(segmentTypes, segment.type).slice(3)),
    segment.offset,
    segment.virtualAddress,
    segment.physicalAddress,
    segment.fileSize,
    segment.memorySize,
    [4, 2, 1].map((bit, index) => ((segment.flags & bit) === 0 ? '' : 'RWE'[index])).join(''),
    segment.alignment,
  ]);
  return [
    [...ours, elf.interpreter],
    [...theirs, asks],
  ];
}

/** Names of the processor's own, or the system's, that we do not know are not compared: their numbers have no name with us. */
function isNamed(name = ''): string {
  return /^(LOAD|DYNAMIC|INTERP|NOTE|PHDR|TLS|GNU_\w+|NULL|PROGBITS|SYMTAB|STRTAB|RELA|HASH|NOBITS|REL|DYNSYM|\w+_ARRAY|GROUP|VER\w+)$/.test(
    name,
  )
    ? name
    : 'another';
}

function sections(elf: Elf, lines: string[]): Pair {
  const row =
    /^ {2}\[ *\d+\] (.*?) +(\S+) +([0-9a-f]{8,16}) ([0-9a-f]{6,}) ([0-9a-f]{6,}) ([0-9a-f]{2,}) (.{3}) +(\d+) +(\d+) +(\d+)$/;
  const theirs = lines.flatMap((line) => {
    const [, name, type, address, offset, size, entry, flags = '', ...numbers] = row.exec(line) ?? [];
    if (name === undefined) return [];
    return [
      name.trim(),
      isNamed(type),
      ...[address, offset, size, entry].map(hexadecimal),
      flags.replaceAll(/[^WAXMSILOGTC]/g, ''),
      ...numbers.map(BigInt),
    ];
  });
  const ours = elf.sections.flatMap((section) => [
    section.name,
    isNamed(
      nameOf(sectionTypes, section.type)
        .replace(/^SHT_/, '')
        .replace(/^GNU_ver/, 'ver')
        .replace(/^ver(\w+)/, (_, rest: string) => `VER${rest.toUpperCase()}`),
    ),
    section.address,
    section.offset,
    section.size,
    section.entrySize,
    sectionLetters(section.flags),
    BigInt(section.link),
    BigInt(section.info),
    section.alignment,
  ]);
  return [ours, theirs];
}

function symbols(elf: Elf, lines: string[]): Pair {
  const row = /^ *\d+: ([0-9a-f]{8,16}) +(\d+|0x[0-9a-f]+) (\S+) +(\S+) +(\S+) +(?:\[[^\]]*\] +)?(\S+) ?(.*)$/;
  const special = { UND: 'SHN_UNDEF', ABS: 'SHN_ABS', COM: 'SHN_COMMON' } as const;
  const theirs = lines.flatMap((line) => {
    const [, value, size = '', type, binding, visibility, place = '', name = ''] = row.exec(line) ?? [];
    if (value === undefined) return [];
    const section = place in special ? special[place as keyof typeof special] : place;
    return [
      [
        hexadecimal(value),
        BigInt(size),
        /^</.test(type ?? '') ? 'another' : type,
        binding,
        visibility,
        section,
        name.replace(/ \[<other>: \w+\]$/, ''),
      ],
    ];
  });
  const ours = elf.symbolTables.flatMap((table) =>
    Array.from({ length: table.length }, (_, index) => {
      const entry = table.at(index);
      const short = (name: string) => name.replace(/^ST[TBV]_(GNU_)?/, '');
      return [
        entry.value,
        entry.size,
        short(nameOf(symbolTypes, entry.type)),
        short(nameOf(symbolBindings, entry.binding)),
        short(nameOf(symbolVisibilities, entry.other & 3)),
        specialSections[entry.section]?.[0] ?? String(entry.section),
        symbolName(elf, entry),
      ];
    }),
  );
  // A dynamic symbol's version stands behind its name with readelf, and in a table of its own in the file.
  for (const [index, row] of theirs.entries()) {
    const own = String(ours[index]?.[6] ?? '');
    if (typeof row[6] === 'string' && row[6].startsWith(`${own}@`)) row[6] = own;
  }
  return [ours.flat(), theirs.flat()];
}

function dynamic(elf: Elf, lines: string[]): Pair {
  const theirs = lines.flatMap((line) => {
    const [, tag, name, text = ''] = /^ +(0x[0-9a-f]+) \((\S+)\) +(.*)$/.exec(line) ?? [];
    if (tag === undefined) return [];
    const value =
      /\[(.*)\]$/.exec(text)?.[1] ??
      (/^0x[0-9a-f]+$/.test(text)
        ? hexadecimal(text)
        : /^(\d+)( \(bytes\))?$/.test(text)
          ? BigInt(text.split(' ')[0] ?? '')
          : undefined);
    return [[hexadecimal(tag), name, value]];
  });
  const ours = Array.from({ length: elf.dynamic?.length ?? 0 }, (_, index) => {
    const { tag, value, text } = elf.dynamic?.at(index) ?? { tag: 0n, value: 0n, text: undefined };
    const [name] = dynamicTag(tag);
    // Flags and kinds are printed as words, and names of processors are not ours.
    const known = theirs[index]?.[2] !== undefined;
    return [tag, name.startsWith('DT_') ? name.slice(3) : theirs[index]?.[1], known ? (text ?? value) : undefined];
  });
  return [ours.flat(), theirs.flat()];
}

function relocations(elf: Elf, lines: string[]): Pair {
  const theirs = lines.flatMap((line) => {
    const [, offset, info, type = '', rest = ''] = /^([0-9a-f]{8,16}) +([0-9a-f]{8,16}) (\S+) *(.*)$/.exec(line) ?? [];
    if (offset === undefined) return [];
    const [, sign, size] = /(?:^|([+-]) )([0-9a-f]+)$/.exec(rest) ?? [];
    return [
      {
        values: [hexadecimal(offset), hexadecimal(info), type],
        addend: size === undefined ? 0n : hexadecimal(size) * (sign === '-' ? -1n : 1n),
      },
    ];
  });
  let next = 0;
  const ours = elf.relocationTables.flatMap((table) =>
    Array.from({ length: table.length }, (_, index) => {
      const { offset, type, symbol, addend } = table.at(index);
      const their = theirs[next++];
      const name = relocationName(elf.header.machine, type);
      const typeBits = elf.reader.bits === 32 ? 8n : 32n;
      if (addend === undefined && their !== undefined) their.addend = 0n;
      return [
        offset,
        (BigInt(symbol) << typeBits) | BigInt(type),
        name.startsWith('R_') ? name : their?.values[2],
        BigInt.asUintN(elf.reader.bits, addend ?? 0n),
      ];
    }),
  );
  return [ours.flat(), theirs.flatMap(({ values, addend }) => [...values, BigInt.asUintN(elf.reader.bits, addend)])];
}

function notes(elf: Elf, lines: string[]): Pair {
  const theirs = lines.flatMap((line) => {
    const [, owner, size, type = ''] = /^ {2}(\S+) +0x([0-9a-f]{8})\t(\S+)/.exec(line) ?? [];
    // readelf prints what the note says behind it, llvm-readobj below it.
    const id = /Build ID: ([0-9a-f]+)/.exec(line)?.[1];
    return [
      ...(owner === undefined ? [] : [owner, hexadecimal(size), /^NT_GNU/.test(type) ? type : 'another']),
      ...(id === undefined ? [] : [id]),
    ];
  });
  const ours = elf.notes.flatMap((list) =>
    list.notes.flatMap((note) => {
      const name = noteName(note);
      const id = name === 'NT_GNU_BUILD_ID' ? [noteContent(elf, note).value] : [];
      return [note.owner, BigInt(note.content.size), /^NT_GNU/.test(name) ? name : 'another', ...id];
    }),
  );
  return [ours, theirs];
}

const comparisons: Record<Part, (elf: Elf, lines: string[]) => Pair> = {
  header: headers,
  segments,
  sections,
  symbols,
  dynamic,
  relocations,
  notes,
};

function compare(path: string): void {
  const elf = readElf(new Uint8Array(readFileSync(path)));
  assert.deepEqual(elf.problems, [], path);
  for (const reader of readerNames) compareWith(reader, elf, path);
}

function compareWith(reader: ReaderName, elf: Elf, path: string): void {
  const lines = linesOf(reader, path);
  for (const part of parts) {
    const [ours, theirs] = comparisons[part](elf, lines[part]);
    const differs = ours.findIndex((value, index) => value !== theirs[index]);
    const around = (values: Pair[0]) =>
      values
        .slice(Math.max(0, differs - 8), differs + 8)
        .map(String)
        .join(' ');
    assert.ok(differs < 0, `${path}, ${part}: ours ${around(ours)}\n${reader}'s ${around(theirs)}`);
    assert.equal(ours.length, theirs.length, `${path}, ${part}: another number of values than ${reader}'s`);
    const count = compared.get(reader)?.get(part);
    if (count === undefined || ours.length === 0) continue;
    count.files += 1;
    count.values += ours.length;
  }
}

// macOS has neither these readers nor ELF files of its own.
if (process.platform === 'linux') {
  test('every file of this system reads as readelf and llvm-readobj read it', (t) => {
    const files = systemFiles();
    assert.ok(files.length >= 200, `only ${files.length} ELF files were found`);
    for (const file of files) compare(file);
    report(t, files.length);
  });

  test('so do files of other processors, sizes and byte orders', async (t) => {
    const files = await compiledFiles();
    const kinds = new Set(files.map((file) => [...readFileSync(file).subarray(4, 6)].join()));
    assert.deepEqual([...kinds].sort(), ['1,1', '1,2', '2,1', '2,2']);
    for (const file of files) compare(file);
    report(t, files.length);
  });
}

/** The table of what has been compared so far. */
function report(t: { diagnostic(text: string): void }, files: number): void {
  t.diagnostic(`${files} files; values that were compared so far, with 0 differences:`);
  for (const [reader, counts] of compared) {
    for (const [part, { files: having, values }] of counts) {
      t.diagnostic(`${reader.padEnd(12)} ${part.padEnd(12)} ${String(values).padStart(9)} values in ${having} files`);
    }
  }
}
