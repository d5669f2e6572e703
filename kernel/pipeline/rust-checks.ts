import { utimes } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { bootSectorFolder } from './boot-sector.ts';
import { writeTree } from './build.ts';
import { chapters } from './chapters.ts';
import { composeChapter } from './compose.ts';
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

/** Calls cargo so that the formatter and linter it starts are those of the same toolchain. */
async function cargo(args: readonly string[], folder: string, from = hostedToolchain()): Promise<RunResult> {
  const toolchain = await from;
  const path = isAbsolute(toolchain.cargo) ? `${dirname(toolchain.cargo)}:${process.env['PATH']}` : process.env['PATH'];
  const env = { ...toolchain.env, PATH: path, CARGO_TARGET_DIR: intermediateFolder(folder, ['checks']) };
  return run(toolchain.cargo, args, { cwd: folder, env });
}

/** Clippy on the crates of a folder, with warnings denied. `options` say which crates, and for which target. */
async function clippy(options: readonly string[], folder: string, from = hostedToolchain()): Promise<void> {
  await cargo(['clippy', '--release', '--locked', ...options, '--', '-D', 'warnings'], folder, from);
}

/** Crates that only tests build: the kernel that reports what it is given, and the loader's view of configurations. */
const testCrates = [
  { folder: `${root}/tests/kernel/conformance`, build: 'bare' },
  { folder: `${root}/tests/kernel/limine-conf`, build: 'hosted' },
] as const;

/** The folders of all crates that are ours: each chapter's tree as a reader has it, the loader's workspace, the boot sector, tests'. */
async function crates(): Promise<string[]> {
  const folders: string[] = [];
  for (const { id, build } of chapters) {
    if (build === 'none') continue;
    const folder = `${buildFolder}/trees/${id}`;
    await writeTree(composeChapter(id), folder);
    folders.push(folder);
  }
  return [...folders, loaderFolder, bootSectorFolder, ...testCrates.map(({ folder }) => folder)];
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
  for (const { id, build } of chapters) {
    if (build === 'none') continue;
    const folder = `${buildFolder}/trees/${id}`;
    // The chapters' crates have one name and share a folder, where cargo sees only by its age that a file is another.
    const now = new Date();
    for (const path of composeChapter(id).keys()) await utimes(`${folder}/${path}`, now, now);
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
