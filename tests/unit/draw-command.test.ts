import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCode, draw, pictureText } from '../../cli/models/draw.ts';
import { parse } from '../../src/lib/draw/parser.ts';
import { UserError } from '../../tools/errors.ts';

test('onko draw lists the code beside the Rust that it stands for', () => {
  assert.deepEqual(describeCode(parse('x ^ y')).trimEnd().split('\n'), [
    '+0x00  8b c7  mov eax, edi  x',
    '+0x02  33 c6  xor eax, esi  x ^ y',
    '+0x04  c3     ret',
    '5 bytes',
  ]);
});

test('onko draw --picture writes a PPM', () => {
  assert.equal(
    pictureText(parse('x << 16 | y'), { width: 3, height: 2 }),
    'P3\n3 2\n255\n0 0 0  1 0 0  2 0 0\n0 0 1  1 0 1  2 0 1\n',
  );
});

test('onko draw says what is wrong, and how to do it', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => draw(args),
      (error) =>
        error instanceof UserError && message.test(error.message) && /onko draw 'x \^ y'/.test(error.fixes[0] ?? ''),
    );
  refused([], /one expression/);
  refused(['x', '^', 'y'], /in quotes/);
  refused(['x ^ z'], /Line 1, column 5: There is no “z”/);
  refused(['x', '--picture', '10'], /--picture takes WIDTHxHEIGHT, not 10/);
  refused(['x', '--picture', '0x5'], /The width must be a whole number from 1 to 4096/);
  refused(['1 / (y - 1)', '--picture', '4x4'], /At x 0, y 1 it divides by zero/);
  refused(['x', '--wrong'], /--wrong/);
});
