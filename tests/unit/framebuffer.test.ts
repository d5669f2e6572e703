import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bytesPerPixel,
  depths,
  ownerOf,
  pixelPlace,
  rowBytes,
  shearedPlace,
  type FramebufferShape,
} from '../../src/lib/framebuffer.ts';

const anyShape: fc.Arbitrary<FramebufferShape> = fc
  .record({
    width: fc.integer({ min: 1, max: 3000 }),
    height: fc.integer({ min: 1, max: 2000 }),
    bpp: fc.constantFrom(...depths),
    padding: fc.integer({ min: 0, max: 512 }),
  })
  .map(({ padding, ...shape }) => ({ ...shape, pitch: rowBytes(shape) + padding }));

const anyPixel = anyShape.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    x: fc.integer({ min: 0, max: shape.width - 1 }),
    y: fc.integer({ min: 0, max: shape.height - 1 }),
  }),
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
