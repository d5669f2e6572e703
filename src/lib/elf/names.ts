/**
 * What the standard calls the numbers in an ELF file, and what they mean in a few words.
 *
 * Sources: System V Application Binary Interface, generic part; the Linux Standard Base and the GNU extensions as binutils
 * prints them; the processor supplement for x86-64.
 */

/** A number's name in the standard, and what it means. */
export type Name = readonly [name: string, meaning: string];
export type Names = Readonly<Record<number, Name>>;

/** The standard's name of a number, or the number itself where it has none. */
export function nameOf(names: Names, value: number): string {
  return names[value]?.[0] ?? `0x${value.toString(16)}`;
}

/** The meaning of a number in words; undefined where the standard has none for it. */
export function meaningOf(names: Names, value: number): string | undefined {
  const found = names[value];
  return found && (found[1] === '' ? found[0] : `${found[0]}, ${found[1]}`);
}

export const classes: Names = { 1: ['ELFCLASS32', '32-bit'], 2: ['ELFCLASS64', '64-bit'] };

export const encodings: Names = {
  1: ['ELFDATA2LSB', 'little-endian: the lowest byte of a number first'],
  2: ['ELFDATA2MSB', 'big-endian: the highest byte of a number first'],
};

export const systems: Names = {
  0: ['ELFOSABI_NONE', 'UNIX System V: nothing special asked of the system'],
  3: ['ELFOSABI_GNU', 'GNU: it uses extensions of GNU'],
  9: ['ELFOSABI_FREEBSD', 'FreeBSD'],
  255: ['ELFOSABI_STANDALONE', 'no system'],
};

export const fileTypes: Names = {
  0: ['ET_NONE', 'no kind of file'],
  1: ['ET_REL', 'relocatable: an object file, for the linker'],
  2: ['ET_EXEC', 'executable, linked to fixed addresses'],
  3: ['ET_DYN', 'position-independent: a shared library, or a program that may be loaded anywhere'],
  4: ['ET_CORE', 'what was in memory when a process died'],
};

export const machines: Names = {
  0: ['EM_NONE', 'no machine'],
  3: ['EM_386', 'Intel 80386, 32-bit PCs'],
  8: ['EM_MIPS', 'MIPS'],
  20: ['EM_PPC', 'PowerPC'],
  21: ['EM_PPC64', '64-bit PowerPC'],
  22: ['EM_S390', 'IBM Z'],
  40: ['EM_ARM', 'ARM'],
  62: ['EM_X86_64', 'AMD and Intel x86-64, 64-bit PCs'],
  183: ['EM_AARCH64', '64-bit ARM'],
  243: ['EM_RISCV', 'RISC-V'],
  258: ['EM_LOONGARCH', 'LoongArch'],
};

export const segmentTypes: Names = {
  0: ['PT_NULL', 'unused'],
  1: ['PT_LOAD', 'to be put into memory'],
  2: ['PT_DYNAMIC', 'what has to be found and filled in before it runs'],
  3: ['PT_INTERP', 'the program that has to start this one'],
  4: ['PT_NOTE', 'remarks from tools to tools'],
  6: ['PT_PHDR', 'the program headers themselves'],
  7: ['PT_TLS', 'what each thread gets a copy of'],
  0x6474e550: ['PT_GNU_EH_FRAME', 'an index to the tables for unwinding'],
  0x6474e551: ['PT_GNU_STACK', 'whether the stack may be executed'],
  0x6474e552: ['PT_GNU_RELRO', 'to be read-only once it is filled in'],
  0x6474e553: ['PT_GNU_PROPERTY', 'what the code asks of the processor'],
};

