/** What makes an ISO boot from a disk by BIOS: our counterpart of `limine bios-install`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installBootSector } from '../../kernel/pipeline/bios-install.ts';

const block = 2048;
const image = 30;

/** The parts of an ISO that the tool looks at: boot record, catalogue, boot image, partition table. */
function iso(): Uint8Array {
  const bytes = new Uint8Array(40 * block);
  const view = new DataView(bytes.buffer);
  const text = (at: number, letters: string) => bytes.set(new TextEncoder().encode(letters), at);
  view.setUint16(510, 0xaa55, true);
  text(512, 'EFI PART');
  text(17 * block + 7, 'EL TORITO SPECIFICATION');
  view.setUint32(17 * block + 71, 25, true);
  bytes[25 * block + 32] = 0x88;
  view.setUint32(25 * block + 40, image, true);
  bytes.fill(0x90, image * block + 0x600, image * block + 0x600 + 440);
  text(image * block + 0x600 + 420, 'ONKO');
  return bytes;
}

test('the code goes in front of the partition table, with the image’s place, and nothing else changes', () => {
  const before = iso();
  before.fill(0x77, 440, 510);
  const after = before.slice();
  installBootSector(after);
  const view = new DataView(after.buffer);
  assert.deepEqual(after.subarray(0, 420), new Uint8Array(420).fill(0x90));
  assert.equal(view.getBigUint64(432, true), BigInt(image * 4));
  assert.deepEqual(after.subarray(440), before.subarray(440));
  const again = after.slice();
  installBootSector(again);
  assert.deepEqual(again, after);
});

test('each thing that is missing is named, and nothing is written', () => {
  const without: [(bytes: Uint8Array) => void, RegExp][] = [
    [(bytes) => bytes.fill(0, 17 * block, 18 * block), /no boot record in its block 17/],
    [(bytes) => (bytes[25 * block + 32] = 0), /no entry for a BIOS/],
    [(bytes) => new DataView(bytes.buffer).setUint32(25 * block + 40, 40, true), /no entry for a BIOS/],
    [(bytes) => new DataView(bytes.buffer).setUint32(17 * block + 71, 0xffffffff, true), /no entry for a BIOS/],
    [(bytes) => bytes.fill(0, image * block, (image + 1) * block), /no boot sector for disks/],
    [(bytes) => bytes.fill(0, 512, 520), /no partition table/],
    [(bytes) => bytes.fill(0, 510, 512), /no partition table/],
  ];
  for (const [damage, words] of without) {
    const bytes = iso();
    damage(bytes);
    const before = bytes.slice();
    assert.throws(() => installBootSector(bytes), words);
    assert.deepEqual(bytes, before);
  }
  for (const length of [0, 512, 17 * block]) {
    assert.throws(() => installBootSector(iso().subarray(0, length)), /no boot record in its block 17/);
  }
});
