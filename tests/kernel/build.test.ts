import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { unzipSync } from 'fflate';
import { chapterArchive } from '../../kernel/pipeline/archive.ts';
import { buildBiosLoader, buildChapter, buildTree, writeTree } from '../../kernel/pipeline/build.ts';
import { chapters, findChapter } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { bareTarget, buildBare, buildFolder, loaderFolder } from '../../kernel/pipeline/toolchain.ts';
import { parseElf } from '../../src/lib/elf.ts';
import type { ElfFile } from '../../src/lib/elf.ts';
import { CommandError } from '../../tools/process.ts';
import { thorough } from '../thorough.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-build-`);
after(() => rmSync(scratch, { recursive: true }));

const executable = 2;
const positionIndependent = 3;
const load = 1;
const interpreter = 3;
const [execute, write, read] = [1, 2, 4];
const higherHalf = 0xffffffff80000000n;

const compile = async (id: string): Promise<ElfFile> => parseElf(readFileSync(await buildChapter(id)));
const loaded = (elf: ElfFile) => elf.segments.filter(({ type }) => type === load);

test('chapter 1 has nothing to compile, and says so', async () => {
  await assert.rejects(buildChapter('01-environment'), /01-environment has nothing to compile/);
});

// Elsewhere the program is not an ELF file.
if (process.platform === 'linux') {
  test('chapter 2 is a program for the machine that builds it', async () => {
    const elf = await compile('02-cargo-toml');
    assert.equal(elf.type, positionIndependent);
    assert.ok(elf.segments.some(({ type }) => type === interpreter));
  });
}

test('chapter 3 has no entry point, no code, and lies in the lower half', async () => {
  const elf = await compile('03-config-toml');
  assert.equal(elf.type, executable);
  assert.equal(elf.entry, 0n);
  assert.equal(loaded(elf)[0]?.virtualAddress, 0x200000n);
  assert.ok(!elf.sections.some(({ name }) => name === '.text'));
});

test('chapter 4 enters kmain at the start of the higher half', async () => {
  const elf = await compile('04-linker-script');
  assert.equal(elf.entry, higherHalf);
  assert.equal(elf.symbols.find(({ name }) => name === 'kmain')?.value, higherHalf);
});

for (const { id } of chapters.filter(({ number }) => number >= 4)) {
  test(`${id}: each segment has pages and permissions of its own, none both writable and executable`, async () => {
    const elf = await compile(id);
    assert.equal(elf.type, executable);
    const segments = loaded(elf);
    const pages = new Set<bigint>();
    for (const { virtualAddress, memorySize, flags, offset } of segments) {
      assert.ok(virtualAddress >= higherHalf);
      assert.equal(virtualAddress % 0x1000n, offset % 0x1000n);
      assert.notEqual(flags & (write | execute), write | execute);
      assert.equal(flags & read, read);
      for (let page = virtualAddress / 0x1000n; page * 0x1000n < virtualAddress + memorySize; page += 1n) {
        assert.ok(!pages.has(page), `two segments share the page 0x${(page * 0x1000n).toString(16)}`);
        pages.add(page);
      }
    }
    const code = segments.find(({ flags }) => (flags & execute) !== 0);
    assert.ok(
      code !== undefined && elf.entry >= code.virtualAddress && elf.entry < code.virtualAddress + code.memorySize,
    );
    assert.ok(!elf.sections.some(({ name }) => /^\.(eh_frame|note|interp|dynamic|got|rela)/.test(name)));
  });
}

test('chapter 5 keeps what the loader looks for: the base revision and the framebuffer request', async () => {
  const file = readFileSync(await buildChapter('05-main-rs'));
  // PROTOCOL.md of the Limine boot protocol: base revision tag; the common beginning of requests, then that of framebuffers.
  const magic = (...words: bigint[]) => Buffer.from(BigUint64Array.from(words).buffer);
  assert.ok(file.includes(magic(0xf9562b2d5c95a6c8n, 0x6a7b384944536bdcn, 3n)));
  assert.ok(file.includes(magic(0xc7b1dd30df4c8b88n, 0x0a82e883a194f07bn, 0x9d5827dcd881dd75n, 0xa3148604f6fab11bn)));
});

