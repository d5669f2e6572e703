import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Checkpoint, KernelSymbol } from '../../src/lib/manifest.ts';
import { expectation, judge, type Observation } from '../../src/lib/verdict.ts';

const color = { r: 12, g: 24, b: 33 };
const withMenu: Checkpoint = { kind: 'painted', color, menu: { entry: 'Onko OS', seconds: 3 } };
const symbols: KernelSymbol[] = [{ name: 'kmain', address: '0xffffffff80000000', size: 16 }];

/** A painted screen of one pixel, and what the loader said before. */
function observation(serial: string): Observation {
  return {
    screen: { mode: 'graphics', width: 1, height: 1, bpp: 32, pitch: 4, pixels: Uint8Array.of(0x21, 0x18, 0x0c, 0) },
    cpu: { rip: 0xffff_ffff_8000_0008n, cpuMode: 'long', halted: true },
    textScreen: [],
    serial,
  };
}

test('a menu with the entry and the countdown, and then the color, passes', () => {
  const { passed, findings } = judge(
    withMenu,
    symbols,
    observation('Onko loader menu\r\n  Onko OS\r\nBooting automatically in 3...\r\n'),
  );
  assert.equal(passed, true);
  assert.equal(findings[0], 'The menu offered “Onko OS” and a countdown from 3.');
});

test('the color without a menu fails, and so does another entry or another countdown', () => {
  const because = (serial: string) => judge(withMenu, symbols, observation(serial)).findings;
  const noEntry = 'The loader told of no menu entry “Onko OS”.';
  const noCountdown = 'The loader did not say “Booting automatically in 3...”.';
  assert.deepEqual(because(''), [noEntry, noCountdown]);
  assert.deepEqual(because('Onko OS 2\nBooting automatically in 3...\n'), [noEntry]);
  assert.deepEqual(because('  Onko OS\nBooting automatically in 30...\n'), [noCountdown]);
});

test('a checkpoint without a menu asks for none', () => {
  assert.equal(judge({ kind: 'painted', color }, symbols, observation('')).passed, true);
});

test('that a menu is expected is said beforehand', () => {
  assert.match(expectation(withMenu), /menu offers “Onko OS” and counts down from 3; then every pixel is 0x000C1821/);
});
