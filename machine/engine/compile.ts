import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { UserError } from '../../tools/errors.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { cache, root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import type { Progress } from '../../tools/steps.ts';
import { bochs, fetchSource } from './source.ts';

const here = `${root}/machine/engine`;
const python = `${cache}/venv/bin/python`;

/** Built up of stages, each of which is complete or will be done again: an interrupted build goes on where it was. */
export const buildFolder = `${cache}/engine-build`;
const tools = `${buildFolder}/bin`;
const tree = `${buildFolder}/${bochs.folder}`;
const preparedStamp = `${tree}/.onko-configured`;

/** Features of WebAssembly that the engine needs: all current browsers have had them since 2022. */
const cpu = 'generic+exception_handling+bulk_memory+nontrapping_fptoint+sign_ext+mutable_globals';
const emulated = ['SIGNAL', 'MMAN', 'PROCESS_CLOCKS', 'GETPID'];
const target = [
  '-target',
  'wasm32-wasi',
  `-mcpu=${cpu}`,
  ...emulated.map((name) => `-D_WASI_EMULATED_${name}`),
  '-fno-sanitize=undefined',
];
/** Bochs leaves an instruction that faults by longjmp; as WebAssembly exceptions that is 25 % faster than otherwise. */
const longjmp = ['-mllvm', '-wasm-enable-sjlj', '-mllvm', '-wasm-use-legacy-eh=true'];

const configuration = [
  '--host=wasm32-unknown-wasi',
  '--build=x86_64-pc-linux-gnu', // any name but the host's: we are compiling for another system
  '--with-nogui',
  '--enable-x86-64',
  '--enable-cpu-level=6',
  '--enable-pci',
  '--enable-repeat-speedups',
  '--enable-handlers-chaining',
  '--disable-large-ramfile',
  '--disable-plugins',
  '--disable-debugger',
  '--disable-readline',
  '--disable-gdb-stub',
  '--disable-show-ips',
  '--disable-logging',
  '--disable-docbook',
  '--disable-configurable-msrs', // reading their file loops for ever under WASI
];

const flags = '-Os';
const cxxFlags = `${flags} -fno-exceptions -fno-rtti`;

/** What Bochs's own link command would take; the libraries in the order that it uses. */
const objects = 'logio.o main.o config.o pc_system.o osdep.o plugin.o crc.o bxthread.o'.split(' ');
const libraries = [
  'iodev/libiodev.a',
  'iodev/display/libdisplay.a',
  'iodev/hdimage/libhdimage.a',
  'cpu/libcpu.a',
  'cpu/cpudb/libcpudb.a',
  'memory/libmemory.a',
  'gui/libgui.a',
  'cpu/fpu/libfpu.a',
  'cpu/softfloat3e/libsoftfloat.a',
];
/** screen.cc is not among them: it takes the place of gui/nogui.cc and is compiled with Bochs. */
const glue = ['run', 'cpu-model', 'stosq', 'inspect', 'devices', 'memory'];

const environment = (): Record<string, string> => ({
  PATH: `${tools}:${process.env['PATH'] ?? ''}`,
  ZIG_GLOBAL_CACHE_DIR: `${buildFolder}/zig`,
  ZIG_LOCAL_CACHE_DIR: `${buildFolder}/zig-local`,
});

async function zigPath(): Promise<string> {
  if (!existsSync(python))
    throw new UserError('The compiler (Zig, in .cache/venv) is missing.', 'Run ./onko start: it brings it.');
  const found = await run(python, ['-c', 'import os, ziglang; print(os.path.dirname(ziglang.__file__))']);
  return `${found.stdout.trim()}/zig`;
}

