import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../tools/errors.ts';
import { cache, root } from '../../tools/paths.ts';
import { isInstalled, run, tryRun } from '../../tools/process.ts';
import { findProgram, quote } from '../../tools/shell.ts';

/** The target that kernels and the BIOS half of the loader are compiled for. */
export const bareTarget = 'x86_64-unknown-none';

/** The target of the loader's UEFI half. */
export const uefiTarget = 'x86_64-unknown-uefi';

/** Targets that a program is compiled for which this machine does not run. */
export type CrossTarget = typeof bareTarget | typeof uefiTarget;

/** A Rust toolchain and how to call it. */
export interface Toolchain {
  cargo: string;
  env: Record<string, string | undefined>;
  /** What cargo needs besides `build` to produce code for the target: nothing for a toolchain that has its `core`. */
  arguments: readonly string[];
  /** Whether `core` is compiled along with each crate. */
  compilesCore: boolean;
  /** Where the target's `core` lies, if it was compiled here; clippy does not go through `rustc`, and has to be told. */
  sysroot?: string;
  /** Where the sources of `core` lie in messages and panics, if the toolchain has them. */
  librarySource: string;
  /** Program → version, for the manifest. */
  versions: Record<string, string>;
}

/** A compiler with its cargo, before it is known what it can do. */
interface Candidate {
  cargo: string;
  rustc: string;
}

/** First what the user chose, rustup's as a rule; then what Debian's packages install, which rustup hides. */
const candidates: readonly Candidate[] = [
  { cargo: 'cargo', rustc: 'rustc' },
  { cargo: '/usr/bin/cargo', rustc: '/usr/bin/rustc' },
];

/** Cargo 1.91 is the first that keeps what lies between source and binary where we say; the loader needs 1.88. */
export const oldestMinor = 91;

/** Variables that would change a build behind the back of the reader's files. */
const cleared = [
  'RUSTFLAGS',
  'CARGO_ENCODED_RUSTFLAGS',
  'CARGO_BUILD_RUSTFLAGS',
  'CARGO_BUILD_TARGET',
  'CARGO_TARGET_DIR',
  'CARGO_BUILD_TARGET_DIR',
  'CARGO_INCREMENTAL',
  'RUSTC',
];

function environment(rustc: string, more: Record<string, string> = {}): Record<string, string | undefined> {
  return { ...Object.fromEntries(cleared.map((name) => [name, undefined])), RUSTC: rustc, ...more };
}

async function ask(rustc: string, ...args: string[]): Promise<string> {
  const answer = await tryRun(rustc, args);
  return answer.status === 0 ? answer.stdout.trim() : '';
}

function isNewEnough(version: string): boolean {
  const [, major, minor] = /^rustc (\d+)\.(\d+)\./.exec(version) ?? [];
  return Number(major) > 1 || Number(minor) >= oldestMinor;
}

/** The candidates that are installed and know edition 2024, with their version. */
async function installedCompilers(): Promise<(Candidate & { version: string })[]> {
  const found: (Candidate & { version: string })[] = [];
  for (const candidate of candidates) {
    if (!(await isInstalled(candidate.rustc)) || !(await isInstalled(candidate.cargo))) continue;
    const version = await ask(candidate.rustc, '--version');
    if (isNewEnough(version)) found.push({ ...candidate, version });
  }
  return found;
}

/** A toolchain that brings `core` for the target ready-made. */
async function readyMade(
  { cargo, rustc, version }: Candidate & { version: string },
  target: CrossTarget,
): Promise<Toolchain | undefined> {
  const libraries = await ask(rustc, '--print', 'target-libdir', '--target', target);
  if (!existsSync(libraries) || !readdirSync(libraries).some((name) => /^libcore-.*\.rlib$/.test(name))) return;
  const sysroot = await ask(rustc, '--print', 'sysroot');
  const librarySource = `${sysroot}/lib/rustlib/src/rust`;
  return {
    cargo,
    env: environment(rustc),
    arguments: [],
    compilesCore: false,
    librarySource,
    versions: { rustc: version },
  };
}

