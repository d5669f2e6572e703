/**
 * What the machine costs: sizes, memory, instructions, and times in Node and in headless Chromium with everything local.
 * Run it with `node tests/bench/machine.bench.ts`; `./onko bench` calls `benchMachine`.
 */
import { readFile } from 'node:fs/promises';
import type { EngineDescription } from '../../machine/engine/build.ts';
import { engineFolder } from '../../machine/engine/build.ts';
import type { Manifest } from '../../src/lib/manifest.ts';
import { root } from '../../tools/paths.ts';
import { busyDisc } from '../machine/fixtures/boot-disc.ts';
import { module, pcWith, postBios, runUntilHalted } from '../machine/fixtures/built-engine.ts';
import { Pc } from '../../machine/pc.ts';
import { startTestSite } from '../machine/fixtures/browser.ts';

const rounds = 5;

/** One figure with what it should be at most or at least. */
interface Figure {
  name: string;
  value: string;
  target?: string;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const spread = (values: readonly number[]): string =>
  `${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`;

async function mainRs(): Promise<{ disc: Uint8Array; color: number; entry: bigint }> {
  const folder = `${root}/public/isos`;
  const { isos } = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')) as Manifest;
  const iso = isos.find(({ chapter }) => chapter === '05-main-rs');
  if (iso?.checkpoint.kind !== 'painted' || iso.kernel === undefined)
    throw new Error('05-main-rs is not in public/isos/manifest.json');
  const { r, g, b } = iso.checkpoint.color;
  return {
    disc: await readFile(`${folder}/${iso.file}`),
    color: (r << 16) | (g << 8) | b,
    entry: BigInt(iso.kernel.entry),
  };
}

async function sizes(): Promise<Figure[]> {
  const { files } = JSON.parse(await readFile(`${engineFolder}/engine.json`, 'utf8')) as EngineDescription;
  const total = Object.values(files).reduce((sum, { brotli }) => sum + brotli, 0);
  const each = Object.entries(files).map(
    ([name, { size, brotli }]) => `${name} ${(brotli / 1000).toFixed(0)} of ${(size / 1000).toFixed(0)} KB`,
  );
  return [
    {
      name: 'engine and BIOS, brotli',
      value: `${(total / 1000).toFixed(0)} KB (${each.join(', ')})`,
      target: '≤ 450 KB',
    },
  ];
}

async function instructions(): Promise<Figure[]> {
  const { disc, entry } = await mainRs();
  const { pc } = await pcWith(disc);
  runUntilHalted(pc);
  pc.reset();
  const reach = (address: bigint): number => {
    pc.setBreakpoints([address]);
    while (pc.run(1e6, 1e6) !== 'breakpoint');
    return pc.instructionCount();
  };
  const loader = reach(0x7c00n);
  const kernel = reach(entry);
  pc.setBreakpoints([]);
  runUntilHalted(pc);
  const millions = (count: number): string => `${(count / 1e6).toFixed(2)} million instructions`;
  return [
    { name: 'reset to painted', value: millions(pc.instructionCount()), target: '≤ 30 million' },
    { name: 'of these the loader', value: millions(kernel - loader), target: '≤ 10 million' },
    { name: 'memory, 64 MiB guest', value: `${(pc.memoryUsage() / 2 ** 20).toFixed(1)} MiB`, target: '≤ 130 MiB' },
  ];
}

async function node(): Promise<Figure[]> {
  const restores: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const began = performance.now();
    await Pc.fromSnapshot(module, postBios);
    restores.push(performance.now() - began);
  }
  const { pc } = await pcWith(busyDisc());
  for (let n = 0; n < 50; n++) pc.run(1e6, 1e6);
  const [before, began] = [pc.instructionCount(), performance.now()];
  for (let n = 0; n < 100; n++) pc.run(1e6, 1e6);
  const speed = (pc.instructionCount() - before) / (performance.now() - began) / 1000;
  return [
    { name: 'new PC from the snapshot (Node)', value: spread(restores) },
    { name: 'speed of a two-instruction loop (Node)', value: `${speed.toFixed(0)} million instructions/s` },
  ];
}

async function browser(): Promise<Figure[]> {
  const { disc, color } = await mainRs();
  const site = await startTestSite({ disc });
  const prepared: number[] = [];
  const cold: number[] = [];
  const tasks: number[] = [];
  const gaps: number[] = [];
  try {
    for (let n = 0; n < rounds * 2; n++) {
      const page = await site.open();
      const warm = n % 2 === 0;
      const result = await page.evaluate(
        async ({ color, warm }) => {
          const { onko } = window;
          const bytes = await onko.fetchDisc('disc');
          if (warm) await onko.machine.prepare();
          await new Promise((resolve) => setTimeout(resolve, 300));
          onko.watchFrames();
          const { milliseconds } = await onko.timeToPainted(bytes, color);
          return { milliseconds, tasks: onko.longTasks, gap: onko.longestGap };
        },
        { color, warm },
      );
      (warm ? prepared : cold).push(result.milliseconds);
      tasks.push(...result.tasks);
      gaps.push(result.gap);
      await page.close();
    }
  } finally {
    await site.close();
  }
  return [
    { name: 'click to painted, panel prewarmed (Chromium)', value: spread(prepared), target: '≤ 600 ms' },
    { name: 'click to painted, nothing prepared (Chromium)', value: spread(cold) },
    { name: 'tasks of the main thread over 50 ms while booting', value: `${tasks.length}`, target: '0' },
    {
      name: 'longest time between two frames of the page',
      value: `${Math.max(...gaps).toFixed(0)} ms`,
      target: '≤ 50 ms',
    },
  ];
}

/** Measures everything; prints one line per figure. */
export async function benchMachine(): Promise<void> {
  for (const part of [sizes, instructions, node, browser]) {
    for (const { name, value, target } of await part()) {
      console.log(`${name.padEnd(52)} ${value}${target === undefined ? '' : `   target ${target}`}`);
    }
  }
}

if (import.meta.main) await benchMachine();
