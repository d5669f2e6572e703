import { parseArgs } from 'node:util';
import { bytesPerPixel, depths } from '../../src/lib/depth.ts';
import {
  landingInWords,
  pixelPlace,
  rowBytes,
  shearedPlace,
  type FramebufferShape,
} from '../../src/lib/framebuffer.ts';
import { InputError, parseInteger, quote } from '../../src/lib/input.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} pixel 100 50   or: ${onko} pixel 100 50 --size 1366x768 --bpp 32 --pitch 5504`;

/** `onko pixel`: where a pixel lies in a framebuffer, and where one lands that takes the width for the pitch. */
export function pixel(args: readonly string[]): number {
  try {
    const { shape, x, y } = parseArguments(args);
    process.stdout.write(describePixel(shape, x, y));
    return 0;
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { size: { type: 'string' }, bpp: { type: 'string' }, pitch: { type: 'string' } },
    });
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

function parseArguments(args: readonly string[]): { shape: FramebufferShape; x: number; y: number } {
  const { values, positionals } = readArguments(args);
  const [column, row, ...rest] = positionals;
  if (column === undefined || row === undefined || rest.length > 0) {
    throw new InputError(`A pixel is two numbers, x and y; ${positionals.length} came.`);
  }
  const [, width, height] = /^(\d+)x(\d+)$/i.exec(values.size ?? '1024x768') ?? [];
  if (width === undefined || height === undefined) {
    throw new InputError(`--size must look like 1024x768, not ${quote(values.size ?? '')}.`);
  }
  const bpp = depths.find((depth) => String(depth) === (values.bpp ?? '32'));
  if (bpp === undefined) throw new InputError(`--bpp must be 16, 24 or 32, not ${quote(values.bpp ?? '')}.`);
  const sides = { width: Number(width), height: Number(height) };
  const whole = (name: string, text: string) => parseInteger(text, { name, min: 0, max: 2 ** 31 - 1 });
  const pitch = values.pitch === undefined ? rowBytes({ ...sides, bpp }) : whole('The pitch', values.pitch);
  return { shape: { ...sides, bpp, pitch }, x: whole('x', column), y: whole('y', row) };
}

/** The lines that `onko pixel` prints. */
export function describePixel(shape: FramebufferShape, x: number, y: number): string {
  const { offset, last, rowStart } = pixelPlace(shape, x, y);
  const size = bytesPerPixel(shape.bpp);
  const sheared = shearedPlace(shape, x, y);
  const line = (label: string, text: string) => `${label.padEnd(10)}${text}\n`;
  return [
    line('screen', `${shape.width} × ${shape.height}, ${shape.bpp} bits per pixel, pitch ${shape.pitch}`),
    line('row', `${y} * ${shape.pitch} = ${rowStart}`),
    line('offset', `${rowStart} + ${x} * ${size} = ${offset} = 0x${offset.toString(16)}`),
    line('bytes', `${offset} to ${last}`),
    line('padding', `${shape.pitch - rowBytes(shape)} bytes at the end of each row`),
    line(
      'mistake',
      `${y} * ${shape.width} * ${size} + ${x} * ${size} = ${sheared.offset}: ${landingInWords(shape, x, y)}`,
    ),
  ].join('');
}
