import { InputError, quote } from './input.ts';

/** The permissions of a segment, from bit 2 down to bit 0, as readelf lists them. */
export const permissions = ['read', 'write', 'execute'] as const;
export type Permission = (typeof permissions)[number];

/** What a segment allows. */
export type SegmentFlags = Record<Permission, boolean>;

/** The bit of each permission in a program header's `p_flags` (System V ABI, chapter 5, “Segment Permissions”). */
export const permissionBits: Record<Permission, number> = { read: 2, write: 1, execute: 0 };

/** How each permission is abbreviated: first as readelf does, then as `ls` and most people do. */
const letters: Record<Permission, readonly [string, string]> = {
  read: ['R', 'R'],
  write: ['W', 'W'],
  execute: ['E', 'X'],
};

/** The number for a set of permissions, 0 to 7. */
export function flagsNumber(flags: SegmentFlags): number {
  return permissions.reduce((sum, name) => sum | (flags[name] ? 1 << permissionBits[name] : 0), 0);
}

/** The permissions in a number; bits above 2 do not matter. */
export function flagsFromNumber(number: number): SegmentFlags {
  const has = (name: Permission) => (number & (1 << permissionBits[name])) !== 0;
  return { read: has('read'), write: has('write'), execute: has('execute') };
}

/** As a linker script says it, lowest bit first: `FLAGS((1 << 0) | (1 << 2))`. */
export function flagsExpression(flags: SegmentFlags): string {
  const terms = permissions
    .filter((name) => flags[name])
    .map((name) => `(1 << ${permissionBits[name]})`)
    .reverse();
  return `FLAGS(${terms.length === 0 ? '0' : terms.join(' | ')})`;
}

/** As `readelf -l` prints it, a space for what is not allowed: `R E`, `RW `. */
export function readelfLetters(flags: SegmentFlags): string {
  return permissions.map((name) => (flags[name] ? letters[name][0] : ' ')).join('');
}

/** As people say it: `R+X`, or `none`. */
export function flagsInLetters(flags: SegmentFlags): string {
  const said = permissions.filter((name) => flags[name]).map((name) => letters[name][1]);
  return said.length === 0 ? 'none' : said.join('+');
}

/** What a loader writes into the page-table entries of such a segment (Intel SDM volume 3, section 4.5). */
export interface PageBits {
  /** Bit 0. A loaded segment is there, whatever its flags say; there is no bit for reading. */
  present: true;
  /** Bit 1. */
  writable: boolean;
  /** Bit 63. */
  noExecute: boolean;
  /** These three bits of the entry's 64; the others hold the page's physical address and more. */
  entry: bigint;
}

/** The page-table bits of a segment with these permissions. */
export function pageBits({ write, execute }: SegmentFlags): PageBits {
  const entry = 1n | (write ? 2n : 0n) | (execute ? 0n : 1n << 63n);
  return { present: true, writable: write, noExecute: !execute, entry };
}

/**
 * Reads the permissions of a page from its page-table entry, hexadecimal with or without `0x`, with `_` between digits.
 * The other bits do not matter. Throws {@link InputError}, also for an entry that maps nothing.
 */
export function flagsFromEntry(text: string): SegmentFlags {
  const digits = text.trim().replace(/^0x/i, '').replaceAll('_', '');
  if (!/^[0-9a-f]{1,16}$/i.test(digits)) {
    throw new InputError(`A page-table entry is up to 16 hexadecimal digits; ${quote(text)} is none.`);
  }
  const entry = BigInt(`0x${digits}`);
  if ((entry & 1n) === 0n) {
    throw new InputError(
      `${quote(text)} has bit 0 clear: nothing is mapped there, so nothing is allowed or forbidden.`,
    );
  }
  return { read: true, write: (entry & 2n) !== 0n, execute: entry >> 63n === 0n };
}

/** What such a segment is good for, and what is odd about it; `warning` where it gives up W^X. */
export interface FlagsMeaning {
  text: string;
  warning?: string;
}

/** Says what the permissions mean on an x86-64 PC. */
export function flagsMeaning(flags: SegmentFlags): FlagsMeaning {
  const { read, write, execute } = flags;
  if (write && execute) {
    return {
      text: 'Everything is allowed that a page can allow.',
      warning:
        'Writable and executable at once: a stray write can change your code, and data that somebody smuggled in can run. ' +
        'The linker does not mind, so W^X is yours to keep.',
    };
  }
  if (!read) {
    return { text: 'Pages have no bit for reading: one that is there can be read. Leaving R away changes nothing.' };
  }
  if (write) return { text: 'For data: .data and .bss. What lies here cannot run.' };
  if (execute) return { text: 'For code: .text. What lies here cannot be changed.' };
  return { text: 'For constants: .rodata. What lies here can neither be changed nor run.' };
}

