import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  drawingFromFragment,
  drawingToFragment,
  placeholder,
  presets,
  problemInWords,
  readDrawing,
  withExpression,
} from '../../src/lib/draw/drawing.ts';
import { generate } from '../../src/lib/draw/generate.ts';
import { DivisionByZero, pixelFunction } from '../../src/lib/draw/interpret.ts';
import { longestText, parse } from '../../src/lib/draw/parser.ts';
import { previewRows } from '../../src/lib/draw/preview.ts';
import { codeFor, fillSlot } from '../../src/lib/draw/slot.ts';
import { InputError } from '../../src/lib/input.ts';

const at = (text: string, x: number, y: number, width = 1024, height = 768) =>
  pixelFunction(parse(text))(x, y, width, height);

const slot = {
  offset: 64,
  address: '0xffffffff80000000',
  size: 256,
  divisionByZero: '0xffffffff80001010',
} as const;

test('numbers are written as in Rust, and arithmetic is that of u32 in a release build', () => {
  assert.equal(at('1_000 + 0xff + 0b1010_1010 + 0o17 + 5u32', 0, 0), 1000 + 255 + 170 + 15 + 5);
  assert.equal(at('x - 1', 0, 0), 0xffff_ffff);
  assert.equal(at('x + 0xffff_ffff', 7, 0), 6);
  assert.equal(at('x * x', 0x1_0001, 0), 0x2_0001);
  assert.equal(at('x << y', 1, 33), 2);
  assert.equal(at('!x >> 1', 0, 0), 0x7fff_ffff);
  assert.equal(at('x / y', 0xffff_ffff, 2), 0x7fff_ffff);
  assert.equal(at('x % y', 0xffff_ffff, 10), 5);
  assert.equal(at('if x > y { 1 } else { 2 }', 0x8000_0000, 1), 1, 'no number is negative');
});

test('precedence is Rust’s', () => {
  assert.equal(at('1 + 2 * 3 << 1 & 12 ^ 5 | 16', 0, 0), ((((1 + 2 * 3) << 1) & 12 & 0xff) ^ 5) | 16);
  assert.equal(at('if x & 1 == 0 { 3 } else { 4 }', 2, 0), 3);
  assert.equal(at('if true || false && false { 1 } else { 0 }', 0, 0), 1);
  assert.equal(at('100 - 10 - 1', 0, 0), 89);
  assert.equal(at('!x & 0xff', 1, 0), 0xfe);
});

test('let, shadowing, comments and nested ifs', () => {
  const text = `// two steps
let a = x + 1; /* a /* nested */ comment */
let a: u32 = a * 2;
let big: bool = a > 10;
if big && a != 12 { let b = a / 2; b } else if big { 7 } else { a }`;
  assert.deepEqual(
    [0, 4, 5, 6].map((x) => at(text, x, 0)),
    [2, 10, 7, 7],
  );
  assert.equal(at('let x = y; { x }'.replace('{ x }', 'x'), 1, 5), 5);
});

test('a number is a u32 where something says so, and where it is the same with a sign', () => {
  for (const text of [
    'if (1u32 << x) > 3 { 1 } else { 2 }',
    'let one = 1; if one << y > 3 { one } else { 2 }',
    'let big: u32 = 0x8000_0000; if big > 3 { 1 } else { 2 }',
    'let big = 0x8000_0000; if big > x { 1 } else { 2 }',
    'let n = if x > y { 1 } else { 2 }; if n == 1 { x } else { x << (n & 3) }',
    'x << 5 << (1 + 2)',
    '!0',
  ]) {
    assert.equal(readDrawing(text).problem, undefined, text);
  }
});

test('what decides alone leaves the rest alone', () => {
  assert.equal(at('if y != 0 && x / y > 1 { 1 } else { 2 }', 5, 0), 2);
  assert.equal(at('if y == 0 || x / y > 1 { 1 } else { 2 }', 5, 0), 1);
  assert.throws(() => at('if (y != 0) & (x / y > 1) { 1 } else { 2 }', 5, 0), DivisionByZero);
  assert.throws(() => at('(x / y) & 0', 5, 0), DivisionByZero, 'zero absorbs no panic');
});

