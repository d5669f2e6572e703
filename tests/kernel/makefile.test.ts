/** Chapter 7: the Makefile as printed, run as a reader runs it: what is due is made, and nothing else. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { writeTree } from '../../kernel/pipeline/build.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { madeKernel } from '../../kernel/pipeline/make.ts';
import { bareToolchain, cargoCall } from '../../kernel/pipeline/toolchain.ts';
import { parseElf } from '../../src/lib/elf.ts';
import { run, tryRun } from '../../tools/process.ts';
import { bootFiles, makefileTree, writeLimine, writeProgram } from './fixtures/makefile.ts';

const { scratch, tree, limine, programs, iso, kernel, make, tryMake, tryMakeWith } = await makefileTree();

const time = (path: string) => statSync(path).mtimeMs;

/** Makes a file newer than everything else, without waiting for a slow clock. */
function touch(path: string): void {
  const soon = new Date(Date.now() + 2_000);
  utimesSync(path, soon, soon);
}

/** Makes everything that was touched old again. */
function age(...paths: string[]): void {
  const past = new Date(Date.now() - 60_000);
  for (const path of paths) utimesSync(`${tree}/${path}`, past, past);
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(`${tree}/${path}`, 'utf8');
  assert.ok(text.includes(from), `${path} has ${from}`);
  writeFileSync(`${tree}/${path}`, text.replaceAll(from, to));
}

const segmentAddresses = (elf: string) =>
  parseElf(readFileSync(elf))
    .segments.filter(({ type }) => type === 1)
    .map(({ virtualAddress }) => virtualAddress);

/** Cuts the file out of the image, by what Rock Ridge calls it. */
async function extract(image: string, path: string): Promise<Buffer> {
  const target = `${scratch}/extracted`;
  rmSync(target, { force: true });
  await run('xorriso', ['-osirrox', 'on', '-indev', image, '-extract', path, target]);
  return readFileSync(target);
}

test('make compiles the kernel, puts five files on the disc and installs the boot code', async () => {
  const { output } = await make();
  assert.match(output, /limine bios-install onko-os\.iso/);
  assert.deepEqual(await extract(iso, '/kernel.elf'), readFileSync(kernel));
  assert.deepEqual(await extract(iso, '/limine.conf'), readFileSync(`${tree}/limine.conf`));
  for (const name of ['limine-bios.sys', 'limine-uefi-cd.bin'] as const) {
    assert.deepEqual(new Uint8Array(await extract(iso, `/boot/${name}`)), bootFiles[name]);
  }
});

test('a second make only asks cargo, and touches nothing', async () => {
  const before = [time(iso), time(kernel)];
  const { stdout } = await make();
  assert.deepEqual(stdout.trim().split('\n'), ['cargo build --release']);
  assert.deepEqual([time(iso), time(kernel)], before);
});

test('a new limine.conf, Makefile or Limine writes the disc anew, and compiles nothing', async () => {
  for (const path of [`${tree}/limine.conf`, `${tree}/Makefile`, `${limine}/limine`]) {
    const before = time(kernel);
    touch(path);
    const { output } = await make();
    assert.match(output, /^xorriso -as mkisofs/m, path);
    assert.doesNotMatch(output, /Compiling/, path);
    assert.equal(time(kernel), before, path);
    utimesSync(path, new Date(), new Date(Date.now() - 60_000));
  }
});

test('an edit of main.rs compiles the kernel and writes the disc', async () => {
  edit('src/main.rs', 'red: 12', 'red: 13');
  const { output } = await make();
  assert.match(output, /Compiling onko_os/);
  assert.deepEqual(await extract(iso, '/kernel.elf'), readFileSync(kernel));
  edit('src/main.rs', 'red: 13', 'red: 12');
});

test('an edit of linker.ld links the kernel anew and writes the disc', async () => {
  await make();
  assert.deepEqual(segmentAddresses(kernel), [0xffff_ffff_8000_0000n, 0xffff_ffff_8000_1000n]);
  edit('linker.ld', 'ALIGN(0x1000)', 'ALIGN(0x2000)');
  await make();
  assert.deepEqual(segmentAddresses(kernel), [0xffff_ffff_8000_0000n, 0xffff_ffff_8000_2000n]);
  assert.deepEqual(await extract(iso, '/kernel.elf'), readFileSync(kernel));
  edit('linker.ld', 'ALIGN(0x2000)', 'ALIGN(0x1000)');
});

test('without build.rs, as in chapter 5, cargo does not notice an edit of linker.ld', async () => {
  const folder = `${scratch}/chapter-5`;
  await writeTree(composeChapter('05-main-rs'), folder);
  const { cargo: program, env, arguments: added } = await cargoCall(await bareToolchain(), { folder });
  const build = () =>
    run(program, ['build', '--release', ...added, '--target-dir', `${folder}/target`], { cwd: folder, env });
  await build();
  const elf = `${folder}/${madeKernel}`;
  const before = readFileSync(elf);
  const script = readFileSync(`${folder}/linker.ld`, 'utf8');
  writeFileSync(`${folder}/linker.ld`, script.replaceAll('ALIGN(0x1000)', 'ALIGN(0x2000)'));
  const { output } = await build();
  assert.match(output, /Finished/);
  assert.doesNotMatch(output, /Compiling/);
  assert.deepEqual(readFileSync(elf), before);
});

