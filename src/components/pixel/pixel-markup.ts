/** The parts of the pixel explorer that change as a whole, as HTML. Only numbers and our own words stand in them. */
import { bytesPerPixel } from '../../lib/depth.ts';
import {
  byteNames,
  memoryAround,
  rowBytes,
  shownColor,
  type FramebufferShape,
  type PixelSetting,
  type Stretch,
} from '../../lib/framebuffer.ts';
import type { Say } from '../words/words.ts';

/** Pixels and rows that the grid shows at once: with its row heads it fits a phone. */
const gridSize = 5;

/** The pixels around the chosen one, as the rows of a table: each says which byte of its row it starts at. */
export function gridHtml({ shape, x, y }: PixelSetting, say: Say<'pixel'>): string {
  const columns = window(x, shape.width);
  const rows = window(y, shape.height);
  const size = bytesPerPixel(shape.bpp);
  const padding = shape.pitch - rowBytes(shape);
  const showsEnd = columns.at(-1) === shape.width - 1 && padding > 0;
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join('');
  const body = rows.map((row) => {
    const cells = columns.map((column) => {
      const chosen = column === x && row === y;
      return (
        `<td><button type="button" data-x="${column}" data-y="${row}" tabindex="${chosen ? 0 : -1}"` +
        ` aria-pressed="${chosen}" aria-label="${say('cell', { offset: column * size, x: column, y: row })}">+${column * size}</button></td>`
      );
    });
    const rest = showsEnd ? `<td class="pad">${say('pad', { bytes: padding })}</td>` : '';
    return `<tr><th scope="row">${row}<small>${row * shape.pitch}</small></th>${cells.join('')}${rest}</tr>`;
  });
  const padHead = showsEnd ? `<th scope="col" class="pad-head">${say('rest')}</th>` : '';
  return `<thead><tr><th scope="col">y \\ x</th>${head}${padHead}</tr></thead><tbody>${body.join('')}</tbody>`;
}

function window(chosen: number, count: number): number[] {
  const first = Math.max(0, Math.min(chosen - Math.floor(gridSize / 2), count - gridSize));
  return Array.from({ length: Math.min(gridSize, count) }, (_, index) => first + index);
}

/** The bytes around the chosen pixel, as list items: one for each pixel or padding. */
export function stripHtml({ shape, x, y }: PixelSetting, say: Say<'pixel'>): string {
  return memoryAround(shape, x, y, 2)
    .map((stretch) => {
      const chosen = stretch.kind === 'pixel' && stretch.x === x && stretch.y === y;
      return `<li class="${stretch.kind}"${chosen ? ' aria-current="true"' : ''}>${stretchHtml(stretch, shape, say)}</li>`;
    })
    .join('');
}

function stretchHtml(stretch: Stretch, shape: FramebufferShape, say: Say<'pixel'>): string {
  switch (stretch.kind) {
    case 'before':
    case 'after':
      return `<span class="bytes"><span>${say(stretch.kind)}</span></span>`;
    case 'padding': {
      const bytes = stretch.last - stretch.first + 1;
      return `<span class="bytes"><span>${say('padding', { bytes })}</span></span><small>${stretch.first}</small>`;
    }
    case 'pixel': {
      const names = byteNames(shape.bpp)
        .map((name) => `<span>${name}</span>`)
        .join('');
      return `<span class="bytes">${names}</span><small>${stretch.first}</small><small>(${stretch.x}, ${stretch.y})</small>`;
    }
  }
}

/** A small copy of the whole screen. */
export interface Thumbnail {
  columns: number;
  rows: number;
  /** Four bytes per pixel, as ImageData holds them. */
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** Longest side of a thumbnail, in its own pixels. */
const longestSide = 240;

/** What the screen shows after a program painted the test picture with `programPitch` bytes from row to row. */
export function thumbnail(shape: FramebufferShape, programPitch: number): Thumbnail {
  const scale = longestSide / Math.max(shape.width, shape.height);
  const columns = Math.max(1, Math.round(shape.width * scale));
  const rows = Math.max(1, Math.round(shape.height * scale));
  const rgba = new Uint8ClampedArray(columns * rows * 4);
  for (let row = 0, at = 0; row < rows; row++) {
    const y = Math.floor(((row + 0.5) * shape.height) / rows);
    for (let column = 0; column < columns; column++, at += 4) {
      const x = Math.floor(((column + 0.5) * shape.width) / columns);
      const { red, green, blue } = shownColor(shape, programPitch, x, y);
      rgba.set([red, green, blue, 255], at);
    }
  }
  return { columns, rows, rgba };
}
