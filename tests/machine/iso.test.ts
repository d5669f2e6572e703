/** The prebuilt ISOs in the machine under Node: each shows what its manifest entry promises. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Pc } from '../../machine/pc.ts';
import type { IsoEntry, Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';
import { pcWith, type Recorded } from './fixtures/built-engine.ts';

const folder = `${root}/public/isos`;
const { isos } = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')) as Manifest;
const boot = async ({ file }: IsoEntry): Promise<Recorded> => pcWith(await readFile(`${folder}/${file}`));

/** Runs until the CPU sleeps for good. A menu's countdown takes its seconds of the guest's time. */
function runToEnd(pc: Pc): void {
  for (;;) {
    const reason = pc.run(1e6, 1e6);
    assert.notEqual(reason, 'shutdown', 'a triple fault');
    const { halted, rflags } = pc.registers();
    if (halted && (rflags & 0x200n) === 0n) return;
    assert.ok(pc.ticks() < 3e9, 'neither halted nor painted after 30 seconds of the guest’s time');
  }
}

for (const iso of isos) {
  const { checkpoint } = iso;
  test(`${iso.file} shows what it promises: ${checkpoint.kind}`, { timeout: 120_000 }, async () => {
    const { pc, output } = await boot(iso);
    runToEnd(pc);
    const registers = pc.registers();
    switch (checkpoint.kind) {
      case 'painted': {
        const { width, height, bpp, pitch, pixels } = pc.screen();
        assert.equal(bpp, 32);
        const { r, g, b } = checkpoint.color;
        const color = (r << 16) | (g << 8) | b;
        const view = new DataView(pixels.buffer);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++)
            assert.equal(view.getUint32(y * pitch + x * 4, true), color, `pixel ${x}, ${y}`);
        }
        break;
      }
      case 'halted': {
        const symbol = iso.kernel?.symbols.find(({ name }) => name === checkpoint.symbol);
        assert.ok(symbol);
        const start = BigInt(symbol.address);
        assert.equal(registers.cpuMode, 'long');
        assert.ok(
          registers.rip >= start && registers.rip <= start + BigInt(symbol.size),
          `RIP 0x${registers.rip.toString(16)}`,
        );
        break;
      }
      case 'refused':
        // The screen breaks the sentence into rows.
        assert.ok(
          pc.textScreen().join(' ').replaceAll(/ +/g, ' ').includes(checkpoint.text),
          pc.textScreen().join('\n'),
        );
        assert.ok(output.debug.includes(checkpoint.text));
        break;
    }
  });
}

const mainRs = isos.find(({ chapter }) => chapter === '05-main-rs');

test('the main.rs ISO is painted within 30 million instructions of reset, 10 million of them the loader’s', async () => {
  assert.ok(mainRs?.kernel);
  const { pc } = await boot(mainRs);
  runToEnd(pc);
  pc.reset();
  const reach = (address: bigint): number => {
    pc.setBreakpoints([address]);
    while (pc.run(1e6, 1e6) !== 'breakpoint')
      assert.ok(pc.instructionCount() < 60e6, `0x${address.toString(16)} is not reached`);
    return pc.instructionCount();
  };
  const loader = reach(0x7c00n);
  const kernel = reach(BigInt(mainRs.kernel.entry));
  pc.setBreakpoints([]);
  runToEnd(pc);
  const painted = pc.instructionCount();
  assert.ok(kernel - loader <= 10e6, `the loader took ${kernel - loader} instructions`);
  assert.ok(painted <= 30e6, `${painted} instructions`);
});

test('a CPU without long mode is refused in words, and the next power-on has one with it', async () => {
  assert.ok(mainRs?.kernel);
  const { pc, output } = await boot(mainRs);
  pc.setLongMode(false);
  runToEnd(pc);
  assert.match(output.debug, /long mode|64-bit/i);
  assert.notEqual(pc.registers().cpuMode, 'long');
  pc.setLongMode(true);
  pc.reset();
  runToEnd(pc);
  assert.equal(pc.registers().cpuMode, 'long');
});

test('a disc truncated at any sixteenth is refused in words', async () => {
  assert.ok(mainRs?.kernel);
  const whole = await readFile(`${folder}/${mainRs.file}`);
  for (let part = 0; part < 16; part++) {
    const disc = whole.subarray(0, Math.floor((whole.length * part) / 16));
    await assert.rejects(
      pcWith(disc),
      (error: Error) => error.name === 'MachineError' && /cannot be booted: it/.test(error.message),
    );
  }
});
