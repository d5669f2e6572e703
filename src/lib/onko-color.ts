import type { Color } from './color.ts';

/** The colour that the kernel of Part 1 paints. */
export const onkoColor: Color = { red: 12, green: 24, blue: 33 };
