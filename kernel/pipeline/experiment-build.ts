import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { root } from '../../tools/paths.ts';
import { tryRun } from '../../tools/process.ts';
import { kernelBinary, writeTree } from './build.ts';
import { findChapter } from './chapters.ts';
import { composeChapter } from './compose.ts';
import { experimentTree } from './experiment-files.ts';
import type { Experiment } from './experiment-files.ts';
import { biosBoot, writeIso } from './iso.ts';
import { biosImage, defaultConfiguration, readersConfiguration, sha256 } from './isos.ts';
import { madeIso, madeKernel, tryMake, writeStandIn } from './make.ts';
import { bareTarget, bareToolchain, cargoCall, hostedToolchain } from './toolchain.ts';
import type { CargoCall } from './toolchain.ts';
import { plain } from './transcripts.ts';

/** What came of building an experiment. */
export interface Built {
  /** Commands and what they said, with colours. */
  text: string;
  /** Whether the last command succeeded. */
  succeeded: boolean;
  /** Paths of the ELF file and of the disc, if it came to that. */
  kernel?: string;
  iso?: string;
}

/**
 * Debug information makes the kernel of a debug build 3 MB large; the machine never sees it. All else is as the reader
 * has it.
 */
const withoutDebugInformation = ['--config', 'profile.dev.strip="debuginfo"'];

/**
 * Lays out an experiment's folder in `place`, builds it, and writes the disc to `iso` if it is to be booted. The place is kept
 * between experiments, so that only the reader's crate is compiled anew, as at home after an edit.
 */
export async function buildExperiment(
  experiment: Experiment,
  place: string,
  loader: string,
  iso: string,
): Promise<Built> {
  const folder = `${place}/${experiment.make ? 'make' : 'cargo'}/onko_os`;
  await writeTree(experimentTree(experiment), folder);
  // Cargo does not notice an edit of linker.ld alone.
  const now = new Date();
  if (existsSync(`${folder}/src/main.rs`)) utimesSync(`${folder}/src/main.rs`, now, now);
  const build = experiment.make ? buildByMake : buildByCargo;
  const built = await build(experiment, folder, loader, iso);
  return { ...built, text: await tidy(built.text, place, folder) };
}

/** Each set of compiler options has a folder for what cargo makes, or it would compile everything anew with each change. */
async function settingsHash(folder: string): Promise<string> {
  const settings = await readFile(`${folder}/.cargo/config.toml`, 'utf8').catch(() => '');
  return sha256(new TextEncoder().encode(settings)).slice(0, 8);
}

const calls = new Map<string, Promise<CargoCall>>();

/** How cargo is called for a chapter's folder, asked once and where no mistake is in it: some keep cargo from answering. */
function callFor(chapter: string, place: string): Promise<CargoCall> {
  const known = calls.get(`${place} ${chapter}`) ?? askForCall(chapter, place);
  calls.set(`${place} ${chapter}`, known);
  return known;
}

async function askForCall(chapter: string, place: string): Promise<CargoCall> {
  const folder = `${place}/unbroken/${chapter}`;
  await writeTree(composeChapter(chapter), folder);
  const toolchain = await (findChapter(chapter).build === 'hosted' ? hostedToolchain() : bareToolchain());
  const call = await cargoCall(toolchain, { folder });
  const terminal = { CARGO_TERM_COLOR: 'always', CARGO_TERM_PROGRESS_WHEN: 'never', LC_ALL: 'C.UTF-8' };
  return { ...call, env: { ...call.env, ...terminal } };
}

