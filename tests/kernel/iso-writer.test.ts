import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { withQemu } from '../../kernel/pipeline/qemu.ts';
import { confCheckpoint } from '../../src/lib/conf-checkpoint.ts';
import { fileBytes, findFile, IsoError, readContent } from '../../src/lib/iso9660/content.ts';
import { efiSystemPartition } from '../../src/lib/iso9660/partitions.ts';
import { readIso } from '../../src/lib/iso9660/read.ts';
import { rewriteIso, writeIso } from '../../src/lib/iso9660/write.ts';
import { readConf } from '../../src/lib/limine-conf.ts';
import { judge } from '../../src/lib/verdict.ts';
import { run } from '../../tools/process.ts';
import { thorough } from '../thorough.ts';
import { observe } from './fixtures/observe.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-writer-`);
after(() => rmSync(scratch, { recursive: true, force: true }));

const source = (name: string) => new Uint8Array(readFileSync(`${isosFolder}/${name}.iso`));
const text = (value: string) => new TextEncoder().encode(value);

/** Everything that xorriso finds on an image, path → SHA-256; it complains of nothing while it looks. */
async function extracted(iso: Uint8Array, name: string): Promise<Record<string, string>> {
  const [image, folder] = [`${scratch}/${name}.iso`, `${scratch}/${name}`];
  writeFileSync(image, iso);
  mkdirSync(folder);
  const { output } = await run('xorriso', [
    '-abort_on',
    'WARNING',
    '-osirrox',
    'on',
    '-indev',
    image,
    '-extract',
    '/',
    folder,
  ]);
  assert.doesNotMatch(output, /WARNING|FAILURE|SORRY/);
  await run('chmod', ['-R', 'u+w', folder]);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    files
      .filter((path) => statSync(`${folder}/${path}`).isFile())
      .map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(`${folder}/${path}`))
          .digest('hex'),
      ]),
  );
}

/** What xorriso reports of El Torito, without the blocks, which may move. */
async function bootReport(iso: Uint8Array, name: string): Promise<string> {
  writeFileSync(`${scratch}/${name}.iso`, iso);
  const { stdout } = await run('xorriso', ['-indev', `${scratch}/${name}.iso`, '-report_el_torito', 'plain']);
  return stdout.replace(/^(El Torito catalog .*:).*$/m, '$1').replace(/^(El Torito boot img .*?)\d+ *$/gm, '$1');
}

for (const name of ['01-environment', '06-limine-conf', '07-makefile']) {
  test(`${name}.iso written anew holds the same files and boot entries for xorriso, and reads back the same`, async () => {
    const original = source(name);
    const written = rewriteIso(original, new Map());
    const [before, after] = [await extracted(original, `${name}-a`), await extracted(written, `${name}-b`)];
    const differing = Object.keys(before).filter((path) => before[path] !== after[path]);
    const content = readContent(written);
    // The loader's copy is told where it lies; the catalogue says it.
    const moved = [
      content.boot.map(({ lba }) => content.files.find((file) => file.lba === lba)?.path),
      'boot.catalog',
    ].flat();
    assert.deepEqual(Object.keys(after), Object.keys(before));
    assert.deepEqual(
      differing.filter((path) => !moved.includes(path)),
      [],
    );
    assert.equal(await bootReport(written, `${name}-c`), await bootReport(original, `${name}-d`));
    assert.deepEqual(Buffer.from(rewriteIso(written, new Map())).equals(Buffer.from(written)), true, 'a fixed point');
  });
}

test('a changed file is changed, a new one is there, the others are as they were', async () => {
  const conf = text('timeout: 9\n\n/Mine\n    protocol: limine\n    path: boot():/kernel.elf\n');
  const original = source('06-limine-conf');
  const written = rewriteIso(
    original,
    new Map([
      ['limine.conf', conf],
      ['deep/er/A long name.txt', text('hello')],
    ]),
  );
  const content = readContent(written);
  assert.deepEqual(fileBytes(written, findFile(content, 'limine.conf')), conf);
  assert.deepEqual(fileBytes(written, findFile(content, 'deep/er/A long name.txt')), text('hello'));
  const kernel = (iso: Uint8Array) => fileBytes(iso, findFile(readContent(iso), 'kernel.elf'));
  assert.deepEqual(kernel(written), kernel(original));
  const files = await extracted(written, 'changed');
  assert.equal(files['deep/er/A long name.txt'], createHash('sha256').update('hello').digest('hex'));
});

test('many files, alike names and large directories are found by xorriso', async () => {
  const files = new Map<string, Uint8Array>();
  for (let n = 0; n < 120; n++) files.set(`many/a rather long file name ${n}.text`, text(`file ${n}`));
  files.set('ümlaut/日本.txt', text('utf-8'));
  files.set('empty', new Uint8Array());
  files.set('README', text('a'));
  files.set('readme', text('b'));
  const found = await extracted(writeIso({ volumeId: 'MANY', files, boot: [] }), 'many');
  for (const [path, bytes] of files) assert.equal(found[path], createHash('sha256').update(bytes).digest('hex'), path);
  assert.equal(Object.keys(found).length, files.size);
});

