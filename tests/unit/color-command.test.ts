import { test } from 'node:test';
import assert from 'node:assert/strict';
import { color, describeColor } from '../../cli/models/color.ts';
import { layoutOf, onkoColor, parseMasks } from '../../src/lib/color.ts';
import { UserError } from '../../tools/errors.ts';

test('onko color shows the terms, the OR, the word, its decimal, bits, bytes and the Rust line', () => {
  assert.deepEqual(
    describeColor({ color: onkoColor, layout: layoutOf('32', 'rgb') })
      .trimEnd()
      .split('\n'),
    [
      'rgb      12, 24, 33   (channel order in the word: rgb)',
      'red       12 << 16 = 0x000C0000',
      'green     24 << 8  = 0x00001800',
      'blue      33 << 0  = 0x00000021',
      'or       0x000C0000 | 0x00001800 | 0x00000021',
      'u32      0x000C1821',
      'decimal  792,609',
      'bits     00000000 unused   00001100 red   00011000 green   00100001 blue',
      'bytes    21 18 0C 00   (in memory, lowest address first)',
      'rust     const BACKGROUND: Color = Color { red: 12, green: 24, blue: 33 };',
    ],
  );
});

test('onko color says how channels are rounded at 16 bits, and what the screen then shows', () => {
  const layout = parseMasks('5/10,5/5,5/0', 16);
  const lines = describeColor({ color: onkoColor, layout }).split('\n');
  assert.equal(lines[0], 'rgb      12, 24, 33   (16 bits per pixel, channel order in the word: rgb)');
  assert.equal(lines[1], 'red        1 << 10 = 0x0400   (12 × 31 / 255 = 1.46, so 1)');
  assert.equal(lines[5], 'u16      0x0464');
  assert.equal(lines[8], 'bytes    64 04   (in memory, lowest address first)');
  assert.equal(lines[9], 'shown    8, 25, 33   (read back: what the screen shows)');
});

test('onko color refuses what is no colour and says how to write one', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => color(args),
      (error) =>
        error instanceof UserError && message.test(error.message) && /onko color 12 24 33/.test(error.fixes[0] ?? ''),
    );
  refused(['12', '24', '300'], /^Blue must be a whole number from 0 to 255/);
  refused(['12', '24'], /three numbers .* or one hex colour; 2 values came/);
  refused([], /0 values came/);
  refused(['#12'], /six hexadecimal digits/);
  refused(['12', '24', '33', '--order', 'grb'], /rgb or bgr, not “grb”/);
  refused(['12', '24', '33', '--order'], /rgb or bgr/);
  refused(['12', '24', '33', '--colour'], /no option --colour/);
  refused(['12', '24', '33', '--bpp', '15'], /16, 24 or 32, not “15”/);
  refused(['12', '24', '33', '--bpp=16', '--masks=8/16,8/8,8/0'], /^Red has 8 bits from bit 16 up/);
});