/**
 * Reads permissions however they are written: as a number, as a linker script's expression with or without `FLAGS(…)`
 * around it, or as letters (`R E`, `rw-`, `RX`). Throws {@link InputError} that says what stands there.
 */
export function parseFlags(text: string): SegmentFlags {
  const shown = text.trim();
  if (/^(?=.*[rwxe])[rwxe+\s-]+$/i.test(shown)) return parseLetters(shown);
  const inner = /^FLAGS\s*\(([^]*)\)$/.exec(shown)?.[1] ?? shown;
  const number = new Expression(inner, text).value();
  if (number > 7n) {
    throw new InputError(`Segment flags go from 0 to 7, as there are three bits; ${quote(text)} is ${number}.`);
  }
  return flagsFromNumber(Number(number));
}

function parseLetters(text: string): SegmentFlags {
  const flags = { read: false, write: false, execute: false };
  for (const letter of text.toUpperCase().replace(/[+\s-]/g, '')) {
    const name = permissions.find((candidate) => letters[candidate].includes(letter));
    if (name === undefined || flags[name]) throw new InputError(`${quote(text)} names ${letter} twice.`);
    flags[name] = true;
  }
  return flags;
}

/** Far more than any flags need, and little enough for parentheses to be read by recursion. */
const longestExpression = 200;

/**
 * The operators that such expressions use, binding as in C and in linker scripts: `+` before `<<` before `|`.
 * (GNU ld manual, section “Expressions: Operators”.)
 */
class Expression {
  readonly #tokens: string[];
  readonly #typed: string;
  #next = 0;

  constructor(text: string, typed: string) {
    this.#typed = typed;
    if (text.length > longestExpression) throw this.#refusal();
    this.#tokens = text.match(/<<|0x[0-9a-f][0-9a-f_]*|[0-9][0-9_]*|\S/gi) ?? [];
  }

  /** The value of the whole text. */
  value(): bigint {
    const value = this.#or();
    if (this.#next < this.#tokens.length) throw this.#refusal();
    return value;
  }

  #or(): bigint {
    let value = this.#shift();
    while (this.#take('|')) value |= this.#shift();
    return value;
  }

  #shift(): bigint {
    let value = this.#sum();
    while (this.#take('<<')) {
      const by = this.#sum();
      if (by > 63n) throw this.#refusal();
      value = BigInt.asUintN(64, value << by);
    }
    return value;
  }

  #sum(): bigint {
    let value = this.#primary();
    while (this.#take('+')) value += this.#primary();
    return value;
  }

  #primary(): bigint {
    if (this.#take('(')) {
      const value = this.#or();
      if (!this.#take(')')) throw this.#refusal();
      return value;
    }
    const token = this.#tokens[this.#next++];
    if (token === undefined || !/^[0-9]/.test(token)) throw this.#refusal();
    return BigInt(token.replaceAll('_', ''));
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next++;
    return true;
  }

  #refusal(): InputError {
    const found = this.#typed.trim() === '' ? 'nothing stands there' : `${quote(this.#typed)} is none of these`;
    return new InputError(
      `Flags are a number such as 5, an expression such as (1 << 0) | (1 << 2), or letters such as R E; ${found}.`,
    );
  }
}

/** The permissions as a URL fragment without the `#`: `flags=5`. */
export function flagsToFragment(flags: SegmentFlags): string {
  return `flags=${flagsNumber(flags)}`;
}

/** The permissions that a URL fragment carries; undefined for one about something else. Throws {@link InputError}. */
export function flagsFromFragment(fragment: string): SegmentFlags | undefined {
  const text = new URLSearchParams(fragment).get('flags');
  return text === null ? undefined : parseFlags(text);
}

/** The three segments of the tutorial's linker script. */
export const onkoSegments: readonly { name: string; flags: SegmentFlags }[] = [
  { name: 'text', flags: { read: true, write: false, execute: true } },
  { name: 'rodata', flags: { read: true, write: false, execute: false } },
  { name: 'data', flags: { read: true, write: true, execute: false } },
];

/** The segment that code is in: where the widget starts. */
export const codeFlags: SegmentFlags = { read: true, write: false, execute: true };
