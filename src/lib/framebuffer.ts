import { decode, encode, layoutOf, memoryBytes, type Color } from './color.ts';
import { bytesPerPixel, parseDepth, type Depth } from './depth.ts';
import { InputError, parseInteger } from './input.ts';

/** A linear framebuffer's shape, with the names of the Limine boot protocol. */
export interface FramebufferShape {
  /** Pixels per row, 1 to 16,384. */
  width: number;
  /** Rows, 1 to 16,384. */
  height: number;
  /** Bits per pixel. */
  bpp: Depth;
  /** Bytes from the start of a row to the start of the next; at least the bytes of a row's pixels. */
  pitch: number;
}

export const largestSide = 16_384;

/** Bytes that a row's pixels fill; the rest of the pitch is padding. */
export function rowBytes({ width, bpp }: Pick<FramebufferShape, 'width' | 'bpp'>): number {
  return width * bytesPerPixel(bpp);
}

/** Throws {@link InputError} when no framebuffer can have this shape, naming the number and what it must be. */
export function checkShape(shape: FramebufferShape): void {
  for (const side of ['width', 'height'] as const) {
    const value = shape[side];
    if (!Number.isInteger(value) || value < 1 || value > largestSide) {
      throw new InputError(`The ${side} must be a whole number from 1 to ${largestSide}, not ${value}.`);
    }
  }
  const least = rowBytes(shape);
  if (!Number.isInteger(shape.pitch) || shape.pitch < least) {
    throw new InputError(
      `The pitch must be at least ${least} bytes, as a row has ${shape.width} pixels of ` +
        `${bytesPerPixel(shape.bpp)} bytes; ${shape.pitch} is too small.`,
    );
  }
}

/** Where one pixel lies. Offsets count from the framebuffer's first byte. */
export interface PixelPlace {
  /** `y * pitch + x * bytes_per_pixel`: the pixel's first byte. */
  offset: number;
  /** The pixel's last byte. */
  last: number;
  rowStart: number;
}

/**
 * The pixel at column x of row y, both counted from 0.
 * Throws {@link InputError} when the shape or the coordinates are impossible.
 */
export function pixelPlace(shape: FramebufferShape, x: number, y: number): PixelPlace {
  checkShape(shape);
  inRange('x', x, shape.width);
  inRange('y', y, shape.height);
  const rowStart = y * shape.pitch;
  const offset = rowStart + x * bytesPerPixel(shape.bpp);
  return { offset, last: offset + bytesPerPixel(shape.bpp) - 1, rowStart };
}

function inRange(name: 'x' | 'y', value: number, count: number): void {
  if (Number.isInteger(value) && value >= 0 && value < count) return;
  const side = name === 'x' ? 'wide' : 'high';
  throw new InputError(
    `${name} must be from 0 to ${count - 1}, as the framebuffer is ${count} pixels ${side}; ${value} is outside it.`,
  );
}

/** What a byte offset of a framebuffer belongs to. */
export type OffsetOwner =
  { kind: 'pixel'; x: number; y: number; byte: number } | { kind: 'padding'; y: number } | { kind: 'outside' };

/** The pixel, padding or nothing that the byte at `offset` belongs to. */
export function ownerOf(shape: FramebufferShape, offset: number): OffsetOwner {
  const y = Math.floor(offset / shape.pitch);
  if (offset < 0 || y >= shape.height) return { kind: 'outside' };
  const inRow = offset - y * shape.pitch;
  if (inRow >= rowBytes(shape)) return { kind: 'padding', y };
  const size = bytesPerPixel(shape.bpp);
  return { kind: 'pixel', x: Math.floor(inRow / size), y, byte: inRow % size };
}

/**
 * Where a kernel writes that takes `width * bytes_per_pixel` for the pitch: the offset it computes for (x, y), and what
 * really lies there. It is the pixel that was meant only in row 0, or where rows have no padding.
 */
