import { parseDepth, type Depth } from './depth.ts';
import { InputError, parseInteger, quote } from './input.ts';

export { onkoColor } from './onko-color.ts';

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
 * How a pixel holds its channels. The names are those of the framebuffer response in the Limine boot protocol
 * (`red_mask_shift`, `red_mask_size` and so on).
 */
export type PixelFormat = Record<Channel, ChannelField>;

/** The order of the channels in the word, most significant first. */
export const orders = ['rgb', 'bgr'] as const;
export type Order = (typeof orders)[number];

/** A pixel's size in bits, and where its channels sit. */
export interface Layout {
  bpp: Depth;
  format: PixelFormat;
}

/** Layouts that graphics cards have, by the names they go by: bits per pixel, and each channel's bits. */
const usual = {
  '32': { bpp: 32, sizes: { red: 8, green: 8, blue: 8 } },
  '24': { bpp: 24, sizes: { red: 8, green: 8, blue: 8 } },
  '565': { bpp: 16, sizes: { red: 5, green: 6, blue: 5 } },
  '555': { bpp: 16, sizes: { red: 5, green: 5, blue: 5 } },
} as const;
export type LayoutName = keyof typeof usual;
export const layoutNames: readonly LayoutName[] = ['32', '24', '565', '555'];

/** A usual layout: its channels lie next to each other from bit 0 upwards, blue or red lowest. */
export function layoutOf(name: LayoutName, order: Order): Layout {
  const { bpp, sizes } = usual[name];
  const [low, high] = order === 'rgb' ? (['blue', 'red'] as const) : (['red', 'blue'] as const);
  const field = (channel: Channel, shift: number): ChannelField => ({ shift, size: sizes[channel] });
  const places = { [low]: field(low, 0), [high]: field(high, sizes[low] + sizes.green) };
  return { bpp, format: { green: field('green', sizes[low]), ...places } as PixelFormat };
}

/** The layout that a kernel meets unless told otherwise for that many bits per pixel. */
export function usualLayout(bpp: Depth, order: Order): Layout {
  return layoutOf(bpp === 16 ? '565' : bpp === 24 ? '24' : '32', order);
}

/** Which of red and blue lies higher in the word. */
export function orderOf({ format }: Layout): Order {
  return format.red.shift > format.blue.shift ? 'rgb' : 'bgr';
}

/** The name of a layout, when it is a usual one. */
export function nameOf(layout: Layout): LayoutName | undefined {
  return layoutNames.find((name) => sameLayout(layoutOf(name, orderOf(layout)), layout));
}

function sameLayout(one: Layout, other: Layout): boolean {
  const same = (channel: Channel) =>
    one.format[channel].size === other.format[channel].size &&
    one.format[channel].shift === other.format[channel].shift;
  return one.bpp === other.bpp && channels.every(same);
}

/** Throws {@link InputError} when no pixel can have this layout, naming the channel and its bits. */
export function checkLayout({ bpp, format }: Layout): void {
  for (const channel of channels) {
    const { size, shift } = format[channel];
    if (size < 1 || shift < 0 || shift + size > bpp) {
      throw new InputError(
        `${named(channel)} has ${size} bits from bit ${shift} up, and must have at least one, all within bits 0 to ${bpp - 1}.`,
      );
    }
  }
  for (const [one, other] of [
    ['red', 'green'],
    ['green', 'blue'],
    ['red', 'blue'],
  ] as const) {
    const [first, second] = [format[one], format[other]];
    const shared = Math.max(first.shift, second.shift);
    if (shared < Math.min(first.shift + first.size, second.shift + second.size)) {
      throw new InputError(`${named(one)} and ${other} share bit ${shared}; each bit can belong to one channel.`);
    }
  }
}

/** The formats of 32-bit pixels. */
export const formats: Record<Order, PixelFormat> = {
  rgb: layoutOf('32', 'rgb').format,
  bgr: layoutOf('32', 'bgr').format,
};

/** One channel moved to its place: `value << shift` is `word`. */
export interface Term {
  channel: Channel;
  /** The channel's 0 to 255, scaled to the bits that the pixel has for it. */
  value: number;
  shift: number;
  word: number;
}

