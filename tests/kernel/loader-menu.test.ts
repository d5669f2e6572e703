/** The boot menu, with keys and countdown, and the video modes that limine.conf can ask for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withQemu, type Qemu } from '../../kernel/pipeline/qemu.ts';
import { kernelBase, makeDisc, makeElf, textScreen } from './fixtures/loader-disc.ts';

const entry = (title: string, path: string, more = ''): string =>
  `${title}\nprotocol: limine\npath: boot():${path}\n${more}`;

const kernel = makeElf([{ address: kernelBase }]);

function menuDisc(options: string): Promise<string> {
  const config = [
    options,
    entry('/Onko OS', '/first.elf', 'comment: paints the screen\n'),
    '/Older\n',
    entry('//Second', '/second.elf'),
    entry('/Third', '/third.elf'),
  ].join('');
  return makeDisc({ files: { 'limine.conf': config, 'first.elf': kernel, 'second.elf': kernel, 'third.elf': kernel } });
}

async function waitForRow(machine: Qemu, row: RegExp): Promise<string[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const rows = await textScreen(machine);
    if (rows.some((text) => row.test(text))) return rows;
    assert.ok(Date.now() < deadline, rows.join('\n'));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const loaded = async (machine: Qemu): Promise<string | undefined> => {
  await machine.waitUntilHalted();
  return /Loading boot\(\):(\S+)/.exec(machine.debug())?.[1];
};

test('a countdown shows name, entries and seconds, and then boots the first entry', async () => {
  await withQemu({ iso: await menuDisc('timeout: 2\n') }, async (machine) => {
    const rows = await waitForRow(machine, /Booting automatically in \d\.\.\./);
    assert.match(rows[1] ?? '', /^ {4}Onko loader \d+\.\d+\.\d+$/);
    assert.deepEqual(rows.slice(4, 8), ['       Onko OS', '     + Older', '       Third', '']);
    assert.match(rows[21] ?? '', /paints the screen/);
    for (const out of [machine.serial().replaceAll('\r', ''), machine.debug()]) {
      assert.equal(out, 'Onko loader menu\n  Onko OS\n  Older\n    Second\n  Third\nBooting automatically in 2...\n');
    }
    assert.equal(await loaded(machine), '/first.elf');
  });
});

test('while the menu waits the CPU sleeps between interrupts', async () => {
  await withQemu({ iso: await menuDisc('timeout: no\n') }, async (machine) => {
    await waitForRow(machine, /Onko OS/);
    let asleep = 0;
    for (let look = 0; look < 20; look++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if ((await machine.cpu()).halted) asleep++;
    }
    assert.ok(asleep >= 15, `asleep at ${asleep} of 20 looks`);
    assert.ok(!machine.debug().includes('Booting automatically'));
  });
});

test('there is no editor: its keys change nothing, and the options about it neither', async () => {
  const iso = await menuDisc('timeout: no\neditor_enabled: yes\ninterface_resolution: 800x600\nterm_palette: 000000\n');
  await withQemu({ iso }, async (machine) => {
    await waitForRow(machine, /Onko OS/);
    for (const key of ['e', 'c', 'b', 's', 'esc', 'f10']) await machine.pressKeys(key);
    await machine.pressKeys('down');
    await machine.pressKeys('down');
    await machine.pressKeys('ret');
    assert.equal(await loaded(machine), '/third.elf', 'the keys before did not move the selection, or open anything');
  });
});

test('keys stop the countdown, open directories and choose what Enter boots', async () => {
  await withQemu({ iso: await menuDisc('timeout: 5\n') }, async (machine) => {
    await waitForRow(machine, /Booting automatically/);
    await machine.pressKeys('down');
    await machine.pressKeys('ret');
    const open = await waitForRow(machine, /- Older/);
    assert.deepEqual(open.slice(4, 8), ['       Onko OS', '     - Older', '         Second', '       Third']);
    assert.ok(!open.some((row) => row.includes('Booting automatically')), 'the countdown is over');
    await machine.pressKeys('down');
    await machine.pressKeys('ret');
    assert.equal(await loaded(machine), '/second.elf');
  });
});

test('default_entry, timeout 0 and quiet are followed', async () => {
  await withQemu({ iso: await menuDisc('timeout: 0\ndefault_entry: 3\nserial: yes\n') }, async (machine) => {
    assert.equal(await loaded(machine), '/third.elf');
    assert.match(machine.serial(), /^onko: Loading boot\(\):\/third\.elf\r\n/);
  });
  await withQemu({ iso: await menuDisc('timeout: 1\nquiet: yes\n') }, async (machine) => {
    await machine.waitForText('debug', 'Booting automatically');
    assert.ok(!(await textScreen(machine)).some((row) => row.includes('Onko OS')), 'nothing is shown');
    assert.equal(await loaded(machine), '/first.elf');
  });
});

test('resolution asks for a mode, and falls back to the best one', async () => {
  const cases = [
    { ask: '800x600x32', expect: { width: 800, height: 600, bitsPerPixel: 32 } },
    { ask: '1024x768x24', expect: { width: 1024, height: 768, bitsPerPixel: 24 } },
    { ask: '640x480x16', expect: { width: 640, height: 480, bitsPerPixel: 16 } },
    { ask: '1234x567', expect: { width: 1280, height: 800, bitsPerPixel: 32 } },
  ];
  for (const { ask, expect } of cases) {
    const config = `timeout: 0\n${entry('/Onko OS', '/kernel.elf', `resolution: ${ask}\n`)}`;
    const iso = await makeDisc({ files: { 'limine.conf': config, 'kernel.elf': kernel } });
    await withQemu({ iso }, async (machine) => {
      await machine.waitUntilHalted();
      const mode = await machine.videoMode();
      assert.ok(mode);
      const { width, height, bitsPerPixel } = mode;
      assert.deepEqual({ width, height, bitsPerPixel }, expect);
    });
  }
});
