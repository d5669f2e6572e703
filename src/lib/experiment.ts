import { formatAddress, locate } from './address.ts';
import type { Address, KernelEntry, KernelSymbol } from './manifest.ts';
import { address } from './manifest.ts';
import type { ObservedScreen } from './verdict.ts';

/**
 * What `public/isos/experiments/manifest.json` holds: what every experiment of kernel/experiments gave when it was last
 * built and booted. `./onko isos` writes it; cards on the chapters' pages and their machines read it.
 */
export interface ExperimentsManifest {
  version: 1;
  /** Program name → the version that was used, as the program itself prints it. */
  tools: Record<string, string>;
  /** By name. */
  experiments: ExperimentEntry[];
}

export interface ExperimentEntry {
  name: string;
  /** SHA-256 over everything that decides what happens: sources with the edit, loader, options. Tools are not in it. */
  sourceHash: string;
  /** What compiler, linker or make said, where the experiment is about that. */
  transcript?: ExperimentTranscript;
  /** The disc that was booted, beside this manifest. */
  iso?: { file: string; size: number; sha256: string };
  kernel?: KernelEntry;
  /** What the disc did in QEMU, and in the machine of the page; absent where it was not booted. */
  qemu?: Outcome;
  page?: Outcome;
}

export interface ExperimentTranscript {
  /** Commands and what came back, with the colours that a terminal would show. */
  text: string;
  /** Whether the last command succeeded. */
  succeeded: boolean;
}

/**
 * How a boot ended:
 * - `asleep`: the CPU executed `hlt` with interrupts off, so it sleeps for good
 * - `waiting`: it sleeps until the next interrupt, as menus and firmware do
 * - `busy`: it still runs, in a circle
 * - `triple-fault`: an exception without a handler; a real PC resets
 */
export type End = 'asleep' | 'waiting' | 'busy' | 'triple-fault';

/** What a machine showed at the end of a boot. */
export interface Outcome {
  end: End;
  screen: OutcomeScreen;
  /** The sentence with which the loader refused. */
  loader?: string;
  /** The function of the kernel that the CPU is in. */
  symbol?: string;
  /** RIP, RSP and RFLAGS of a CPU that is asleep in the kernel, or that has shut down. */
  registers?: Record<'rip' | 'rsp' | 'rflags', Address>;
  /** What led to the triple fault, the first exception first. */
  exceptions?: OutcomeException[];
  /** Instructions from the kernel's entry to where its CPU sleeps; counted in the page's machine only. */
  instructions?: number;
  /** How much of one core of the host the machine asks for, in per cent, to the next fifty; measured in QEMU only. */
  hostCpu?: number;
}

export type OutcomeScreen =
  | { mode: 'none' }
  /** Rows that are not blank. */
  | { mode: 'text'; rows: string[] }
  | {
      mode: 'graphics';
      width: number;
      height: number;
      bpp: number;
      pitch: number;
      /** How many colours there are. */
      distinct: number;
      /** The most frequent ones, at most {@link colorsKept}. */
      colors: SeenColor[];
    };

/** A color as CSS writes it, `#0C1821`, and how many pixels have it. */
export interface SeenColor {
  color: string;
  pixels: number;
}

export interface OutcomeException {
  vector: number;
  errorCode: number;
  rip: Address;
  /** The function of the kernel that RIP lies in. */
  symbol?: string;
  /** Of a page fault: the address that it was about. */
  address?: Address;
}

export const colorsKept = 8;

/** What an experiment has to show. What is left out may be anything. */
export interface Expectation {
  end?: End;
  /** Words of the loader's refusal. */
  loader?: string;
  /** Words on the text screen. */
  text?: string;
  symbol?: string;
  /** The colours of the picture, the most frequent first; there are no others. */
  colors?: readonly string[];
  /** How many colours the picture has. */
  distinct?: number;
  /** How many pixels are not black. */
  painted?: number;
  /** The first exception. */
  fault?: { vector: number; error?: number; symbol?: string; rip?: string; address?: string };
  hostCpu?: number;
}

/** What was read from a machine at the end of a boot. */
export interface Sight {
  end: End;
  /** Absent on a machine without a video card. */
  screen?: ObservedScreen;
  textScreen: readonly string[];
  serial: string;
  registers: Record<'rip' | 'rsp' | 'rflags', bigint>;
  exceptions?: readonly SeenException[];
}

