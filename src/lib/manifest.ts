import type { ColorShape } from './color-patch.ts';
import type { ElfFile } from './elf.ts';
import type { Outcome } from './experiment.ts';

/**
 * What `public/isos/manifest.json` holds: the one place where the kernels, the machine and the site meet.
 * `./onko isos` writes it; the page reads it to know what a booted ISO has to show.
 */
export interface Manifest {
  version: 1;
  /** Whose bootloader is on the ISOs: our own, or the real Limine from `LIMINE_DIR`. */
  loader: 'onko' | 'limine';
  /** Program name → the version that built the ISOs, as the program itself prints it. */
  tools: Record<string, string>;
  /** In the order of the chapters. */
  isos: IsoEntry[];
  /** The ISO whose kernel has room for a reader's picture. */
  draw: DrawEntry;
}

/** Chapter 5's kernel with a function that the page fills with machine code of its own. */
export interface DrawEntry extends Pick<IsoEntry, 'file' | 'size' | 'sha256' | 'sourceHash'> {
  kernel: KernelEntry;
  /** The room for the code. */
  slot: {
    /** Of its first byte in the ELF file. */
    offset: number;
    /** Where that byte is when the kernel runs. */
    address: Address;
    /** Bytes. */
    size: number;
    /** The function to go to before a division by zero. It does not return. */
    divisionByZero: Address;
  };
}

export interface IsoEntry {
  /** The stable chapter id, such as `05-main-rs`. */
  chapter: string;
  /** File name of the ISO, beside the manifest. */
  file: string;
  /** Bytes of the ISO. */
  size: number;
  /** SHA-256 of the ISO, 64 lowercase hexadecimal digits. */
  sha256: string;
  /** SHA-256 over everything the ISO is built from: sources, loader, configuration, commands. Tools are not in it. */
  sourceHash: string;
  /** What the page must find in the running machine. */
  checkpoint: Checkpoint;
  /** The ELF file that lies on the ISO as `/kernel.elf`; absent where the reader has none yet. */
  kernel?: KernelEntry;
}

export interface KernelEntry {
  /** Bytes of the ELF file. */
  size: number;
  sha256: string;
  /** Virtual address of the entry point, as {@link address} writes it. */
  entry: Address;
  /** Functions and statics that have a size, by rising address. */
  symbols: KernelSymbol[];
  /** How its bytes depend on the colour that it paints, for the one whose colour the page changes. */
  colors?: ColorShape[];
}

export interface KernelSymbol {
  name: string;
  address: Address;
  /** Bytes. */
  size: number;
}

/** A 64-bit address in hexadecimal, all 16 digits: `0xffffffff80000000`. JSON numbers would lose its low bits. */
export type Address = `0x${string}`;

/** One byte per channel, 0 to 255. */
export interface PixelColor {
  r: number;
  g: number;
  b: number;
}

/** The loader's boot menu: what it has to offer, and how long it waits before it boots by itself. */
export interface MenuCheckpoint {
  /** Title of the entry. */
  entry: string;
  /** `never`: it waits for Enter. */
  seconds: number | 'never';
}

/** What a chapter's ISO has to show when it is booted. */
export type Checkpoint =
  /** Every pixel of the framebuffer has this color; before that, where there is one, the boot menu counted down. */
  | { kind: 'painted'; color: PixelColor; menu?: MenuCheckpoint }
  /** The CPU is halted within this function, in 64-bit mode and in the higher half. */
  | { kind: 'halted'; symbol: string }
  /** The loader refused the kernel; its words on the serial port and on the screen contain this text. */
  | { kind: 'refused'; text: string }
  /** Our boot sector: the text went over the serial port, and below the rows of the screen that it fills all is one color. */
  | { kind: 'sector'; text: string; color: PixelColor; rows: number; halt: number }
  /** A deliberate mistake: the machine does what was recorded when it was last built and booted. */
  | { kind: 'outcome'; outcome: Outcome };

/** Writes a 64-bit address the way the manifest keeps it. */
export function address(value: bigint): Address {
  return `0x${value.toString(16).padStart(16, '0')}`;
}

/** A kernel's functions and statics that have a size, by rising address. */
export function kernelSymbols({ symbols }: ElfFile): KernelSymbol[] {
  return symbols
    .filter(({ size, type }) => size > 0n && (type === 'function' || type === 'object'))
    .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.name < b.name ? -1 : 1))
    .map(({ name, value, size }) => ({ name, address: address(value), size: Number(size) }));
}
