/** What a linker script says, before any section is looked at. */
import type { Place } from './problem.ts';

export type Expression =
  | { kind: 'number'; value: bigint }
  | { kind: 'dot'; place: Place }
  | { kind: 'symbol'; name: string; place: Place }
  | { kind: 'unary'; operator: string; operand: Expression }
  /** Operators that bind equally, from left to right. */
  | { kind: 'chain'; first: Expression; rest: { operator: string; operand: Expression; place: Place }[] }
  | { kind: 'ternary'; condition: Expression; yes: Expression; no: Expression }
  | { kind: 'call'; name: string; parameters: Expression[]; place: Place }
  /** ADDR, ALIGNOF, LOADADDR and SIZEOF. */
  | { kind: 'section'; name: string; section: string; place: Place }
  /** ORIGIN and LENGTH. */
  | { kind: 'region'; name: string; region: string }
  | { kind: 'defined'; symbol: string }
  | { kind: 'assert'; condition: Expression; message: string; place: Place };

export interface Assignment {
  kind: 'assignment';
  /** `.` is the location counter. An ASSERT outside of an expression assigns the counter to itself. */
  symbol: string;
  operator: string;
  value: Expression;
  provide: boolean;
  hidden: boolean;
  place: Place;
}

/** BYTE, SHORT, LONG or QUAD: bytes that the script itself puts there. */
export interface Data {
  kind: 'data';
  size: number;
  value: Expression;
  place: Place;
}

export const sorts = ['SORT', 'SORT_BY_NAME', 'SORT_BY_ALIGNMENT', 'SORT_BY_INIT_PRIORITY', 'SORT_NONE'] as const;
export type Sort = 'name' | 'alignment' | 'priority' | 'none';

export interface SectionPattern {
  /** Any of these matches. */
  sections: readonly string[];
  excludedFiles: readonly string[];
  outer: Sort | undefined;
  inner: Sort | undefined;
}

/** `*(.text .text.*)`: which sections of which files. */
export interface InputPattern {
  kind: 'input';
  file: string;
  keep: boolean;
  patterns: readonly SectionPattern[];
  place: Place;
}

export interface SectionCommand {
  kind: 'section';
  name: string;
  address: Expression | undefined;
  noLoad: boolean;
  /** COPY, INFO or OVERLAY: kept in the file, not in memory. */
  notAllocated: boolean;
  loadAddress: Expression | undefined;
  alignment: Expression | undefined;
  inputAlignment: Expression | undefined;
  constraint: 'ONLY_IF_RO' | 'ONLY_IF_RW' | undefined;
  commands: (Assignment | Data | InputPattern)[];
  region: { name: string; place: Place } | undefined;
  loadRegion: { name: string; place: Place } | undefined;
  segments: { name: string; place: Place }[];
  fill: number | undefined;
  /** An expression in it uses a symbol. Such a section stays even when nothing lies in it. */
  usesSymbols: boolean;
  place: Place;
}

export interface SegmentCommand {
  name: string;
  /** `p_type`. */
  type: number;
  fileHeader: boolean;
  programHeaders: boolean;
  flags: number | undefined;
  loadAddress: Expression | undefined;
  place: Place;
}

export interface RegionCommand {
  name: string;
  origin: Expression;
  length: Expression;
  /** Bits of `sh_flags`: a section fits that has one of the first or lacks one of the second, and none of the others. */
  attributes: { has: number; lacks: number; never: number; always: number };
  place: Place;
}

export interface Script {
  text: string;
  entry: { symbol: string; place: Place } | undefined;
  /** Symbols of EXTERN: wanted although nothing refers to them. */
  wanted: string[];
  commands: (Assignment | SectionCommand)[];
  segments: SegmentCommand[];
  regions: RegionCommand[];
  /** Every symbol that an expression uses. */
  symbolsUsed: Set<string>;
  /** Sections that ADDR or LOADADDR names: they stay even when nothing lies in them. */
  sectionsUsed: Set<string>;
}

/** Names of segment types that ld.lld knows, and their numbers in `p_type`. */
export const segmentTypes: Readonly<Record<string, number>> = {
  PT_NULL: 0,
  PT_LOAD: 1,
  PT_DYNAMIC: 2,
  PT_INTERP: 3,
  PT_NOTE: 4,
  PT_SHLIB: 5,
  PT_PHDR: 6,
  PT_TLS: 7,
  PT_GNU_EH_FRAME: 0x6474e550,
  PT_GNU_STACK: 0x6474e551,
  PT_GNU_RELRO: 0x6474e552,
};

/** The name of a segment type, or its number. */
export function segmentTypeName(type: number): string {
  return Object.entries(segmentTypes).find(([, number]) => number === type)?.[0] ?? `0x${type.toString(16)}`;
}