/** LLD under the name by which it links for a target. */
const linkers = { [bareTarget]: 'ld.lld', [uefiTarget]: 'lld-link' } as const;

/** Toolchains that bring no linker for the target need one that is installed. */
const withLinker = (target: CrossTarget): string[] => ['--config', `target.${target}.linker="${linkers[target]}"`];

/** A toolchain that has the source of `core`: cargo compiles it along with the crate, by the crate's own profile. */
async function fromSource(
  { cargo, rustc, version }: Candidate & { version: string },
  target: CrossTarget,
): Promise<Toolchain | undefined> {
  const sysroot = await ask(rustc, '--print', 'sysroot');
  const librarySource = `${sysroot}/lib/rustlib/src/rust`;
  if (!existsSync(`${librarySource}/library/core/Cargo.toml`) || !(await isInstalled(linkers[target]))) return;
  return {
    cargo,
    // Building core is a nightly feature of cargo; this variable opens it to the stable release it belongs to.
    env: environment(rustc, { RUSTC_BOOTSTRAP: '1' }),
    arguments: [
      ...['-Z', 'build-std=core,compiler_builtins', '-Z', 'build-std-features=compiler-builtins-mem'],
      ...withLinker(target),
    ],
    compilesCore: true,
    librarySource,
    versions: { rustc: version, lld: await ask('ld.lld', '--version') },
  };
}

/**
 * The same, with `core` compiled once and for all, as rustup's toolchains have it. Kernels are built with it: each in a
 * folder of its own, since cargo tells crates of one name in a shared folder apart by the age of their files only, and
 * would take one chapter's kernel for another's.
 */
async function withCompiledCore(compiler: Candidate & { version: string }): Promise<Toolchain | undefined> {
  const toolchain = await fromSource(compiler, bareTarget);
  if (toolchain === undefined) return;
  const { rustc, sysroot } = await compilerWithCore(toolchain, compiler);
  return { ...toolchain, env: environment(rustc), arguments: withLinker(bareTarget), compilesCore: false, sysroot };
}

/** Compiles `core` unless it is there. Returns where it lies, and the path of a `rustc` that finds it. */
async function compilerWithCore(
  toolchain: Toolchain,
  { rustc, version }: Candidate & { version: string },
): Promise<{ rustc: string; sysroot: string }> {
  const key = createHash('sha256').update([version, toolchain.librarySource].join('\0')).digest('hex').slice(0, 8);
  const folder = `${buildFolder}/core-${key}`;
  const sysroot = `${folder}/sysroot`;
  const libraries = `${sysroot}/lib/rustlib/${bareTarget}/lib`;
  const program = `${folder}/rustc`;
  if (existsSync(program)) return { rustc: program, sysroot };

  const crate = `${folder}/crate`;
  await mkdir(`${crate}/src`, { recursive: true });
  await writeFile(`${crate}/Cargo.toml`, '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n');
  await writeFile(`${crate}/src/lib.rs`, '#![no_std]\n');
  const flags = [`--remap-path-prefix=${toolchain.librarySource}=/rust`];
  await run(
    toolchain.cargo,
    [
      ...['build', '--release', '--target', bareTarget, '--target-dir', `${folder}/target`, ...toolchain.arguments],
      ...['--config', `target.${bareTarget}.rustflags=${JSON.stringify(flags)}`],
    ],
    { cwd: crate, env: toolchain.env },
  );
  await mkdir(libraries, { recursive: true });
  const made = `${folder}/target/${bareTarget}/release/deps`;
  for (const name of readdirSync(made).filter((each) => /^lib(core|compiler_builtins)-.*\.rlib$/.test(each))) {
    await copyFile(`${made}/${name}`, `${libraries}/${name}`);
  }
  // A compiler option in its stead would reach the names of symbols, and with it the checkout's path. The program comes
  // last and at once: where it is, the libraries are.
  const unfinished = `${program}.${process.pid}`;
  await writeFile(unfinished, compilerProgram(await findProgram(rustc), sysroot), { mode: 0o755 });
  await rename(unfinished, program);
  return { rustc: program, sysroot };
}