/** Small programs by which configure and make find Zig under the names that they know. */
async function writeTools(): Promise<void> {
  const zig = await zigPath();
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  const line = (...words: string[]): string => words.map(quote).join(' ');
  const scripts: Record<string, string> = {
    'onko-cc': `exec ${line(zig, 'cc', ...target)} "$@"`,
    // The sources want a few things that WASI's headers lack. Bochs compiles some C files as C++.
    'onko-cxx': `case " $* " in *" -c "*) set -- ${line('-x', 'c++', '-include', `${here}/glue/wasi.h`, `-I${here}/glue`)} "$@" ;; esac\nexec ${line(zig, 'c++', ...target, ...longjmp)} "$@"`,
    ar: `exec ${line(zig, 'ar')} "$@"`,
    ranlib: `exec ${line(zig, 'ranlib')} "$@"`,
    ld: `exec ${line(zig, 'wasm-ld')} "$@"`,
  };
  await rm(tools, { recursive: true, force: true });
  await mkdir(tools, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(`${tools}/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(`${tools}/${name}`, 0o755);
  }
}

/** What the tree is made of, apart from what only the last step takes. */
function treeInputs(): Promise<string> {
  const glueOfBochs = ['onko.h', 'wasi.h', 'screen.cc'].map((name) => `machine/engine/glue/${name}`);
  const scripts = ['patches', 'compile.ts', 'source.ts'].map((name) => `machine/engine/${name}`);
  return fingerprint([...glueOfBochs, ...scripts, 'cli/python-requirements.txt']);
}

/** Unpacks, patches and configures Bochs, unless that is done for these very inputs. */
async function prepareTree(progress: Progress): Promise<void> {
  const inputs = await treeInputs();
  if (existsSync(preparedStamp) && (await readFile(preparedStamp, 'utf8')) === inputs) return;
  progress('fetching the source of Bochs');
  const tarball = await fetchSource(buildFolder);
  progress('unpacking and patching');
  await rm(tree, { recursive: true, force: true });
  await run('tar', ['xf', tarball, '--no-same-owner'], { cwd: buildFolder });
  for (const patch of (await readdir(`${here}/patches`)).sort()) {
    await run('patch', ['-s', '-p0', '--fuzz=0', '-i', `${here}/patches/${patch}`], { cwd: tree });
  }
  await copyFile(`${here}/glue/screen.cc`, `${tree}/gui/nogui.cc`);
  progress('configuring');
  await run('./configure', configuration, {
    cwd: tree,
    env: { ...environment(), CC: 'onko-cc', CXX: 'onko-cxx', CFLAGS: flags, CXXFLAGS: cxxFlags },
  });
  await writeFile(preparedStamp, inputs);
}

/**
 * make in each folder for itself: the program as a whole, which `make bochs` would link, is not what we want.
 * Not every folder's makefile names the compiler that was configured.
 */
async function compileBochs(progress: Progress): Promise<void> {
  const make = ['-j2', 'CC=onko-cc', 'CXX=onko-cxx'];
  const folders = libraries.map((library) => library.slice(0, library.lastIndexOf('/')));
  let compiled = 0;
  const onOutput = (text: string): void => {
    compiled += text.split(' -c ').length - 1;
    progress(`compiling, ${compiled} of about 430 files`);
  };
  for (const folder of folders) await run('make', [...make, '-C', folder], { cwd: tree, env: environment(), onOutput });
  await run('make', [...make, ...objects], { cwd: tree, env: environment(), onOutput });
}

async function link(wasm: string): Promise<void> {
  const env = environment();
  await mkdir(`${tree}/glue`, { recursive: true });
  for (const name of glue) {
    const args = [
      ...cxxFlags.split(' '),
      '-I.',
      '-Iinstrument/stubs',
      '-c',
      `${here}/glue/${name}.cc`,
      '-o',
      `glue/${name}.o`,
    ];
    await run('onko-cxx', args, { cwd: tree, env });
  }
  const partial = `${wasm}.partial`;
  await run(
    'onko-cxx',
    [
      flags,
      '-o',
      partial,
      ...glue.map((name) => `glue/${name}.o`),
      ...objects,
      ...libraries,
      `${here}/glue/longjmp.s`,
      `${here}/glue/wasi.c`,
      ...emulated.map((name) => `-lwasi-emulated-${name.toLowerCase().replaceAll('_', '-')}`),
      '-mexec-model=reactor',
      '-Wl,-z,stack-size=1048576',
      `-Wl,--max-memory=${2 ** 30}`,
      '-s',
    ],
    { cwd: tree, env },
  );
  await rename(partial, wasm);
}

/** Makes engine.wasm at the path `wasm`. */
export async function compileEngine(wasm: string, progress: Progress): Promise<void> {
  await mkdir(buildFolder, { recursive: true });
  await writeTools();
  await prepareTree(progress);
  await compileBochs(progress);
  progress('linking');
  await link(wasm);
}
