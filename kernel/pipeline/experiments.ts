import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { differences } from '../../src/lib/experiment.ts';
import type { ExperimentEntry, ExperimentsManifest, ExperimentTranscript, Outcome } from '../../src/lib/experiment.ts';
import type { KernelEntry } from '../../src/lib/manifest.ts';
import { UserError } from '../../tools/errors.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { buildBiosLoader } from './build.ts';
import { findChapter } from './chapters.ts';
import { buildExperiment } from './experiment-build.ts';
import type { Built } from './experiment-build.ts';
import { experimentsFolder, experimentTree, readExperiments } from './experiment-files.ts';
import type { Experiment, MachineName, MachineOptions } from './experiment-files.ts';
import { bootInQemu } from './experiment-qemu.ts';
import { biosBoot, sourceDate, xorrisoVersion } from './iso.ts';
import {
  biosImage,
  defaultConfiguration,
  describeKernel,
  hostedVersions,
  isosFolder,
  loaderSources,
  sha256,
} from './isos.ts';
import { bareToolchain, buildFolder } from './toolchain.ts';
import { plain } from './transcripts.ts';

/** The committed discs of the experiments, and what they gave. */
export const experimentIsosFolder = `${isosFolder}/experiments`;
export const experimentsManifestFile = `${experimentIsosFolder}/manifest.json`;

/** Boots a disc in the machine that the page runs; whoever calls brings it, as nothing in here knows of it. */
export type PageBooter = (iso: Uint8Array, options: MachineOptions, kernel?: KernelEntry) => Promise<Outcome>;

/** What stands in the manifest now; nothing in it where there is none that can be read. */
export function readExperimentsManifest(): ExperimentsManifest {
  try {
    return JSON.parse(readFileSync(experimentsManifestFile, 'utf8')) as ExperimentsManifest;
  } catch {
    return { version: 1, tools: {}, experiments: [] };
  }
}

/** Whether every experiment was recorded from its sources as they are now, and every disc is the recorded one. */
export async function experimentsAreCurrent(): Promise<boolean> {
  const { experiments } = readExperimentsManifest();
  const all = readExperiments();
  if (all.length !== experiments.length) return false;
  for (const [index, experiment] of all.entries()) {
    if (!(await isCurrent(experiment, experiments[index]))) return false;
  }
  return true;
}

async function isCurrent(experiment: Experiment, entry: ExperimentEntry | undefined): Promise<boolean> {
  if (entry?.name !== experiment.name || entry.sourceHash !== (await sourceHash(experiment))) return false;
  if (entry.iso === undefined) return true;
  const iso = `${experimentIsosFolder}/${entry.iso.file}`;
  return existsSync(iso) && sha256(readFileSync(iso)) === entry.iso.sha256;
}

/**
 * Builds and boots every experiment whose sources have changed, and writes the manifest after each, so that an interrupted
 * run goes on where it was. Rejects with the expected and the recorded outcome of each experiment that did something else
 * than it should; the manifest then lacks these.
 */
export async function recordExperiments(bootInPage: PageBooter, progress: (text: string) => void): Promise<void> {
  const before = readExperimentsManifest().experiments;
  const all = readExperiments();
  await mkdir(experimentIsosFolder, { recursive: true });
  const loader = await buildBiosLoader();
  const tools = await experimentTools();
  const entries = new Map(before.map((entry) => [entry.name, entry]));
  const wrong: string[] = [];
  const booting = new Set<Promise<void>>();
  for (const [index, experiment] of all.entries()) {
    const then = entries.get(experiment.name);
    if (await isCurrent(experiment, then)) continue;
    entries.delete(experiment.name);
    progress(`${index + 1} of ${all.length}: ${experiment.name}`);
    const iso = `${experimentIsosFolder}/${experiment.name}.iso`;
    const built = await buildExperiment(experiment, `${buildFolder}/experiments`, loader, iso);
    const entry = await describe(experiment, built);
    if (then?.transcript && entry.transcript && sameWords(then.transcript, entry.transcript)) {
      entry.transcript = then.transcript;
    }
    // One is built while others boot.
    const boot = bootInBoth(experiment, entry, bootInPage).then((problems) => {
      booting.delete(boot);
      problems.unshift(...checkBuild(experiment, built));
      wrong.push(...problems);
      if (problems.length > 0) return;
      entries.set(entry.name, entry);
      save(all, entries, tools);
    });
    booting.add(boot);
    if (booting.size >= bootsAtOnce) await Promise.race(booting);
  }
  await Promise.all(booting);
  save(all, entries, tools);

  const discs = new Set([...entries.values()].map(({ iso }) => iso?.file));
  for (const file of await readdir(experimentIsosFolder)) {
    if (file.endsWith('.iso') && !discs.has(file)) await rm(`${experimentIsosFolder}/${file}`);
  }
  if (wrong.length > 0) throw new UserError(wrong.join('\n'), `See ${experimentsFolder}.`);
}

const bootsAtOnce = 4;

