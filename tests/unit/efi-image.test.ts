/** The FAT file system that UEFI starts the loader from, read back as firmware reads it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { efiImage, efiProgram } from '../../kernel/pipeline/efi-image.ts';

/** A reader of FAT12, written from the specification and from nothing in the writer. */
function readFile(image: Uint8Array, path: readonly string[]): Uint8Array {
  const view = new DataView(image.buffer);
  assert.equal(view.getUint16(510, true), 0xaa55);
  const sector = view.getUint16(11, true);
  const perCluster = image[13] ?? 0;
  const reserved = view.getUint16(14, true);
  const tables = image[16] ?? 0;
  const rootEntries = view.getUint16(17, true);
  const sectors = view.getUint16(19, true);
  const tableSectors = view.getUint16(22, true);
  const root = (reserved + tables * tableSectors) * sector;
  const data = root + Math.ceil((rootEntries * 32) / sector) * sector;
  const clusters = Math.floor((sectors * sector - data) / sector / perCluster);
  assert.ok(clusters < 4085, 'more clusters would make it FAT16');
  assert.equal(sectors * sector, image.length);
  assert.ok((clusters + 2) * 12 <= tableSectors * sector * 8, 'the table has room for every cluster');
  const tableAt = (copy: number) =>
    image.subarray((reserved + copy * tableSectors) * sector, (reserved + (copy + 1) * tableSectors) * sector);
  for (let copy = 1; copy < tables; copy++) assert.deepEqual(tableAt(copy), tableAt(0));

  const next = (cluster: number) => {
    const pair = new DataView(tableAt(0).slice().buffer).getUint16(cluster + (cluster >> 1), true);
    return cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
  };
  const chain = (first: number): Uint8Array => {
    const bytes: number[] = [];
    for (let cluster = first, steps = 0; cluster >= 2 && cluster < 0xff8; cluster = next(cluster)) {
      assert.ok(steps++ < clusters && cluster < clusters + 2, `cluster ${cluster}`);
      const at = data + (cluster - 2) * perCluster * sector;
      bytes.push(...image.subarray(at, at + perCluster * sector));
    }
    return Uint8Array.from(bytes);
  };
  let directory = image.subarray(root, data);
  for (const [depth, name] of path.entries()) {
    const entries = Array.from({ length: directory.length / 32 }, (_, index) =>
      directory.slice(index * 32, index * 32 + 32),
    );
    const [stem = '', extension = ''] = name.split('.');
    const wanted = `${stem.padEnd(8)}${extension.padEnd(3)}`;
    const entry = entries.find((each) => String.fromCharCode(...each.subarray(0, 11)) === wanted);
    assert.ok(entry, `${name} is there`);
    const words = new DataView(entry.buffer);
    const content = chain(words.getUint16(26, true));
    const isFolder = ((entry[11] ?? 0) & 0x10) !== 0;
    assert.equal(isFolder, depth < path.length - 1, name);
    if (!isFolder) return content.subarray(0, words.getUint32(28, true));
    directory = content;
  }
  return assert.fail('the path ends in a folder');
}

const program = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);

test('the program is found again at the path where firmware looks, whatever its size', () => {
  assert.equal(efiProgram.join('/'), 'EFI/BOOT/BOOTX64.EFI');
  for (const length of [0, 1, 511, 512, 513, 1024, 70_000, 170_000, 174_080, 500_000]) {
    const image = efiImage(program(length));
    assert.deepEqual(readFile(image, efiProgram), program(length), `${length} bytes`);
    assert.equal(image.length % 2048, 0);
    assert.ok(image.length - length < 12_000, `${image.length} bytes for ${length}`);
  }
});

test('the same program gives the same bytes, and nothing in them is of today', () => {
  const image = efiImage(program(3000));
  assert.deepEqual(image, efiImage(program(3000)));
  // Every date is the first that the file system knows.
  const root = image.subarray(3 * 512, 4 * 512);
  assert.deepEqual([root[32 + 24], root[32 + 25]], [0x21, 0]);
});

test('a program that would need another file system is refused', () => {
  assert.throws(() => efiImage(new Uint8Array(3_000_000)), /too large for FAT12/);
});
