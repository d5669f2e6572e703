import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesPerPixel, depths } from '../../src/lib/depth.ts';
import {
  byteNames,
  landingInWords,
  laptopPixel,
  memoryAround,
  ownerOf,
  parsePixelSetting,
  pixelBytes,
  pixelColor,
  pixelFieldValue,
  pixelFromFragment,
  pixelPlace,
  pixelToFragment,
  rowBytes,
  shearedPlace,
  shownColor,
  testPicture,
  type FramebufferShape,
} from '../../src/lib/framebuffer.ts';
import { InputError } from '../../src/lib/input.ts';

const anyShape: fc.Arbitrary<FramebufferShape> = fc
  .record(
    {
      width: fc.integer({ min: 1, max: 3000 }),
      height: fc.integer({ min: 1, max: 2000 }),
      bpp: fc.constantFrom(...depths),
      padding: fc.integer({ min: 0, max: 512 }),
    },
    { noNullPrototype: true },
  )
  .map(({ padding, ...shape }) => ({ ...shape, pitch: rowBytes(shape) + padding }));

const anyPixel = anyShape.chain((shape) =>
  fc.record(
    {
      shape: fc.constant(shape),
      x: fc.integer({ min: 0, max: shape.width - 1 }),
      y: fc.integer({ min: 0, max: shape.height - 1 }),
    },
    { noNullPrototype: true },
  ),
);

test('a pixel’s bytes belong to that pixel, and to no other', () => {
  fc.assert(
    fc.property(anyPixel, ({ shape, x, y }) => {
      const { offset, last } = pixelPlace(shape, x, y);
      for (let byte = offset; byte <= last; byte++) {
        assert.deepEqual(ownerOf(shape, byte), { kind: 'pixel', x, y, byte: byte - offset });
      }
      assert.equal(last - offset + 1, bytesPerPixel(shape.bpp));
    }),
  );
});

test('row 7 of a 1366-pixel screen with a pitch of 5504 starts 7 × 5504 bytes in', () => {
  const shape: FramebufferShape = { width: 1366, height: 768, bpp: 32, pitch: 5504 };
  assert.deepEqual(pixelPlace(shape, 3, 7), { rowStart: 38_528, offset: 38_540, last: 38_543 });
});

test('the bytes behind a row’s last pixel are padding, and those behind the last row lie outside', () => {
  const shape: FramebufferShape = { width: 2, height: 2, bpp: 24, pitch: 8 };
  assert.deepEqual(ownerOf(shape, 5), { kind: 'pixel', x: 1, y: 0, byte: 2 });
  assert.deepEqual(ownerOf(shape, 6), { kind: 'padding', y: 0 });
  assert.deepEqual(ownerOf(shape, 8), { kind: 'pixel', x: 0, y: 1, byte: 0 });
  assert.deepEqual(ownerOf(shape, 16), { kind: 'outside' });
  assert.deepEqual(ownerOf(shape, -1), { kind: 'outside' });
});

test('taking the width for the pitch hits the pixel that was meant only without padding or in row 0', () => {
  fc.assert(
    fc.property(anyPixel, ({ shape, x, y }) => {
      const { offset } = shearedPlace(shape, x, y);
      const meant = pixelPlace(shape, x, y).offset;
      assert.equal(offset === meant, y === 0 || shape.pitch === rowBytes(shape));
      assert.equal(meant - offset, y * (shape.pitch - rowBytes(shape)));
    }),
  );
});

test('impossible shapes and coordinates are refused with their range', () => {
  const shape: FramebufferShape = { width: 1024, height: 768, bpp: 32, pitch: 4096 };
  assert.throws(() => pixelPlace(shape, 1024, 0), /x must be from 0 to 1023.*1024 pixels wide; 1024 is outside/);
  assert.throws(() => pixelPlace(shape, 0, -1), /y must be from 0 to 767/);
  assert.throws(() => pixelPlace(shape, 0.5, 0), /x must be from 0 to 1023/);
  assert.throws(() => pixelPlace({ ...shape, pitch: 4095 }, 0, 0), /at least 4096 bytes.*4095 is too small/);
  assert.throws(() => pixelPlace({ ...shape, width: 0 }, 0, 0), /width must be a whole number from 1 to 16384, not 0/);
});

test('the memory around a pixel is without gaps, in order, and says whose each stretch is', () => {
  fc.assert(
    fc.property(anyPixel, fc.integer({ min: 1, max: 4 }), ({ shape, x, y }, reach) => {
      const stretches = memoryAround(shape, x, y, reach);
      assert.ok(stretches.length <= 2 * reach + 1);
      assert.ok(stretches.some((stretch) => stretch.kind === 'pixel' && stretch.x === x && stretch.y === y));
      let next: number | undefined;
      for (const stretch of stretches) {
        if (!('first' in stretch)) continue;
        if (next !== undefined) assert.equal(stretch.first, next);
        next = stretch.last + 1;
        for (const at of [stretch.first, stretch.last]) {
          const owner = ownerOf(shape, at);
          assert.deepEqual([owner.kind, 'y' in owner && owner.y], [stretch.kind, stretch.y]);
        }
      }
    }),
  );
});

