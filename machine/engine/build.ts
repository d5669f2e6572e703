import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { fingerprint } from '../../tools/fingerprint.ts';
import { cache } from '../../tools/paths.ts';
import type { Progress } from '../../tools/steps.ts';
import { compileEngine } from './compile.ts';
import { withLock } from './lock.ts';
import { makePostBiosSnapshot, readFirstFiles } from './post-bios-snapshot.ts';
import { bochs } from './source.ts';

/** Where the built files lie: engine.wasm, snapshot.bin, engine.json. */
export const engineFolder = `${cache}/engine`;

export interface BuiltFile {
  size: number;
  /** Bytes after compression with Brotli at its highest quality. */
  brotli: number;
  sha256: string;
}

/** engine.json: what was built, and from what. */
export interface EngineDescription {
  bochs: string;
  /** Hashes of what each file was made from. */
  inputs: { wasm: string; snapshot: string };
  files: { 'engine.wasm': BuiltFile; 'snapshot.bin': BuiltFile };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Everything that engine.wasm is made of; Zig's version is in the requirements of the venv. */
function wasmInputs(): Promise<string> {
  const here = ['glue', 'patches', 'compile.ts', 'source.ts'].map((name) => `machine/engine/${name}`);
  return fingerprint([...here, 'cli/python-requirements.txt']);
}

/** Everything that snapshot.bin is made of besides engine.wasm. */
async function snapshotInputs(wasm: string): Promise<string> {
  const { bochsrc, bios, vgaBios } = await readFirstFiles();
  const code = ['engine/post-bios-snapshot.ts', 'post-bios.ts', 'files.ts', 'snapshot.ts'].map(
    (name) => `machine/${name}`,
  );
  return fingerprint(code, [wasm, sha256(bochsrc), sha256(bios), sha256(vgaBios)]);
}

async function readDescription(): Promise<EngineDescription | null> {
  const file = `${engineFolder}/engine.json`;
  if (!existsSync(file)) return null;
  return JSON.parse(await readFile(file, 'utf8')) as EngineDescription;
}

/** Whether `.cache/engine` is what buildEngine would make now. Throws a UserError when a BIOS image is missing. */
export async function engineIsCurrent(): Promise<boolean> {
  const built = await readDescription();
  if (built === null) return false;
  const wasm = await wasmInputs();
  return built.inputs.wasm === wasm && built.inputs.snapshot === (await snapshotInputs(wasm));
}

async function describe(path: string): Promise<BuiltFile> {
  const bytes = await readFile(path);
  const compressed = await promisify(brotliCompress)(bytes);
  return { size: bytes.length, brotli: compressed.length, sha256: sha256(bytes) };
}

/**
 * Makes `.cache/engine` unless it is up to date: Bochs from Debian's source, compiled with Zig, then the PC's state after its
 * BIOS. Takes two to four minutes on two cores. Interrupted, it goes on from the last complete stage; called by several
 * processes at once, one builds and the others wait. Throws a UserError that says what to install or check.
 */
export async function buildEngine(progress: Progress = () => {}): Promise<void> {
  if (await engineIsCurrent()) return;
  await withLock(
    `${cache}/engine-build.lock`,
    () => progress('waiting for another process that builds it'),
    async () => {
      if (!(await engineIsCurrent())) await build(progress);
    },
  );
}

async function build(progress: Progress): Promise<void> {
  const wasm = await wasmInputs();
  const snapshot = await snapshotInputs(wasm);
  const wasmFile = `${engineFolder}/engine.wasm`;
  const snapshotFile = `${engineFolder}/snapshot.bin`;
  const wasmStamp = `${engineFolder}/engine.wasm.inputs`;
  await mkdir(engineFolder, { recursive: true });
  const compiled = existsSync(wasmFile) && existsSync(wasmStamp) && (await readFile(wasmStamp, 'utf8')) === wasm;
  const fresh = `${wasmFile}.new`;
  if (compiled) await copyFile(wasmFile, fresh);
  else await compileEngine(fresh, progress);
  progress('running the BIOS');
  await writeFile(
    `${snapshotFile}.new`,
    await makePostBiosSnapshot(new Uint8Array(await readFile(fresh)), await readFirstFiles()),
  );
  progress('compressing, to know the size');
  const description: EngineDescription = {
    bochs: bochs.version,
    inputs: { wasm, snapshot },
    files: { 'engine.wasm': await describe(fresh), 'snapshot.bin': await describe(`${snapshotFile}.new`) },
  };
  // The two files must never be taken for a pair while they are not one: the description goes first and comes back last.
  await rm(`${engineFolder}/engine.json`, { force: true });
  await rm(wasmStamp, { force: true });
  await rename(fresh, wasmFile);
  await writeFile(wasmStamp, wasm);
  await rename(`${snapshotFile}.new`, snapshotFile);
  await writeFile(`${engineFolder}/engine.json.new`, `${JSON.stringify(description, null, 2)}\n`);
  await rename(`${engineFolder}/engine.json.new`, `${engineFolder}/engine.json`);
}
