import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withChecksum } from '../../kernel/pipeline/pe-checksum.ts';

/** A file whose header begins at 0x40, with `body` behind it. */
function program(...body: number[]): Uint8Array {
  const file = new Uint8Array(160 + body.length);
  file[0x3c] = 0x40;
  file.set(body, 160);
  return file;
}

const checksum = (file: Uint8Array): number => new DataView(file.buffer).getUint32(0x40 + 88, true);

test('the checksum is the sum of words with each carry added again, and the length', () => {
  // 0x0040 of the pointer, then 0x0201 and 0x0403; 164 bytes.
  assert.equal(checksum(withChecksum(program(1, 2, 3, 4))), 0x40 + 0x201 + 0x403 + 164);
  // 0x40 + 0xffff carries: 0x40 remains.
  assert.equal(checksum(withChecksum(program(0xff, 0xff))), 0x40 + 162);
  assert.equal(checksum(withChecksum(program(7))), 0x40 + 7 + 161, 'an odd byte counts as a word');
});

test('a checksum that is there already is replaced, and nothing else changes', () => {
  const once = withChecksum(program(1, 2, 3));
  assert.deepEqual(withChecksum(once), once);
  const different = [...once].filter((byte, at) => byte !== program(1, 2, 3)[at]);
  assert.ok(different.length > 0 && different.length <= 4);
});
