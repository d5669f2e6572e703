/**
 * Discs whose EFI image is missing or damaged, booted by UEFI: the firmware says so, or the loader does. What the page about
 * real PCs tells readers of them (real-pc.mdx) is held against what they do.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildLoader } from '../../kernel/pipeline/build.ts';
import { efiProgram } from '../../kernel/pipeline/efi-image.ts';
import { biosBoot } from '../../kernel/pipeline/iso.ts';
import { withQemu, type Medium, type Qemu } from '../../kernel/pipeline/qemu.ts';
import { root } from '../../tools/paths.ts';
import { Random } from '../fuzz/random.ts';
import { thorough } from '../thorough.ts';
import { biosImage, bootAtOnce, kernelBase, makeDisc, makeElf } from './fixtures/loader-disc.ts';

const page = await readFile(`${root}/src/content/docs/real-pc.mdx`, 'utf8');
const files = { 'limine.conf': bootAtOnce, 'kernel.elf': makeElf([{ address: kernelBase }]) };
const image = (await buildLoader()).uefi;
const good = await readFile(await makeDisc({ files }));
const start = good.indexOf(image);
const sector = 512;
const program = Buffer.from(image).indexOf('MZ');

/** What firmware or loader says, without what comes before and behind; `boots` where the kernel is called all the same. */
function told(machine: Qemu): string | undefined {
  const ownWords = /\n(Cannot boot: the loader's own file .*\.)\n$/.exec(machine.debug())?.[1];
  if (ownWords !== undefined) return ownWords.replaceAll(/0x[0-9a-f]+/g, '0x…');
  if (machine.debug().includes('Calling the kernel')) return 'boots';
  if (machine.debug().includes('Internal error')) return 'Internal error. This is a bug in the loader.';
  const [, status, exception] =
    /BdsDxe: failed to (?:load|start) Boot0001 [^]*?: ([A-Z][A-Za-z ]+)\r|(!!!! X64 Exception Type - \S+)/.exec(
      machine.serial(),
    ) ?? [];
  return status ?? (exception && 'X64 Exception Type');
}

async function outcome(machine: Qemu): Promise<string> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline && !machine.hasReset) {
    const words = told(machine);
    if (words !== undefined) return words;
    await sleep(20);
  }
  const state = `${machine.serial()}\n${machine.debug()}\n${(await machine.cpu()).text}`;
  return assert.fail(`${machine.hasReset ? 'it reset itself' : 'it hangs'}:\n${state}`);
}

/** The page's table says this of that damage, in whatever width its columns have. */
function assertOnPage(damage: string, words: string): void {
  const rows = page.split('\n').map((row) => row.split('|').map((cell) => cell.trim()));
  const row = rows.find((cells) => cells[1] === damage) ?? assert.fail(`real-pc.mdx has no row "${damage}"`);
  assert.ok(row[2]?.includes(words), `${damage}: it says "${words}", the page "${row[2]}"`);
}

test(
  'a disc without an EFI image, and one cut off in it, are passed over by the firmware',
  { timeout: 600_000 },
  async (t) => {
    const boot = async (name: string, medium: Medium, iso: string, words: string): Promise<void> => {
      await t.test(`${name}: ${words}`, async () => {
        await withQemu({ iso, firmware: 'uefi', medium }, async (machine) =>
          assert.equal(await outcome(machine), words),
        );
        assertOnPage(name, words);
      });
    };
    const without = await makeDisc({ files, xorriso: biosBoot(biosImage) });
    await boot('no EFI image: an ISO for a BIOS only', 'cd', without, 'Not Found');
    const cut = `${without}.cut`;
    await writeFile(cut, good.subarray(0, start + image.length / 2));
    await boot('the ISO ends in the middle of the EFI image', 'usb', cut, 'Load Error');
  },
);

const ownFile =
  "Cannot boot: the loader's own file is damaged; \\EFI\\BOOT\\BOOTX64.EFI on the EFI image has the checksum 0x…, expected 0x…; write the disc or the stick anew.";

const fill = (value: number, from: number, length: number) => (bytes: Buffer) => bytes.fill(value, from, from + length);
const code = program + 0x400;

const damages: { damage: string; change: (bytes: Buffer) => unknown; words: string }[] = [
  { damage: 'the first sector of the EFI image is lost', change: fill(0, 0, sector), words: 'Not Found' },
  { damage: 'the EFI image’s list of clusters is lost', change: fill(0, sector, 2 * sector), words: 'Not Found' },
  {
    damage: 'the program has another name',
    change: (bytes) => bytes.write('XXXXXXXX', bytes.indexOf(efiProgram[2].replace('.', ' '))),
    words: 'Not Found',
  },
  { damage: 'the program does not begin like one', change: fill(0, program, 2), words: 'Not Found' },
  {
    damage: 'it is a program for another processor',
    change: (bytes) => bytes.writeUInt16LE(0x14c, program + bytes.readUInt32LE(program + 0x3c) + 4),
    words: 'Unsupported',
  },
  {
    damage: 'the second half of it is lost',
    change: fill(0, image.length >> 1, image.length >> 1),
    words: 'Load Error',
  },
  {
    damage: 'one bit of it is wrong',
    change: (bytes) => (bytes[code + 0x4000] = (bytes[code + 0x4000] ?? 0) ^ 1),
    words: ownFile,
  },
];

/** One machine that has found the EFI image, and is about to read it for the first time. */
async function withImages(use: (boot: (bytes: Uint8Array) => Promise<string>) => Promise<void>): Promise<void> {
  const options = { iso: await makeDisc({ files }), firmware: 'uefi', medium: 'disk', memory: '64M' } as const;
  await withQemu({ ...options, holdReadOf: start / sector }, async (machine) => {
    await machine.waitUntilHeld();
    await machine.remember();
    await use(async (bytes) => {
      await machine.putBack();
      machine.changeDisk(start, bytes);
      await machine.resume();
      return outcome(machine);
    });
  });
}

test('a damaged EFI image ends in words of the firmware or of the loader', { timeout: 3 * 3600_000 }, async (t) => {
  await withImages(async (boot) => {
    assert.equal(await boot(image), 'boots');
    for (const { damage, change, words } of damages) {
      const bytes = Buffer.from(image);
      change(bytes);
      assert.equal(await boot(bytes), words, damage);
      assertOnPage(damage, words);
    }
    const counts = new Map<string, number>();
    for (let number = 0; number < (thorough ? 1000 : 10); number++) {
      const random = new Random(3, number);
      const bytes = Buffer.from(image);
      const at = random.below(bytes.length);
      const length = random.chance(1 / 2) ? 1 : 1 + random.below(600);
      bytes.set(random.bytes(Math.min(length, bytes.length - at)), at);
      const words = await boot(bytes).catch((error: unknown) => {
        throw new Error(`number ${number}, ${length} bytes at ${at}: ${String(error)}`);
      });
      counts.set(words, (counts.get(words) ?? 0) + 1);
    }
    for (const [words, count] of counts) t.diagnostic(`${count} × ${words}`);
    assert.ok((counts.get(ownFile) ?? 0) > (thorough ? 600 : 5));
    assert.ok(page.includes('X64 Exception Type'), 'the page tells of what the firmware shows then');
  });
});

test('a disc that UEFI cannot boot still boots by BIOS', async () => {
  const bytes = Buffer.from(good);
  bytes.fill(0, start, start + image.length);
  const iso = await makeDisc({ files });
  await writeFile(iso, bytes);
  await withQemu({ iso, medium: 'usb' }, async (machine) => {
    await machine.waitUntilHalted();
    assert.match(machine.debug(), /Calling the kernel/);
  });
});
