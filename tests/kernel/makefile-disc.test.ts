/** Chapter 7: what each option of xorriso changes in the image that the Makefile writes, and that the disc boots. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { isoRegions } from '../../src/components/diagrams/iso-regions.ts';
import english from '../../src/content/i18n/en.json' with { type: 'json' };
import { buildLoader } from '../../kernel/pipeline/build.ts';
import { smallAndTimeless, sourceDate } from '../../kernel/pipeline/iso.ts';
import { madeKernel, writeStandIn } from '../../kernel/pipeline/make.ts';
import { withQemu } from '../../kernel/pipeline/qemu.ts';
import { stateAtKmain } from '../../src/lib/entry-state.ts';
import { run } from '../../tools/process.ts';
import { bootFiles, makefileTree } from './fixtures/makefile.ts';

const { scratch, tree, limine, iso, make } = await makefileTree();

const sector = 2048;

await make();
const options = await xorrisoOptions();

/** The words that the Makefile gives to xorriso, without the output's name. */
async function xorrisoOptions(): Promise<string[]> {
  const { stdout } = await make('-n', '-B');
  const [, line = ''] = /^xorriso -as mkisofs (.*?)\s+-o onko-os\.iso iso_root$/ms.exec(stdout) ?? [];
  const words = line.split(/[\s\\]+/).filter((word) => word !== '');
  assert.ok(words.includes('-boot-info-table'), stdout);
  return words;
}

/** An image of the staging folder, with these options in place of the Makefile's. */
async function image(words: readonly string[]): Promise<Buffer> {
  const target = `${scratch}/image.iso`;
  rmSync(target, { force: true });
  await run('xorriso', ['-as', 'mkisofs', ...smallAndTimeless, ...words, '-o', target, 'iso_root'], {
    cwd: tree,
    env: { SOURCE_DATE_EPOCH: sourceDate, TZ: 'UTC' },
  });
  return readFileSync(target);
}

const without = (...left: string[]) => options.filter((word) => !left.includes(word));

const catalogueOf = (bytes: Buffer) => bytes.readUInt32LE(17 * sector + 71) * sector;
const bootFileOf = (bytes: Buffer) => bytes.readUInt32LE(catalogueOf(bytes) + 32 + 8) * sector;
const has = (bytes: Buffer, at: number, text: string) => bytes.toString('latin1', at, at + text.length) === text;
const full = await image(options);

test('the descriptors lie in sectors 16 to 19, as the picture says', () => {
  const type = (number: number) => {
    assert.ok(has(full, number * sector + 1, 'CD001'));
    return full[number * sector];
  };
  assert.deepEqual([16, 17, 18, 19].map(type), [1, 0, 2, 255]);
  assert.ok(has(full, 17 * sector + 7, 'EL TORITO SPECIFICATION'));
  const sectors = isoRegions.filter(({ at }) => at === 'isoLayout.sector');
  const drawn = new Map(sectors.map(({ number, what }) => [number, english[what]]));
  assert.match(drawn.get(16) ?? '', /primary/);
  assert.match(drawn.get(17) ?? '', /boot record/);
  assert.match(drawn.get(18) ?? '', /Joliet/);
  assert.match(drawn.get(19) ?? '', /end/);
});

