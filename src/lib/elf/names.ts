/**
 * What the standard calls the numbers in an ELF file, and what they mean in a few words.
 *
 * Sources: System V Application Binary Interface, generic part; the Linux Standard Base and the GNU extensions as binutils
 * prints them. relocations.ts has the names that differ from processor to processor.
 */

/** A number's name in the standard, and what it means. */
export type Name = readonly [name: string, meaning: string];
export type Names = Readonly<Record<number, Name>>;

/** Names with a common beginning, a line each: the number, the rest of its name, and the meaning. */
function names(beginning: string, lines: string): Names {
  return Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map((line) => {
        const [number, name = '', ...words] = line.trim().split(' ');
        return [Number(number), [beginning + name, words.join(' ')]];
      }),
  );
}

/** The standard's name of a number, or the number itself where it has none. */
export function nameOf(names: Names, value: number): string {
  return names[value]?.[0] ?? `0x${value.toString(16)}`;
}

/** The meaning of a number in words; undefined where the standard has none for it. */
export function meaningOf(names: Names, value: number): string | undefined {
  const found = names[value];
  return found && (found[1] === '' ? found[0] : `${found[0]}, ${found[1]}`);
}

export const classes = names(
  '',
  `
  1 ELFCLASS32 32-bit
  2 ELFCLASS64 64-bit
  `,
);

export const encodings = names(
  '',
  `
  1 ELFDATA2LSB little-endian: the lowest byte of a number first
  2 ELFDATA2MSB big-endian: the highest byte of a number first
  `,
);

export const systems = names(
  'ELFOSABI_',
  `
  0 NONE UNIX System V
  3 GNU GNU
  9 FREEBSD FreeBSD
  255 STANDALONE no system
  `,
);

export const fileTypes = names(
  'ET_',
  `
  0 NONE no kind of file
  1 REL relocatable: an object file, for
  2 EXEC executable, linked to fixed addresses
  3 DYN position-independent: a shared library, or a program that may be loaded anywhere
  4 CORE what was in memory when a process died
  `,
);

export const machines = names(
  'EM_',
  `
  0 NONE no machine
  3 386 Intel 80386, 32-bit PCs
  8 MIPS MIPS
  20 PPC PowerPC
  21 PPC64 64-bit PowerPC
  22 S390 IBM Z
  40 ARM ARM
  62 X86_64 AMD and Intel x86-64, 64-bit PCs
  183 AARCH64 64-bit ARM
  243 RISCV RISC-V
  258 LOONGARCH LoongArch
  `,
);

export const segmentTypes = names(
  'PT_',
  `
  0 NULL unused
  1 LOAD to be put into memory
  2 DYNAMIC what has to be found and filled in before it runs
  3 INTERP the program that has to start this one
  4 NOTE remarks from tools to tools
  6 PHDR the program headers themselves
  7 TLS what each thread gets a copy of
  0x6474e550 GNU_EH_FRAME an index to the tables for unwinding
  0x6474e551 GNU_STACK whether the stack may be executed
  0x6474e552 GNU_RELRO to be read-only once it is filled in
  0x6474e553 GNU_PROPERTY what the code asks of the processor
  `,
);

export const sectionTypes = names(
  'SHT_',
  `
  0 NULL unused
  1 PROGBITS the program’s own: code or data
  2 SYMTAB names of functions and data
  3 STRTAB strings
  4 RELA places to be filled in
  5 HASH
  6 DYNAMIC what the dynamic linker has to know
  7 NOTE remarks from tools to tools
  8 NOBITS zeroes, which have no bytes in the file
  9 REL places to be filled in
  11 DYNSYM names for the dynamic linker
  14 INIT_ARRAY functions to call first
  15 FINI_ARRAY functions to call last
  16 PREINIT_ARRAY functions to call first
  17 GROUP
  18 SYMTAB_SHNDX
  19 RELR places to be filled in
  0x6ffffff6 GNU_HASH
  0x6ffffffd GNU_verdef versions of symbols
  0x6ffffffe GNU_verneed versions of symbols
  0x6fffffff GNU_versym versions of symbols
  `,
);

