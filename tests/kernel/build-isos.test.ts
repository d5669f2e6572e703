import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { biosBoot, writeIso } from '../../kernel/pipeline/iso.ts';
import { buildLimineIsos, isosAreCurrent, isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { findLimine } from '../../kernel/pipeline/limine.ts';
import { UserError } from '../../tools/errors.ts';
import { CommandError, run } from '../../tools/process.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-isos-`);
after(() => rmSync(scratch, { recursive: true }));

const bootImage = new Uint8Array(2048).fill(0x90);

test('the same files give the same ISO, whatever the order, the rights of new files and the clock', async () => {
  const files: [string, Uint8Array][] = [
    ['boot/loader.bin', bootImage],
    ['kernel.elf', new Uint8Array(5000).fill(1)],
    ['a.conf', new Uint8Array(10).fill(2)],
  ];
  const usual = process.umask(0o022);
  try {
    await writeIso(`${scratch}/one.iso`, new Map(files), biosBoot('boot/loader.bin'));
    process.umask(0o077);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // ISO 9660 counts seconds
    await writeIso(`${scratch}/two.iso`, new Map(files.toReversed()), biosBoot('boot/loader.bin'));
  } finally {
    process.umask(usual);
  }
  assert.ok(readFileSync(`${scratch}/one.iso`).equals(readFileSync(`${scratch}/two.iso`)));
});

test('xorriso comes through whole when it fails, and leaves no half ISO', async () => {
  const iso = `${scratch}/none.iso`;
  await assert.rejects(
    writeIso(iso, new Map([['kernel.elf', bootImage]]), biosBoot('boot/missing.bin')),
    (error) => error instanceof CommandError && /boot\/missing\.bin/.test(error.result.stderr),
  );
  assert.deepEqual(
    readdirSync(scratch).filter((name) => name.startsWith('none')),
    [],
  );
});

test('ISOs count as current only while they are whole and match their manifest', async () => {
  const folder = `${scratch}/isos`;
  const fresh = () => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(isosFolder, folder, { recursive: true });
  };
  fresh();
  assert.equal(await isosAreCurrent(folder), true);

  const iso = `${folder}/${readManifest(folder)?.isos[0]?.file}`;
  const damaged = readFileSync(iso);
  damaged.writeUInt8(damaged.readUInt8(100_000) ^ 1, 100_000);
  writeFileSync(iso, damaged);
  assert.equal(await isosAreCurrent(folder), false, 'one bit differs');

  fresh();
  rmSync(iso);
  assert.equal(await isosAreCurrent(folder), false, 'an ISO is missing');

  fresh();
  const manifest = readFileSync(`${folder}/manifest.json`, 'utf8');
  writeFileSync(`${folder}/manifest.json`, manifest.slice(0, manifest.length / 2));
  assert.equal(await isosAreCurrent(folder), false, 'the manifest is cut off');

  writeFileSync(`${folder}/manifest.json`, manifest.replace(/"sourceHash": "./, '"sourceHash": "x'));
  assert.equal(await isosAreCurrent(folder), false, 'a source has changed');
});

test('a LIMINE_DIR without the files of Limine is refused with the name of each', () => {
  const folder = `${scratch}/half-limine`;
  mkdirSync(folder);
  writeFileSync(`${folder}/limine-bios.sys`, '');
  assert.throws(
    () => findLimine(folder),
    (error) =>
      error instanceof UserError &&
      !error.message.includes('limine-bios.sys') &&
      /no limine-bios-cd\.bin, no limine-uefi-cd\.bin/.test(error.message),
  );
});

test('with LIMINE_DIR the ISOs carry its files, are installed by its program, and go elsewhere', async () => {
  const limine = `${scratch}/limine`;
  mkdirSync(limine);
  for (const name of ['limine-bios.sys', 'limine-bios-cd.bin', 'limine-uefi-cd.bin'])
    writeFileSync(`${limine}/${name}`, bootImage);
  // Stands for Limine's program: it says its version, and notes what it was asked to install.
  writeFileSync(
    `${limine}/limine`,
    `#!/bin/sh\n[ "$1" = bios-install ] && echo "$2" >> '${scratch}/installed' || echo 'Limine 10.0.0'\n`,
  );
  chmodSync(`${limine}/limine`, 0o755);
  const committed = readFileSync(`${isosFolder}/manifest.json`, 'utf8');

  const folder = `${scratch}/limine-isos`;
  await buildLimineIsos(limine, folder);

  const manifest = readManifest(folder);
  assert.equal(manifest?.loader, 'limine');
  assert.equal(manifest.tools['limine'], 'Limine 10.0.0');
  assert.match(readFileSync(`${scratch}/installed`, 'utf8'), /05-main-rs\.iso/);
  const { output } = await run('xorriso', [
    '-indev',
    `${folder}/05-main-rs.iso`,
    '-report_el_torito',
    'plain',
    '-find',
    '/',
  ]);
  for (const path of ['limine-bios.sys', 'limine-bios-cd.bin', 'limine-uefi-cd.bin', 'limine.conf']) {
    assert.match(output, new RegExp(`'/boot/limine/${path}'`));
  }
  assert.match(output, /El Torito boot img : +1 +BIOS +y +none/);
  assert.match(output, /El Torito boot img : +2 +UEFI +y +none/);
  assert.equal(readFileSync(`${isosFolder}/manifest.json`, 'utf8'), committed);
});
