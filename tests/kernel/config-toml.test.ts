import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { buildTree, writeTree } from '../../kernel/pipeline/build.ts';
import { findChapter } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { bareTarget, bareToolchain, cargoCall, hostedToolchain } from '../../kernel/pipeline/toolchain.ts';
import { parseElf } from '../../src/lib/elf.ts';
import type { ElfFile } from '../../src/lib/elf.ts';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';

// What the chapters "Environment" and ".cargo/config.toml" say about the code and the files that a target gives.

const scratch = mkdtempSync(`${tmpdir()}/onko-config-toml-`);
after(() => rmSync(scratch, { recursive: true }));

const [executable, positionIndependent] = [2, 3];
const [dynamic, interpreter] = [2, 3];
const execute = 1;

const chapterText = (name: string): string => readFileSync(`${root}/src/content/docs/part-1/${name}.mdx`, 'utf8');

/** The functions that both chapters show the machine code of. */
const sample = `
#[unsafe(no_mangle)]
pub static TABLE: [u32; 4] = [1, 2, 3, 5];
#[unsafe(no_mangle)]
pub static mut COUNTER: u64 = 0;
static PRIVATE: [u32; 4] = [1, 2, 3, 5];
#[unsafe(no_mangle)]
pub fn add(a: f64, b: f64) -> f64 { a + b }
#[unsafe(no_mangle)]
pub fn copy(to: &mut [u8; 64], from: &[u8; 64]) { *to = *from }
#[unsafe(no_mangle)]
pub fn keep_four(first: u64) -> u64 {
    let mut kept = [0u64; 4];
    for i in 0..4 { unsafe { core::ptr::write_volatile(&mut kept[i], first + i as u64) } }
    unsafe { core::ptr::read_volatile(&kept[3]) }
}
#[unsafe(no_mangle)]
pub fn table() -> *const u32 { TABLE.as_ptr() }
#[unsafe(no_mangle)]
pub fn count() { unsafe { COUNTER += 1 } }
#[unsafe(no_mangle)]
pub fn private_table() -> *const u32 { PRIVATE.as_ptr() }
#[unsafe(no_mangle)]
pub fn pick(i: usize) -> u32 { unsafe { *TABLE.as_ptr().add(i) } }
`;

const intel = ['-C', 'llvm-args=-x86-asm-syntax=intel'];

/** Chapter 3's folder with another main.rs, laid out in a folder of its own. */
async function layOut(name: string, main?: string): Promise<string> {
  const tree = composeChapter('03-config-toml');
  if (main !== undefined) tree.set('src/main.rs', { text: main, regions: new Map() });
  await writeTree(tree, `${scratch}/${name}`);
  return `${scratch}/${name}`;
}

/** Function name → its instructions, spaces made even, the names of statics without their mangling. */
function functions(assembly: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of assembly.split('\n')) {
    const label = /^([a-z_]+):/.exec(line)?.[1];
    if (label !== undefined) found.set(label, (current = []));
    else if (/^\t\.(size|section)/.test(line)) current = undefined;
    else if (/^\t[a-z]/.test(line)) {
      const instruction = line
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/\b_\w*\d(PRIVATE)\w*/g, '$1');
      current?.push(instruction.replaceAll(/ ?(qword|dword|xmmword) ptr /g, ' ').replaceAll('offset ', ''));
    }
  }
  return found;
}

/** Makes cargo call the compiler for the reader's crate with `flag` behind all others; core stays as it is. */
function wrapper(flag: string): Record<string, string> {
  const script = `${scratch}/wrapper${flag}`;
  writeFileSync(script, `#!/bin/sh\nexec "$@" -C ${flag}\n`, { mode: 0o755 });
  return { RUSTC_WORKSPACE_WRAPPER: script };
}

/** Compiles a crate's folder, perhaps with a flag that outdoes its own. Returns the path of the binary. */
async function compileFolder(
  folder: string,
  name: string,
  flag?: string,
  wish: readonly string[] = [],
): Promise<string> {
  const { cargo, env, arguments: settings } = await cargoCall(await bareToolchain(), { folder });
  const output = `${scratch}/${name}-output`;
  await run(cargo, ['rustc', '--release', '--target-dir', output, ...settings, '--', ...wish], {
    cwd: folder,
    env: { ...env, ...(flag !== undefined && wrapper(flag)) },
  });
  return `${output}/${bareTarget}/release/onko_os`;
}

