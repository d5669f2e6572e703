import type { Command } from '../command.ts';
import { buildEngineIfStale, buildIsosIfStale } from './build.ts';
import { ensureNodeModules } from '../setup/node-modules.ts';
import { forTests } from '../setup/requirements.ts';
import { ensureInstalled } from '../setup/system-packages.ts';

/** `onko bench`: what the machine costs, each figure beside its target. */
export const bench: Command = async () => {
  await ensureNodeModules();
  await ensureInstalled(forTests);
  await buildEngineIfStale();
  await buildIsosIfStale();
  const { benchMachine } = await import('../../tests/bench/machine.bench.ts');
  await benchMachine();
  return 0;
};
