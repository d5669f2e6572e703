import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Checkpoint, KernelSymbol } from '../../src/lib/manifest.ts';
import { expectation, judge, type Observation } from '../../src/lib/verdict.ts';

const symbols: KernelSymbol[] = [
  { name: 'kmain', address: '0xffffffff80000000', size: 0x40 },
  { name: 'rust_begin_unwind', address: '0xffffffff80000040', size: 0x10 },
];
const painted: Checkpoint = { kind: 'painted', color: { r: 12, g: 24, b: 33 } };

/** A screen of rows with padding behind them, every pixel 0x000C1821, the padding something else. */
function screen(width: number, height: number, padding = 8): Observation['screen'] {
  const pitch = width * 4 + padding;
  const pixels = new Uint8Array(pitch * height).fill(0xaa);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set([0x21, 0x18, 0x0c, 0], y * pitch + x * 4);
  }
  return { mode: 'graphics', width, height, bpp: 32, pitch, pixels };
}

function observation(changes: Partial<Observation> = {}): Observation {
  return {
    screen: screen(5, 3),
    cpu: { rip: 0xffff_ffff_8000_003fn, cpuMode: 'long', halted: true },
    textScreen: [],
    serial: '',
    ...changes,
  };
}

test('a screen painted at every pixel, with the CPU asleep in kmain, passes', () => {
  const { passed, findings } = judge(painted, symbols, observation());
  assert.equal(passed, true);
  assert.deepEqual(findings, [
    'All 15 pixels are 0x000C1821, at 5 × 3 with a pitch of 28 bytes.',
    'The CPU is halted in kmain, in 64-bit mode.',
  ]);
});

test('one wrong pixel fails, and is named with what it is and should be', () => {
  const wrong = screen(5, 3);
  wrong.pixels[2 * wrong.pitch + 4 * 4] = 0x22;
  const { passed, findings } = judge(painted, symbols, observation({ screen: wrong }));
  assert.equal(passed, false);
  assert.deepEqual(findings, ['1 of 15 pixels differ. The first is at x 4, y 2: 0x000C1822 instead of 0x000C1821.']);
});

test('the unused byte of a pixel counts, as the whole word is what the chapter computes', () => {
  const wrong = screen(2, 1);
  wrong.pixels[3] = 0xff;
  assert.match(judge(painted, symbols, observation({ screen: wrong })).findings[0] ?? '', /0xFF0C1821/);
});

test('bytes between the rows are not pixels', () => {
  // 101: rows that do not start at multiples of four bytes are compared all the same.
  for (const padding of [100, 101]) {
    const seen = observation({ screen: screen(5, 3, padding) });
    assert.equal(judge(painted, symbols, seen).passed, true);
    seen.screen.pixels[2 * seen.screen.pitch + 4] = 0;
    assert.match(judge(painted, symbols, seen).findings[0] ?? '', /x 1, y 2: 0x000C1800/);
  }
});

test('a screen of another color fails at every pixel', () => {
  const black = { ...screen(5, 3), pixels: new Uint8Array(3 * 28) };
  assert.match(judge(painted, symbols, observation({ screen: black })).findings[0] ?? '', /^All 15 pixels differ/);
});

test('text mode, another depth and missing rows are told apart', () => {
  const because = (changes: Partial<Observation['screen']>) =>
    judge(painted, symbols, observation({ screen: { ...screen(5, 3), ...changes } })).findings[0] ?? '';
  assert.match(because({ mode: 'text', width: 720, height: 400 }), /text mode \(720 × 400\)/);
  assert.match(because({ bpp: 24 }), /24 bits per pixel/);
  assert.match(because({ height: 4 }), /Only 84 bytes .* 4 rows of 28 bytes/);
});

test('a CPU that runs, stands elsewhere or is not in 64-bit mode fails, each with its reason', () => {
  const because = (cpu: Partial<Observation['cpu']>) =>
    judge(painted, symbols, observation({ cpu: { ...observation().cpu, ...cpu } })).findings;
  assert.deepEqual(because({ halted: false }), ['The CPU is still running; it should be halted.']);
  assert.deepEqual(because({ cpuMode: 'protected' }), ['The CPU is in protected mode, not in 64-bit mode.']);
  assert.deepEqual(because({ rip: 0xffff_ffff_8000_0044n }), [
    'RIP is 0xffff_ffff_8000_0044, rust_begin_unwind+0x4; it should be within kmain.',
  ]);
  assert.deepEqual(because({ rip: 0x7c00n }), [
    'RIP is 0x0000_0000_0000_7c00, outside the kernel’s functions; it should be within kmain.',
  ]);
});

test('a kernel linked to the lower half does not pass for one in the higher half', () => {
  const low: KernelSymbol[] = [{ name: 'kmain', address: '0x0000000000200000', size: 16 }];
  const cpu = { rip: 0x20_0008n, cpuMode: 'long', halted: true } as const;
  const verdict = judge({ kind: 'halted', symbol: 'kmain' }, low, observation({ cpu }));
  assert.deepEqual(verdict.findings, ['RIP is 0x0000_0000_0020_0008, in the lower half.']);
});

test('halted asks nothing of the screen', () => {
  const seen = observation({ screen: { ...screen(1, 1), mode: 'text' } });
  assert.equal(judge({ kind: 'halted', symbol: 'kmain' }, symbols, seen).passed, true);
});

test('a refusal is found on the screen though its sentence is broken into rows', () => {
  const refused: Checkpoint = { kind: 'refused', text: 'it is not there; a kernel was expected' };
  const seen = observation({
    cpu: { rip: 0x8000n, cpuMode: 'real', halted: true },
    serial: 'Cannot boot: it is not there; a kernel was expected.\r\n',
    textScreen: ['', 'Cannot boot: it is not', 'there; a kernel was expected.', ''],
  });
  assert.equal(judge(refused, [], seen).passed, true);

  const mute = judge(refused, [], { ...seen, serial: '', textScreen: ['', 'Booting …'] });
  assert.deepEqual(mute.findings, [
    'The serial port did not say “it is not there; a kernel was expected”.',
    'The screen does not say “it is not there; a kernel was expected”; its last line is “Booting …”.',
  ]);
});

test('what will be checked is said beforehand', () => {
  assert.match(expectation(painted), /Every pixel is 0x000C1821/);
  assert.match(expectation({ kind: 'halted', symbol: 'kmain' }), /halted in kmain/);
  assert.match(expectation({ kind: 'refused', text: 'no such file' }), /no such file/);
});
