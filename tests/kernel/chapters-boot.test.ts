/** Each chapter's committed ISO, booted in QEMU and judged by the very function that judges the machine in the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { withQemu } from '../../kernel/pipeline/qemu.ts';
import type { Qemu } from '../../kernel/pipeline/qemu.ts';
import { judge } from '../../src/lib/verdict.ts';
import type { Observation, ObservedScreen } from '../../src/lib/verdict.ts';

const textMemory = 0xb8000n;
const [columns, rows] = [80, 25];

/** VGA text memory: a character and its colours, two bytes a cell. The loader writes ASCII. */
async function textRows(machine: Qemu): Promise<string[]> {
  const cells = Buffer.from(await machine.readPhysical(textMemory, columns * rows * 2));
  const characters = Buffer.from(cells.filter((_, index) => index % 2 === 0)).toString('latin1');
  return Array.from({ length: rows }, (_, row) => characters.slice(row * columns, (row + 1) * columns).trimEnd());
}

async function screen(machine: Qemu): Promise<ObservedScreen> {
  const mode = await machine.videoMode();
  if (mode === undefined) return { mode: 'text', width: 720, height: 400, bpp: 4, pitch: 0, pixels: new Uint8Array() };
  const { width, height, bitsPerPixel, pitch, address } = mode;
  const pixels = await machine.readPhysical(address, pitch * height);
  return { mode: 'graphics', width, height, bpp: bitsPerPixel, pitch, pixels };
}

async function observe(machine: Qemu): Promise<Observation> {
  const cpu = await machine.waitUntilHalted();
  const shown = await screen(machine);
  return {
    screen: shown,
    cpu: { rip: cpu.registers.get('rip') ?? 0n, cpuMode: cpu.longMode ? 'long' : 'protected', halted: cpu.halted },
    textScreen: shown.mode === 'text' ? await textRows(machine) : [],
    serial: machine.serial(),
  };
}

const isos = readManifest(isosFolder)?.isos ?? [];

test('there is an ISO for each of the seven chapters', () => {
  assert.equal(isos.length, 7);
});

for (const { chapter, file, checkpoint, kernel } of isos) {
  test(`${chapter} boots in QEMU to the verdict that its page expects`, async () => {
    await withQemu({ iso: `${isosFolder}/${file}` }, async (machine) => {
      const verdict = judge(checkpoint, kernel?.symbols ?? [], await observe(machine));
      assert.ok(verdict.passed, verdict.findings.join('\n'));
    });
  });
}