/** One exception on the way to a triple fault. */
export interface SeenException {
  vector: number;
  errorCode: number;
  rip: bigint;
  /** The address that a page fault was about. */
  cr2: bigint;
}

const interruptFlag = 1n << 9n;

/** How it ended, by what the CPU does. */
export function endOf(cpu: { halted: boolean; rflags: bigint }, shutDown: boolean): End {
  if (shutDown) return 'triple-fault';
  if (!cpu.halted) return 'busy';
  return (cpu.rflags & interruptFlag) === 0n ? 'asleep' : 'waiting';
}

/** Puts into an outcome what was seen. Counting a million pixels takes a while: it stops every few thousand. */
export function* tellOutcome(sight: Sight, symbols: readonly KernelSymbol[]): Generator<undefined, Outcome> {
  const { end, screen, textScreen, serial, registers, exceptions } = sight;
  const symbol = symbolOf(registers.rip, symbols);
  const loader = refusal(serial);
  const settled = end === 'triple-fault' || (end === 'asleep' && symbol !== undefined);
  return {
    end,
    screen: yield* tellScreen(screen, textScreen),
    ...(loader !== undefined && { loader }),
    ...(symbol !== undefined && { symbol }),
    ...(settled && {
      registers: {
        rip: address(registers.rip),
        rsp: address(registers.rsp),
        rflags: address(registers.rflags),
      },
    }),
    ...(exceptions && { exceptions: exceptions.map((each) => tellException(each, symbols)) }),
  };
}

/** A generator's result, without the pauses. */
export function atOnce<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The loader refuses in one sentence, which begins like this and ends its line. */
function refusal(serial: string): string | undefined {
  return /^(?:Cannot|Bad configuration).*\.$/m.exec(serial.replaceAll('\r', ''))?.[0];
}

const pageFault = 14;

export function tellException(
  { vector, errorCode, rip, cr2 }: SeenException,
  symbols: readonly KernelSymbol[],
): OutcomeException {
  const symbol = symbolOf(rip, symbols);
  return {
    vector,
    errorCode,
    rip: address(rip),
    ...(symbol !== undefined && { symbol }),
    ...(vector === pageFault && { address: address(cr2) }),
  };
}

function symbolOf(rip: bigint, symbols: readonly KernelSymbol[]): string | undefined {
  const place = locate(rip, symbols);
  return place && demangle(place.symbol.name);
}

/** `onko_os::fill` for `_ZN7onko_os4fill17h0123456789abcdefE`: Rust's names, old and new, as far as kernels have them. */
export function demangle(name: string): string {
  const old = /^_ZN(.*)E$/.exec(name)?.[1];
  const now = /^_RNvC(?:s[0-9A-Za-z]*_)?(.*)$/.exec(name)?.[1];
  const parts: string[] = [];
  for (let rest = old ?? now ?? ''; rest !== '';) {
    const [head = '', length] = /^(\d+)_?/.exec(rest) ?? [];
    if (length === undefined) return name;
    // An underscore separates the length from a name that would be misread without it, in the new form only.
    const start = now === undefined ? length.length : head.length;
    parts.push(rest.slice(start, start + Number(length)));
    rest = rest.slice(start + Number(length));
  }
  if (/^h[0-9a-f]{16}$/.test(parts.at(-1) ?? '')) parts.pop();
  return parts.length === 0 ? name : parts.map(readable).join('::');
}

const escapes: Readonly<Record<string, string>> = {
  LT: '<',
  GT: '>',
  BP: '*',
  RF: '&',
  LP: '(',
  RP: ')',
  C: ',',
  u20: ' ',
};

function readable(part: string): string {
  return part
    .replace(/^_(?=\$)/, '')
    .replaceAll('..', '::')
    .replaceAll(/\$(\w+?)\$/g, (whole, code: string) => escapes[code] ?? whole);
}

/** Rows that are counted in one step. */
const rowsAtOnce = 16;