/** The three shifted terms of a colour's word, in the order of {@link channels}. Their words share no bit. */
export function terms(color: Color, format: PixelFormat): Term[] {
  return channels.map((channel) => {
    const { shift, size } = format[channel];
    const value = scaled(color[channel], 255, 2 ** size - 1);
    // JavaScript shifts give signed 32-bit numbers; `>>> 0` reads the same bits as unsigned.
    return { channel, value, shift, word: (value << shift) >>> 0 };
  });
}

/** A level of `from` + 1 as the nearest of `to` + 1: both ends stay where they are. */
function scaled(level: number, from: number, to: number): number {
  return Math.round((level * to) / from);
}

/**
 * How a channel's 0 to 255 became its value in the pixel: `12 × 31 / 255 = 1.46, so 1`. Empty where the pixel has 8 bits
 * for it, too, and nothing has to be scaled.
 */
export function roundingInWords(level: number, size: number): string {
  if (size === 8) return '';
  const most = 2 ** size - 1;
  const exact = (level * most) / 255;
  const value = scaled(level, 255, most);
  const sum = `${level} × ${most} / 255`;
  return Number.isInteger(exact) ? `${sum} = ${value}` : `${sum} = ${exact.toFixed(2)}, so ${value}`;
}

/** The colour as the unsigned word that goes into the framebuffer. Bits that no channel owns are 0. */
export function encode(color: Color, format: PixelFormat): number {
  return terms(color, format).reduce((word, term) => (word | term.word) >>> 0, 0);
}

/** The colour that {@link decode} gives back for a colour's word, and whether that is the one that was put in. */
export function shownInWords(color: Color, format: PixelFormat): string {
  const shown = decode(encode(color, format), format);
  const same = channels.every((channel) => shown[channel] === color[channel]);
  return `${channels.map((channel) => shown[channel]).join(', ')}${same ? ': the same' : ''}`;
}

/** The colour that a screen of this format shows for an unsigned word; bits that no channel owns do not matter. */
export function decode(word: number, format: PixelFormat): Color {
  const read = ({ shift, size }: ChannelField) => {
    const most = 2 ** size - 1;
    return scaled(((word >>> shift) & most) >>> 0, most, 255);
  };
  return { red: read(format.red), green: read(format.green), blue: read(format.blue) };
}