export const sectionTypes: Names = {
  0: ['SHT_NULL', 'unused'],
  1: ['SHT_PROGBITS', 'the program’s own: code or data'],
  2: ['SHT_SYMTAB', 'names of functions and data, for linkers and debuggers'],
  3: ['SHT_STRTAB', 'strings'],
  4: ['SHT_RELA', 'places to be filled in, with addends'],
  5: ['SHT_HASH', 'a table for finding symbols'],
  6: ['SHT_DYNAMIC', 'what the dynamic linker has to know'],
  7: ['SHT_NOTE', 'remarks from tools to tools'],
  8: ['SHT_NOBITS', 'zeroes, which have no bytes in the file'],
  9: ['SHT_REL', 'places to be filled in'],
  11: ['SHT_DYNSYM', 'symbols for the dynamic linker'],
  14: ['SHT_INIT_ARRAY', 'functions to call first'],
  15: ['SHT_FINI_ARRAY', 'functions to call last'],
  16: ['SHT_PREINIT_ARRAY', 'functions to call before the first'],
  17: ['SHT_GROUP', 'sections that belong together'],
  18: ['SHT_SYMTAB_SHNDX', 'section indices that are too large for the symbol table'],
  19: ['SHT_RELR', 'places to be filled in, packed'],
  0x6ffffff6: ['SHT_GNU_HASH', 'GNU’s table for finding symbols'],
  0x6ffffffd: ['SHT_GNU_verdef', 'versions of symbols that are defined here'],
  0x6ffffffe: ['SHT_GNU_verneed', 'versions of symbols that are needed'],
  0x6fffffff: ['SHT_GNU_versym', 'which version each symbol has'],
};

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

export const segmentFlags: readonly (readonly [bit: number, name: string, letter: string])[] = [
  [4, 'PF_R', 'R'],
  [2, 'PF_W', 'W'],
  [1, 'PF_X', 'E'],
];

export const symbolBindings: Names = {
  0: ['STB_LOCAL', 'seen in its own object file'],
  1: ['STB_GLOBAL', 'seen everywhere'],
  2: ['STB_WEAK', 'gives way to a global one'],
  10: ['STB_GNU_UNIQUE', 'one in the whole process'],
};

export const symbolTypes: Names = {
  0: ['STT_NOTYPE', ''],
  1: ['STT_OBJECT', 'data'],
  2: ['STT_FUNC', 'a function'],
  3: ['STT_SECTION', 'a section'],
  4: ['STT_FILE', 'the source file'],
  5: ['STT_COMMON', 'data that has no place yet'],
  6: ['STT_TLS', 'data of each thread'],
  10: ['STT_GNU_IFUNC', 'a function that chooses a function'],
};

export const symbolVisibilities: Names = {
  0: ['STV_DEFAULT', ''],
  1: ['STV_INTERNAL', 'internal'],
  2: ['STV_HIDDEN', 'hidden from other files'],
  3: ['STV_PROTECTED', 'cannot be replaced by other files'],
};

/** Section indices that mean something else. */
export const specialSections: Names = {
  0: ['SHN_UNDEF', 'defined elsewhere'],
  0xfff1: ['SHN_ABS', 'a number, not a place'],
  0xfff2: ['SHN_COMMON', 'no place yet'],
  0xffff: ['SHN_XINDEX', 'the index stands in another table'],
};