test('what comes after the descriptors comes in the order that the picture shows', () => {
  const folders = full.readUInt32LE(16 * sector + 158) * sector;
  const joliet = full.readUInt32LE(18 * sector + 158) * sector;
  const uefi = full.indexOf(bootFiles['limine-uefi-cd.bin']);
  const others = full.indexOf(bootFiles['limine-bios.sys']);
  const order = [19 * sector, folders, joliet, uefi, catalogueOf(full), bootFileOf(full), others];
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test('ISO 9660 holds short names in capitals, and Rock Ridge the true ones, with -r or without', async () => {
  for (const bytes of [full, await image(without('-r'))]) {
    for (const name of ['KERNEL.ELF;1', 'LIMINE.CON;1', 'kernel.elf', 'limine.conf']) assert.ok(bytes.includes(name));
  }
});

test('-r gives every file to user 0 and lets nobody write', async () => {
  const modes = async (words: readonly string[]) => {
    await image(words);
    const { stdout } = await run('xorriso', ['-indev', `${scratch}/image.iso`, '-lsl', '/limine.conf']);
    return stdout.trim().split(/\s+/);
  };
  const [mode, , user, group] = await modes(options);
  assert.deepEqual([mode, user, group], ['-r--r--r--', '0', '0']);
  const [ownMode, , owner] = await modes(without('-r'));
  assert.match(ownMode ?? '', /^-rw/);
  assert.equal(owner, String(process.getuid?.()));
});

test('-J adds a second descriptor, with names in 16-bit Unicode', async () => {
  const unicode = Buffer.from('kernel.elf', 'utf16le').swap16();
  assert.ok(full.includes(unicode));
  const plain = await image(without('-J'));
  assert.equal(plain[18 * sector], 255);
  assert.equal(plain.includes(unicode), false);
});

test('without -b there is no boot record', async () => {
  const plain = await image(['-r', '-J']);
  assert.equal(plain.includes('EL TORITO'), false);
});

test('without -no-emul-boot xorriso refuses, as the boot file has no size of a floppy', async () => {
  await assert.rejects(image(without('-no-emul-boot')), /Could not attach El-Torito boot image/);
});

test('-boot-load-size 4 asks for 2,048 bytes; without it, for the whole file', async () => {
  const size = (bytes: Buffer) => bytes.readUInt16LE(catalogueOf(bytes) + 32 + 6);
  assert.equal(size(full), 4);
  assert.equal(size(await image(without('-boot-load-size', '4'))), Math.ceil(20_000 / 512));
});

test('-boot-info-table changes bytes 8 to 63 of the boot file on the disc, and nothing in the folder', async () => {
  const original = Buffer.from(bootFiles['limine-bios-cd.bin']);
  const inFull = full.subarray(bootFileOf(full), bootFileOf(full) + original.length);
  assert.deepEqual(inFull.subarray(0, 8), original.subarray(0, 8));
  assert.deepEqual(inFull.subarray(64), original.subarray(64));
  assert.equal(inFull.readUInt32LE(8), 16);
  assert.equal(inFull.readUInt32LE(12) * sector, bootFileOf(full));
  assert.equal(inFull.readUInt32LE(16), original.length);
  let sum = 0;
  for (let at = 64; at < original.length; at += 4) sum = (sum + original.readUInt32LE(at)) >>> 0;
  assert.equal(inFull.readUInt32LE(20), sum);
  assert.deepEqual(readFileSync(`${tree}/iso_root/boot/limine-bios-cd.bin`), original);

  const plain = await image(without('-boot-info-table'));
  assert.deepEqual(plain.subarray(bootFileOf(plain), bootFileOf(plain) + original.length), original);
});

test('--efi-boot adds an entry with platform EF that points at the UEFI image', async () => {
  const section = catalogueOf(full) + 64;
  assert.deepEqual([full[section], full[section + 1]], [0x91, 0xef]);
  const at = full.readUInt32LE(section + 32 + 8) * sector;
  assert.deepEqual(new Uint8Array(full.subarray(at, at + 100_000)), bootFiles['limine-uefi-cd.bin']);
});

test('-efi-boot-part --efi-boot-image makes the UEFI image a partition, and costs 32 KiB', async () => {
  assert.ok(has(full, 512, 'EFI PART'));
  assert.ok(has(full, full.length - 512, 'EFI PART'));
  assert.equal(full[446 + 4], 0xee);
  assert.deepEqual(new Set(full.subarray(0, 446)), new Set([0]));
  const partition = Array.from({ length: 4 }, (_, index) => 1024 + index * 128).find((at) =>
    full.includes(Buffer.from('EFI boot partition', 'utf16le'), at + 56),
  );
  const uefi = full.indexOf(bootFiles['limine-uefi-cd.bin']);
  const entries = Array.from({ length: 4 }, (_, index) => full.readBigUInt64LE(1024 + index * 128 + 32) * 512n);
  assert.ok(partition !== undefined);
  assert.ok(entries.includes(BigInt(uefi)), 'a partition begins where the image begins');

  const plain = await image(without('-efi-boot-part', '--efi-boot-image'));
  assert.equal(plain.includes('EFI PART'), false);
  assert.equal(full.length - plain.length, 32 * 1024);
  await assert.rejects(image(without('--efi-boot', 'boot/limine-uefi-cd.bin')), /No suitable El Torito EFI boot image/);
});

test('--protective-msdos-label would change no byte', async () => {
  assert.ok((await image([...options, '--protective-msdos-label'])).equals(full));
});

test('the disc boots: a menu that counts down three seconds, then the colour, in the state that chapter 6 lists', async () => {
  writeStandIn(limine, await buildLoader());
  await make('-B', '-o', madeKernel);
  await withQemu({ iso }, async (machine) => {
    await machine.waitForText('serial', 'Booting automatically in 3...');
    assert.match(machine.serial(), /^ {2}Onko OS\r?$/m);
    const opened = Date.now();
    const { registers, selectors, idt, longMode } = await machine.waitUntilHalted();
    const waited = Date.now() - opened;
    assert.ok(waited > 2_000, `the menu waited ${waited} ms`);

    assert.ok(longMode);
    for (const name of ['cr0', 'cr4', 'efer'] as const) {
      assert.equal(registers.get(name), BigInt(stateAtKmain[name]), name);
    }
    assert.deepEqual([selectors.get('cs'), selectors.get('ss')], [stateAtKmain.cs, stateAtKmain.ss]);
    assert.equal(idt.limit, 0);
    const screen = await machine.screenDump();
    assert.deepEqual(
      [...new Set(screen.rgb)].sort((a, b) => a - b),
      [12, 24, 33],
    );
    const pixel = await machine.readLinear(stateAtKmain.framebuffer, 4);
    assert.deepEqual([...pixel], [0x21, 0x18, 0x0c, 0]);
  });
});

test('a key stops the countdown, and Enter boots', async () => {
  await withQemu({ iso }, async (machine) => {
    await machine.waitForText('serial', 'Booting automatically in 3...');
    await machine.pressKeys('down');
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    assert.doesNotMatch(machine.debug(), /Calling the kernel/, 'four seconds on, the menu still waits');
    await machine.pressKeys('ret');
    assert.ok((await machine.waitUntilHalted()).longMode);
  });
});
