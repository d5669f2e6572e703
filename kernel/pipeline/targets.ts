import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { columns, targetToRow } from '../../src/lib/triple.ts';
import type { Target } from '../../src/lib/triple.ts';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import { hostedToolchain } from './toolchain.ts';

/** All built-in targets of the compiler, for the pages. It is committed, as the recorded transcripts are. */
export const targetsFile = `${root}/src/data/targets.json`;

export interface TargetsFile {
  /** `rustc --version` of the compiler that was asked. */
  rustc: string;
  /** Names of the words in each row. */
  columns: readonly string[];
  /** See `targetToRow` in src/lib/triple.ts. */
  rows: string[];
}

/** What rustc prints of a target with `--print all-target-specs-json`; what equals its default is left out. */
interface Specification {
  arch: string;
  vendor?: string;
  os?: string;
  env?: string;
  abi?: string;
  'target-pointer-width': Target['pointerWidth'];
  'target-endian'?: Target['endian'];
  metadata: { std: boolean | null; tier: Target['tier'] };
  'panic-strategy'?: Target['panic'];
  'relocation-model'?: 'static' | 'pic';
  'position-independent-executables'?: boolean;
  'disable-redzone'?: boolean;
  features?: string;
  'llvm-floatabi'?: 'soft' | 'hard';
  'binary-format'?: Target['format'];
  linker?: string;
  'linker-flavor': string;
}

/** Whether the file is there and has the columns that the pages read. A newer compiler alone does not make it stale. */
export function targetsAreCurrent(): boolean {
  if (!existsSync(targetsFile)) return false;
  const file = JSON.parse(readFileSync(targetsFile, 'utf8')) as TargetsFile;
  return file.columns.join() === columns.join();
}

/** Asks the compiler for its targets and writes the file. */
export async function recordTargets(): Promise<void> {
  await mkdir(dirname(targetsFile), { recursive: true });
  writeFileSync(`${targetsFile}.unfinished`, `${JSON.stringify(await askForTargets(), null, 2)}\n`);
  renameSync(`${targetsFile}.unfinished`, targetsFile);
}

/** What the compiler says of its targets now. */
export async function askForTargets(): Promise<TargetsFile> {
  const { env, versions } = await hostedToolchain();
  const question = ['-Z', 'unstable-options', '--print', 'all-target-specs-json'];
  // Specifications are printed by nightly compilers only, or by those that take themselves for one.
  const { stdout } = await run(env['RUSTC'] ?? 'rustc', question, { env: { ...env, RUSTC_BOOTSTRAP: '1' } });
  const specifications = JSON.parse(stdout) as Record<string, Specification>;
  const targets = Object.entries(specifications).map(([name, specification]) => toTarget(name, specification));
  return { rustc: versions['rustc'] ?? '', columns, rows: targets.map(targetToRow).sort() };
}

/** Defaults are those of `TargetOptions::default` in the compiler's crate rustc_target. */
function toTarget(name: string, specification: Specification): Target {
  const { arch, metadata, features = '' } = specification;
  const model = specification['relocation-model'] ?? 'pic';
  const soft = features.split(',').includes('+soft-float') || specification['llvm-floatabi'] === 'soft';
  return {
    name,
    arch,
    vendor: specification.vendor ?? 'unknown',
    os: specification.os ?? 'none',
    env: specification.env ?? '',
    abi: specification.abi ?? '',
    pointerWidth: specification['target-pointer-width'],
    endian: specification['target-endian'] ?? 'little',
    std: metadata.std === null ? 'unknown' : metadata.std ? 'std' : 'core',
    tier: metadata.tier,
    panic: specification['panic-strategy'] ?? 'unwind',
    relocation: model === 'pic' && specification['position-independent-executables'] === true ? 'pie' : model,
    redZone: specification['disable-redzone'] === true ? 'no-red-zone' : 'red-zone',
    float: soft ? 'soft-float' : 'hard-float',
    format: specification['binary-format'] ?? 'elf',
    linker: specification.linker ?? defaultLinker(specification['linker-flavor']),
  };
}

/** What rustc calls where a target names no linker (`linker_and_flavor` in rustc_codegen_ssa). */
function defaultLinker(flavor: string): string {
  if (flavor.endsWith('-cc')) return flavor === 'em-cc' ? 'emcc' : 'cc';
  const others: Record<string, string> = {
    msvc: 'link.exe',
    'msvc-lld': 'rust-lld',
    'gnu-lld': 'rust-lld',
    'wasm-lld': 'rust-lld',
    bpf: 'bpf-linker',
    llbc: 'llvm-bitcode-linker',
  };
  return others[flavor] ?? 'ld';
}
