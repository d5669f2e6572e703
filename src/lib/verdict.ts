import { formatAddress, locate } from './address.ts';
import {
  differences,
  endOf,
  exceptionInWords,
  expectationOf,
  outcomeInWords,
  tellException,
  tellOutcome,
} from './experiment.ts';
import { menuInstruction } from './menu-instruction.ts';
import type { SeenException } from './experiment.ts';
import type { Checkpoint, KernelSymbol, MenuCheckpoint, PixelColor } from './manifest.ts';

/** What was read from the machine, at the moment the verdict is about. */
export interface Observation {
  screen: ObservedScreen;
  cpu: ObservedCpu;
  /** Rows of the text mode's screen; empty in a graphics mode. */
  textScreen: readonly string[];
  /** Everything the machine has sent over COM1. */
  serial: string;
  /** The exceptions of a triple fault, the first one first. */
  exceptions?: readonly SeenException[];
}

export interface ObservedScreen {
  mode: 'text' | 'graphics';
  width: number;
  height: number;
  /** Bits per pixel. */
  bpp: number;
  /** Bytes from the start of a row to the start of the next. */
  pitch: number;
  /** The framebuffer's raw bytes, at least `pitch * height` of them. */
  pixels: Uint8Array;
}

export interface ObservedCpu {
  rip: bigint;
  cpuMode: 'real' | 'virtual-8086' | 'protected' | 'compatibility' | 'long';
  halted: boolean;
  /** Looked at only where a checkpoint is about an experiment's outcome. */
  rsp?: bigint;
  rflags?: bigint;
}

/** Whether the chapter worked. `findings` says what was found when it did, and what differs when it did not. */
export interface Verdict {
  passed: boolean;
  findings: string[];
}

/** What a widget promises of the disc that it has made, and how that is looked at. */
export interface OwnCheckpoint {
  kind: 'own';
  /** In a sentence, before the disc boots. */
  expectation: string;
  /** May stop as often as {@link judgeInSteps} does. */
  weigh: (symbols: readonly KernelSymbol[], seen: Observation) => Weighing;
}

