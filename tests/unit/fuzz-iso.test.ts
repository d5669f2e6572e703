import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fieldsAlong, outline, ownersOf, pathTo } from '../../src/lib/fields.ts';
import { bootWays } from '../../src/lib/iso9660/boot.ts';
import { sector } from '../../src/lib/iso9660/bytes.ts';
import { everyNode, pathOf } from '../../src/lib/iso9660/directories.ts';
import { readIso } from '../../src/lib/iso9660/read.ts';
import { writeIso } from '../../src/lib/iso9660/write.ts';
import { checkIso } from '../../src/lib/own-iso.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { sampleElf } from './fixtures/sample-elf.ts';

const disc = (file: string) => new Uint8Array(readFileSync(new URL(`../../public/isos/${file}`, import.meta.url)));
const makefileDisc = disc('07-makefile.iso');

test('whatever bytes come, a CD image is read, every byte has a name, and its tree ends', (t) => {
  const report = fuzz({
    name: 'iso9660',
    // Most of an image is files; the first has all structures and no bytes of files, and the GPT’s backup at its end.
    seeds: [withoutFiles(makefileDisc), disc('01-environment.iso').subarray(0, 40 * sector)],
    words: ['CD001', 'EL TORITO SPECIFICATION', 'EFI PART', 'SP\x07\x01\xbe\xef\0', 'NM\x06\x01\0x', 'RE\x04\x01']
      .map((word) => Uint8Array.from(word, (letter) => letter.charCodeAt(0)))
      .concat(Uint8Array.from([0x43, 0x4c, 12, 1, 20, 0, 0, 0, 0, 0, 0, 20])),
    parse: (bytes) => {
      const image = readIso(bytes);
      let nodes = 0;
      for (const { root } of image.trees) {
        for (const node of everyNode(root)) {
          assert.ok(++nodes <= bytes.length / 33, 'more nodes than records');
          pathOf(node);
        }
      }
      for (const problem of image.problems) assert.ok(problem.offset >= 0 && problem.offset <= bytes.length);
      for (const { says } of bootWays(bytes, image)) assert.ok(says.length > 0);
      const place = Math.floor(bytes.length / 2);
      const owners = ownersOf(image.root, place, Math.min(256, bytes.length - place));
      assert.ok(owners.every((owner) => owner !== undefined));
      const path = pathTo(image.root, place);
      if (bytes.length > 0) assert.ok(fieldsAlong(image.root, path).length > 1, 'a byte that nothing names');
      outline(image.root, path);
    },
    memory: { perByte: 32, fixed: 1024 * 1024 },
  });
  t.diagnostic(JSON.stringify(report));
});

test('whatever bytes come, an ISO of the reader’s own is looked over', (t) => {
  const text = (value: string) => new TextEncoder().encode(value);
  const disc = writeIso({
    volumeId: 'ONKO',
    files: new Map([
      ['limine.conf', text('/Onko\nprotocol: limine\npath: boot():/kernel.elf\nmodule_path: boot():/boot/module\n')],
      ['kernel.elf', sampleElf().bytes],
      ['boot/module', text('module')],
      ['boot/loader.bin', text('Onko loader '.repeat(8))],
    ]),
    boot: [{ platform: 0, bootable: true, emulation: 0, sectors: 4, image: 'boot/loader.bin', infoTable: true }],
  });
  const report = fuzz({
    name: 'own-iso',
    seeds: [disc, disc.subarray(16 * sector, 24 * sector)],
    words: ['CD001', 'EL TORITO SPECIFICATION', 'LIMINE.CONF;1', 'NM\x05\x01\0', '/A\n', 'path: boot():/'].map(text),
    parse: (bytes) => {
      const { findings, boots } = checkIso(bytes);
      assert.ok(findings.length > 0 && findings.length < 100);
      for (const { text: said } of findings) assert.ok(said.length > 0 && said.length < 2000, said);
      assert.ok(boots || findings.some(({ kind }) => kind === 'bad'));
    },
  });
  t.diagnostic(JSON.stringify(report));
});

/** The image without most of its files’ bytes: as small as it gets with all that a reader has to understand. */
function withoutFiles(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 64 * 512;
  const head = bytes.subarray(0, 37 * sector);
  return Uint8Array.from([...head, ...bytes.subarray(end)]);
}
