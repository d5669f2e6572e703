import { readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { UserError } from '../../tools/errors.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { root } from '../../tools/paths.ts';
import { tryRun } from '../../tools/process.ts';
import { findProgram } from '../../tools/shell.ts';
import { writeTree } from './build.ts';
import { composeChapter, replaceOnce } from './compose.ts';
import type { Tree } from './compose.ts';
import { recordings } from './recordings.ts';
import type { Recording } from './recordings.ts';
import { bareTarget, bareToolchain, buildFolder, hostedToolchain } from './toolchain.ts';
import { findChapter } from './chapters.ts';

/** What the pages show: what was typed, and everything that came back, with the colours a terminal would show. */
export interface Transcript {
  command: string;
  output: string;
}

/** The file that the pages read. It is committed, so that the site can be built without a Rust toolchain. */
export const transcriptsFile = `${root}/src/data/transcripts.json`;

interface TranscriptsFile {
  /** SHA-256 over the sources and commands of all recordings. */
  sourceHash: string;
  /** The compilers that the recorded words are from. */
  tools: Record<string, string>;
  transcripts: Record<string, Transcript>;
}

/** What stands in the file now; nothing in it where there is none that can be read. */
export function readTranscripts(): TranscriptsFile {
  try {
    return JSON.parse(readFileSync(transcriptsFile, 'utf8')) as TranscriptsFile;
  } catch {
    return { sourceHash: '', tools: {}, transcripts: {} };
  }
}

/** Whether everything was recorded from the sources as they are now. */
export async function transcriptsAreCurrent(): Promise<boolean> {
  return readTranscripts().sourceHash === (await sourceHash());
}

/** Runs every command and writes the file. Output that says the same as the recorded one leaves that as it is. */
export async function recordTranscripts(): Promise<void> {
  const before = readTranscripts().transcripts;
  const transcripts: Record<string, Transcript> = {};
  for (const recording of recordings) {
    const now = await record(recording);
    const then = before[recording.name];
    const same = then !== undefined && (saysTheSame(then, now) || (recording.varies && then.command === now.command));
    transcripts[recording.name] = same ? then : now;
  }
  const tools = { ...(await bareToolchain()).versions, hosted: (await hostedToolchain()).versions['rustc'] ?? '' };
  const file: TranscriptsFile = { sourceHash: await sourceHash(), tools, transcripts };
  await mkdir(`${root}/src/data`, { recursive: true });
  writeFileSync(`${transcriptsFile}.unfinished`, `${JSON.stringify(file, null, 2)}\n`);
  renameSync(`${transcriptsFile}.unfinished`, transcriptsFile);
}

/**
 * Whether two recordings tell a reader the same: how long a build took does not count, nor in which order the compiler
 * names several errors, which changes from run to run.
 */
export function saysTheSame(one: Transcript, other: Transcript): boolean {
  const heart = ({ command, output }: Transcript) => {
    const paragraphs = output.replaceAll(/\bin \d+(\.\d+)?s/g, 'in …s').split('\n\n');
    return [command, ...paragraphs.flatMap((text) => text.split(/\n(?=\S*error)/)).sort()].join('\n\n');
  };
  return heart(one) === heart(other);
}

/** Lays the chapter's folder out, edited as the recording wants it, and runs its command there. */
export async function record(recording: Recording): Promise<Transcript> {
  const place = `${buildFolder}/transcripts/${recording.name}`;
  const folder = `${place}/onko_os`;
  await rm(place, { recursive: true, force: true });
  await writeTree(editedTree(recording), folder);
  const env = await environment(recording, `${place}/bin`);
  if (recording.before !== undefined) {
    const result = await tryRun('sh', ['-c', recording.before], { cwd: folder, env });
    if (result.status !== 0) throw wrong(recording, `its first command, ${recording.before}, failed`, result.output);
  }
  const { output, status } = await tryRun('sh', ['-c', recording.command], { cwd: folder, env });
  if ((status === 0) !== (recording.fails !== true)) {
    throw wrong(recording, `${recording.command} ended with status ${status}`, output);
  }
  const missing = recording.mustSay.find((words) => !plain(output).includes(words));
  if (missing !== undefined) throw wrong(recording, `the output does not say “${missing}”`, output);
  const unwanted = recording.mustNotSay?.find((words) => plain(output).includes(words));
  if (unwanted !== undefined) throw wrong(recording, `the output says “${unwanted}”`, output);
  await rm(place, { recursive: true });
  return { command: recording.command, output: withoutWaiting(output).replaceAll(folder, '~/onko_os').trimEnd() };
}

/** Cargo says so when another cargo is at work on this machine: it is no part of what the command says. */
function withoutWaiting(output: string): string {
  const lines = output.split('\n');
  return lines.filter((line) => !/^ *Blocking waiting for file lock/.test(plain(line))).join('\n');
}

/** Without the escape sequences for colours. */
export function plain(text: string): string {
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
}

function wrong({ name }: Recording, what: string, output: string): UserError {
  return new UserError(
    `Transcript ${name}: ${what}. It said:\n${output.trimEnd()}`,
    'See kernel/pipeline/recordings.ts.',
  );
}

function editedTree({ name, chapter, edits = [], main }: Recording): Tree {
  const tree = composeChapter(chapter);
  if (main !== undefined) tree.set('src/main.rs', { text: main, regions: new Map() });
  for (const edit of edits) replaceOnce(tree, `Transcript ${name}`, edit);
  return tree;
}

/** A terminal in which `cargo` and `rustc` are those of the toolchain that the chapter's kernel is built with. */
async function environment({ chapter }: Recording, programs: string): Promise<Record<string, string | undefined>> {
  const toolchain = await (findChapter(chapter).build === 'hosted' ? hostedToolchain() : bareToolchain());
  await mkdir(programs, { recursive: true });
  symlinkSync(await findProgram(toolchain.cargo), `${programs}/cargo`);
  symlinkSync(await findProgram(toolchain.env['RUSTC'] ?? 'rustc'), `${programs}/rustc`);
  const linker = toolchain.arguments.length > 0 ? { [linkerVariable]: 'ld.lld' } : {};
  return {
    ...toolchain.env,
    ...linker,
    PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`,
    ...{ CARGO_TERM_COLOR: 'always', CARGO_TERM_PROGRESS_WHEN: 'never', LC_ALL: 'C.UTF-8' },
  };
}

const linkerVariable = `CARGO_TARGET_${bareTarget.toUpperCase().replaceAll('-', '_')}_LINKER`;

async function sourceHash(): Promise<string> {
  const trees = recordings.flatMap((recording) => [
    JSON.stringify(recording),
    ...[...editedTree(recording)].flatMap(([path, { text }]) => [path, text]),
  ]);
  return fingerprint([], trees);
}
