/**
 * limine.conf: what it asks for, and everything that is wrong with it, in the words of our loader.
 *
 * The syntax is that of Limine's CONFIG.md from version 8 on, as kernel/loader/core/src/config.rs takes it; tests compare
 * the two on many files. The loader stops at the first problem. Here the others are found as well.
 */

import { editDistance } from './edit-distance.ts';

/** The most entries, and the most modules, that the loader's tables hold. */
const entryLimit = 32;
const moduleLimit = 32;
/** The most bytes that the loader reads, and that it has for the text with its macros replaced. */
const sizeLimit = 64 * 1024;

/** A file with so many bad lines is something else than a limine.conf; what is behind them is not told one by one. */
const mostProblems = 100;

/** Something that is wrong, and where. Lines and columns count from 1; line 0 is the file as a whole. */
export interface Problem {
  line: number;
  column: number;
  /** Characters that are wrong, from `column` on. */
  length: number;
  /** What is wrong and what would be right: a sentence without its full stop. */
  text: string;
}

/** An entry of the menu, or a directory of entries. */
export interface Entry {
  /** The line that opens it, from 1. */
  line: number;
  title: string;
  /** 0 at the top; the number of slashes before the title, less one. */
  depth: number;
  /** A directory that shows its entries from the start (`/+`). */
  expanded: boolean;
  comment: string;
  path: string;
  cmdline: string;
  /** The video mode asked for, as it is written. */
  resolution: string;
  modules: { path: string; cmdline: string }[];
}

/** A whole limine.conf. */
export interface Conf {
  /** Seconds that the menu waits; 0 shows none, `never` waits for a key. */
  timeout: number | 'never';
  quiet: boolean;
  serial: boolean;
  verbose: boolean;
  /** All entries, directories among them, in the order of the file. */
  entries: Entry[];
  /** Index of the entry that boots by itself. */
  defaultEntry: number;
}

/** What the text asks for, as far as it can be followed; the loader follows it only when there are no problems. */
export interface Reading {
  conf: Conf;
  /** The first is the one that the loader stops at; the others follow in no particular order. */
  problems: Problem[];
}

/** Options of the whole file and of entries, under the names that messages use. */
const options = [
  'timeout',
  'default_entry',
  'quiet',
  'serial',
  'verbose',
  'protocol',
  'path',
  'kernel_path',
  'cmdline',
  'kernel_cmdline',
  'module_path',
  'module_cmdline',
  'module_string',
  'resolution',
  'comment',
] as const;
type Option = (typeof options)[number];

/** Options of Limine that change its looks, or things that our loader does not do to begin with. */
const withoutEffect = [
  'serial_baudrate',
  'remember_last_entry',
  'graphics',
  'wallpaper',
  'wallpaper_style',
  'backdrop',
  'randomise_memory',
  'randomize_memory',
  'hash_mismatch_panic',
  'editor_enabled',
  'editor_highlighting',
  'editor_validation',
  'textmode',
  'kaslr',
  'randomise_hhdm_base',
  'randomize_hhdm_base',
  'dtb_path',
];