export function shearedPlace(shape: FramebufferShape, x: number, y: number): { offset: number; owner: OffsetOwner } {
  const { offset } = pixelPlace({ ...shape, pitch: rowBytes(shape) }, x, y);
  return { offset, owner: ownerOf(shape, offset) };
}

/** Where the mistake of {@link shearedPlace} lands, in words. */
export function landingInWords(shape: FramebufferShape, x: number, y: number): string {
  const { offset, owner } = shearedPlace(shape, x, y);
  if (offset === pixelPlace(shape, x, y).offset) return 'the same here, but only here';
  if (owner.kind === 'pixel') return `that is pixel (${owner.x}, ${owner.y})`;
  return owner.kind === 'padding' ? `that is padding of row ${owner.y}` : 'that is outside the framebuffer';
}

/** A stretch of bytes in memory that belong together: one pixel, one row's padding, or what is not the framebuffer's. */
export type Stretch =
  | { kind: 'pixel'; x: number; y: number; first: number; last: number }
  | { kind: 'padding'; y: number; first: number; last: number }
  | { kind: 'before' | 'after' };

/**
 * What lies around a pixel in memory, lowest address first: the pixel, and up to `reach` stretches on each side.
 * Nothing is told of what lies outside the framebuffer but that it does.
 */
export function memoryAround(shape: FramebufferShape, x: number, y: number, reach: number): Stretch[] {
  const { offset, last } = pixelPlace(shape, x, y);
  const before: Stretch[] = [];
  for (let at = offset - 1; before.length < reach;) {
    const stretch = stretchAt(shape, at);
    before.unshift(stretch);
    if (!('first' in stretch)) break;
    at = stretch.first - 1;
  }
  const after: Stretch[] = [];
  for (let at = last + 1; after.length < reach;) {
    const stretch = stretchAt(shape, at);
    after.push(stretch);
    if (!('first' in stretch)) break;
    at = stretch.last + 1;
  }
  return [...before, { kind: 'pixel', x, y, first: offset, last }, ...after];
}

function stretchAt(shape: FramebufferShape, at: number): Stretch {
  const owner = ownerOf(shape, at);
  if (owner.kind === 'outside') return { kind: at < 0 ? 'before' : 'after' };
  if (owner.kind === 'padding') {
    const rowStart = owner.y * shape.pitch;
    return { kind: 'padding', y: owner.y, first: rowStart + rowBytes(shape), last: rowStart + shape.pitch - 1 };
  }
  const first = at - owner.byte;
  return { kind: 'pixel', x: owner.x, y: owner.y, first, last: first + bytesPerPixel(shape.bpp) - 1 };
}

/**
 * What the bytes of a pixel hold, lowest address first, in the layouts usual on PCs: blue, green, red and an unused
 * byte; at 16 bits per pixel the halves of a word with 5 bits of red on top, 6 of green and 5 of blue.
 */
export function byteNames(bpp: Depth): string[] {
  return bpp === 16 ? ['low', 'high'] : ['B', 'G', 'R', '–'].slice(0, bytesPerPixel(bpp));
}

/** A colour's bytes in memory, in the layouts of {@link byteNames}. */
export function pixelBytes({ red, green, blue }: Color, bpp: Depth): number[] {
  if (bpp !== 16) return [blue, green, red, 0].slice(0, bytesPerPixel(bpp));
  return memoryBytes(encode({ red, green, blue }, rgb565.format), 16);
}

/** The colour that a screen shows for a pixel's bytes; the other way of {@link pixelBytes}. */
export function pixelColor(bytes: readonly number[], bpp: Depth): Color {
  const [first = 0, second = 0, third = 0] = bytes;
  if (bpp !== 16) return { red: third, green: second, blue: first };
  return decode(first | (second << 8), rgb565.format);
}

const rgb565 = layoutOf('565', 'rgb');