test('each mistake is told with line, column and fix', () => {
  const said = (text: string) => {
    const { problem } = readDrawing(text);
    assert.ok(problem, text);
    return problemInWords(problem);
  };
  assert.equal(said('x ^ z'), 'Line 1, column 5: There is no “z”. There are x, y, width, height.');
  assert.match(said('let a = 1;\n\nx +'), /^Line 3, column 4: Here should be a value, but the text ends there\. Go on/);
  assert.match(said('heigth'), /Did you mean height\?/);
  assert.match(said('x < y < 3'), /column 7: Comparisons cannot be chained\. Make two of it: a < b && b < c/);
  assert.match(said('if x { 1 } else { 2 }'), /column 4: The condition of an if is a bool.*x != 0/);
  assert.match(said('if x < y { 1 } else { 2 } + 3'), /column 27: Rust ends the statement.*parentheses/);
  assert.match(said('if x < y { 1 }'), /Every pixel needs a color/);
  assert.match(said('x / 0'), /column 3: This divides by zero, at every pixel/);
  assert.match(said('x % (5 - 5)'), /column 3: This divides by zero/);
  assert.match(said('let four = 4; x + (3 - four)'), /column 22: 3 - 4 does not fit into a u32/);
  assert.match(said('x << 32'), /32 bits, and this shifts by 32/);
  assert.match(said('5_000_000_000'), /does not fit into a u32/);
  assert.match(said('0b102'), /2 is no binary digit/);
  assert.match(said('1e5'), /whole numbers only/);
  assert.match(said('-x'), /no negative numbers/);
  assert.match(said('x as u8'), /All numbers are u32/);
  assert.match(said('if (1 << x) > 3 { 1 } else { 2 }'), /column 5: Nothing here says that this is a u32.*5u32/);
  assert.match(said('if !0 > 3 { 1 } else { 2 }'), /column 4: Nothing here says that this is a u32/);
  assert.match(said('let big = 0x8000_0000; if big > 3 { 1 } else { 2 }'), /column 11: Nothing here says/);
  assert.match(said('x.pow(2)'), /no functions here/);
  assert.match(said('x = y'), /write ==/);
  assert.match(said('x; y'), /semicolon here throws the value away/);
  assert.match(said('x < y'), /value is a bool/);
  assert.match(said('x + (y < 3)'), /\+ takes a u32 here, and this is a bool/);
  assert.match(said('x & y == true'), /left is a u32, right a bool.*precedence/);
  assert.match(said('let mut a = 1; a'), /Use let again/);
  assert.match(said('let Some = 1; x'), /lower-case/);
  assert.match(said('x § y'), /“§” has no meaning here/);
  assert.match(said('/* x'), /no end/);
  assert.match(said(''), /Here should be a value, but the text ends/);
  assert.match(said('while x { }'), /Of Rust’s words, only if, else, let/);
  assert.match(said(`${'('.repeat(100)}x${')'.repeat(100)}`), /More than 60 parentheses/);
  assert.match(said('x'.repeat(longestText + 1)), /has 4001 characters/);
});

test('any text is read without a crash, and what is read can be computed and compiled', () => {
  const words =
    'x y width height let if else { } ( ) ; = + - * / % & | ^ << >> ! && || < > == a true 1 0xff 32 /* // \n'.split(
      / /,
    );
  const texts = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const { program, problem } = readDrawing(text);
      if (program === undefined) return problem.line >= 1 && problem.column >= 1;
      try {
        pixelFunction(program)(3, 5, 1024, 768);
      } catch (error) {
        if (!(error instanceof DivisionByZero)) throw error;
      }
      return generate(program, 4096).bytes.length > 0;
    }),
    { numRuns: 3000 },
  );
});