test('a chapter gives the same bytes in another folder, with another home of cargo, from its download', async () => {
  const usual = readFileSync(await buildChapter('05-main-rs'));
  // Not in the scratch folder, so that core is compiled for this home only once.
  const elsewhere = `${buildFolder}/elsewhere`;
  const files = unzipSync(chapterArchive('05-main-rs'));
  const text = new TextDecoder();
  const tree = Object.entries(files).map(
    ([path, bytes]) => [path, { text: text.decode(bytes), regions: new Map() }] as const,
  );
  await writeTree(new Map(tree), `${elsewhere}/download`);

  const cargoHome = `${elsewhere}/cargo-home`;
  borrowRegistry(cargoHome);
  const chapter = findChapter('05-main-rs');
  const there = await buildTree(chapter, `${elsewhere}/download/onko_os`, `${elsewhere}/output`, { cargoHome });
  assert.ok(usual.equals(readFileSync(there)));
});

/** Lets a home of cargo use what the user's own has downloaded; the sources are unpacked anew in there. */
function borrowRegistry(cargoHome: string): void {
  const usual = process.env['CARGO_HOME'] ?? `${homedir()}/.cargo`;
  mkdirSync(`${cargoHome}/registry`, { recursive: true });
  for (const name of ['config.toml', 'registry/cache', 'registry/index']) {
    if (existsSync(`${usual}/${name}`) && !existsSync(`${cargoHome}/${name}`))
      symlinkSync(`${usual}/${name}`, `${cargoHome}/${name}`);
  }
}

// Each checkout that builds the committed ISOs again shows the same, without a core compiled for this alone.
test('the loader gives the same bytes in another folder', { skip: !thorough }, async () => {
  // Not in the scratch folder, so that core is compiled for it only once; with the old dates, so that cargo sees what changed.
  const elsewhere = `${buildFolder}/elsewhere`;
  const folder = `${elsewhere}/loader`;
  rmSync(folder, { recursive: true, force: true });
  cpSync(loaderFolder, folder, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !path.endsWith('/target'),
  });
  const request = { folder, output: `${elsewhere}/loader-output`, binary: 'onko-loader', target: bareTarget } as const;
  const there = readFileSync(await buildBare(request));
  assert.ok(there.equals(readFileSync(await buildBiosLoader())));
});

test('a compiler error comes through whole, with file and line', async () => {
  const folder = `${scratch}/broken`;
  const tree = composeChapter('04-linker-script');
  tree.set('src/main.rs', { text: '#![no_std]\n#![no_main]\nfn main() { let x: u8 = "text"; }\n', regions: new Map() });
  await writeTree(tree, folder);
  await assert.rejects(
    buildTree(findChapter('04-linker-script'), folder, `${scratch}/broken-output`),
    (error) => error instanceof CommandError && /error\[E0308\][^]*src\/main\.rs:3:25/.test(error.message),
  );
});

test('a flag of the environment does not reach the kernel', async () => {
  process.env['RUSTFLAGS'] = '-C opt-level=0 -C debuginfo=2';
  try {
    const elf = await compile('05-main-rs');
    assert.ok(!elf.sections.some(({ name }) => name.startsWith('.debug')));
  } finally {
    delete process.env['RUSTFLAGS'];
  }
});

test('a tree is written without what was there before, and untouched where it is right', async () => {
  const folder = `${scratch}/tree`;
  const file = (text: string) => ({ text, regions: new Map() });
  await writeTree(
    new Map([
      ['old.rs', file('old')],
      ['src/kept.rs', file('kept')],
    ]),
    folder,
  );
  utimesSync(`${folder}/src/kept.rs`, 0, 0);
  await writeTree(
    new Map([
      ['src/kept.rs', file('kept')],
      ['src/new.rs', file('new')],
    ]),
    folder,
  );
  assert.equal(existsSync(`${folder}/old.rs`), false);
  assert.equal(readFileSync(`${folder}/src/new.rs`, 'utf8'), 'new');
  assert.equal(statSync(`${folder}/src/kept.rs`).mtimeMs, 0);
});