/** The bits of `sh_flags`, with the letter that readelf gives them. */
export const sectionFlags: readonly (readonly [bit: bigint, name: string, letter: string])[] = [
  [0x1n, 'SHF_WRITE', 'W'],
  [0x2n, 'SHF_ALLOC', 'A'],
  [0x4n, 'SHF_EXECINSTR', 'X'],
  [0x10n, 'SHF_MERGE', 'M'],
  [0x20n, 'SHF_STRINGS', 'S'],
  [0x40n, 'SHF_INFO_LINK', 'I'],
  [0x80n, 'SHF_LINK_ORDER', 'L'],
  [0x100n, 'SHF_OS_NONCONFORMING', 'O'],
  [0x200n, 'SHF_GROUP', 'G'],
  [0x400n, 'SHF_TLS', 'T'],
  [0x800n, 'SHF_COMPRESSED', 'C'],
];

export const segmentFlags: readonly (readonly [bit: bigint, name: string, letter: string])[] = [
  [4n, 'PF_R', 'R'],
  [2n, 'PF_W', 'W'],
  [1n, 'PF_X', 'E'],
];

export const symbolBindings = names(
  'STB_',
  `
  0 LOCAL
  1 GLOBAL
  2 WEAK
  10 GNU_UNIQUE
  `,
);

export const symbolTypes = names(
  'STT_',
  `
  0 NOTYPE
  1 OBJECT data
  2 FUNC a function
  3 SECTION a section
  4 FILE the source file
  5 COMMON data that has no place yet
  6 TLS data of each thread
  10 GNU_IFUNC a function that chooses a function
  `,
);

export const symbolVisibilities = names(
  'STV_',
  `
  0 DEFAULT
  1 INTERNAL internal
  2 HIDDEN hidden
  3 PROTECTED protected
  `,
);

/** Section indices that mean something else. */
export const specialSections = names(
  'SHN_',
  `
  0 UNDEF defined elsewhere
  0xfff1 ABS a number, not a place
  0xfff2 COMMON no place yet
  0xffff XINDEX the index stands in another table
  `,
);

/** The dynamic tags from 0 on; `-` where a number is not in use. */
const tags = (
  'NULL NEEDED PLTRELSZ PLTGOT HASH STRTAB SYMTAB RELA RELASZ RELAENT STRSZ SYMENT INIT FINI SONAME RPATH SYMBOLIC REL ' +
  'RELSZ RELENT PLTREL DEBUG TEXTREL JMPREL BIND_NOW INIT_ARRAY FINI_ARRAY INIT_ARRAYSZ FINI_ARRAYSZ RUNPATH FLAGS - ' +
  'PREINIT_ARRAY PREINIT_ARRAYSZ SYMTAB_SHNDX RELRSZ RELR RELRENT'
).split(' ');

/** Those of GNU, from 0x6ffffff0 on. */
const gnuTags = 'VERSYM - - - - - - - - RELACOUNT RELCOUNT FLAGS_1 VERDEF VERDEFNUM VERNEED VERNEEDNUM'.split(' ');

const tagMeanings: Readonly<Record<string, string>> = {
  NULL: 'the end of the list',
  NEEDED: 'a library that has to be loaded',
  STRTAB: 'where the strings are',
  SYMTAB: 'where the symbols are',
  RELA: 'the places to be filled in',
  SONAME: 'the name of this library',
  RUNPATH: 'where to look for libraries',
};

/** What a dynamic tag is called, and what it means. */
export function dynamicTag(tag: bigint): Name {
  const name = tag === 0x6ffffef5n ? 'GNU_HASH' : (tags[Number(tag)] ?? gnuTags[Number(tag - 0x6ffffff0n)] ?? '-');
  return name === '-' ? [`0x${tag.toString(16)}`, ''] : [`DT_${name}`, tagMeanings[name] ?? ''];
}

/** The types of the notes whose owner is GNU. */
export const gnuNotes = names(
  'NT_GNU_',
  `
  1 ABI_TAG
  2 HWCAP what it asks of the processor
  3 BUILD_ID
  4 GOLD_VERSION
  5 PROPERTY_TYPE_0 what the code asks of the processor
  `,
);