function* tellScreen(
  screen: ObservedScreen | undefined,
  textScreen: readonly string[],
): Generator<undefined, OutcomeScreen> {
  if (screen === undefined) return { mode: 'none' };
  if (screen.mode === 'text') {
    return { mode: 'text', rows: textScreen.map((row) => row.trimEnd()).filter((row) => row !== '') };
  }
  const { width, height, bpp, pitch, pixels } = screen;
  const counts = new Map<number, number>();
  const bytes = bpp / 8;
  for (let y = 0; y < height; y++) {
    if (y % rowsAtOnce === rowsAtOnce - 1) yield;
    let run = 0;
    let last = -1;
    for (let x = 0, at = y * pitch; x < width; x++, at += bytes) {
      const color = colorAt(pixels, at, bpp);
      if (color !== last) {
        if (run > 0) counts.set(last, (counts.get(last) ?? 0) + run);
        [last, run] = [color, 0];
      }
      run++;
    }
    counts.set(last, (counts.get(last) ?? 0) + run);
  }
  const colors = [...counts]
    .sort(([a, many], [b, more]) => more - many || a - b)
    .slice(0, colorsKept)
    .map(([color, count]) => ({ color: cssColor(color), pixels: count }));
  return { mode: 'graphics', width, height, bpp, pitch, distinct: counts.size, colors };
}

/** Red, green and blue of a pixel as one number. With 16 bits, red and blue have five of them and green six. */
function colorAt(pixels: Uint8Array, at: number, bpp: number): number {
  const byte = (index: number): number => pixels[at + index] ?? 0;
  if (bpp === 16) {
    const word = byte(0) | (byte(1) << 8);
    return ((word >> 11) << 19) | (((word >> 5) & 63) << 10) | ((word & 31) << 3);
  }
  return byte(0) | (byte(1) << 8) | (byte(2) << 16);
}

function cssColor(color: number): string {
  return `#${color.toString(16).toUpperCase().padStart(6, '0')}`;
}

/** In which points an outcome is not the expected one, each in a sentence with both values. */
export function differences(expected: Expectation, found: Outcome): string[] {
  const bad: string[] = [];
  const compare = (what: string, wanted: unknown, actual: unknown): void => {
    if (wanted !== undefined && wanted !== actual) bad.push(`${what}: expected ${show(wanted)}, found ${show(actual)}`);
  };
  const contain = (what: string, wanted: string | undefined, actual: string | undefined): void => {
    if (wanted !== undefined && !flat(actual ?? '').includes(flat(wanted))) {
      bad.push(`${what}: expected “${wanted}”, found ${actual ? `“${actual}”` : 'nothing'}`);
    }
  };
  const { screen } = found;
  compare('the end', expected.end, found.end);
  contain('the loader’s words', expected.loader, found.loader);
  contain('the text screen', expected.text, screen.mode === 'text' ? screen.rows.join(' ') : undefined);
  compare('the function that the CPU is in', expected.symbol, found.symbol);
  compare('the host’s CPU', expected.hostCpu, found.hostCpu ?? expected.hostCpu);

  const picture = screen.mode === 'graphics' ? screen : undefined;
  compare('the number of colours', expected.distinct ?? expected.colors?.length, picture?.distinct);
  compare('the colours', expected.colors?.join(' '), picture?.colors.map(({ color }) => color).join(' '));
  compare('the pixels that are not black', expected.painted, picture && paintedPixels(picture));

  const first = found.exceptions?.[0];
  const { fault } = expected;
  compare('the exception', fault?.vector, first?.vector);
  compare('its error code', fault?.error, first?.errorCode);
  compare('the function it came from', fault?.symbol, first?.symbol);
  compare('RIP', fault?.rip === undefined ? undefined : address(BigInt(fault.rip)), first?.rip);
  compare('the address', fault?.address === undefined ? undefined : address(BigInt(fault.address)), first?.address);
  return bad;
}

/** What has to be seen again for a boot to count as the same. */
export function expectationOf({ end, loader, symbol, screen, exceptions }: Outcome): Expectation {
  const [first] = exceptions ?? [];
  return {
    end,
    ...(loader !== undefined && { loader }),
    ...(symbol !== undefined && { symbol }),
    ...(screen.mode === 'graphics' && { distinct: screen.distinct, painted: paintedPixels(screen) }),
    ...(first && {
      fault: {
        vector: first.vector,
        error: first.errorCode,
        rip: first.rip,
        ...(first.address && { address: first.address }),
      },
    }),
  };
}

/** How many pixels of a picture are not black. */
export function paintedPixels({ width, height, colors }: OutcomeScreen & { mode: 'graphics' }): number {
  return width * height - (colors.find(({ color }) => color === '#000000')?.pixels ?? 0);
}

const show = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : String(value ?? 'nothing'));

