import { InputError, parseInteger, quote } from './input.ts';

/** The three channels, in the order in which people say them. */
export const channels = ['red', 'green', 'blue'] as const;
export type Channel = (typeof channels)[number];

/** A colour: one whole number per channel, 0 (none) to 255 (full). */
export type Color = Record<Channel, number>;

/** Where one channel sits in the pixel's word: `size` bits, the lowest of them at bit `shift`. */
export interface ChannelField {
  shift: number;
  size: number;
}

/**
 * How a 32-bit pixel holds its channels. The names are those of the framebuffer response in the Limine boot protocol
 * (`red_mask_shift`, `red_mask_size` and so on).
 */
export type PixelFormat = Record<Channel, ChannelField>;

/** The order of the channels in the word, most significant first. */
export const orders = ['rgb', 'bgr'] as const;
export type Order = (typeof orders)[number];

export const formats: Record<Order, PixelFormat> = {
  rgb: { red: { shift: 16, size: 8 }, green: { shift: 8, size: 8 }, blue: { shift: 0, size: 8 } },
  bgr: { red: { shift: 0, size: 8 }, green: { shift: 8, size: 8 }, blue: { shift: 16, size: 8 } },
};

/** The colour that the kernel of Part 1 paints. */
export const onkoColor: Color = { red: 12, green: 24, blue: 33 };

const wordBits = 32;

/** One channel moved to its place: `value << shift` is `word`. */
export interface Term {
  channel: Channel;
  value: number;
  shift: number;
  word: number;
}

/** The three shifted terms of a colour's word, in the order of {@link channels}. Their words share no bit. */
export function terms(color: Color, format: PixelFormat): Term[] {
  return channels.map((channel) => {
    const { shift } = format[channel];
    // JavaScript shifts give signed 32-bit numbers; `>>> 0` reads the same bits as unsigned.
    return { channel, value: color[channel], shift, word: (color[channel] << shift) >>> 0 };
  });
}

/** The colour as the unsigned 32-bit word that goes into the framebuffer. Bits that no channel owns are 0. */
export function encode(color: Color, format: PixelFormat): number {
  return terms(color, format).reduce((word, term) => (word | term.word) >>> 0, 0);
}

/** The colour that a screen of this format shows for an unsigned 32-bit word; bits that no channel owns do not matter. */
export function decode(word: number, format: PixelFormat): Color {
  const read = ({ shift, size }: ChannelField) => (word >>> shift) & (2 ** size - 1);
  return { red: read(format.red), green: read(format.green), blue: read(format.blue) };
}

/** The word's four bytes in the order of their addresses on x86: little-endian, the least significant first. */
export function memoryBytes(word: number): number[] {
  return [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff);
}

/** A run of neighbouring bits that belong to one channel, or to none. */
export interface BitGroup {
  owner: Channel | 'unused';
  /** The bits as digits, most significant first. */
  bits: string;
  /** Number of the group's most and least significant bit in the word; 0 is the word's least significant bit. */
  high: number;
  low: number;
}

/** The word's 32 bits, split by the channel that owns them, from bit 31 down to bit 0. */
export function bitGroups(word: number, format: PixelFormat): BitGroup[] {
  const owner = (bit: number) =>
    channels.find((channel) => bit >= format[channel].shift && bit < format[channel].shift + format[channel].size) ??
    'unused';
  const groups: BitGroup[] = [];
  for (let bit = wordBits - 1; bit >= 0; bit--) {
    const digit = String((word >>> bit) & 1);
    const last = groups.at(-1);
    if (last?.owner === owner(bit)) {
      last.bits += digit;
      last.low = bit;
    } else {
      groups.push({ owner: owner(bit), bits: digit, high: bit, low: bit });
    }
  }
  return groups;
}

/** `0x000C1821`: always eight digits, so that every byte keeps its place. */
export function hexWord(word: number): string {
  return `0x${word.toString(16).toUpperCase().padStart(8, '0')}`;
}

/** `21`: always two digits. */
export function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** `#0c1821`, as CSS writes it: red, green, blue, whatever the framebuffer's order is. */
export function cssHex(color: Color): string {
  return `#${channels.map((channel) => hexByte(color[channel])).join('')}`.toLowerCase();
}

/** The line of the kernel's main.rs that names the colour, ready to paste. The order is the framebuffer's to say, not ours. */
export function rustLine({ red, green, blue }: Color): string {
  return `const BACKGROUND: Color = Color { red: ${red}, green: ${green}, blue: ${blue} };`;
}

/** Reads one channel's value; see {@link parseInteger} for what it takes and throws. */
export function parseChannel(text: string, channel: Channel): number {
  const name = channel.charAt(0).toUpperCase() + channel.slice(1);
  return parseInteger(text, { name, min: 0, max: 255 });
}

/**
 * Reads a hex colour as CSS writes it, with or without the `#`: `#0c1821`, `0C1821`, `#abc` (short for `#aabbcc`).
 * Throws {@link InputError} for anything else.
 */
export function parseHexColor(text: string): Color {
  const digits = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (digits === undefined) {
    throw new InputError(
      `A hex colour is six hexadecimal digits, like #0c1821, or three, like #abc; ${quote(text)} is neither.`,
    );
  }
  const full = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  return decode(Number.parseInt(full, 16), formats.rgb);
}

/** Reads the name of a channel order, in upper or lower case. Throws {@link InputError} for any other text. */
export function parseOrder(text: string): Order {
  const order = orders.find((candidate) => candidate === text.trim().toLowerCase());
  if (order === undefined) throw new InputError(`The channel order is rgb or bgr, not ${quote(text)}.`);
  return order;
}

/** What a link to a setting of the colour encoder carries in its fragment. */
export interface Setting {
  color: Color;
  order: Order;
}

/** The setting as a URL fragment without the `#`: `color=0c1821&order=rgb`. */
export function settingToFragment({ color, order }: Setting): string {
  return `color=${cssHex(color).slice(1)}&order=${order}`;
}

/**
 * The setting that a URL fragment (without its `#`) carries, the order being rgb where none is named;
 * undefined for a fragment that is about something else. Throws {@link InputError} when a value is wrong.
 */
export function settingFromFragment(fragment: string): Setting | undefined {
  const fields = new URLSearchParams(fragment);
  const color = fields.get('color');
  if (color === null) return undefined;
  return { color: parseHexColor(color), order: parseOrder(fields.get('order') ?? 'rgb') };
}
