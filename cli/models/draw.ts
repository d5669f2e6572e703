import { parseArgs } from 'node:util';
import { problemInWords, readDrawing } from '../../src/lib/draw/drawing.ts';
import { DivisionByZero, pixelFunction } from '../../src/lib/draw/interpret.ts';
import { codeFor } from '../../src/lib/draw/slot.ts';
import type { Program } from '../../src/lib/draw/syntax.ts';
import { InputError, parseInteger } from '../../src/lib/input.ts';
import type { Manifest } from '../../src/lib/manifest.ts';
import manifest from '../../public/isos/manifest.json' with { type: 'json' };
import { UserError } from '../../tools/errors.ts';
import { onko } from '../invocation.ts';

const usage = `Try: ${onko} draw 'x ^ y'   or: ${onko} draw 'x ^ y' --picture 320x200 > xor.ppm`;

/** The largest side of a picture: as text, its pixels take twelve bytes each. */
const largest = 4096;

/** `onko draw`: the machine code that an expression for each pixel becomes, or the picture that it makes. */
export function draw(args: readonly string[]): number {
  try {
    const { text, size } = readArguments(args);
    const { program, problem } = readDrawing(text);
    if (problem) throw new InputError(problemInWords(problem));
    process.stdout.write(size === undefined ? describeCode(program) : pictureText(program, size));
    return 0;
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
}

interface Size {
  width: number;
  height: number;
}

function readArguments(args: readonly string[]): { text: string; size?: Size } {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: { picture: { type: 'string' } } });
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
  const [text, ...rest] = parsed.positionals;
  if (text === undefined || rest.length > 0) {
    throw new InputError('onko draw takes one expression; a shell wants it in quotes.');
  }
  const { picture } = parsed.values;
  return picture === undefined ? { text } : { text, size: readSize(picture) };
}

function readSize(text: string): Size {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (width === undefined || height === undefined) throw new InputError(`--picture takes WIDTHxHEIGHT, not ${text}.`);
  return {
    width: parseInteger(width, { name: 'The width', min: 1, max: largest }),
    height: parseInteger(height, { name: 'The height', min: 1, max: largest }),
  };
}

/** The lines that `onko draw` prints: offset, bytes, instruction, and the Rust that it stands for. */
export function describeCode(program: Program): string {
  const { bytes, lines } = codeFor(program, (manifest as Manifest).draw.slot);
  const rows = lines.map(({ offset, bytes, text, source }) => [
    `+0x${offset.toString(16).padStart(2, '0')}`,
    Buffer.from(bytes)
      .toString('hex')
      .replaceAll(/..(?=.)/g, '$& '),
    text,
    program.text.slice(source.start, source.start + source.length).replaceAll(/\s+/g, ' '),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const listing = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${listing.join('\n')}\n${bytes.length} bytes\n`;
}

/** The picture in the plain form of the format PPM (P3): red, green and blue of each pixel in decimal, a row a line. */
export function pictureText(program: Program, { width, height }: Size): string {
  const pixel = pixelFunction(program);
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      try {
        const color = pixel(x, y, width, height);
        return `${(color >> 16) & 0xff} ${(color >> 8) & 0xff} ${color & 0xff}`;
      } catch (error) {
        if (!(error instanceof DivisionByZero)) throw error;
        throw new InputError(
          `At x ${x}, y ${y} it divides by zero, so there is no picture. Divide by something else there.`,
        );
      }
    }).join('  '),
  );
  return `P3\n${width} ${height}\n255\n${rows.join('\n')}\n`;
}