/** A picture for a screen of any size: a sun between upright bars, so that a slant is seen at once. */
export function testPicture(
  { width, height }: Pick<FramebufferShape, 'width' | 'height'>,
  x: number,
  y: number,
): Color {
  const side = Math.min(width, height);
  const fromCentre = Math.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2);
  if (fromCentre < side * 0.3) return { red: 232, green: 163, blue: 61 };
  const bar = Math.floor(((x + 0.5) / width) * 9) % 2 === 1;
  return bar ? { red: 92, green: 138, blue: 160 } : { red: 12, green: 24, blue: 33 };
}

/**
 * What the screen shows at (x, y) once a program has painted {@link testPicture} row by row with `programPitch` bytes
 * from row to row. The screen goes by the shape's own pitch. Memory that the program did not reach is 0.
 */
export function shownColor(shape: FramebufferShape, programPitch: number, x: number, y: number): Color {
  const written = { ...shape, pitch: programPitch };
  const { offset } = pixelPlace(shape, x, y);
  const bytes = Array.from({ length: bytesPerPixel(shape.bpp) }, (_, index) => {
    const source = ownerOf(written, offset + index);
    if (source.kind !== 'pixel') return 0;
    return pixelBytes(testPicture(shape, source.x, source.y), shape.bpp)[source.byte] ?? 0;
  });
  return pixelColor(bytes, shape.bpp);
}

/** A pixel of a framebuffer: what the pixel explorer and `onko pixel` are set to. */
export interface PixelSetting {
  shape: FramebufferShape;
  x: number;
  y: number;
}

/** A laptop's screen, whose rows are padded to a multiple of 64 bytes. */
export const laptopPixel: PixelSetting = { shape: { width: 1366, height: 768, bpp: 32, pitch: 5504 }, x: 100, y: 50 };

/** The names that a setting's numbers have as fields. */
export const pixelFields = ['width', 'height', 'bpp', 'pitch', 'x', 'y'] as const;
export type PixelField = (typeof pixelFields)[number];

/** The number that a field holds. */
export function pixelFieldValue({ shape, x, y }: PixelSetting, field: PixelField): number {
  return field === 'x' ? x : field === 'y' ? y : shape[field];
}

/** Reads a setting from its fields' texts. Throws {@link InputError} when a number is none, or none that is possible. */
export function parsePixelSetting(text: (field: PixelField) => string): PixelSetting {
  const whole = (field: PixelField, min: number, max: number) =>
    parseInteger(text(field), { name: field.length > 1 ? `The ${field}` : field, min, max });
  const shape = {
    width: whole('width', 1, largestSide),
    height: whole('height', 1, largestSide),
    bpp: parseDepth(text('bpp')),
    pitch: whole('pitch', 0, largestPitch),
  };
  const setting = { shape, x: whole('x', 0, largestPitch), y: whole('y', 0, largestPitch) };
  pixelPlace(shape, setting.x, setting.y);
  return setting;
}

/** Far above any pitch of a real card, and small enough for every offset to be exact. */
const largestPitch = 2 ** 20;

/** The setting as a URL fragment without the `#`: `pixel=100,50&size=1366x768&bpp=32&pitch=5504`. */
export function pixelToFragment({ shape, x, y }: PixelSetting): string {
  return `pixel=${x},${y}&size=${shape.width}x${shape.height}&bpp=${shape.bpp}&pitch=${shape.pitch}`;
}

/** The setting that a URL fragment carries; undefined for one about something else. Throws {@link InputError}. */
export function pixelFromFragment(fragment: string): PixelSetting | undefined {
  const fields = new URLSearchParams(fragment);
  const pixel = fields.get('pixel');
  if (pixel === null) return undefined;
  const [x = '', y = ''] = pixel.split(',');
  const [width = '', height = ''] = (fields.get('size') ?? '').split('x');
  const texts = { width, height, bpp: fields.get('bpp') ?? '', pitch: fields.get('pitch') ?? '', x, y };
  return parsePixelSetting((field) => texts[field]);
}