test('before the first pixel and behind the last row there is nothing of the framebuffer', () => {
  const shape: FramebufferShape = { width: 2, height: 2, bpp: 24, pitch: 8 };
  assert.deepEqual(memoryAround(shape, 0, 0, 2), [
    { kind: 'before' },
    { kind: 'pixel', x: 0, y: 0, first: 0, last: 2 },
    { kind: 'pixel', x: 1, y: 0, first: 3, last: 5 },
    { kind: 'padding', y: 0, first: 6, last: 7 },
  ]);
  assert.deepEqual(memoryAround(shape, 1, 1, 2).slice(-2), [
    { kind: 'padding', y: 1, first: 14, last: 15 },
    { kind: 'after' },
  ]);
});

test('a colour comes back from its bytes, at 16 bits per pixel within the steps of its 5 and 6 bits', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, fc.constantFrom(...depths), (red, green, blue, bpp) => {
      const bytes = pixelBytes({ red, green, blue }, bpp);
      assert.equal(bytes.length, bytesPerPixel(bpp));
      assert.equal(byteNames(bpp).length, bytes.length);
      const back = pixelColor(bytes, bpp);
      const step = bpp === 16 ? 8 : 0;
      assert.ok(Math.abs(back.red - red) <= step);
      assert.ok(Math.abs(back.green - green) <= step / 2);
      assert.ok(Math.abs(back.blue - blue) <= step);
      assert.deepEqual(pixelColor(pixelBytes(back, bpp), bpp), back);
    }),
  );
  assert.deepEqual(pixelBytes({ red: 255, green: 0, blue: 0 }, 16), [0x00, 0xf8]);
});

test('a picture painted with the pitch is shown as it is; painted with width × bytes, shifted by the padding', () => {
  fc.assert(
    fc.property(anyPixel, ({ shape, x, y }) => {
      const meant = pixelColor(pixelBytes(testPicture(shape, x, y), shape.bpp), shape.bpp);
      assert.deepEqual(shownColor(shape, shape.pitch, x, y), meant);
    }),
  );
  // One pixel of padding: row y shows what was meant for y pixels further on.
  const shape: FramebufferShape = { width: 60, height: 40, bpp: 32, pitch: 244 };
  for (const [x, y] of [
    [0, 0],
    [10, 7],
    [5, 30],
  ] as const) {
    assert.deepEqual(shownColor(shape, rowBytes(shape), x, y), testPicture(shape, x + y, y));
  }
});

test('where the mistake lands is said in words', () => {
  const shape: FramebufferShape = { width: 3, height: 3, bpp: 32, pitch: 16 };
  assert.equal(landingInWords(shape, 1, 0), 'the same here, but only here');
  assert.equal(landingInWords(shape, 0, 1), 'that is padding of row 0');
  assert.equal(landingInWords(shape, 1, 1), 'that is pixel (0, 1)');
});

test('a setting survives its link and its fields', () => {
  fc.assert(
    fc.property(anyPixel, (setting) => {
      assert.deepEqual(pixelFromFragment(pixelToFragment(setting)), setting);
      assert.deepEqual(
        parsePixelSetting((field) => String(pixelFieldValue(setting, field))),
        setting,
      );
    }),
  );
  assert.equal(pixelToFragment(laptopPixel), 'pixel=100,50&size=1366x768&bpp=32&pitch=5504');
  assert.equal(pixelFromFragment('color=0c1821'), undefined);
});

test('a setting that cannot be is refused with the number’s name', () => {
  const read = (changes: Record<string, string>) => () =>
    parsePixelSetting((field) => changes[field] ?? String(pixelFieldValue(laptopPixel, field)));
  assert.throws(read({ width: 'wide' }), /The width must be a whole number from 1 to 16384, and “wide” is not one/);
  assert.throws(read({ bpp: '8' }), /bits per pixel are 16, 24 or 32, not “8”/);
  assert.throws(read({ pitch: '5463' }), /The pitch must be at least 5464 bytes/);
  assert.throws(read({ x: '1366' }), /x must be from 0 to 1365/);
  assert.throws(read({ y: '' }), /y must be a whole number .* it is empty/);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        pixelFromFragment(text);
        pixelFromFragment(`pixel=${text}&size=${text}&bpp=32&pitch=${text}`);
      } catch (error) {
        assert.ok(error instanceof InputError);
      }
    }),
  );
});