/** Screens break sentences into rows. */
const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Names of exceptions with their short forms, AMD64 Architecture Programmer's Manual volume 2, table 8-1. */
const exceptionNames: Readonly<Record<number, string>> = {
  0: 'divide error, #DE',
  3: 'breakpoint, #BP',
  6: 'invalid opcode, #UD',
  7: 'device not available, #NM',
  8: 'double fault, #DF',
  11: 'segment not present, #NP',
  12: 'stack fault, #SS',
  13: 'general protection, #GP',
  14: 'page fault, #PF',
  17: 'alignment check, #AC',
};

/** An exception in words: its name, number, address and symbol. */
export function exceptionInWords({ vector, errorCode, rip, symbol, address: about }: OutcomeException): string {
  const name = `${exceptionNames[vector] ?? 'exception'} (vector ${vector}, error code 0x${errorCode.toString(16)})`;
  const where = `at RIP ${formatAddress(BigInt(rip))}${symbol === undefined ? ', outside the kernel’s functions' : `, in ${symbol}`}`;
  return `${name} ${where}${about === undefined ? '' : `, about the address ${formatAddress(BigInt(about))}`}`;
}

/** What happened, each point in a sentence. */
export function outcomeInWords({ end, loader, screen, symbol, exceptions }: Outcome): string[] {
  const sentences: string[] = [];
  if (loader !== undefined) sentences.push(`The loader refuses: “${loader}”`);
  if (screen.mode === 'none') sentences.push('There is no screen.');
  else if (screen.mode === 'graphics') sentences.push(pictureInWords(screen));
  const where = symbol === undefined ? '' : ` in ${symbol}`;
  switch (end) {
    case 'asleep':
      sentences.push(`The CPU sleeps for good${where}.`);
      break;
    case 'waiting':
      sentences.push(`The CPU waits for something to happen${where}.`);
      break;
    case 'busy':
      sentences.push(`The CPU runs in a circle${where}.`);
      break;
    case 'triple-fault': {
      const [first, ...later] = exceptions ?? [];
      if (first !== undefined) sentences.push(`Triple fault. First: ${exceptionInWords(first)}.`);
      const names = new Set(later.map(({ vector }) => exceptionNames[vector] ?? `vector ${vector}`));
      if (names.size > 0) sentences.push(`Then, as there is no handler: ${[...names].join('; ')}.`);
      sentences.push('A real PC would reset now; this one stays as it was.');
    }
  }
  return sentences;
}

/** The same in a few words, for tables. */
export function outcomeInBrief({ end, loader, screen, symbol, exceptions }: Outcome): string {
  if (loader !== undefined) return 'the loader refuses';
  const picture = screen.mode === 'graphics' ? briefly(screen) : 'text';
  const where = symbol === undefined ? '' : ` in ${symbol}`;
  const [first] = exceptions ?? [];
  if (first !== undefined) {
    const name = exceptionNames[first.vector]?.split(', ')[1] ?? `vector ${first.vector}`;
    return `${picture}, then a triple fault: ${name}${where}`;
  }
  return end === 'asleep' ? `${picture}; asleep${where}` : `${picture}; ${end}${where}`;
}

function briefly(screen: OutcomeScreen & { mode: 'graphics' }): string {
  const painted = paintedPixels(screen);
  if (painted === 0) return 'black';
  if (painted === 1) return 'one pixel';
  return screen.distinct === 1 ? `all ${screen.colors[0]?.color}` : `${screen.distinct} colours`;
}

function pictureInWords(screen: OutcomeScreen & { mode: 'graphics' }): string {
  const { width, height, bpp, distinct, colors } = screen;
  const shape = `${width} × ${height} at ${bpp} bits per pixel`;
  const total = width * height;
  const painted = paintedPixels(screen);
  const [most] = colors;
  if (painted === 0) return `The screen is black, ${shape}.`;
  if (distinct === 1) return `Every pixel is ${most?.color}, ${shape}.`;
  if (painted < 10)
    return `${painted} ${painted === 1 ? 'pixel is' : 'pixels are'} painted and the rest is black, ${shape}.`;
  const list = colors.map(({ color, pixels }) => `${color} ${percent(pixels / total)}`).join(', ');
  return `${distinct} colours, ${shape}: ${list}${distinct > colors.length ? ' …' : ''}.`;
}

function percent(share: number): string {
  return share < 0.0005 ? 'under 0.1 %' : `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;
}