test('long chains are read, computed and compiled', () => {
  const text = `x${' + y'.repeat(990)}`;
  assert.equal(at(text, 1, 1), 991);
  assert.equal(generate(parse(text), 0).bytes.length, 2 + 990 * 2 + 1);
});

test('instructions: from short to long jumps, with what they stand for', () => {
  const listing = (text: string) => generate(parse(text), 0x1010).lines.map(({ text }) => text);
  assert.deepEqual(listing('x ^ y'), ['mov eax, edi', 'xor eax, esi', 'ret']);
  assert.deepEqual(listing('if x < y { 1 } else { width }'), [
    'cmp edi, esi',
    'jae pixel+0xb',
    'mov eax, 0x1',
    'jmp pixel+0xd',
    'mov eax, edx',
    'ret',
  ]);
  const far = generate(parse(`if x < y { ${'x * 1000 + '.repeat(30)}y * y } else { 2 }`), 0);
  assert.equal(far.lines[1]?.bytes.length, 6, 'a jump over more than 127 bytes');
  const program = parse('let half = width / y;\nhalf');
  const sources = generate(program, 0x1010).lines.map(({ text, source }) => [
    text,
    program.text.slice(source.start, source.start + source.length),
  ]);
  assert.deepEqual(sources.slice(3, 8), [
    ['mov r8d, edx', ''],
    ['mov eax, r8d', 'width'],
    ['test esi, esi', 'width / y'],
    ['je division_by_zero', 'width / y'],
    ['xor edx, edx', 'width / y'],
  ]);
});

test('the slot takes the code and nothing else changes; code that is too long is refused in words', () => {
  const kernel = new Uint8Array(1024).fill(7);
  const code = codeFor(parse('x ^ y'), slot);
  const filled = fillSlot(kernel, slot, code);
  assert.deepEqual([...filled.subarray(64, 70)], [0x8b, 0xc7, 0x33, 0xc6, 0xc3, 0xcc]);
  assert.ok(filled.subarray(0, 64).every((byte) => byte === 7) && filled.subarray(320).every((byte) => byte === 7));
  assert.ok(
    kernel.every((byte) => byte === 7),
    'the original stays',
  );
  const long = codeFor(parse(`x${' + y'.repeat(200)}`), slot);
  assert.throws(
    () => fillSlot(kernel, slot, long),
    (error) => error instanceof InputError && /403 bytes, and the kernel has room for 256/.test(error.message),
  );
});

test('presets are right, and their names differ', () => {
  for (const { name, text } of presets) assert.equal(readDrawing(text).problem, undefined, name);
  assert.equal(new Set(presets.map(({ name }) => name)).size, presets.length);
});

test('the preview has each pixel of the small picture, and black behind a panic', () => {
  const rgba = new Uint8ClampedArray(4 * 3 * 4);
  for (const _ of previewRows(parse('if y < 512 { 0xe8a33d } else { 1 / (x - x) }'), rgba, 4, 3));
  const pixel = (column: number, row: number) => [...rgba.subarray((row * 4 + column) * 4, (row * 4 + column) * 4 + 4)];
  assert.deepEqual(pixel(0, 0), [0xe8, 0xa3, 0x3d, 255]);
  assert.deepEqual(pixel(3, 1), [0xe8, 0xa3, 0x3d, 255]);
  assert.deepEqual(pixel(0, 2), [0, 0, 0, 255]);
});

test('a link carries the text, and the source takes it', () => {
  const text = 'let a = x & 0xff; // 50 % & more\na << 16';
  assert.equal(drawingFromFragment(drawingToFragment(text)), text);
  assert.equal(drawingFromFragment('conf=x'), undefined);
  assert.equal(withExpression(`fn {\n    ${placeholder}\n}`, 'let $& = 1;\n\nx'), 'fn {\n    let $& = 1;\n\n    x\n}');
});