test('two boot entries and an image without a name stay what they were', () => {
  const efi = new Uint8Array(5000).map((_, index) => index % 251);
  const iso = writeIso({
    volumeId: 'TWO',
    files: new Map([['boot/bios.bin', new Uint8Array(3000).fill(0x90)]]),
    boot: [
      { platform: 0, bootable: true, emulation: 0, sectors: 4, image: 'boot/bios.bin', infoTable: true },
      { platform: 0xef, bootable: true, emulation: 0, sectors: 10, image: efi, infoTable: false },
    ],
    cataloguePath: 'boot.cat',
  });
  const again = rewriteIso(iso, new Map([['new.txt', text('x')]]));
  const { boot } = readContent(again);
  assert.deepEqual(
    boot.map(({ platform, sectors }) => [platform, sectors]),
    [
      [0, 4],
      [0xef, 10],
    ],
  );
  assert.deepEqual(fileBytes(again, { lba: boot[1]?.lba ?? 0, size: efi.length }), efi);
});

test('names that do not fit, and sources that are no ISO, are refused with place and reason', () => {
  const original = source('06-limine-conf');
  const refused = (path: string) =>
    assert.throws(() => rewriteIso(original, new Map([[path, text('')]])), IsoError, path);
  refused('x'.repeat(161));
  refused('a//b');
  refused('');
  refused('kernel.elf/inside');
  for (const length of [0, 2048, 16 * 2048, 17 * 2048 + 5, original.length - 2048]) {
    assert.throws(() => rewriteIso(original.subarray(0, length), new Map()), IsoError, `${length} bytes`);
  }
});

for (const [what, conf] of [
  ['a menu of one second', 'timeout: 1\n\n/Mine\n    protocol: limine\n    path: boot():/kernel.elf\n'],
  ['no menu', 'timeout: 0\n/Mine\nprotocol: limine\npath: boot():/kernel.elf\n'],
  ['a misspelt option', 'timeout: 0\n/Mine\nprotokol: limine\n'],
] as const) {
  test(`the chapter’s ISO with another limine.conf (${what}) boots in QEMU to its verdict`, async () => {
    const iso = `${scratch}/boot.iso`;
    writeFileSync(iso, rewriteIso(source('06-limine-conf'), new Map([['limine.conf', text(conf)]])));
    const checkpoint = confCheckpoint(readConf(conf), { r: 12, g: 24, b: 33 });
    assert.ok(checkpoint);
    const { kernel } = readManifest(isosFolder)?.isos.find(({ chapter }) => chapter === '06-limine-conf') ?? {};
    await withQemu({ iso }, async (machine) => {
      const verdict = judge(checkpoint, kernel?.symbols ?? [], await observe(machine));
      assert.ok(verdict.passed, verdict.findings.join('\n'));
    });
  });
}

/** UEFI takes some seconds to start. */
const otherWays = [
  ['disk', 'bios'],
  ['usb', 'uefi'],
  ...(thorough
    ? ([
        ['usb', 'bios'],
        ['cd', 'uefi'],
      ] as const)
    : []),
] as const;

for (const [medium, firmware] of otherWays) {
  test(`the chapter’s ISO with another limine.conf boots as ${medium} by ${firmware}, too`, async () => {
    const iso = `${scratch}/${medium}-${firmware}.iso`;
    const conf = 'timeout: 0\n/Mine\nprotocol: limine\npath: boot():/kernel.elf\n';
    writeFileSync(iso, rewriteIso(source('06-limine-conf'), new Map([['limine.conf', text(conf)]])));
    const checkpoint = confCheckpoint(readConf(conf), { r: 12, g: 24, b: 33 });
    assert.ok(checkpoint);
    const { kernel } = readManifest(isosFolder)?.isos.find(({ chapter }) => chapter === '06-limine-conf') ?? {};
    await withQemu({ iso, medium, firmware }, async (machine) => {
      const verdict = judge(checkpoint, kernel?.symbols ?? [], await observe(machine));
      assert.ok(verdict.passed, verdict.findings.join('\n'));
    });
  });
}

test('as a disk, a written ISO is sound: both partition tables, and the partition is the boot image for UEFI', () => {
  const written = rewriteIso(source('06-limine-conf'), new Map([['more.bin', new Uint8Array(5000)]]));
  const { problems, partitions } = readIso(written);
  assert.deepEqual(problems, []);
  const efi = readContent(written).boot.find(({ platform }) => platform === 0xef);
  for (const gpt of [partitions.gpt, partitions.backup]) {
    assert.equal(gpt?.sound, true);
    assert.deepEqual(
      gpt?.partitions.map(({ type, first }) => [type, first]),
      [[efiSystemPartition, BigInt((efi?.lba ?? 0) * 4)]],
    );
  }
  assert.deepEqual([partitions.mbr?.kind, partitions.mbr?.code], ['protective', true]);
  const plain = writeIso({ volumeId: 'PLAIN', files: new Map([['a', text('a')]]), boot: [] });
  assert.equal(readIso(rewriteIso(plain, new Map())).partitions.mbr, undefined, 'a plain CD stays one');
});