/** A `rustc` that looks for the bare target's libraries in our folder, and for the machine's own in their usual place. */
const compilerProgram = (rustc: string, sysroot: string) =>
  [
    '#!/bin/sh',
    `case " $* " in *" --target ${bareTarget} "*) set -- --sysroot ${quote(sysroot)} "$@" ;; esac`,
    `exec ${quote(rustc)} "$@"`,
    '',
  ].join('\n');

async function findToolchain(kinds: readonly (typeof readyMade)[], target: CrossTarget): Promise<Toolchain> {
  const compilers = await installedCompilers();
  for (const find of kinds) {
    for (const compiler of compilers) {
      const toolchain = await find(compiler, target);
      if (toolchain !== undefined) return toolchain;
    }
  }
  throw new UserError(
    `No Rust toolchain here can build for ${target}.`,
    `With rustup: rustup target add ${target}`,
    'On Debian 12 without rustup: apt-get install rustc-web cargo-web rust-web-src lld',
    `It has to be Rust 1.${oldestMinor} or newer; on Debian 12 that comes with the suite bookworm-security.`,
  );
}

/** The compiler that makes the kernels, where it can make programs for this machine too, so that there is one to name. */
async function findHostedToolchain(): Promise<Toolchain> {
  const compilers = await installedCompilers();
  const forKernels = (await bareToolchain().catch(() => undefined))?.cargo;
  const compiler = compilers.find(({ cargo }) => cargo === forKernels) ?? compilers[0];
  if (compiler === undefined) {
    throw new UserError(
      `There is no Rust toolchain, 1.${oldestMinor} or newer.`,
      'Install rustup (https://rustup.rs), or on Debian 12: apt-get install rustc-web cargo-web',
    );
  }
  const { cargo, rustc, version } = compiler;
  return {
    cargo,
    env: environment(rustc),
    arguments: [],
    compilesCore: false,
    librarySource: '',
    versions: { rustc: version },
  };
}

let bare: Promise<Toolchain> | undefined;
const withOwnCore = new Map<CrossTarget, Promise<Toolchain>>();
let hosted: Promise<Toolchain> | undefined;

/**
 * The toolchain for kernels, looked for once per run; where `core` has to be compiled first, that takes half a minute and
 * more, once. Rejects with what to install when there is none.
 */
export const bareToolchain = (): Promise<Toolchain> =>
  (bare ??= findToolchain([readyMade, withCompiledCore], bareTarget));

/** The same for the loader, which wants `core` small. */
export function ownCoreToolchain(target: CrossTarget = bareTarget): Promise<Toolchain> {
  const found = withOwnCore.get(target) ?? findToolchain([readyMade, fromSource], target);
  withOwnCore.set(target, found);
  return found;
}

/** The toolchain for programs that run on this machine, looked for once per run. */
export const hostedToolchain = (): Promise<Toolchain> => (hosted ??= findHostedToolchain());

export interface BuildRequest {
  /** Folder of the crate or workspace. Cargo writes nothing into it; it needs a Cargo.lock. */
  folder: string;
  /** Where the finished binary goes; builds of different folders need different ones. */
  output: string;
  /** Name of the binary. */
  binary: string;
  /** For a crate without a `.cargo/config.toml` that names the target. */
  target?: CrossTarget;
  /** Cargo's own home instead of the user's. */
  cargoHome?: string;
  /** What `cargo build` makes without `--release`. */
  debug?: boolean;
  onOutput?: (text: string) => void;
}

/**
 * Compiles a crate for the bare target, or the one that the request names, as a release unless `debug` is set. Returns the
 * path of the binary.
 */
export async function buildBare(request: BuildRequest): Promise<string> {
  const { target, output, debug, binary } = request;
  await cargoBuild(await (target === undefined ? bareToolchain() : ownCoreToolchain(target)), request);
  const suffix = target === uefiTarget ? '.efi' : '';
  return `${output}/${target ?? bareTarget}/${debug ? 'debug' : 'release'}/${binary}${suffix}`;
}

