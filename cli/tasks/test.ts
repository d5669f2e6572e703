import { glob } from 'node:fs/promises';
import { basename } from 'node:path';
import { run as runTests } from 'node:test';
import { spec } from 'node:test/reporters';
import type { Command } from '../command.ts';
import { buildEngineIfStale, buildIsosIfStale, buildSiteIfStale } from './build.ts';
import { ensureNodeModules } from '../setup/node-modules.ts';
import { forEngine, forExperiments, forIsos, forTests } from '../setup/requirements.ts';
import { ensureRust } from '../setup/rust.ts';
import { ensureInstalled } from '../setup/system-packages.ts';
import { testRuns, type TestRun } from '../../tests/runs.ts';
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

/** Node's own runner over the files of one run, one process a file. */
async function testFiles(tally: Tally, { title, area, files, filesAtOnce, browser }: TestRun): Promise<void> {
  const paths: string[] = [];
  for await (const file of glob(`tests/${area}/**/*.test.ts`, { cwd: root })) {
    if (files(basename(file))) paths.push(`${root}/${file}`);
  }
  if (paths.length === 0) return;
  say(`\n${title}: ${paths.length} files`);
  const started = performance.now();
  process.env['ONKO_BROWSER'] = browser;
  const minutes = process.env['ONKO_THOROUGH'] === '1' ? 6 * 60 : 15;
  const events = runTests({
    files: paths.sort(),
    concurrency: filesAtOnce,
    timeout: minutes * 60_000,
  });
  events.on('test:summary', ({ file, counts }) => {
    if (file !== undefined) return; // the last one sums up all files
    tally.passed += counts.passed;
    tally.failed += counts.tests - counts.passed - counts.skipped - counts.todo;
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text);
  say(`${title}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

const allAreas = [...new Set(testRuns(false).map(({ area }) => area))];

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
  await ensureInstalled([...forEngine, ...forIsos, ...forExperiments, ...forTests]);
  await ensureRust({ checks: true });
  await buildEngineIfStale();
  await buildIsosIfStale();

  const areas = named.length > 0 ? named : allAreas;
  if (named.length === 0) {
    const { checks } = await import('./checks.ts');
    for (const { name, work } of checks) await check(tally, name, work);
  }
  if (areas.includes('site')) await buildSiteIfStale();
  for (const run of testRuns(process.env['ONKO_THOROUGH'] === '1')) {
    if (areas.includes(run.area)) await testFiles(tally, run);
  }
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
};
