/** What a linker script is laid over: the sections and symbols of object files, as the linker sees them. */

/** Kinds of sections that programs have, with readelf's names, and their numbers in `sh_type`. */
export const sectionTypes = {
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOTE: 7,
  NOBITS: 8,
  INIT_ARRAY: 14,
  FINI_ARRAY: 15,
  PREINIT_ARRAY: 16,
} as const;
export type SectionType = keyof typeof sectionTypes;

export interface InputSection {
  /** As patterns see it: `main.o`, or `libcore.rlib:core.o` for a member of an archive. Empty for the linker's own. */
  file: string;
  name: string;
  type: SectionType;
  /** readelf's letters: W write, A in memory, X execute, R keep although nobody refers to it. */
  flags: string;
  size: number;
  /** A power of two. */
  alignment: number;
  /** Sections that its bytes refer to, as indices. Those nobody refers to are left out of the link. */
  needs?: readonly number[];
}

export interface InputSymbol {
  name: string;
  /** Index of its section; null for a number. */
  section: number | null;
  /** From the section's first byte. */
  value: number;
}

export interface Inputs {
  sections: readonly InputSection[];
  symbols: readonly InputSymbol[];
  /** Symbols that the files refer to and none of them defines. */
  undefined?: readonly string[];
  /** The unwinding tables that the linker joins, and the table of addresses that it makes. */
  made?: { frames?: { size: number; count: number }; got?: number };
  /** As `--gc-sections` says: leave out what nobody refers to. */
  collectGarbage?: boolean;
  /** As `--eh-frame-hdr` says: make an index to `.eh_frame`. */
  frameHeader?: boolean;
  /** As `-z now` says. */
  bindNow?: boolean;
}

/** The page size of x86-64: MAXPAGESIZE and COMMONPAGESIZE of ld.lld. */
export const pageSize = 0x1000n;

export const flagBits = { W: 1, A: 2, X: 4 } as const;

/** The bits of W, A and X in letters. */
export function flagsOf(letters: string): number {
  return (
    (letters.includes('W') ? flagBits.W : 0) |
    (letters.includes('A') ? flagBits.A : 0) |
    (letters.includes('X') ? flagBits.X : 0)
  );
}

/** A section that ld.lld makes itself. It takes part in patterns even while it is empty, and vanishes then. */
export interface MadeSection extends InputSection {
  role?: 'got' | 'gotPlt' | 'frames' | 'frameHeader' | 'table';
}

/**
 * The sections that ld.lld adds behind those of the object files for a static x86-64 link, in its order
 * (`createSyntheticSections` of LLVM 14). Most stay empty in a kernel; what they say to the section that takes them stays.
 */
export function madeSections({ made, frameHeader }: Inputs): MadeSection[] {
  const section = (name: string, type: SectionType, flags: string, alignment: number, size = 0): MadeSection => ({
    ...{ file: '', name, type, flags, size, alignment },
  });
  const table = (name: string, type: SectionType, alignment: number): MadeSection => ({
    ...section(name, type, '', alignment, 1),
    role: 'table',
  });
  return [
    table('.comment', 'PROGBITS', 1),
    section('.bss', 'NOBITS', 'WA', 1),
    section('.bss.rel.ro', 'NOBITS', 'WA', 1),
    ...(frameHeader
      ? [{ ...section('.eh_frame_hdr', 'PROGBITS', 'A', 4, made?.frames?.size ? 12 : 0), role: 'frameHeader' as const }]
      : []),
    { ...section('.eh_frame', 'PROGBITS', 'A', made?.frames ? 8 : 1, made?.frames?.size), role: 'frames' },
    { ...section('.got', 'PROGBITS', 'WA', 8, made?.got), role: 'got' },
    { ...section('.got.plt', 'PROGBITS', 'WA', 8), role: 'gotPlt' },
    section('.got.plt', 'PROGBITS', 'WA', 8),
    section('.rela.plt', 'RELA', 'A', 8),
    section('.rela.dyn', 'RELA', 'A', 8),
    section('.plt', 'PROGBITS', 'AX', 16),
    section('.iplt', 'PROGBITS', 'AX', 16),
    table('.symtab', 'SYMTAB', 8),
    table('.shstrtab', 'STRTAB', 1),
    table('.strtab', 'STRTAB', 1),
  ];
}