/** Holds what the machine shows against what the chapter's ISO has to show. */
export function judge(
  checkpoint: Checkpoint | OwnCheckpoint,
  symbols: readonly KernelSymbol[],
  seen: Observation,
): Verdict {
  const steps = judgeInSteps(checkpoint, symbols, seen);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * {@link judge}, stopping every few thousand pixels: there are a million, and a page that looks at all of them in one go
 * does not answer its reader meanwhile.
 */
export function* judgeInSteps(
  checkpoint: Checkpoint | OwnCheckpoint,
  symbols: readonly KernelSymbol[],
  seen: Observation,
): Generator<undefined, Verdict, undefined> {
  const { good, bad } = yield* weigh(checkpoint, symbols, seen);
  return bad.length > 0 ? { passed: false, findings: bad } : { passed: true, findings: good };
}

/** What the page is going to check, in a sentence, for the reader to know beforehand. */
export function expectation(checkpoint: Checkpoint | OwnCheckpoint): string {
  switch (checkpoint.kind) {
    case 'own':
      return checkpoint.expectation;
    case 'painted': {
      const end = `${hexWord(pixelWord(checkpoint.color))}, and the CPU is halted in kmain, in 64-bit mode.`;
      const { menu } = checkpoint;
      if (menu === undefined) return `Every pixel is ${end}`;
      const waits = menu.seconds === 'never' ? 'waits for Enter' : `counts down from ${menu.seconds}`;
      return `A menu offers “${menu.entry}” and ${waits}; then every pixel is ${end}`;
    }
    case 'halted':
      return `The CPU is halted in ${checkpoint.symbol}, in 64-bit mode and in the higher half.`;
    case 'refused':
      return `The loader refuses to boot, on the screen and over the serial port: “${checkpoint.text}”`;
    case 'sector':
      return `The text comes over the serial port, the rest of the screen is ${rgbInWords(checkpoint.color)}, and the CPU is halted at 0x${checkpoint.halt.toString(16)}, in real mode.`;
    case 'outcome':
      return outcomeInWords(checkpoint.outcome).join(' ');
  }
}

/** Where and why the CPU shut down, for a disc that should not have come to that. */
export function faultInWords(exceptions: readonly SeenException[], symbols: readonly KernelSymbol[]): string {
  const [first] = exceptions;
  const cause = first === undefined ? '' : ` First: ${exceptionInWords(tellException(first, symbols))}.`;
  return `Triple fault: the CPU has shut down.${cause} A real PC would reset now.`;
}

export interface Findings {
  good: string[];
  bad: string[];
}

export type Weighing = Generator<undefined, Findings, undefined>;

function* weigh(checkpoint: Checkpoint | OwnCheckpoint, symbols: readonly KernelSymbol[], seen: Observation): Weighing {
  switch (checkpoint.kind) {
    case 'own':
      return yield* checkpoint.weigh(symbols, seen);
    case 'painted':
      return merge(
        checkMenu(checkpoint.menu, seen.serial),
        yield* checkPixels(checkpoint.color, seen.screen),
        checkHalted('kmain', symbols, seen.cpu),
      );
    case 'halted':
      return checkHalted(checkpoint.symbol, symbols, seen.cpu);
    case 'refused':
      return checkRefused(checkpoint.text, seen);
    case 'sector':
      return checkSector(checkpoint, seen);
    case 'outcome': {
      const { rip, rsp = 0n, rflags = 0n, halted } = seen.cpu;
      const end = endOf({ halted, rflags }, seen.exceptions !== undefined);
      const found = yield* tellOutcome({ ...seen, end, registers: { rip, rsp, rflags } }, symbols);
      return { good: outcomeInWords(found), bad: differences(expectationOf(checkpoint.outcome), found) };
    }
  }
}

/** The menu is gone by the time the machine is looked at; the loader tells it over the serial port when it opens. */
function checkMenu(menu: MenuCheckpoint | undefined, serial: string): Findings {
  if (menu === undefined) return { good: [], bad: [] };
  const lines = serial.split(/\r?\n/).map((line) => line.trim());
  const bad: string[] = [];
  if (!lines.includes(menu.entry)) bad.push(`The loader told of no menu entry “${menu.entry}”.`);
  const countdown = `Booting automatically in ${menu.seconds}...`;
  if (menu.seconds !== 'never' && !lines.includes(countdown)) bad.push(`The loader did not say “${countdown}”.`);
  if (bad.length > 0) return { good: [], bad };
  const waited = menu.seconds === 'never' ? 'waited for Enter' : `a countdown from ${menu.seconds}`;
  return found(`The menu offered “${menu.entry}” and ${waited}.`);
}

/** Whether the text screen shows the loader's menu. */
export function menuIsShown(textScreen: readonly string[]): boolean {
  return textScreen.some((row) => row.trim() === menuInstruction);
}

/** Rows that are looked at in one step. */
const rowsAtOnce = 16;

function* checkPixels(color: PixelColor, screen: ObservedScreen): Weighing {
  const unfit = unfitScreen(screen);
  if (unfit !== undefined) return failed(unfit);
  const { width, height, pitch, pixels } = screen;
  const expected = pixelWord(color);
  // Rows are compared as words, in whatever byte order this computer has.
  const expectedHere = words(Uint8Array.of(expected, expected >> 8, expected >> 16, expected >> 24), 0, 1)[0];
  const differing = new Differing();
  for (let y = 0; y < height; y++) {
    if (y % rowsAtOnce === rowsAtOnce - 1) yield;
    const row = words(pixels, y * pitch, width);
    for (let x = 0; x < width; x++) {
      if (row[x] !== expectedHere) differing.add(x, y, screen, expected);
    }
  }
  return differing.findings(
    screen,
    `All ${number(width * height)} pixels are ${hexWord(expected)}, at ${width} × ${height} with a pitch of ${pitch} bytes.`,
  );
}

/** Why a screen cannot be the one that kernels here paint on; undefined where it can. */
export function unfitScreen({ mode, width, height, bpp, pitch, pixels }: ObservedScreen): string | undefined {
  if (mode !== 'graphics') return `The screen is still in text mode (${width} × ${height}); no picture was painted.`;
  if (bpp !== 32) return `The screen has ${bpp} bits per pixel; this kernel paints only at 32.`;
  if (pixels.length < pitch * height) {
    return `Only ${pixels.length} bytes of video memory were read; ${height} rows of ${pitch} bytes were expected.`;
  }
  return undefined;
}

/** Pixels that are not as they should be. */
export class Differing {
  #count = 0;
  #first = '';

  add(x: number, y: number, { pixels, pitch }: ObservedScreen, expected: number): void {
    if (++this.#count > 1) return;
    const found = new DataView(pixels.buffer, pixels.byteOffset + y * pitch + x * 4, 4).getUint32(0, true);
    this.#first = `The first is at x ${x}, y ${y}: ${hexWord(found)} instead of ${hexWord(expected)}.`;
  }

  /** `good` is what there is to say where none was found. */
  findings({ width, height }: ObservedScreen, good: string): Findings {
    const count = width * height;
    if (this.#count === 0) return found(good);
    const share =
      this.#count === count
        ? `All ${number(count)} pixels differ.`
        : `${number(this.#count)} of ${number(count)} pixels differ.`;
    return failed(`${share} ${this.#first}`);
  }
}

const higherHalf = 0xffff_8000_0000_0000n;

/** Whether the CPU sleeps in a function. `called` is what to call it, where its name is the compiler's. */
export function checkHalted(name: string, symbols: readonly KernelSymbol[], cpu: ObservedCpu, called = name): Findings {
  const bad: string[] = [];
  if (cpu.cpuMode !== 'long') bad.push(`The CPU is in ${modeInWords(cpu.cpuMode)}, not in 64-bit mode.`);
  if (!cpu.halted) bad.push('The CPU is still running; it should be halted.');

  const place = locate(cpu.rip, symbols);
  if (place?.symbol.name !== name) {
    const where = place ? `${place.symbol.name}+0x${place.offset.toString(16)}` : 'outside the kernel’s functions';
    bad.push(`RIP is ${formatAddress(cpu.rip)}, ${where}; it should be within ${called}.`);
  } else if (cpu.rip < higherHalf) {
    bad.push(`RIP is ${formatAddress(cpu.rip)}, in the lower half.`);
  }
  if (bad.length > 0) return { good: [], bad };
  return found(`The CPU is halted in ${called}, in 64-bit mode.`);
}

function checkRefused(text: string, seen: Observation): Findings {
  const bad: string[] = [];
  const wanted = flat(text);
  if (!flat(seen.serial).includes(wanted)) bad.push(`The serial port did not say “${text}”.`);
  if (!flat(seen.textScreen.join(' ')).includes(wanted)) {
    const rows = seen.textScreen.map((row) => row.trim()).filter((row) => row !== '');
    bad.push(
      `The screen does not say “${text}”${rows.length > 0 ? `; its last line is “${rows.at(-1)}”` : '; it is empty'}.`,
    );
  }
  if (!seen.cpu.halted) bad.push('The CPU is still running; the loader should have halted it.');
  if (bad.length > 0) return { good: [], bad };
  return found(`The loader said “${text}”, on the screen and over the serial port, and halted.`);
}

/** The screen is the picture of mode 13h, four bytes a pixel: blue, green, red, 0. */
function checkSector(
  { text, color, rows, halt }: Extract<Checkpoint, { kind: 'sector' }>,
  { screen, cpu, serial }: Observation,
): Findings {
  const { mode, width, height, pitch, pixels } = screen;
  const shape = `${width} × ${height}`;
  if (mode !== 'graphics' || shape !== '320 × 200') {
    return failed(`The screen is in ${mode} mode at ${shape}; the sector sets 320 × 200.`);
  }
  const bad: string[] = [];
  const wanted = words(Uint8Array.of(color.b, color.g, color.r, 0), 0, 1)[0];
  let wrong = 0;
  for (let y = rows; y < height; y++)
    wrong += words(pixels, y * pitch, width).filter((pixel) => pixel !== wanted).length;
  if (wrong > 0) bad.push(`${number(wrong)} pixels below the text are not ${rgbInWords(color)}.`);
  if (serial.trim() !== text.trim()) bad.push(`The serial port said “${serial}” instead of “${text}”.`);
  if (cpu.cpuMode !== 'real') bad.push(`The CPU is in ${modeInWords(cpu.cpuMode)}, not in real mode.`);
  // A halted CPU points behind its hlt, which is one byte.
  if (!cpu.halted || cpu.rip !== BigInt(halt + 1)) bad.push(`The CPU is not halted at 0x${halt.toString(16)}.`);
  if (bad.length > 0) return { good: [], bad };
  return found(
    `The text came over the serial port, all pixels below it are ${rgbInWords(color)}, and the CPU is halted at 0x${halt.toString(16)}, in real mode.`,
  );
}

function rgbInWords({ r, g, b }: PixelColor): string {
  return `rgb(${r}, ${g}, ${b})`;
}

/** The CPU's mode as one says it. */
export function modeInWords(mode: ObservedCpu['cpuMode']): string {
  return mode === 'long' ? '64-bit mode' : `${mode} mode`;
}

/** 32 bits per pixel, red at bit 16, green at 8, blue at 0: the only layout the machine's graphics card has at that depth. */
function pixelWord({ r, g, b }: PixelColor): number {
  return (r << 16) | (g << 8) | b;
}

/** A view of `count` words; of a copy where they do not lie at multiples of four bytes. */
function words(bytes: Uint8Array, start: number, count: number): Uint32Array {
  const at = bytes.byteOffset + start;
  return at % 4 === 0
    ? new Uint32Array(bytes.buffer, at, count)
    : new Uint32Array(bytes.slice(start, start + count * 4).buffer);
}

function hexWord(word: number): string {
  return `0x${word.toString(16).toUpperCase().padStart(8, '0')}`;
}

export function number(value: number): string {
  // Not toLocaleString: its first call loads the rules of all languages, which takes ten milliseconds and more.
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The screen breaks sentences into rows; compared is what they say. */
function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function found(finding: string): Findings {
  return { good: [finding], bad: [] };
}

export function failed(finding: string): Findings {
  return { good: [], bad: [finding] };
}

export function merge(...all: Findings[]): Findings {
  return { good: all.flatMap(({ good }) => good), bad: all.flatMap(({ bad }) => bad) };
}
