import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import { encodePng } from '../../src/integrations/png.ts';

/** Takes a PNG apart into its chunks, checking lengths and checksums. */
function chunks(png: Uint8Array): { type: string; data: Uint8Array }[] {
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const found = [];
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const body = png.subarray(at + 4, at + 8 + length);
    assert.equal(view.getUint32(at + 8 + length), crc32(body));
    found.push({ type: new TextDecoder().decode(body.subarray(0, 4)), data: body.subarray(4) });
    at += length + 12;
  }
  return found;
}

test('a picture comes out of the PNG as it went in, without its fourth channel', () => {
  const rgba = Uint8Array.of(12, 24, 33, 255, 1, 2, 3, 0, 4, 5, 6, 7, 8, 9, 10, 11, 250, 251, 252, 253, 0, 0, 0, 255);
  const [header, data, end, ...rest] = chunks(encodePng(3, 2, rgba));
  assert.deepEqual(rest, []);
  assert.equal(header?.type, 'IHDR');
  assert.deepEqual([...(header?.data ?? [])], [0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  assert.equal(data?.type, 'IDAT');
  const rows = [...inflateSync(data?.data ?? new Uint8Array())];
  assert.deepEqual(rows, [0, 12, 24, 33, 1, 2, 3, 4, 5, 6, 0, 8, 9, 10, 250, 251, 252, 0, 0, 0]);
  assert.equal(end?.type, 'IEND');
});
