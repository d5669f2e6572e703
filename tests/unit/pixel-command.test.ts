import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePixel, pixel } from '../../cli/models/pixel.ts';
import { UserError } from '../../tools/errors.ts';

test('onko pixel shows the formula with its numbers, the bytes, and where the usual mistake lands', () => {
  const shape = { width: 1366, height: 768, bpp: 32, pitch: 5504 } as const;
  assert.deepEqual(describePixel(shape, 100, 50).trimEnd().split('\n'), [
    'screen    1366 × 768, 32 bits per pixel, pitch 5504',
    'row       50 * 5504 = 275200',
    'offset    275200 + 100 * 4 = 275600 = 0x43490',
    'bytes     275600 to 275603',
    'padding   40 bytes at the end of each row',
    'mistake   50 * 1366 * 4 + 100 * 4 = 273600: that is pixel (976, 49)',
  ]);
  assert.match(describePixel({ ...shape, pitch: 5464 }, 1, 1), /the same here, but only here/);
});

test('onko pixel refuses impossible numbers and says how to write them', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => pixel(args),
      (error) =>
        error instanceof UserError && message.test(error.message) && /onko pixel 100 50/.test(error.fixes[0] ?? ''),
    );
  refused(['100'], /two numbers, x and y; 1 came/);
  refused(['1024', '0'], /x must be from 0 to 1023/);
  refused(['1', '1', '--size', 'big'], /--size must look like 1024x768, not “big”/);
  refused(['1', '1', '--bpp', '8'], /16, 24 or 32, not “8”/);
  refused(['1', '1', '--pitch', '100'], /at least 4096 bytes/);
  refused(['1', '1', '--depth', '8'], /--depth/);
});
