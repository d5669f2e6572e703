import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { fingerprint } from '../../tools/fingerprint.ts';
import { cache } from '../../tools/paths.ts';
import type { Progress } from '../../tools/steps.ts';
import { compileEngine } from './compile.ts';
import { makePostBiosSnapshot, readFirstFiles } from './post-bios-snapshot.ts';
import { bochs } from './source.ts';

/** What buildEngine needs from Debian's packages; no compiler is among them. */
export const enginePackages = ['make', 'patch', 'xz-utils', 'bochsbios', 'vgabios'] as const;

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
 * BIOS. Takes two to four minutes on two cores. Interrupted, it goes on from the last complete stage.
 * Throws a UserError that says what to install or check.
 */
export async function buildEngine(progress: Progress = () => {}): Promise<void> {
  if (await engineIsCurrent()) return;
  const wasm = await wasmInputs();
  const snapshot = await snapshotInputs(wasm);
  const wasmFile = `${engineFolder}/engine.wasm`;
  const snapshotFile = `${engineFolder}/snapshot.bin`;
  const wasmStamp = `${engineFolder}/engine.wasm.inputs`;
  await mkdir(engineFolder, { recursive: true });
  await rm(`${engineFolder}/engine.json`, { force: true }); // the two files must never be seen as a pair while they are not
  const compiled = existsSync(wasmFile) && existsSync(wasmStamp) && (await readFile(wasmStamp, 'utf8')) === wasm;
  if (!compiled) {
    await rm(wasmStamp, { force: true });
    await compileEngine(wasmFile, wasm, progress);
    await writeFile(wasmStamp, wasm);
  }
  progress('running the BIOS');
  await writeFile(
    snapshotFile,
    await makePostBiosSnapshot(new Uint8Array(await readFile(wasmFile)), await readFirstFiles()),
  );
  progress('compressing, to know the size');
  const description: EngineDescription = {
    bochs: bochs.version,
    inputs: { wasm, snapshot },
    files: { 'engine.wasm': await describe(wasmFile), 'snapshot.bin': await describe(snapshotFile) },
  };
  await writeFile(`${engineFolder}/engine.json.partial`, `${JSON.stringify(description, null, 2)}\n`);
  await rename(`${engineFolder}/engine.json.partial`, `${engineFolder}/engine.json`);
}