/** Writes the manifest with what there is of these experiments. */
function save(
  all: readonly Experiment[],
  entries: ReadonlyMap<string, ExperimentEntry>,
  tools: Record<string, string>,
) {
  const experiments = all.flatMap(({ name }) => entries.get(name) ?? []);
  const manifest: ExperimentsManifest = { version: 1, tools, experiments };
  writeFileSync(`${experimentsManifestFile}.unfinished`, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(`${experimentsManifestFile}.unfinished`, experimentsManifestFile);
}

/** Boots the disc in both machines and notes what they do. Returns in which points that is not what was expected. */
async function bootInBoth(experiment: Experiment, entry: ExperimentEntry, bootInPage: PageBooter): Promise<string[]> {
  if (entry.iso === undefined) return [];
  const iso = `${experimentIsosFolder}/${entry.iso.file}`;
  entry.qemu = await bootInQemu(iso, experiment.machine, entry.kernel?.symbols ?? []);
  const problems = checkOutcome(experiment, 'qemu', entry.qemu);
  if (experiment.expect.boot?.page !== undefined) {
    entry.page = await bootInPage(readFileSync(iso), experiment.machine, entry.kernel);
    problems.push(...checkOutcome(experiment, 'page', entry.page));
  }
  return problems;
}

/** The versions of everything that an experiment's outcome depends on besides its sources. */
export async function experimentTools(): Promise<Record<string, string>> {
  return { ...(await bareToolchain()).versions, ...(await hostedVersions()), xorriso: await xorrisoVersion() };
}

/** What is written down of a build. What tools said is kept where the experiment is about that. */
export async function describe(experiment: Experiment, built: Built): Promise<ExperimentEntry> {
  const { builds, says } = experiment.expect;
  const disc = built.iso === undefined ? undefined : readFileSync(built.iso);
  return {
    name: experiment.name,
    sourceHash: await sourceHash(experiment),
    ...((!builds || says.length > 0 || !built.succeeded) && {
      transcript: { text: built.text, succeeded: built.succeeded },
    }),
    ...(disc && { iso: { file: `${experiment.name}.iso`, size: disc.length, sha256: sha256(disc) } }),
    ...(built.kernel !== undefined &&
      disc && { kernel: describeKernel(readFileSync(built.kernel), findChapter(experiment.chapter).build) }),
  };
}

/** In which points the build did not go as expected, each with both. */
export function checkBuild({ name, expect }: Experiment, { text, succeeded, iso }: Built): string[] {
  const said = plain(text);
  const problem = (what: string): string => `${name}: ${what}. It said:\n${said}`;
  if (succeeded !== expect.builds)
    return [problem(`expected the build to ${expect.builds ? 'succeed' : 'fail'}, it did not`)];
  return [
    ...expect.says.filter((words) => !said.includes(words)).map((words) => problem(`expected to hear “${words}”`)),
    ...expect.saysNot
      .filter((words) => said.includes(words))
      .map((words) => problem(`expected not to hear “${words}”`)),
    ...(expect.boot !== undefined && iso === undefined ? [problem('expected a disc')] : []),
  ];
}

/** In which points a machine did something else than expected, each with both. */
export function checkOutcome({ name, expect }: Experiment, machine: MachineName, outcome: Outcome): string[] {
  const wrong = differences(expect.boot?.[machine] ?? {}, outcome);
  if (wrong.length === 0) return [];
  const where = machine === 'qemu' ? 'QEMU' : 'the page’s machine';
  return [
    `${name}, in ${where}:\n${wrong.map((each) => `  ${each}`).join('\n')}\n  all of it: ${JSON.stringify(outcome)}`,
  ];
}

/**
 * Whether two transcripts tell a reader the same. Times, free space on the disk, progress, and hashes in the names of files do
 * not count, nor the order of lines: programs that run together race for it.
 */
export function sameWords(one: ExperimentTranscript, other: ExperimentTranscript): boolean {
  const heart = ({ text }: ExperimentTranscript): string =>
    text
      .replaceAll(/^xorriso : UPDATE .*\n/gm, '')
      .replaceAll(/\d+(\.\d+)?[kmgt] free/g, 'free')
      .replaceAll(/\bin \d+(\.\d+)?s/g, 'in …s')
      .replaceAll(/\b[0-9a-f]{16}\b/g, '…')
      .split('\n')
      .sort()
      .join('\n');
  return one.succeeded === other.succeeded && heart(one) === heart(other);
}

/** SHA-256 over all that decides what an experiment does, tools apart. Its texts may change. */
async function sourceHash(experiment: Experiment): Promise<string> {
  const { chapter, debug, make, machine } = experiment;
  const { varies: _varies, ...expect } = experiment.expect;
  const tree = [...experimentTree(experiment)].flatMap(([path, { text }]) => [path, text]);
  const recipe = JSON.stringify({ chapter, debug, make, machine, expect });
  if (expect.boot === undefined && make === undefined) return fingerprint([], [...tree, recipe]);
  const makers = ['make', 'bios-install', 'limine-stand-in'].map((name) => `kernel/pipeline/${name}.ts`);
  // The discs boot by BIOS only: the loader's half for UEFI is not on them.
  const loader = loaderSources().filter((path) => !path.startsWith('kernel/loader/uefi/'));
  const files = [...loader, defaultConfiguration, ...makers];
  return fingerprint(files, [...tree, recipe, ...biosBoot(biosImage), sourceDate]);
}
