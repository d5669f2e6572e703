import { utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { bootSectorFolder } from './boot-sector.ts';
import { writeTree } from './build.ts';
import { chapters } from './chapters.ts';
import { placeholder } from '../../src/lib/draw/drawing.ts';
import { composeChapter, type Tree } from './compose.ts';
import { drawTree, slotTree } from './draw.ts';
import {
  bareTarget,
  bareToolchain,
  ownCoreToolchain,
  buildFolder,
  hostedToolchain,
  intermediateFolder,
  loaderFolder,
  uefiTarget,
} from './toolchain.ts';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import type { RunResult } from '../../tools/process.ts';
import { findProgram } from '../../tools/shell.ts';

/**
 * Calls cargo so that the formatter and linter it starts are those of the same toolchain. It would look in its own home
 * before anywhere else, where rustup's lie, unless that folder stands in PATH: so it does, at the end.
 */
async function cargo(args: readonly string[], folder: string, from = hostedToolchain()): Promise<RunResult> {
  const toolchain = await from;
  const { PATH = '', CARGO_HOME = `${homedir()}/.cargo` } = process.env;
  const path = [dirname(await findProgram(toolchain.cargo)), PATH, `${CARGO_HOME}/bin`].join(':');
  const env = { ...toolchain.env, PATH: path, CARGO_TARGET_DIR: intermediateFolder(folder, ['checks']) };
  return run(toolchain.cargo, args, { cwd: folder, env });
}

/** Clippy on the crates of a folder, with warnings denied. `options` say which crates, and for which target. */
async function clippy(options: readonly string[], folder: string, from = hostedToolchain()): Promise<void> {
  await cargo(['clippy', '--release', '--locked', ...options, '--', '-D', 'warnings'], folder, from);
}

/** Crates that only tests build: the kernel that reports what it is given, and the loader's view of configurations and of kernels. */
const testCrates = [
  { folder: `${root}/tests/kernel/conformance`, build: 'bare' },
  { folder: `${root}/tests/kernel/limine-conf`, build: 'hosted' },
  { folder: `${root}/tests/kernel/loader-verdicts`, build: 'hosted' },
] as const;

/** Every kernel of ours: each chapter's as a reader has it, and the one that draws, in Rust and with room for code. */
function kernels(): { folder: string; build: 'bare' | 'hosted'; tree: Tree }[] {
  const trees = `${buildFolder}/trees`;
  return [
    ...chapters.flatMap(({ id, build }) =>
      build === 'none' ? [] : [{ folder: `${trees}/${id}`, build, tree: composeChapter(id) }],
    ),
    { folder: `${trees}/draw-in-rust`, build: 'bare', tree: drawTree(placeholder) },
    { folder: `${trees}/draw`, build: 'bare', tree: slotTree() },
  ];
}

/** The folders of all crates that are ours: the kernels, the loader's workspace, the boot sector, tests'. */
async function crates(): Promise<string[]> {
  const all = kernels();
  for (const { folder, tree } of all) await writeTree(tree, folder);
  return [...[...all, ...testCrates].map(({ folder }) => folder), loaderFolder, bootSectorFolder];
}

/** Whether rustfmt would change nothing. Rejects with its diff. */
export async function checkRustFormat(): Promise<void> {
  for (const folder of await crates()) await cargo(['fmt', '--all', '--check'], folder);
}

/** Clippy with warnings denied, on every crate of ours. Rejects with its words. */
export async function checkRustLints(): Promise<void> {
  const { arguments: linker, sysroot } = await bareToolchain();
  const flags = sysroot === undefined ? [] : ['--sysroot', sysroot];
  const forBare = [...linker, '--config', `target.${bareTarget}.rustflags=${JSON.stringify(flags)}`];
  const forCrate = { bare: forBare, hosted: [] };
  for (const { folder, build, tree } of kernels()) {
    // The kernels' crates have one name and share a folder, where cargo sees only by its age that a file is another.
    const now = new Date();
    for (const path of tree.keys()) await utimes(`${folder}/${path}`, now, now);
    await clippy(forCrate[build], folder);
  }
  const uefiHalf = 'onko-loader-uefi';
  await clippy(['--workspace', '--exclude', uefiHalf, '--target', bareTarget, ...forBare], loaderFolder);
  const uefi = ownCoreToolchain(uefiTarget);
  const forUefi = ['--package', uefiHalf, '--target', uefiTarget, ...(await uefi).arguments];
  await clippy(forUefi, loaderFolder, uefi);
  await clippy(['--target', bareTarget, ...forBare], bootSectorFolder);
  for (const { folder, build } of testCrates) await clippy(forCrate[build], folder);
}

/** The loader's own tests, which run on this machine. Returns how many passed; rejects with cargo's words. */
export async function testLoader(): Promise<number> {
  const { stdout } = await cargo(['test', '--locked', '-p', 'onko-loader-core'], loaderFolder);
  const passed = [...stdout.matchAll(/^test result: ok\. (\d+) passed;/gm)];
  return passed.reduce((sum, [, count]) => sum + Number(count), 0);
}
