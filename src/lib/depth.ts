import { InputError, quote } from './input.ts';

/** Bits per pixel that linear framebuffers of PCs have. */
export const depths = [16, 24, 32] as const;
export type Depth = (typeof depths)[number];

/** Whole bytes of one pixel: 2, 3 or 4. */
export function bytesPerPixel(bpp: Depth): number {
  return bpp / 8;
}

/** Reads a number of bits per pixel. Throws {@link InputError} for what no framebuffer has. */
export function parseDepth(text: string): Depth {
  const depth = depths.find((candidate) => String(candidate) === text.trim());
  if (depth === undefined) throw new InputError(`The bits per pixel are 16, 24 or 32, not ${quote(text)}.`);
  return depth;
}