/** Reads the file's bytes; see {@link readConf}. A byte that is no UTF-8 is a problem of its line. */
export function readConfBytes(bytes: Uint8Array): Reading {
  const bad = invalidUtf8(bytes);
  const reading = readConf(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  if (bad === undefined) return reading;
  const before = bytes.subarray(0, bad);
  const line = 1 + before.filter((byte) => byte === 0x0a).length;
  const column =
    1 + new TextDecoder('utf-8', { ignoreBOM: true }).decode(before.subarray(before.lastIndexOf(0x0a) + 1)).length;
  return { ...reading, problems: [problem(line, column, 1, 'the line is not valid UTF-8 text'), ...reading.problems] };
}

/** Reads a limine.conf. Any text gives a reading; what cannot be followed is among its problems. */
export function readConf(text: string): Reading {
  const size = utf8(text).length;
  if (size > sizeLimit) {
    const tooLarge = problem(0, 1, 0, `the file has ${size} bytes, expected at most ${sizeLimit}`);
    return { conf: new Reader().conf(), problems: [tooLarge] };
  }
  const { lines, problems } = replaceMacros(text);
  const reader = new Reader();
  for (const line of lines) {
    if (reader.problems.length === mostProblems) break;
    reader.read(line);
  }
  problems.push(...reader.problems);
  if (problems.length === 0) problems.push(...reader.check());
  return { conf: reader.conf(), problems };
}

/** The sentence that the loader stops with, or undefined when it can follow the file. */
export function refusal({ problems }: Reading): string | undefined {
  const [first] = problems;
  if (first === undefined) return undefined;
  const place = first.line === 0 ? '/limine.conf' : `/limine.conf, line ${first.line}`;
  return `Bad configuration: ${place}: ${first.text}.`;
}

/** A line without the blanks around it, where it stands, and whether macros changed what it says. */
interface Line {
  number: number;
  text: string;
  /** Characters before it in the file's line. */
  indent: number;
  /** Characters of the file's line without the blanks around it. */
  length: number;
  replaced: boolean;
}

const problem = (line: number, column: number, length: number, text: string): Problem => ({
  line,
  column,
  length,
  text,
});

/** A value that cannot be used, and where it stands in its line's text; caught by {@link Reader.read}. */
class LineError extends Error {
  readonly start: number;
  readonly length: number;

  constructor(message: string, start: number, length: number) {
    super(message);
    this.start = start;
    this.length = length;
  }
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #entries: (Entry & { lines: Map<string, number> })[] = [];
  /** Options of the whole file: their values, and the lines they stand on. */
  readonly #values = new Map<string, number | boolean | 'never'>();
  readonly #lines = new Map<string, number>();
  #moduleCount = 0;

  read(line: Line): void {
    try {
      this.#line(line);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      // In a line with macros, places in what it became are not places in the file.
      const { start, length } = line.replaced ? { start: 0, length: line.length } : error;
      this.problems.push(problem(line.number, 1 + line.indent + start, length, error.message));
    }
  }

  conf(): Conf {
    const flag = (name: string) => this.#values.get(name) === true;
    const timeout = this.#values.get('timeout');
    const wanted = this.#values.get('default_entry');
    const bootable = bootableEntries(this.#entries);
    return {
      timeout: timeout === 'never' || typeof timeout === 'number' ? timeout : 5,
      quiet: flag('quiet'),
      serial: flag('serial'),
      verbose: flag('verbose'),
      entries: this.#entries.map(({ lines: _, ...entry }) => entry),
      defaultEntry: bootable[(typeof wanted === 'number' ? wanted : 1) - 1] ?? 0,
    };
  }

  /** What can only be said once the whole file is read. */
  check(): Problem[] {
    const problems: Problem[] = [];
    const bootable = bootableEntries(this.#entries);
    for (const index of bootable) {
      const entry = this.#entries[index];
      if (entry === undefined) continue;
      const says = (text: string) =>
        problems.push(problem(entry.line, 1, 0, `the entry ${quoted(entry.title)} ${text}`));
      if (!entry.lines.has('protocol')) says('says no "protocol"; expected "protocol: limine"');
      if (!entry.lines.has('path')) says('says no "path"; expected one like "path: boot():/kernel.elf"');
    }
    if (bootable.length === 0) {
      const expected = 'a line like "/My system" with "protocol: limine" and "path: boot():/kernel.elf" below it';
      problems.push(problem(0, 1, 0, `it has no entry to boot; expected ${expected}`));
    }
    const wanted = this.#values.get('default_entry');
    if (bootable.length > 0 && typeof wanted === 'number' && wanted > bootable.length) {
      const text = `"default_entry" is ${wanted}, expected a number from 1 to ${bootable.length}`;
      problems.push(problem(this.#lines.get('default_entry') ?? 0, 1, 0, text));
    }
    return problems;
  }

  #line({ text, number }: Line): void {
    if (text === '' || text.startsWith('#')) return;
    if (text.startsWith('/')) return this.#openEntry(text, number);
    if (text.startsWith(':')) {
      const title = trim(text.replace(/^[:+]+/, ''));
      this.#entries.push(newEntry(number, title, 0, false));
      const old = 'is the old way to open an entry (Limine before version 8)';
      throw new LineError(`${quoted(text)} ${old}; expected "/${plain(title)}"`, 0, text.length);
    }
    const colon = text.indexOf(':');
    const equals = text.indexOf('=');
    if (colon >= 0 && !(equals >= 0 && equals < colon)) {
      const value = trimStart(text.slice(colon + 1));
      this.#option({ key: trimEnd(text.slice(0, colon)), value, place: text.length - value.length, line: number });
    } else if (equals >= 0) {
      const [key, value] = [trimEnd(text.slice(0, equals)), trimStart(text.slice(equals + 1))];
      const old = 'is the old way to set an option (Limine before version 8)';
      const now = `"${asciiLower(plain(key))}: ${plain(value)}"`;
      throw new LineError(`${quoted(key)} ${old}; expected ${now}`, 0, text.length);
    } else {
      const what = 'neither a comment (#), an entry (/Title) nor an option (name: value)';
      throw new LineError(`${quoted(text)} is ${what}`, 0, text.length);
    }
  }

  #openEntry(text: string, line: number): void {
    const afterSlashes = text.replace(/^\/+/, '');
    const slashes = text.length - afterSlashes.length;
    const expanded = afterSlashes.startsWith('+');
    const title = trim(expanded ? afterSlashes.slice(1) : afterSlashes);
    const most = (this.#entries.at(-1)?.depth ?? -1) + 2;
    const isFull = this.#entries.length >= entryLimit;
    // An entry is opened even so, lest every option below it be called homeless.
    if (!isFull) this.#entries.push(newEntry(line, title, Math.min(slashes, most) - 1, expanded));
    if (title === '') throw new LineError('the entry has no title; expected one behind the slash', 0, text.length);
    if (slashes > most) {
      const found = `the entry ${quoted(title)} begins with ${slashes} slashes`;
      throw new LineError(`${found}, expected at most ${most} here`, 0, slashes);
    }
    if (isFull) throw new LineError(`these are too many entries, expected at most ${entryLimit}`, 0, text.length);
  }

  #option(given: GivenOption): void {
    const { key, value } = given;
    const name = options.find((option) => option === asciiLower(key));
    if (name === undefined) {
      const known = asciiLower(key);
      if (withoutEffect.includes(known) || known.startsWith('interface_') || known.startsWith('term_')) return;
      throw new LineError(unknownOption(key), 0, key.length);
    }
    const option = { ...given, name };
    switch (name) {
      case 'timeout': {
        const never = asciiLower(value) === 'no';
        // A day is the longest that the loader's countdown can tell apart.
        const seconds = never ? 'never' : decimal(value, 86_399);
        return this.#set(option, seconds ?? bad(option, 'a number of seconds below 86400, or no'));
      }
      case 'default_entry':
        return this.#set(option, decimal(value, 0xffff_ffff) || bad(option, 'a number from 1 upwards'));
      case 'quiet':
      case 'serial':
      case 'verbose': {
        const word = asciiLower(value);
        return this.#set(option, word === 'yes' || word === 'no' ? word === 'yes' : bad(option, 'yes or no'));
      }
      default:
        return this.#entryOption(option);
    }
  }

  #set(option: NamedOption, value: number | boolean | 'never'): void {
    once(this.#lines, option, option.name);
    this.#values.set(option.name, value);
  }

  #entryOption(option: NamedOption): void {
    const { name, key, value } = option;
    const entry = this.#entries.at(-1);
    if (entry === undefined) {
      const text = `"${name}" belongs to an entry; expected a line like "/My system" before it`;
      throw new LineError(text, 0, key.length);
    }
    switch (name) {
      case 'protocol':
        if (asciiLower(value) !== 'limine') bad(option, 'limine, the one protocol that this loader speaks');
        return once(entry.lines, option, 'protocol');
      case 'path':
      case 'kernel_path':
        checkPath(option);
        once(entry.lines, option, 'path');
        entry.path = value;
        return;
      case 'cmdline':
      case 'kernel_cmdline':
        once(entry.lines, option, 'cmdline');
        entry.cmdline = value;
        return;
      case 'comment':
      case 'resolution':
        if (name === 'resolution') checkResolution(option);
        once(entry.lines, option, name);
        entry[name] = value;
        return;
      case 'module_path':
        checkPath(option);
        if (this.#moduleCount >= moduleLimit) {
          throw new LineError(`these are too many modules, expected at most ${moduleLimit}`, 0, key.length);
        }
        this.#moduleCount += 1;
        entry.modules.push({ path: value, cmdline: '' });
        return;
      default: {
        const module = entry.modules.at(-1);
        if (module === undefined) {
          const text = '"module_cmdline" has no module to go with; expected "module_path" before it';
          throw new LineError(text, 0, key.length);
        }
        module.cmdline = value;
      }
    }
  }
}

interface GivenOption {
  key: string;
  value: string;
  /** Characters of the line before the value. */
  place: number;
  /** The line's number. */
  line: number;
}

interface NamedOption extends GivenOption {
  name: Option;
}

function newEntry(line: number, title: string, depth: number, expanded: boolean) {
  const texts = { comment: '', path: '', cmdline: '', resolution: '' };
  return { line, title, depth, expanded, ...texts, modules: [], lines: new Map<string, number>() };
}

/** Notes that the option stands on its line, unless it, or its other name, has been there before. */
function once(lines: Map<string, number>, { name, key, line }: NamedOption, slot: string): void {
  const first = lines.get(slot);
  if (first !== undefined) {
    throw new LineError(`"${name}" stands here a second time; expected it once, as on line ${first}`, 0, key.length);
  }
  lines.set(slot, line);
}

function bad({ name, value, place, key }: NamedOption, expected: string): never {
  const [start, length] = value === '' ? [0, key.length] : [place, value.length];
  throw new LineError(`"${name}" is ${quoted(value)}, expected ${expected}`, start, length);
}

/** A decimal number without sign, `most` at most. */
function decimal(text: string, most: number): number | undefined {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : undefined;
}

function checkPath(option: NamedOption): void {
  if (!/^boot\(\):\/[^#]+$/s.test(option.value)) {
    bad(option, 'boot():/ and the path of a file, without # and a hash behind it');
  }
}

function checkResolution(option: NamedOption): void {
  const [width = '', height = '', bpp = '32', ...rest] = option.value.split(/[xX]/);
  const isSide = (text: string) => (decimal(text, 0xffff) ?? 0) > 0;
  const isDepth = [15, 16, 24, 32].includes(decimal(bpp, 32) ?? 0);
  if (isSide(width) && isSide(height) && isDepth && rest.length === 0) return;
  bad(option, 'WIDTHxHEIGHT, or WIDTHxHEIGHTxBITS with 15, 16, 24 or 32 bits, like 1024x768x32');
}

function unknownOption(key: string): string {
  const near = nearest(key);
  if (near !== undefined) return `${quoted(key)} is not an option; expected "${near}", perhaps`;
  const inEntry = 'protocol, path, cmdline, module_path, module_cmdline, resolution or comment';
  const above = 'timeout, default_entry, quiet, serial or verbose';
  return `${quoted(key)} is not an option; expected ${above}, or inside an entry ${inEntry}`;
}

/** The option that differs from `key` in at most two letters; the first of the alphabet where several are as near. */
function nearest(key: string): Option | undefined {
  const typed = utf8(asciiLower(key));
  let [found, least]: [Option | undefined, number] = [undefined, 3];
  for (const [index, option] of options.entries()) {
    const away = editDistance(typed, optionBytes[index] ?? [], 2);
    if (away < least || (away === least && found !== undefined && option < found)) [found, least] = [option, away];
  }
  return found;
}

/**
 * The trimmed lines with every `${NAME}` replaced. Lines that define a macro become empty, and so do those with one that
 * cannot be replaced.
 */
function replaceMacros(text: string): { lines: Line[]; problems: Problem[] } {
  const lines = text.split('\n').map((raw, index) => {
    const trimmed = trim(raw);
    const indent = raw.length - trimStart(raw).length;
    return { number: index + 1, text: trimmed, indent, length: trimmed.length, replaced: false };
  });
  const problems: Problem[] = [];
  if (!text.includes('${')) return { lines, problems };

  const macros = new Map([['ARCH', 'x86-64']]);
  for (const { text: line } of lines.toReversed()) {
    const [, name, value] = macroDefinition(line) ?? [];
    if (name !== undefined && value !== undefined) macros.set(name, value);
  }
  let used = 0;
  const replaced = lines.map((line): Line => {
    const empty = line.text.startsWith('#') || macroDefinition(line.text) !== null;
    try {
      const becomes = empty ? '' : replaceIn(line.text, macros);
      used += (isAscii(becomes) ? becomes.length : utf8(becomes).length) + 1;
      if (used > sizeLimit) {
        throw new LineError(`replacing the macros makes the text longer than ${sizeLimit} bytes`, 0, line.length);
      }
      return { ...line, text: trim(becomes), replaced: becomes !== line.text };
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      problems.push(problem(line.number, 1 + line.indent + error.start, error.length, error.message));
      return { ...line, text: '' };
    }
  });
  return { lines: replaced, problems };
}

const macroDefinition = (line: string) => /^\$\{(.*?)\}=(.*)$/s.exec(line);

/** The text with each `${NAME}` replaced, once: what a macro stands for is not looked at again. */
function replaceIn(text: string, macros: ReadonlyMap<string, string>): string {
  const pieces: string[] = [];
  let done = 0;
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', done)) {
    const end = text.indexOf('}', start + 2);
    if (end < 0) {
      throw new LineError('a macro begins with ${ and is never closed; expected a }', start, text.length - start);
    }
    const name = text.slice(start + 2, end);
    const value = macros.get(name);
    if (value === undefined) {
      const expected = `expected a line "\${${plain(name)}}=..."`;
      throw new LineError(`no line defines the macro ${quoted(name)}; ${expected}`, start, end + 1 - start);
    }
    pieces.push(text.slice(done, start), value);
    done = end + 1;
  }
  return [...pieces, text.slice(done)].join('');
}

const encoder = new TextEncoder();
export const utf8 = (text: string) => encoder.encode(text);
const optionBytes = options.map(utf8);
const isAscii = (text: string) => !/[^\0-\x7f]/.test(text);

// What Rust's trim_ascii takes for a blank.
const trimStart = (text: string) => {
  let start = 0;
  while (start < text.length && ' \t\n\f\r'.includes(text.charAt(start))) start += 1;
  return text.slice(start);
};
const trimEnd = (text: string) => {
  let end = text.length;
  while (end > 0 && ' \t\n\f\r'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
};
const trim = (text: string) => trimStart(trimEnd(text));

/** In lower case, letters beyond ASCII as they are. */
const asciiLower = (text: string) =>
  /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;

/** The text as a text screen shows it: a question mark for every byte that is no printable ASCII. */
export const shown = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?')).join('');

/** The first `most` bytes of a text as {@link shown} has them, and whether there are more. */
function cut(text: string, most: number): { text: string; isCut: boolean } {
  // A file of a hundred bad lines has as many sentences: what is its own bytes already is not made into them for each.
  if (/^[ -~]*$/.test(text)) return { text: text.slice(0, most), isCut: text.length > most };
  const bytes = utf8(text);
  return { text: shown(bytes.subarray(0, most)), isCut: bytes.length > most };
}

/** A value quoted from the file, cut after 60 bytes. */
function quoted(text: string): string {
  const start = cut(text, 60);
  return `"${start.text}${start.isCut ? '...' : ''}"`;
}

/** The same without quotes, cut after 40 bytes. */
const plain = (text: string) => cut(text, 40).text;

/** Where a sequence that is no UTF-8 (RFC 3629, section 4) first shows itself as such, or undefined. */
function invalidUtf8(bytes: Uint8Array): number | undefined {
  // The decoder knows the rules: it keeps what is valid as it is, and puts EF BF BD in the place of the rest.
  const again = utf8(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  const place = again.findIndex((byte, index) => byte !== bytes[index]);
  return place < 0 ? undefined : place;
}

/** Whether the entry with this index holds others, rather than booting something. */
export function isDirectory(entries: readonly Entry[], index: number): boolean {
  return (entries[index + 1]?.depth ?? 0) > (entries[index]?.depth ?? 0);
}

function bootableEntries(entries: readonly Entry[]): number[] {
  return [...entries.keys()].filter((index) => !isDirectory(entries, index));
}
