import { test } from 'node:test';
import assert from 'node:assert/strict';
import { color, describeColor } from '../../cli/models/color.ts';
import { onkoColor } from '../../src/lib/color.ts';
import { UserError } from '../../tools/errors.ts';

test('onko color shows the terms, the OR, the word, its decimal, bits, bytes and the Rust line', () => {
  assert.deepEqual(describeColor(onkoColor, 'rgb').trimEnd().split('\n'), [
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
  ]);
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
});
