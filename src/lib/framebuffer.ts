import { InputError } from './input.ts';

/** Bits per pixel that linear framebuffers of PCs have. */
export const depths = [16, 24, 32] as const;
export type Depth = (typeof depths)[number];

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

/** Whole bytes of one pixel: 2, 3 or 4. */
export function bytesPerPixel(bpp: Depth): number {
  return bpp / 8;
}

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