async function buildByCargo(experiment: Experiment, folder: string, loader: string, iso: string): Promise<Built> {
  const { chapter, debug } = experiment;
  const { cargo, env, arguments: added } = await callFor(chapter, dirname(dirname(folder)));
  const target = `${dirname(folder)}/target-${await settingsHash(folder)}`;
  const profile = debug ? 'debug' : 'release';
  const hosted = findChapter(chapter).build === 'hosted';
  const kernel = `${target}/${hosted ? '' : `${bareTarget}/`}${profile}/${kernelBinary}`;
  await rm(kernel, { force: true });
  const options = debug ? withoutDebugInformation : ['--release'];
  const { output, status } = await tryRun(cargo, ['build', ...added, ...options, '--target-dir', target], {
    cwd: folder,
    env,
  });
  const text = `$ cargo build${debug ? '' : ' --release'}\n${output}`;
  if (status !== 0 || !existsSync(kernel)) return { text, succeeded: status === 0 };
  if (experiment.expect.boot === undefined) return { text, succeeded: true, kernel };

  const configuration = experimentTree(experiment).get(readersConfiguration)?.text;
  await writeIso(
    iso,
    new Map<string, string | Uint8Array>([
      [biosImage, loader],
      ['kernel.elf', kernel],
      [
        'limine.conf',
        new TextEncoder().encode(configuration ?? readFileSync(`${root}/${defaultConfiguration}`, 'utf8')),
      ],
    ]),
    biosBoot(biosImage),
  );
  return { text, succeeded: true, kernel, iso };
}

/** In the place of an image for UEFI, which plays no part in any experiment and is as large as all the rest of a disc. */
const noLoaderForUefi = new TextEncoder().encode('There is no loader for UEFI on this disc.\n');

async function buildByMake(experiment: Experiment, folder: string, loader: string, iso: string): Promise<Built> {
  // Behind a link, what cargo has made stays when the folder is laid out anew.
  if (!existsSync(`${folder}/target`)) {
    await mkdir(`${dirname(folder)}/target`, { recursive: true });
    await symlink('../target', `${folder}/target`);
  }
  const limine = `${dirname(folder)}/limine`;
  await rm(limine, { recursive: true, force: true }); // a file that is there keeps its permissions, which reach the disc
  writeStandIn(limine, { bios: readFileSync(loader), uefi: noLoaderForUefi });
  const cargo = await callFor(experiment.chapter, dirname(dirname(folder)));
  let text = '';
  let succeeded = true;
  for (const goals of experiment.make ?? []) {
    const words = goals.split(' ').filter((word) => word !== '');
    const result = await tryMake({ folder, programs: `${dirname(folder)}/programs`, cargo, limine, arguments: words });
    text += `$ ${['make', ...words].join(' ')}\n${result.output}`;
    succeeded = result.status === 0;
  }
  const made = `${folder}/${madeIso}`;
  if (experiment.expect.boot === undefined || !existsSync(made)) return { text, succeeded };
  await copyFile(made, iso);
  return { text, succeeded, kernel: `${folder}/${madeKernel}`, iso };
}

/** Crates compiled along with the first build, and cargo's dealings with the network and with other cargos. */
const onlyTheFirstTime = /^ *(Compiling (?!onko_os)|Updating |Locking |Downloading |Downloaded |Blocking )/;

/** Takes this machine out of what tools said: its paths, and the names of files for the moment. */
async function tidy(text: string, place: string, folder: string): Promise<string> {
  const { env } = await bareToolchain();
  const sysroot = (await tryRun(env['RUSTC'] ?? 'rustc', ['--print', 'sysroot', '--target', bareTarget], { env }))
    .stdout;
  return text
    .split('\n')
    .filter((line) => !onlyTheFirstTime.test(plain(line)))
    .join('\n')
    .replaceAll(folder, '~/onko_os')
    .replaceAll(`${dirname(folder)}/limine`, 'limine')
    .replaceAll(new RegExp(`${dirname(folder)}/target(-\\w+)?`, 'g'), '~/onko_os/target')
    .replaceAll(place, '~')
    .replaceAll(sysroot.trim(), '/rust')
    .replaceAll(/\/rustc\w{6}\//g, '/rustcXXXXXX/')
    .trimEnd();
}