/** The sample's machine code for the kernel's target, with the chapter's flags and perhaps another. */
async function bareCode(name: string, flag?: string): Promise<Map<string, string[]>> {
  const { text } = composeChapter('03-config-toml').get('src/main.rs') ?? { text: '' };
  const assembly = `${scratch}/${name}.s`;
  await compileFolder(await layOut(name, `${text}\n${sample}`), name, flag, [...intel, `--emit=asm=${assembly}`]);
  return functions(readFileSync(assembly, 'utf8'));
}

async function link(name: string, main?: string, flag?: string): Promise<ElfFile> {
  return parseElf(readFileSync(await compileFolder(await layOut(name, main), name, flag)));
}

/** The sample's machine code for a program on Linux. */
async function hostedCode(): Promise<Map<string, string[]>> {
  const { env } = await hostedToolchain();
  const assembly = `${scratch}/hosted.s`;
  const source = `${await layOut('hosted', sample)}/src/main.rs`;
  const wish = ['--edition', '2024', '--crate-type', 'lib', '-O', ...intel, '--target', 'x86_64-unknown-linux-gnu'];
  await run(env['RUSTC'] ?? 'rustc', [...wish, `--emit=asm=${assembly}`, source], { cwd: scratch, env });
  return functions(readFileSync(assembly, 'utf8'));
}

const countOf = (code: readonly string[] | undefined, pattern: RegExp): number =>
  (code ?? []).filter((instruction) => pattern.test(instruction)).length;

