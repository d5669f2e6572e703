import { Painter } from './interpret.ts';
import type { Program } from './syntax.ts';

/** The screen of the machine in the page. */
export const screenSize = { width: 1024, height: 768 } as const;

/**
 * Paints a picture of the machine's screen that has fewer pixels, a row each time it is asked: `rgba` has `width` × `height`
 * pixels of four bytes. Those that come after a division by zero are black, as on the screen.
 */
export function* previewRows(
  program: Program,
  rgba: Uint8ClampedArray,
  width: number,
  height: number,
): Generator<undefined, void, undefined> {
  const painter = new Painter(program);
  for (let row = 0; row < height; row++) {
    const y = Math.floor((row * screenSize.height) / height);
    for (let column = 0; column < width; column++) {
      const x = Math.floor((column * screenSize.width) / width);
      const color = painter.color(x, y, screenSize.width, screenSize.height);
      rgba.set([(color >> 16) & 0xff, (color >> 8) & 0xff, color & 0xff, 0xff], (row * width + column) * 4);
    }
    yield;
  }
}