test('what is no longer copied is no longer on the disc', async () => {
  writeFileSync(`${tree}/iso_root/stray.txt`, 'from last week');
  touch(`${tree}/limine.conf`);
  await make();
  age('limine.conf');
  const { stdout } = await run('xorriso', ['-indev', iso, '-find', '/', '-type', 'f']);
  assert.deepEqual([...stdout.matchAll(/'(.*)'/g)].map(([, path]) => path).sort(), [
    '/boot/limine-bios-cd.bin',
    '/boot/limine-bios.sys',
    '/boot/limine-uefi-cd.bin',
    '/kernel.elf',
    '/limine.conf',
  ]);
});

test('a disc whose last step failed is deleted, and the next make begins again', async () => {
  writeProgram(`${limine}/limine`, 'exit 3');
  touch(`${tree}/limine.conf`);
  const failed = await tryMake();
  assert.notEqual(failed.status, 0);
  assert.match(failed.output, /Deleting file 'onko-os\.iso'/);
  assert.equal(existsSync(iso), false);
  writeProgram(`${limine}/limine`, 'echo "limine $*"');
  age('limine.conf');
  await make();
  assert.ok(existsSync(iso));
});

test('a folder without the tool, or without a boot file, is named', async () => {
  const empty = `${scratch}/empty`;
  const ask = () => tryMakeWith(empty);
  assert.match((await ask()).output, new RegExp(`No rule to make target '${empty}/limine', needed by 'onko-os.iso'`));
  mkdirSync(empty);
  writeProgram(`${empty}/limine`, 'exit 0');
  touch(`${empty}/limine`);
  assert.match((await ask()).output, /cannot stat '.*\/empty\/limine-bios\.sys'/);
});

test('files and folders with the names of commands change nothing', async () => {
  mkdirSync(`${tree}/kernel`);
  mkdirSync(`${tree}/all`);
  writeFileSync(`${tree}/run`, '');
  assert.match((await make('-n', 'kernel')).output, /^cargo build --release$/m);
  assert.match((await make('-n', 'all')).output, /^cargo build --release$/m);
  const dry = await make('-n', 'run', 'QEMU_OPTIONS=-m 512M');
  assert.match(dry.output, /^qemu-system-x86_64 -cdrom onko-os\.iso -m 512M$/m);
  for (const path of ['kernel', 'all', 'run']) rmSync(`${tree}/${path}`, { recursive: true });
});

test('without .PHONY a file called clean would keep make from cleaning', async () => {
  writeFileSync(`${tree}/clean`, '');
  assert.match((await make('-n', 'clean')).output, /^rm -rf iso_root onko-os\.iso$/m);
  const unmarked = readFileSync(`${tree}/Makefile`, 'utf8').replace(/^\.PHONY.*$/m, '');
  const { output } = await tryRun('make', ['-f', '-', '-C', tree, 'clean'], { input: unmarked });
  assert.match(output, /'clean' is up to date/);
  rmSync(`${tree}/clean`);
});

test('Limine is cloned once, compiled, kept by clean, and fetched again after a clone that broke off', async () => {
  const fetched = `${tree}/limine`;
  const withoutFolder = (...args: string[]) => tryMakeWith(undefined, ...args);
  // Stands in for the network: what the clone of a binary release brings, with the tool still to be compiled.
  const release = `${scratch}/release`;
  writeLimine(release);
  rmSync(`${release}/limine`);
  writeFileSync(`${release}/Makefile`, "all:\n\tprintf '#!/bin/sh\\necho limine $$*\\n' > limine && chmod +x limine\n");
  const cloning = `echo "git $*"; test -e limine && exit 128; cp -r ${release} limine`;

  writeProgram(`${programs}/git`, 'mkdir limine; touch limine/half; exit 128');
  assert.notEqual((await withoutFolder('limine')).status, 0);
  assert.ok(existsSync(`${fetched}/half`));

  writeProgram(`${programs}/git`, cloning);
  const cloned = await withoutFolder();
  assert.equal(cloned.status, 0, cloned.output);
  assert.match(
    cloned.output,
    /git clone --depth=1 --branch=v10\.x-binary https:\/\/github\.com\/Limine-Bootloader\/Limine\.git limine/,
  );
  assert.match(cloned.output, /limine bios-install onko-os\.iso/);

  writeProgram(`${programs}/git`, 'echo "the network is gone"; exit 128');
  assert.equal((await withoutFolder('clean')).status, 0);
  assert.equal(existsSync(iso), false);
  const again = await withoutFolder();
  assert.equal(again.status, 0, again.output);
  assert.doesNotMatch(again.output, /git clone/);

  assert.equal((await make('distclean')).status, 0);
  assert.equal(existsSync(fetched), false);
  assert.ok(existsSync(`${limine}/limine`), 'a folder of the reader is not deleted');
  rmSync(`${programs}/git`);
});

test('spaces in the place of a tab are an error that says so', async () => {
  const spaces = readFileSync(`${tree}/Makefile`, 'utf8').replaceAll('\t', '        ');
  const { status, output } = await tryRun('make', ['-f', '-', '-C', tree], { input: spaces });
  assert.notEqual(status, 0);
  assert.match(output, /missing separator \(did you mean TAB instead of 8 spaces\?\)/);
});