export const dynamicTags: Names = {
  0: ['DT_NULL', 'the end of the list'],
  1: ['DT_NEEDED', 'a library that has to be loaded'],
  2: ['DT_PLTRELSZ', 'bytes of the relocations for calls'],
  3: ['DT_PLTGOT', 'the table of addresses'],
  4: ['DT_HASH', 'a table for finding symbols'],
  5: ['DT_STRTAB', 'the strings'],
  6: ['DT_SYMTAB', 'the symbols'],
  7: ['DT_RELA', 'places to be filled in'],
  8: ['DT_RELASZ', 'bytes of them'],
  9: ['DT_RELAENT', 'bytes of one of them'],
  10: ['DT_STRSZ', 'bytes of the strings'],
  11: ['DT_SYMENT', 'bytes of a symbol'],
  12: ['DT_INIT', 'a function to call first'],
  13: ['DT_FINI', 'a function to call last'],
  14: ['DT_SONAME', 'the name of this library'],
  15: ['DT_RPATH', 'where to look for libraries'],
  16: ['DT_SYMBOLIC', 'symbols of its own come first'],
  17: ['DT_REL', 'places to be filled in'],
  18: ['DT_RELSZ', 'bytes of them'],
  19: ['DT_RELENT', 'bytes of one of them'],
  20: ['DT_PLTREL', 'the kind of the relocations for calls'],
  21: ['DT_DEBUG', 'a place for debuggers'],
  22: ['DT_TEXTREL', 'code has to be filled in'],
  23: ['DT_JMPREL', 'the relocations for calls'],
  24: ['DT_BIND_NOW', 'everything is to be found at the start'],
  25: ['DT_INIT_ARRAY', 'functions to call first'],
  26: ['DT_FINI_ARRAY', 'functions to call last'],
  27: ['DT_INIT_ARRAYSZ', 'bytes of them'],
  28: ['DT_FINI_ARRAYSZ', 'bytes of them'],
  29: ['DT_RUNPATH', 'where to look for libraries'],
  30: ['DT_FLAGS', 'flags'],
  32: ['DT_PREINIT_ARRAY', 'functions to call before the first'],
  33: ['DT_PREINIT_ARRAYSZ', 'bytes of them'],
  34: ['DT_SYMTAB_SHNDX', 'section indices that are too large for the symbols'],
  35: ['DT_RELRSZ', 'bytes of the packed places'],
  36: ['DT_RELR', 'places to be filled in, packed'],
  37: ['DT_RELRENT', 'bytes of one of them'],
  0x6ffffef5: ['DT_GNU_HASH', 'GNU’s table for finding symbols'],
  0x6ffffff0: ['DT_VERSYM', 'which version each symbol has'],
  0x6ffffff9: ['DT_RELACOUNT', 'how many only need the base added'],
  0x6ffffffa: ['DT_RELCOUNT', 'how many only need the base added'],
  0x6ffffffb: ['DT_FLAGS_1', 'more flags'],
  0x6ffffffc: ['DT_VERDEF', 'versions that are defined here'],
  0x6ffffffd: ['DT_VERDEFNUM', 'how many'],
  0x6ffffffe: ['DT_VERNEED', 'versions that are needed'],
  0x6fffffff: ['DT_VERNEEDNUM', 'how many'],
  0x7ffffffd: ['DT_AUXILIARY', 'a library that may replace parts of this one'],
  0x7fffffff: ['DT_FILTER', 'a library that this one stands for'],
};

/** The types of the notes whose owner is GNU. */
export const gnuNotes: Names = {
  1: ['NT_GNU_ABI_TAG', 'the oldest system it runs on'],
  2: ['NT_GNU_HWCAP', 'what it asks of the processor'],
  3: ['NT_GNU_BUILD_ID', 'a number that only this build has'],
  4: ['NT_GNU_GOLD_VERSION', 'the linker'],
  5: ['NT_GNU_PROPERTY_TYPE_0', 'what the code asks of the processor'],
};

/** The relocation types of x86-64, in the order of their numbers. */
const relocationNames = (
  'NONE 64 PC32 GOT32 PLT32 COPY GLOB_DAT JUMP_SLOT RELATIVE GOTPCREL 32 32S 16 PC16 8 PC8 DTPMOD64 DTPOFF64 TPOFF64 ' +
  'TLSGD TLSLD DTPOFF32 GOTTPOFF TPOFF32 PC64 GOTOFF64 GOTPC32 GOT64 GOTPCREL64 GOTPC64 GOTPLT64 PLTOFF64 SIZE32 ' +
  'SIZE64 GOTPC32_TLSDESC TLSDESC_CALL TLSDESC IRELATIVE RELATIVE64 PC32_BND PLT32_BND GOTPCRELX REX_GOTPCRELX'
).split(' ');

/** What a relocation is called: `R_X86_64_RELATIVE`; of other processors only its number is known here. */
export function relocationName(machine: number, type: number): string {
  const name = machine === 62 ? relocationNames[type] : undefined;
  return name === undefined ? `type ${type}` : `R_X86_64_${name}`;
}
