import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { describeByte, describeIso, iso } from '../../cli/models/iso.ts';
import { bootWays } from '../../src/lib/iso9660/boot.ts';
import { readIso } from '../../src/lib/iso9660/read.ts';
import { UserError } from '../../tools/errors.ts';

const bytes = new Uint8Array(readFileSync(new URL('../../public/isos/07-makefile.iso', import.meta.url)));

function describe(disc: Uint8Array, name: string): string {
  const image = readIso(disc);
  return describeIso(image, name, bootWays(disc, image));
}

test('onko iso tells descriptors, files, boot catalogue, partitions, and whether a PC would boot it', () => {
  const report = describe(bytes, 'onko-os.iso');
  assert.match(report, /^onko-os\.iso: [\d,]+ bytes\n/);
  assert.match(report, /\nVolume descriptors\n {2}sector 16 {3}primary volume descriptor +“ISOIMAGE”, \d+ blocks\n/);
  assert.match(report, /\n6 files, 1 directory, named by Rock Ridge; Joliet has them, too\n/);
  assert.match(
    report,
    /\n {2}dr-xr-xr-x {2}boot\/ +sector \d+\n {2}-r--r--r-- {4}limine-bios-cd\.bin +[\d,]+ bytes {2}sector \d+\n/,
  );
  assert.match(
    report,
    /\nBoot catalogue, sector \d+\n {2}1 {2}BIOS {4}no emulation {5}2,048 bytes of sector \d+: \/boot\/limine-bios-cd\.bin, boot info table\n {2}2 {2}UEFI /,
  );
  assert.match(report, /\nPartition tables\n {2}MBR, protective, with boot code\n/);
  assert.match(report, /GPT, sound; its backup is sound\n/);
  assert.match(report, /\nWould a PC boot it\?\n {2}CD, BIOS {10}yes {2}It loads 2,048 bytes of /);
  assert.doesNotMatch(report, /Not as it should be| \n/);
});

test('what is wrong with an image stands at the end, by byte and field', () => {
  const damaged = bytes.slice();
  damaged[16 * 2048 + 80] = 1;
  const report = describe(damaged, 'x');
  assert.match(report, /\nNot as it should be\n {2}volume space size at byte 0x8050: says 1 with the little end first/);
});

test('names from an image cannot steer a terminal', () => {
  const damaged = bytes.slice();
  const text = new TextDecoder('latin1').decode(damaged);
  for (let at = text.indexOf('kernel.elf'); at >= 0; at = text.indexOf('kernel.elf', at + 1)) damaged[at] = 0x1b;
  const report = describe(damaged, 'x');
  assert.match(report, /\\u\{1b\}ernel\.elf/);
  assert.ok(!report.includes('\u{1b}'));
});

test('onko iso --at names the field of a byte and what it lies in', () => {
  const image = readIso(bytes);
  assert.match(
    describeByte(image, '0x8001'),
    /^primary volume descriptor, bytes 0x8000 to 0x87ff: “ISOIMAGE”, \d+ blocks\n {2}standard identifier, bytes 0x8001 to 0x8005: “CD001”: what every volume descriptor says\n$/,
  );
  assert.throws(() => describeByte(image, String(bytes.length)), /--at must be a whole number from 0 to \d+/);
});

test('onko iso refuses what is no file, and says how to call it', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => iso(args),
      (error) => error instanceof UserError && message.test(error.message) && /iso .*\.iso/.test(error.fixes[0] ?? ''),
    );
  refused([], /takes one file; 0 came/);
  refused(['a', 'b'], /takes one file; 2 came/);
  refused(['no-such.iso'], /no-such\.iso cannot be read/);
  refused(['a', '--tree'], /--tree/);
});
