import { glob } from 'node:fs/promises';
import { run as runTests } from 'node:test';
import { spec } from 'node:test/reporters';
import type { Command } from '../command.ts';
import { buildEngineIfStale, buildIsosIfStale, buildSiteIfStale } from './build.ts';
import { ensureNodeModules } from '../setup/node-modules.ts';
import { forEngine, forIsos, forTests } from '../setup/requirements.ts';
import { ensureRust } from '../setup/rust.ts';
import { ensureInstalled } from '../setup/system-packages.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import { say, step } from '../../tools/steps.ts';

interface Tally {
  passed: number;
  failed: number;
}

/** One line of the outcome for something that is not a test of node's runner: a checker, or cargo's own tests. */
async function check(tally: Tally, name: string, work: () => Promise<Tally | void>): Promise<void> {
  try {
    const counted = await step(name, work);
    tally.passed += counted?.passed ?? 1;
    tally.failed += counted?.failed ?? 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(error.message);
    tally.failed += 1;
  }
}

/** Node's own runner over the test files of some areas, one process a file. */
async function testFiles(tally: Tally, areas: readonly string[], filesAtOnce: number): Promise<void> {
  const files: string[] = [];
  for (const area of areas)
    for await (const file of glob(`tests/${area}/**/*.test.ts`, { cwd: root })) files.push(`${root}/${file}`);
  if (files.length === 0) return;
  say(`\n${areas.join(', ')}: ${files.length} files`);
  const minutes = process.env['ONKO_THOROUGH'] === '1' ? 6 * 60 : 15;
  const events = runTests({ files: files.sort(), concurrency: filesAtOnce, timeout: minutes * 60_000 });
  events.on('test:summary', ({ file, counts }) => {
    if (file !== undefined) return; // the last one sums up all files
    tally.passed += counts.passed;
    tally.failed += counts.tests - counts.passed - counts.skipped - counts.todo;
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text);
}

const allAreas = ['unit', 'kernel', 'machine', 'site'];

/**
 * `onko test [--thorough] [AREA …]`: everything that proves this project, or only the tests of some folders of tests/.
 * `--thorough` is explained in tests/thorough.ts. `onko test --fresh` does the same on a Debian that has nothing yet.
 */
export const test: Command = async (args) => {
  if (args.length === 1 && args[0] === '--fresh') return (await import('./fresh.ts')).testFresh();
  const tally: Tally = { passed: 0, failed: 0 };
  const named = args.filter((arg) => arg !== '--thorough');
  const unknown = named.find((area) => !allAreas.includes(area));
  if (unknown !== undefined) {
    throw new UserError(`"${unknown}" is not a folder of tests that can be run.`, `There are ${allAreas.join(', ')}.`);
  }
  if (named.length < args.length) process.env['ONKO_THOROUGH'] = '1';
  // The runner starts a Node per file: on Node 22 each of them has to be told that it reads TypeScript.
  process.env['NODE_OPTIONS'] = '--experimental-strip-types --disable-warning=ExperimentalWarning';

  await ensureNodeModules();
  await ensureInstalled([...forEngine, ...forIsos, ...forTests]);
  await ensureRust({ checks: true });
  await buildEngineIfStale();
  await buildIsosIfStale();

  const areas = named.length > 0 ? named : allAreas;
  if (named.length === 0) {
    const { checks } = await import('./checks.ts');
    for (const { name, work } of checks) await check(tally, name, work);
  }
  await testFiles(
    tally,
    areas.filter((area) => area !== 'site'),
    2,
  );
  if (areas.includes('site')) {
    await buildSiteIfStale();
    await testFiles(tally, ['site'], 1); // one browser at a time: its tests measure how smooth the page is
  }
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
};
