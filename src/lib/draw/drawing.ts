/** A picture as a reader writes it: what is wrong with it, pictures to begin with, and what a link carries. */
import { problemAt, ScriptError, type ScriptProblem } from '../linker-script/problem.ts';
import { parse } from './parser.ts';
import type { Program } from './syntax.ts';

export type Drawing = { program: Program; problem?: undefined } | { program?: undefined; problem: ScriptProblem };

/** What the disc with a reader's picture is called. */
export const discName = 'onko-my-picture.iso';

/** Reads an expression; what is wrong with it comes with line, column and fix. */
export function readDrawing(text: string): Drawing {
  try {
    return { program: parse(text) };
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return { problem: problemAt(text, error.place, 'error', error.message, error.fix) };
  }
}

/** `Line 1, column 5: There is no “z”. Did you mean x?` */
export function problemInWords({ line, column, text, fix }: ScriptProblem): string {
  return `Line ${line}, column ${column}: ${text}. ${fix}`;
}

/** Pictures to begin with. The first one is there when the page opens. */
export const presets: readonly { name: string; text: string }[] = [
  {
    name: 'Gradient',
    text: `let red = x * 255 / (width - 1);
let green = y * 255 / (height - 1);
red << 16 | green << 8 | 0x60`,
  },
  {
    name: 'Stripes',
    text: `if x / 32 % 2 == 0 { 0x0c1821 } else { 0xe8a33d }`,
  },
  {
    name: 'Checkerboard',
    text: `let odd = (x / 64 + y / 64) % 2 == 1;
if odd { 0xf4ead8 } else { 0x0c1821 }`,
  },
  {
    name: 'Circle',
    text: `// Left of the middle, right wraps around; its square is the same.
let right = x - width / 2;
let down = y - height / 2;
let radius = height / 3;
if right * right + down * down < radius * radius {
    0xe8a33d
} else {
    0x0c1821
}`,
  },
  {
    name: 'Xor',
    text: `let gray = (x ^ y) & 0xff;
gray << 16 | gray << 8 | gray`,
  },
  {
    name: 'Sierpiński',
    text: `if x & y & 0xff == 0 { 0xe8a33d } else { 0x0c1821 }`,
  },
  {
    name: 'Ripples',
    text: `let right = x - width / 2;
let down = y - height / 2;
let ripple = (right * right + down * down) >> 6 & 0xff;
ripple << 8 | (255 - ripple)`,
  },
  {
    name: 'A panic',
    text: `// Half way down, a division by zero.
0xffffff / (height / 2 - y) ^ 0x0c1821`,
  },
];

/** What `pixel` says in the kernel that draws, before there is a picture. */
export const placeholder = 'x ^ y';

/** The text of that kernel's main.rs with an expression in the place of {@link placeholder}. */
export function withExpression(main: string, expression: string): string {
  const indented = expression.trim().replaceAll(/^(?=.)/gm, '    ');
  return main.replace(`\n    ${placeholder}\n`, () => `\n${indented}\n`);
}

/** The text as a URL fragment without the `#`. */
export function drawingToFragment(text: string): string {
  return new URLSearchParams({ draw: text }).toString();
}

/** The text that a URL fragment (without its `#`) carries; undefined for a fragment that is about something else. */
export function drawingFromFragment(fragment: string): string | undefined {
  return new URLSearchParams(fragment).get('draw') ?? undefined;
}