/** Compiles a crate for the machine that builds it, as a release unless `debug` is set. Returns the path of the binary. */
export async function buildHosted(request: BuildRequest): Promise<string> {
  await cargoBuild(await hostedToolchain(), request);
  return `${request.output}/${request.debug ? 'debug' : 'release'}/${request.binary}`;
}

async function cargoBuild(toolchain: Toolchain, request: BuildRequest): Promise<void> {
  const { cargo, env, arguments: common } = await cargoCall(toolchain, request);
  await run(
    cargo,
    [
      ...['build', ...common, '--target-dir', request.output],
      ...(request.debug ? [] : ['--release']),
      ...(request.target === undefined ? [] : ['--package', request.binary, '--target', request.target]),
    ],
    { cwd: request.folder, env, ...(request.onOutput && { onOutput: request.onOutput }) },
  );
}

/** How `cargo build` is called for a crate, besides what its user would say. */
export interface CargoCall {
  cargo: string;
  env: Record<string, string | undefined>;
  arguments: readonly string[];
}

/** How a crate is built with a toolchain, so that the binary is the same whoever builds it, wherever. */
export async function cargoCall(
  toolchain: Toolchain,
  { folder, cargoHome, target = bareTarget }: Pick<BuildRequest, 'folder' | 'cargoHome' | 'target'>,
): Promise<CargoCall> {
  const env = { ...toolchain.env, ...(cargoHome === undefined ? {} : { CARGO_HOME: cargoHome }) };
  const remapped = await pathsToHide(toolchain, folder, env);
  const settings = [
    // --config adds to the lists in the reader's .cargo/config.toml; RUSTFLAGS would replace them.
    `target.${target}.rustflags=${JSON.stringify(remapped)}`,
    ...(toolchain.compilesCore
      ? [`build.build-dir=${JSON.stringify(intermediateFolder(folder, [...remapped, folder]))}`]
      : []),
  ];
  return {
    cargo: toolchain.cargo,
    env,
    arguments: ['--locked', ...toolchain.arguments, ...settings.flatMap((setting) => ['--config', setting])],
  };
}

/**
 * Where cargo keeps what lies between source and binary, and `core` with it: a folder for each set of settings, since cargo
 * would compile core anew each time they change. `flags` are those that do not stand in the crate's own
 * `.cargo/config.toml`.
 */
export function intermediateFolder(folder: string, flags: readonly string[]): string {
  const file = `${folder}/.cargo/config.toml`;
  const settings = [existsSync(file) ? readFileSync(file, 'utf8') : '', ...flags].join('\0');
  return `${buildFolder}/build-${createHash('sha256').update(settings).digest('hex').slice(0, 8)}`;
}

interface Metadata {
  packages: { name: string; version: string; manifest_path: string; source: string | null }[];
}

/**
 * Compiler flags that put a fixed name in the place of every folder of this machine that could reach the binary, so
 * that it is the same whoever builds it, wherever. A crate's own files are named relative to its folder anyway.
 */
async function pathsToHide(toolchain: Toolchain, folder: string, env: Toolchain['env']): Promise<string[]> {
  const listing = await run(toolchain.cargo, ['metadata', '--format-version', '1', '--locked'], { cwd: folder, env });
  const { packages } = JSON.parse(listing.stdout) as Metadata;
  const folders = packages
    .filter(({ source }) => source !== null)
    .map(({ name, version, manifest_path }) => `${dirname(manifest_path)}=/crates/${name}-${version}`)
    .sort();
  return [`${toolchain.librarySource}=/rust`, ...folders].map((pair) => `--remap-path-prefix=${pair}`);
}

/** Where trees are laid out and compiled. */
export const buildFolder = `${cache}/kernel`;

/** The loader's workspace. */
export const loaderFolder = `${root}/kernel/loader`;
