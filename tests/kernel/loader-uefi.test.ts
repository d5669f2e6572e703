/** What the loader's UEFI half shows and refuses: menu, keys, sentences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withQemu, type Qemu } from '../../kernel/pipeline/qemu.ts';
import { bootAtOnce, kernelBase, makeDisc, makeElf } from './fixtures/loader-disc.ts';

const kernel = makeElf([{ address: kernelBase }]);

const entry = (title: string, path: string, more = ''): string =>
  `${title}\nprotocol: limine\npath: boot():${path}\n${more}`;

function menuDisc(options: string): Promise<string> {
  const config = [
    options,
    entry('/Onko OS', '/first.elf', 'comment: paints the screen\n'),
    '/Older\n',
    entry('//Second', '/second.elf', 'cmdline: one two\nmodule_path: boot():/notes.txt\n'),
    entry('/Third', '/third.elf', 'resolution: 800x600\n'),
  ].join('');
  const files = {
    'limine.conf': config,
    'notes.txt': 'notes',
    'first.elf': kernel,
    'second.elf': kernel,
    'third.elf': kernel,
  };
  return makeDisc({ files });
}

const loaded = async (machine: Qemu): Promise<string | undefined> => {
  await machine.waitUntilHalted();
  return /Loading boot\(\):(\S+)/.exec(machine.debug())?.[1];
};

/** What the firmware's screen was told to show: it sends the same to COM1, with sequences for the cursor among it. */
const shown = (machine: Qemu): string =>
  machine.serial().replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;=?]*[a-zA-Z]`, 'g'), '');

const refusals = [
  {
    what: 'a kernel larger than memory',
    files: { 'limine.conf': bootAtOnce, 'kernel.elf': makeElf([{ address: kernelBase, memorySize: 0x20000000n }]) },
    // The largest free piece depends on what the firmware took.
    sentence:
      /^Cannot boot: not enough memory; the kernel's image needs 524288 KiB in one piece below 4 GiB, the largest free piece has \d+ KiB\.$/m,
  },
  {
    what: 'an unknown option',
    files: { 'limine.conf': `tiemout: 3\n${bootAtOnce}`, 'kernel.elf': kernel },
    sentence: /^Bad configuration: \/limine\.conf, line 1: "tiemout" is not an option; expected "timeout", perhaps\.$/m,
  },
];

test('the UEFI half', { concurrency: 2, timeout: 900_000 }, async (t) => {
  await Promise.all([
    t.test('with timeout no the menu waits, opens directories and boots what Enter chooses', async () => {
      await withQemu({ iso: await menuDisc('timeout: no\n'), firmware: 'uefi' }, async (machine) => {
        await machine.waitForText('debug', 'Onko loader menu\n  Onko OS\n  Older\n    Second\n  Third\n');
        await sleep(1000);
        assert.ok(!machine.debug().includes('Loading'), 'it waits');
        assert.match(shown(machine), /Up and Down choose, Enter boots\./);
        assert.match(shown(machine), /paints the screen/);
        await machine.pressKeys('down');
        await machine.pressKeys('ret');
        await machine.waitForText('serial', '- Older');
        await machine.pressKeys('down');
        await machine.pressKeys('ret');
        assert.equal(await loaded(machine), '/second.elf');
        assert.match(machine.debug(), /Loading module boot\(\):\/notes\.txt/);
      });
    }),
    t.test('default_entry, a countdown, a resolution and serial are followed', async () => {
      const iso = await menuDisc('timeout: 2\ndefault_entry: 3\nserial: yes\n');
      await withQemu({ iso, firmware: 'uefi', medium: 'disk' }, async (machine) => {
        await machine.waitForText('debug', 'Booting automatically in 2...');
        const opened = Date.now();
        assert.equal(await loaded(machine), '/third.elf');
        assert.ok(Date.now() - opened > 1500, 'it counted down');
        assert.match(shown(machine), /Booting automatically in 1\.\.\./);
        assert.match(machine.serial(), /onko: Loading boot\(\):\/third\.elf\r\n/);
        const mode = await machine.videoMode();
        assert.deepEqual([mode?.width, mode?.height, mode?.bitsPerPixel], [800, 600, 32]);
      });
    }),
    ...refusals.map(({ what, files, sentence }) =>
      t.test(`${what} is refused in one sentence, on screen, COM1 and port 0xE9`, async () => {
        const iso = await makeDisc({ files });
        await withQemu({ iso, firmware: 'uefi', memory: '128M' }, async (machine) => {
          await machine.waitUntilHalted();
          const [told = ''] = sentence.exec(machine.debug()) ?? assert.fail(machine.debug());
          assert.ok(machine.serial().includes(`${told}\r\n`), machine.serial());
          // The screen breaks it into lines; its beginning stands in one.
          assert.equal(shown(machine).split(told.slice(0, 50)).length - 1, 2, 'once on COM1, once on the screen');
        });
      }),
    ),
  ]);
});
