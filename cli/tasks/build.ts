import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Command } from '../command.ts';
import { ensureNodeModules } from '../setup/node-modules.ts';
import { forEngine, forExperiments, forIsos } from '../setup/requirements.ts';
import { ensureRust } from '../setup/rust.ts';
import { ensureInstalled } from '../setup/system-packages.ts';
import { UserError } from '../../tools/errors.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { cache, root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import { step } from '../../tools/steps.ts';

/** Everything the built site is made of. `.cache/engine/engine.json` stands for the engine and its snapshot. */
const inputs = [
  'astro.config.mjs',
  'ec.config.mjs',
  'package-lock.json',
  'tsconfig.json',
  'src',
  'cli',
  'public',
  'machine',
  'kernel',
  'tools',
];
const stamp = `${cache}/site.sha256`;

/** The machine of the page: `.cache/engine`. */
export async function buildEngineIfStale(): Promise<void> {
  await ensureInstalled(forEngine);
  const { buildEngine, engineIsCurrent } = await import('../../machine/engine/build.ts');
  if (!(await engineIsCurrent()))
    await step('building the in-page machine (Bochs, about 3 minutes, once)', buildEngine);
}

/**
 * The prebuilt ISOs (`public/isos`), and for the pages what compilers said and the boot sector (`src/data`). All are
 * committed, so a Rust toolchain is needed only after a source has changed.
 */
export async function buildIsosIfStale(): Promise<void> {
  const { buildIsos, isosAreCurrent } = await import('../../kernel/pipeline/isos.ts');
  const { recordTranscripts, transcriptsAreCurrent } = await import('../../kernel/pipeline/transcripts.ts');
  const { recordTargets, targetsAreCurrent } = await import('../../kernel/pipeline/targets.ts');
  const { layoutInputsAreCurrent, recordLayoutInputs } = await import('../../kernel/pipeline/layout-inputs.ts');
  const { bootSectorIsCurrent, recordBootSector } = await import('../../kernel/pipeline/boot-sector.ts');
  const { experimentsAreCurrent, recordExperiments } = await import('../../kernel/pipeline/experiments.ts');
  const [isos, transcripts, targets] = [await isosAreCurrent(), await transcriptsAreCurrent(), targetsAreCurrent()];
  const [layouts, sector] = [await layoutInputsAreCurrent(), await bootSectorIsCurrent()];
  const experiments = await experimentsAreCurrent();
  if (isos && transcripts && targets && layouts && sector && experiments) return;
  await ensureInstalled(forIsos);
  await ensureRust({ checks: false });
  if (!isos) await buildIsos();
  if (!transcripts) await step('recording what compiler and linker say', recordTranscripts);
  if (!targets) await step('asking the compiler for its targets', recordTargets);
  if (!layouts) await step('recording what the linker is given', recordLayoutInputs);
  if (!sector) await step('assembling the boot sector', recordBootSector);
  if (experiments) return;
  await ensureInstalled(forExperiments);
  await buildEngineIfStale();
  const { bootInPageMachine } = await import('../../src/integrations/page-boot.ts');
  await step('building and booting the experiments', (progress) => recordExperiments(bootInPageMachine, progress));
}

async function siteFingerprint(base: string): Promise<string> {
  const engine = await readFile(`${cache}/engine/engine.json`, 'utf8');
  const settings = ['SITE_URL', 'SITE_REPOSITORY'].map((name) => process.env[name] ?? '');
  return fingerprint(inputs, [engine, base, ...settings]);
}

/** Builds the static site for an address below `base` into a folder. */
export async function buildSite(base: string, folder: string, onOutput?: (text: string) => void): Promise<void> {
  await run('npx', ['--no-install', 'astro', 'build', '--base', base, '--outDir', folder], {
    ...(onOutput && { onOutput }),
    env: { ASTRO_TELEMETRY_DISABLED: '1' },
  });
}

/** Builds the static site into `dist/` unless it is there already for these very sources. */
export async function buildSiteIfStale(base = '/'): Promise<void> {
  const current = await siteFingerprint(base);
  if (existsSync(stamp) && existsSync(`${root}/dist/index.html`) && (await readFile(stamp, 'utf8')) === current) return;
  await rm(stamp, { force: true });
  await step('building the site', (onOutput) => buildSite(base, `${root}/dist`, onOutput));
  await mkdir(cache, { recursive: true });
  await writeFile(stamp, current);
}

/** Installs and builds all that the site needs, then the site itself. */
export async function buildAll(base = '/'): Promise<void> {
  await ensureNodeModules();
  await buildEngineIfStale();
  await buildIsosIfStale();
  await buildSiteIfStale(base);
}

/** `onko build [--base /x/]` */
export const build: Command = async (args) => {
  const [option, base, ...rest] = args;
  if (option === undefined) await buildAll();
  else if (option === '--base' && base?.startsWith('/') && rest.length === 0) await buildAll(base);
  else
    throw new UserError(
      `"${args.join(' ')}" is not what build takes.`,
      'Use ./onko build, or ./onko build --base /path/',
    );
  process.stderr.write('The site is in dist/, ready for any web server.\n');
  return 0;
};