/** The pixel's bytes in the order of their addresses on x86: little-endian, the least significant first. */
export function memoryBytes(word: number, bpp: Depth = 32): number[] {
  return [0, 8, 16, 24].filter((shift) => shift < bpp).map((shift) => (word >>> shift) & 0xff);
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

/** The word's bits, split by the channel that owns them, from the highest down to bit 0. */
export function bitGroups(word: number, format: PixelFormat, bpp: Depth = 32): BitGroup[] {
  const owner = (bit: number) =>
    channels.find((channel) => bit >= format[channel].shift && bit < format[channel].shift + format[channel].size) ??
    'unused';
  const groups: BitGroup[] = [];
  for (let bit = bpp - 1; bit >= 0; bit--) {
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

/** Whose each byte of the pixel is, lowest address first; `several` where more than one channel has bits in it. */
export function byteOwners({ bpp, format }: Layout): (Channel | 'unused' | 'several')[] {
  return memoryBytes(0, bpp).map((_, index) => {
    const low = index * 8;
    const inside = channels.filter((channel) => {
      const { shift, size } = format[channel];
      return shift < low + 8 && shift + size > low;
    });
    const [owner = 'unused'] = inside;
    return inside.length > 1 ? 'several' : owner;
  });
}

/** `0x000C1821`: always two digits for a byte, so that every byte keeps its place. */
export function hexWord(word: number, bpp: Depth = 32): string {
  return `0x${word
    .toString(16)
    .toUpperCase()
    .padStart(bpp / 4, '0')}`;
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
  return parseInteger(text, { name: named(channel), min: 0, max: 255 });
}

/** The channel at the start of a sentence. */
function named(channel: Channel): string {
  return channel.charAt(0).toUpperCase() + channel.slice(1);
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

/**
 * Reads where red, green and blue lie: three pairs of size and shift as Linux's fbset prints them, `5/11,6/5,5/0`, or
 * three masks, `0xf800,0x7e0,0x1f`. Throws {@link InputError} for anything else, and for what {@link checkLayout} refuses.
 */
export function parseMasks(text: string, bpp: Depth): Layout {
  const parts = text.split(',');
  const [red, green, blue] = parts;
  if (red === undefined || green === undefined || blue === undefined || parts.length > 3) {
    throw new InputError(
      `Masks are three, for red, green and blue, like 5/11,6/5,5/0 or 0xf800,0x7e0,0x1f; ${quote(text)} has ${parts.length}.`,
    );
  }
  const format = { red: parseMask(red, 'red'), green: parseMask(green, 'green'), blue: parseMask(blue, 'blue') };
  const layout = { bpp, format };
  checkLayout(layout);
  return layout;
}

function parseMask(text: string, channel: Channel): ChannelField {
  const [, size, shift] = /^([^/]*)\/([^/]*)$/.exec(text) ?? [];
  const name = `${named(channel)}’s`;
  if (size !== undefined && shift !== undefined)
    return { size: parseSize(size, channel), shift: parseShift(shift, channel) };
  const mask = parseInteger(text, { name: `${name} mask`, min: 1, max: 0xffff_ffff });
  const low = 31 - Math.clz32(mask & -mask);
  const ones = 32 - Math.clz32(mask) - low;
  if (mask !== 2 ** low * (2 ** ones - 1))
    throw new InputError(`${name} mask ${quote(text)} has a gap between its bits.`);
  return { size: ones, shift: low };
}

/** Reads how many bits a channel has; {@link checkLayout} says whether they fit. */
export function parseSize(text: string, channel: Channel): number {
  return parseInteger(text, { name: `${named(channel)}’s size`, min: 1, max: 32 });
}

/** Reads the number of a channel's lowest bit. */
export function parseShift(text: string, channel: Channel): number {
  return parseInteger(text, { name: `${named(channel)}’s shift`, min: 0, max: 31 });
}

/** The masks as {@link parseMasks} reads them. */
export function masksText({ format }: Layout): string {
  return channels.map((channel) => `${format[channel].size}/${format[channel].shift}`).join(',');
}

/** What a link to a setting of the colour encoder carries in its fragment. */
export interface Setting {
  color: Color;
  layout: Layout;
}

/**
 * The setting as a URL fragment without the `#`: `color=0c1821&order=rgb`, with `&layout=565` where that is another than
 * 32 bits, and with bits per pixel and masks instead where it is none of the usual ones.
 */
export function settingToFragment({ color, layout }: Setting): string {
  const name = nameOf(layout);
  const start = `color=${cssHex(color).slice(1)}`;
  if (name === undefined) return `${start}&bpp=${layout.bpp}&masks=${masksText(layout)}`;
  return `${start}&order=${orderOf(layout)}${name === '32' ? '' : `&layout=${name}`}`;
}

/**
 * The setting that a URL fragment (without its `#`) carries, the order being rgb and the layout 32 bits where none is
 * named; undefined for a fragment that is about something else. Throws {@link InputError} when a value is wrong.
 */
export function settingFromFragment(fragment: string): Setting | undefined {
  const fields = new URLSearchParams(fragment);
  const color = fields.get('color');
  if (color === null) return undefined;
  const masks = fields.get('masks');
  const layout =
    masks === null
      ? layoutOf(parseLayoutName(fields.get('layout') ?? '32'), parseOrder(fields.get('order') ?? 'rgb'))
      : parseMasks(masks, parseDepth(fields.get('bpp') ?? '32'));
  return { color: parseHexColor(color), layout };
}

/** Reads the name of a usual layout. Throws {@link InputError} for any other text. */
export function parseLayoutName(text: string): LayoutName {
  const name = layoutNames.find((candidate) => candidate === text.trim());
  if (name === undefined) throw new InputError(`The layout is one of ${layoutNames.join(', ')}, not ${quote(text)}.`);
  return name;
}
