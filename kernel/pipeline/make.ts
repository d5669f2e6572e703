import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { root } from '../../tools/paths.ts';
import { run, tryRun } from '../../tools/process.ts';
import type { RunResult } from '../../tools/process.ts';
import { findProgram, quote } from '../../tools/shell.ts';
import type { LoaderImages } from './build.ts';
import { smallAndTimeless, sourceDate } from './iso.ts';
import type { CargoCall } from './toolchain.ts';

/** What the chapter's Makefile calls its ISO, and the kernel as cargo leaves it. */
export const madeIso = 'onko-os.iso';
export const madeKernel = 'target/x86_64-unknown-none/release/onko_os';

export interface MakeRequest {
  /** The reader's folder, with the Makefile; what is built is built in here, as on the reader's machine. */
  folder: string;
  /** Where the programs go that stand before cargo and xorriso on the PATH. */
  programs: string;
  cargo: CargoCall;
  /** The folder with Limine's files, or with {@link writeStandIn}'s. Without it, the Makefile fetches Limine. */
  limine?: string;
  /** Further arguments of make: targets, options, variables. */
  arguments?: readonly string[];
  onOutput?: (text: string) => void;
}

/** Runs make in a reader's folder. Rejects with everything that make and its commands said when it fails. */
export async function make(request: MakeRequest): Promise<RunResult> {
  return run('make', ...(await makeCall(request)));
}

/** The same, whatever make's exit status. */
export async function tryMake(request: MakeRequest): Promise<RunResult> {
  return tryRun('make', ...(await makeCall(request)));
}

async function makeCall(request: MakeRequest): Promise<[string[], Parameters<typeof run>[2]]> {
  const { folder, programs, cargo, limine, onOutput } = request;
  mkdirSync(programs, { recursive: true });
  writeProgram(`${programs}/cargo`, cargoProgram(await findProgram(cargo.cargo), cargo.arguments));
  writeProgram(`${programs}/xorriso`, xorrisoProgram(await findProgram('xorriso')));
  const env = {
    ...cargo.env,
    PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`,
    ...{ SOURCE_DATE_EPOCH: sourceDate, TZ: 'UTC', LC_ALL: 'C' },
    // Of a make that runs this program, if one does.
    ...{ MAKEFLAGS: undefined, MAKELEVEL: undefined, MFLAGS: undefined },
  };
  const variables = limine === undefined ? [] : [`LIMINE_DIR=${limine}`];
  const args = ['-C', folder, '--no-print-directory', ...variables, ...(request.arguments ?? [])];
  return [args, { env, ...(onOutput && { onOutput }) }];
}

/** Our own loader's files, and a tool of ours, under the names that the Makefile expects of Limine. */
export function writeStandIn(folder: string, loader: LoaderImages): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/limine-bios-cd.bin`, loader.bios);
  writeFileSync(`${folder}/limine-uefi-cd.bin`, loader.uefi);
  writeFileSync(
    `${folder}/limine-bios.sys`,
    'The loader in limine-bios-cd.bin is not Limine and needs no second file.\n',
  );
  const tool = [process.execPath, '--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
  writeProgram(`${folder}/limine`, `#!/bin/sh\n${call([...tool, `${root}/kernel/pipeline/limine-stand-in.ts`])}`);
}

/** A cargo that adds to `build` what this machine's toolchain needs and what makes the binary reproducible. */
const cargoProgram = (cargo: string, added: readonly string[]) =>
  ['#!/bin/sh', `[ "$1" = build ] || exec ${quote(cargo)} "$@"`, 'shift', call([cargo, 'build', ...added])].join('\n');

/** A xorriso whose images do not depend on the day. */
const xorrisoProgram = (xorriso: string) =>
  ['#!/bin/sh', 'shift 2 # -as mkisofs', call([xorriso, '-as', 'mkisofs', ...smallAndTimeless])].join('\n');

const call = (words: readonly string[]) => `exec ${words.map(quote).join(' ')} "$@"\n`;

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}
