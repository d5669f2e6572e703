import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { buildChapter, writeTree } from '../../kernel/pipeline/build.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { hostedToolchain } from '../../kernel/pipeline/toolchain.ts';
import { parseElf } from '../../src/lib/elf.ts';
import { run, tryRun } from '../../tools/process.ts';

// What the chapter "Cargo.toml" says about its program and its dependency.

const scratch = mkdtempSync(`${tmpdir()}/onko-cargo-toml-`);
after(() => rmSync(scratch, { recursive: true }));

const positionIndependent = 3;
const [dynamic, interpreter] = [2, 3];
/** Bytes of an Elf64_Rela (System V ABI, "Relocation"). */
const relocationSize = 24n;

/** Chapter 2's folder with another main.rs, and how to call its cargo. */
async function project(name: string, main?: string) {
  const folder = `${scratch}/${name}`;
  const tree = composeChapter('02-cargo-toml');
  if (main !== undefined) tree.set('src/main.rs', { text: main, regions: new Map() });
  await writeTree(tree, folder);
  const { cargo, env } = await hostedToolchain();
  return { cargo, cwd: folder, env: { ...env, CARGO_TARGET_DIR: `${scratch}/target` } };
}

// Elsewhere the program is not an ELF file.
if (process.platform === 'linux') {
  test('the program needs an interpreter, libraries, an unwinder and hundreds of relocations', async () => {
    const file = readFileSync(await buildChapter('02-cargo-toml'));
    const elf = parseElf(file);
    assert.equal(elf.type, positionIndependent);
    assert.ok(elf.segments.some(({ type }) => type === interpreter));
    assert.ok(elf.segments.some(({ type }) => type === dynamic));
    for (const library of ['libc.so.6', 'libgcc_s.so.1']) assert.ok(file.includes(`\0${library}\0`), library);
    const relocations = elf.sections.find(({ name }) => name === '.rela.dyn');
    assert.ok(relocations && relocations.size / relocationSize >= 200n);
    for (const name of ['.eh_frame', '.gcc_except_table']) {
      assert.ok(
        elf.sections.some((section) => section.name === name),
        name,
      );
    }
  });

  test('linked statically it asks for no interpreter, and is still position-independent', async () => {
    const { cargo, cwd, env } = await project('static');
    const flags = { RUSTFLAGS: '-C target-feature=+crt-static', CARGO_TARGET_DIR: `${scratch}/static-target` };
    await run(cargo, ['build', '--release', '--locked'], { cwd, env: { ...env, ...flags } });
    const elf = parseElf(readFileSync(`${scratch}/static-target/release/onko_os`));
    assert.equal(elf.type, positionIndependent);
    assert.ok(!elf.segments.some(({ type }) => type === interpreter));
    assert.ok(elf.segments.some(({ type }) => type === dynamic));
    assert.equal(elf.segments.find(({ type }) => type === 1)?.virtualAddress, 0n);
  });

  test('a panic ends the program with SIGABRT, where an unwinding one exits with 101', async () => {
    const { cargo, cwd, env } = await project('panic', 'fn main() {\n    panic!("on purpose");\n}\n');
    await run(cargo, ['build', '--locked'], { cwd, env });
    // The shell reports a death by signal as 128 + its number; SIGABRT is 6.
    const status = async () => {
      const { stdout } = await tryRun('sh', ['-c', `${scratch}/target/debug/onko_os 2>&1; echo "status $?"`], { cwd });
      assert.match(stdout, /on purpose/);
      return /status (\d+)/.exec(stdout)?.[1];
    };
    assert.equal(await status(), '134');
    await run(cargo, ['build', '--locked', '--config', 'profile.dev.panic="unwind"'], { cwd, env });
    assert.equal(await status(), '101');
  });
}

test('the dependency is limine 0.5.0, which brings bitflags and nothing else', async () => {
  const { cargo, cwd, env } = await project('tree');
  const { stdout } = await run(cargo, ['tree', '--locked', '--prefix', 'none'], { cwd, env });
  const packages = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').slice(0, 2).join(' '));
  assert.equal(packages.length, 3);
  assert.equal(packages[1], 'limine v0.5.0');
  assert.match(packages[2] ?? '', /^bitflags v2\./);
});