test('the kernel’s target keeps off xmm registers and the red zone, as chapter 1’s table says', async () => {
  const [linux, bare] = [await hostedCode(), await bareCode('sample')];
  assert.ok(linux.get('add')?.includes('addsd xmm0, xmm1'));
  assert.equal(countOf(bare.get('add'), /^call .*__adddf3/), 1);

  assert.equal(countOf(linux.get('copy'), /^movups xmm\d, \[rsi/), 4);
  assert.equal(countOf(linux.get('copy'), /^movups \[rdi.*\], xmm\d/), 4);
  assert.equal(countOf(bare.get('copy'), /^mov r[a-z]+, \[rsi/), 8);
  assert.equal(countOf(bare.get('copy'), /^mov \[rdi.*\], r[a-z]+/), 8);

  assert.ok((linux.get('keep_four')?.length ?? 0) > 0);
  assert.equal(countOf(linux.get('keep_four'), /^(sub|push)/), 0);
  assert.equal(countOf(linux.get('keep_four'), /\[rsp - \d+\]/), 5);
  assert.equal(bare.get('keep_four')?.[0], 'sub rsp, 32');
  for (const [name, code] of bare) assert.equal(countOf(code, /xmm/), 0, name);

  for (const cell of [
    '`addsd xmm0, xmm1`',
    '`__adddf3`',
    '`sub rsp, 0x20`',
    '4 loads and 4 stores',
    '8 loads and 8 stores',
  ]) {
    assert.ok(chapterText('environment').includes(cell), cell);
  }
});

test('the static model puts addresses into instructions, the other goes through the GOT, as chapter 3’s table says', async () => {
  const fixed = await bareCode('static');
  assert.deepEqual(fixed.get('table')?.[0], 'mov rax, TABLE');
  assert.deepEqual(fixed.get('count')?.[0], 'inc [rip + COUNTER]');
  assert.deepEqual(fixed.get('pick')?.[0], 'mov eax, [4*rdi + TABLE]');

  const free = await bareCode('pic', 'relocation-model=pic');
  assert.deepEqual(free.get('table')?.slice(0, 1), ['mov rax, [rip + TABLE@GOTPCREL]']);
  assert.deepEqual(free.get('count')?.slice(0, 2), ['mov rax, [rip + COUNTER@GOTPCREL]', 'inc [rax]']);
  assert.deepEqual(free.get('pick')?.slice(0, 2), ['mov rax, [rip + TABLE@GOTPCREL]', 'mov eax, [rax + 4*rdi]']);

  assert.equal(free.get('private_table')?.[0], 'lea rax, [rip + PRIVATE]');

  const cells = [
    'lea rax, [rip + DISTANCE]',
    'mov rax, ADDRESS',
    'inc [rip + DISTANCE]',
    'mov eax, [rdi*4 + ADDRESS]',
    'mov rax, [rip + GOT slot]',
  ];
  for (const cell of cells) assert.ok(chapterText('config-toml').includes(`\`${cell}\``), cell);
});

test('without relocation-model=static, chapter 3 is position-independent and asks for no interpreter', async () => {
  const elf = await link('without-model', undefined, 'relocation-model=pic');
  assert.equal(elf.type, positionIndependent);
  assert.equal(elf.entry, 0n);
  assert.ok(elf.segments.some(({ type }) => type === dynamic));
  assert.ok(!elf.segments.some(({ type }) => type === interpreter));
});

test('without a script, an exported function leaves no code in the file', async () => {
  const { text } = composeChapter('04-linker-script').get('src/main.rs') ?? { text: '' };
  assert.match(text, /#\[unsafe\(no_mangle\)\]\npub extern "C" fn kmain/);
  const elf = await link('exported', text);
  assert.equal(elf.type, executable);
  assert.ok(!elf.segments.some(({ flags }) => (flags & execute) !== 0));
});

test('in the finished kernel, relocation-model=static changes the kind of file and not one instruction', async () => {
  const code = async (flag?: string) => {
    const folder = `${scratch}/finished-kernel`;
    await writeTree(composeChapter('05-main-rs'), folder);
    const file = readFileSync(await compileFolder(folder, flag === undefined ? 'fixed' : 'free', flag));
    const { type, sections } = parseElf(file);
    const text = sections.find(({ name }) => name === '.text');
    assert.ok(text);
    return { type, bytes: file.subarray(Number(text.offset), Number(text.offset + text.size)) };
  };
  const [fixed, free] = [await code(), await code('relocation-model=pic')];
  assert.equal(fixed.type, executable);
  assert.equal(free.type, positionIndependent);
  assert.deepEqual(fixed.bytes, free.bytes);
});

test('without a script, the finished kernel shrinks to a note of 24 bytes', async () => {
  const folder = `${scratch}/finished`;
  const tree = composeChapter('05-main-rs');
  tree.delete('linker.ld');
  const config = composeChapter('03-config-toml').get('.cargo/config.toml');
  assert.ok(config);
  await writeTree(tree.set('.cargo/config.toml', config), folder);
  const elf = parseElf(
    readFileSync(await buildTree(findChapter('03-config-toml'), folder, `${scratch}/finished-output`)),
  );
  assert.equal(elf.entry, 0n);
  assert.ok(!elf.segments.some(({ flags }) => (flags & execute) !== 0));
  const kept = elf.symbols.filter(({ size }) => size > 0n);
  assert.equal(kept.length, 1);
  assert.match(kept[0]?.name ?? '', /BASE_REVISION/);
  assert.equal(kept[0]?.size, 24n);
});

test('the table of targets says what the compiler says', async () => {
  const { env } = await hostedToolchain();
  const rows = [...chapterText('config-toml').matchAll(/^\| `([a-z0-9_-]+)` +\|(.*unwinds|.*aborts) +\|$/gm)];
  assert.equal(rows.length, 5);
  for (const [, target = '', cells = ''] of rows) {
    const { stdout } = await run(env['RUSTC'] ?? 'rustc', ['--print', 'cfg', '--target', target], {
      cwd: scratch,
      env,
    });
    const cfg = new Map([...stdout.matchAll(/^(\w+)="(.*)"$/gm)].map(([, key, value]) => [key, value]));
    const [arch, vendor, os, abi, panic] = cells.split('|').map((cell) => cell.trim());
    const said = [arch, vendor, os, abi, panic === 'aborts' ? 'abort' : 'unwind'];
    const found = ['target_arch', 'target_vendor', 'target_os', 'target_env', 'panic'].map((key) => cfg.get(key) ?? '');
    assert.deepEqual(said, found, target);
  }
});

test('the kernel’s target has the properties that chapter 3 lists', async () => {
  const { env } = await hostedToolchain();
  const wish = ['-Z', 'unstable-options', '--print', 'target-spec-json', '--target', bareTarget];
  const { stdout } = await run(env['RUSTC'] ?? 'rustc', wish, { cwd: scratch, env: { ...env, RUSTC_BOOTSTRAP: '1' } });
  const spec = JSON.parse(stdout) as Record<string, unknown> & { metadata: { std: boolean; tier: number } };
  assert.equal(spec.metadata.std, false);
  assert.equal(spec.metadata.tier, 2);
  assert.equal(spec['panic-strategy'], 'abort');
  assert.equal(spec['disable-redzone'], true);
  assert.equal(spec['code-model'], 'kernel');
  assert.equal(spec['linker'], 'rust-lld');
  assert.equal(spec['position-independent-executables'], true);
  assert.match(String(spec['features']), /-sse,-sse2.*\+soft-float/);
});
