/**
 * The first 512 bytes that a PC executes of a disc, as the build made them, and the places in them that a reader may fill
 * with a text and a colour of their own.
 */
import { InputError, quote } from './input.ts';
import type { Checkpoint, PixelColor } from './manifest.ts';

/** What a BIOS loads of a disc before it jumps there, in bytes; the last two are 0x55 and 0xAA. */
export const sectorSize = 512;
/** Where it loads them to. */
export const loadAddress = 0x7c00;

/** Bytes of the sector, from its beginning. */
export interface Place {
  offset: number;
  size: number;
}

/** The names are those of symbols in kernel/boot-sector/src/boot-sector.s. */
export interface SectorPlaces {
  /** Red, green and blue, six bits each. */
  color: Place;
  /** The palette's number of the letters' colour. */
  ink: Place;
  /** The text with a zero behind it; what is left is zero as well. */
  text: Place;
}

/** What the build recorded; src/data/boot-sector.json. */
export interface BootSector {
  /** `rustc --version` of the compiler whose assembler made it. */
  rustc: string;
  /** SHA-256 over its sources. */
  sourceHash: string;
  /** All 512 bytes, in hexadecimal. */
  bytes: string;
  places: SectorPlaces;
  /** Offset of the `hlt` at its end. */
  halt: number;
}

export interface SectorSetting {
  text: string;
  color: PixelColor;
}

/** The text and the colour that stand in the source. */
export const sourceSetting: SectorSetting = { text: 'Hello from 512 bytes.', color: { r: 12, g: 24, b: 33 } };

/** The sector's bytes as the build made them. */
export function sectorBytes({ bytes }: BootSector): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: bytes.length / 2 }, (_, index) =>
    parseInt(bytes.slice(index * 2, index * 2 + 2), 16),
  );
}

/** How many characters fit: behind them there has to be a zero. */
export function roomForText({ places }: BootSector): number {
  return places.text.size - 1;
}

/** A channel as the VGA keeps it: six bits, so that four neighbours of the 256 become one. */
export function sixBits(channel: number): number {
  return channel >> 2;
}

/** The colour that v86 shows for six bits a channel: its two new low bits are copies of the lowest. */
export function shownColor({ r, g, b }: PixelColor): PixelColor {
  const shown = (channel: number) => (sixBits(channel) << 2) | (sixBits(channel) & 1 ? 3 : 0);
  return { r: shown(r), g: shown(g), b: shown(b) };
}

/** White letters, number 15 of the palette, or black ones, 16, where the ground is light. 0 is black too, but is painted over. */
export function inkFor({ r, g, b }: PixelColor): 15 | 16 {
  // What the channels contribute to how light a colour looks (ITU-R BT.601).
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? 16 : 15;
}

/** Throws an InputError that names the first character the BIOS could not print, or says how much is too much. */
export function checkSectorText(text: string, room: number): void {
  for (const [index, character] of [...text].entries()) {
    if (!/^[ -~]$/.test(character)) {
      const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
      throw new InputError(
        `Character ${index + 1} of the text (${code}) is none that the BIOS and the serial port both know; use those from space to ~.`,
      );
    }
  }
  if (text.length > room) {
    throw new InputError(
      `The text has ${text.length} characters, and there is room for ${room}; take ${text.length - room} away.`,
    );
  }
}

/** The sector with another text and colour. Throws an InputError for a text that does not fit. */
export function patchSector(sector: BootSector, { text, color }: SectorSetting): Uint8Array<ArrayBuffer> {
  checkSectorText(text, roomForText(sector));
  const bytes = sectorBytes(sector);
  const { places } = sector;
  bytes.set([sixBits(color.r), sixBits(color.g), sixBits(color.b)], places.color.offset);
  bytes[places.ink.offset] = inkFor(color);
  bytes.fill(0, places.text.offset, places.text.offset + places.text.size);
  bytes.set(new TextEncoder().encode(text), places.text.offset);
  return bytes;
}

/** What a byte of the sector belongs to. */
export type SectorPart = keyof SectorPlaces | 'code' | 'signature';

export interface SectorRow {
  /** Where it lies in memory once the BIOS has loaded it. */
  address: number;
  cells: { byte: number; part: SectorPart }[];
}

/** The sector in rows of 16 bytes. Runs of rows that hold only zeros are left out, as hexdump does. */
export function sectorRows({ places }: BootSector, bytes: Uint8Array): SectorRow[] {
  const rows = Array.from({ length: sectorSize / 16 }, (_, row) => ({
    address: loadAddress + row * 16,
    cells: Array.from(bytes.subarray(row * 16, row * 16 + 16), (byte, column) => ({
      byte,
      part: partOf(places, row * 16 + column),
    })),
  }));
  return rows.filter(({ cells }) => cells.some(({ byte }) => byte !== 0));
}

function partOf({ color, ink, text }: SectorPlaces, at: number): SectorPart {
  const within = ({ offset, size }: Place) => at >= offset && at < offset + size;
  if (at >= sectorSize - 2) return 'signature';
  if (within(color)) return 'color';
  if (within(ink)) return 'ink';
  return within(text) ? 'text' : 'code';
}

/** Letters in a row of mode 13h, and the pixels of one. */
const columns = 40;
const letterRows = 8;
const screenRows = 200;

/** What the machine has to show once it has run the sector with this setting. */
export function sectorCheckpoint({ halt }: BootSector, { text, color }: SectorSetting): Checkpoint {
  const rows = Math.min(Math.ceil(text.length / columns) * letterRows, screenRows);
  return { kind: 'sector', text, color: shownColor(color), rows, halt: loadAddress + halt };
}

/** `0c1821` */
export function hexColor({ r, g, b }: PixelColor): string {
  return [r, g, b].map((channel) => channel.toString(16).padStart(2, '0')).join('');
}

/** Reads `#0c1821`, with or without the `#`. Throws an InputError for anything else. */
export function parseSectorColor(text: string): PixelColor {
  const [, r = '', g = '', b = ''] = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim()) ?? [];
  if (r === '') throw new InputError(`The colour ${quote(text)} must be six hexadecimal digits, such as 0c1821.`);
  return { r: parseInt(r, 16), g: parseInt(g, 16), b: parseInt(b, 16) };
}

/** The setting as the page's address carries it. */
export function sectorToFragment({ text, color }: SectorSetting): string {
  return `sector=${hexColor(color)}&text=${encodeURIComponent(text)}`;
}

/** The setting that an address carries; undefined for one about something else. Throws an InputError. */
export function sectorFromFragment(fragment: string): SectorSetting | undefined {
  const match = /^sector=([^&]*)&text=(.*)$/s.exec(fragment);
  if (match === null) return undefined;
  const [, color = '', text = ''] = match;
  return { text: decoded(text), color: parseSectorColor(color) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InputError(`The text ${quote(text)} in the address is broken off within a character.`);
  }
}
