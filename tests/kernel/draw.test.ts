import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { compileDrawings } from '../../kernel/pipeline/draw.ts';
import { isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { withQemu } from '../../kernel/pipeline/qemu.ts';
import { hostedToolchain } from '../../kernel/pipeline/toolchain.ts';
import { drawingCheckpoint } from '../../src/lib/draw/checkpoint.ts';
import { presets, readDrawing } from '../../src/lib/draw/drawing.ts';
import { generate } from '../../src/lib/draw/generate.ts';
import { DivisionByZero, pixelFunction } from '../../src/lib/draw/interpret.ts';
import { parse } from '../../src/lib/draw/parser.ts';
import { codeFor, fillSlot } from '../../src/lib/draw/slot.ts';
import type { Program } from '../../src/lib/draw/syntax.ts';
import { parseElf } from '../../src/lib/elf.ts';
import { block, fileBytes, findFile, readContent } from '../../src/lib/iso9660/content.ts';
import { rewriteIso } from '../../src/lib/iso9660/write.ts';
import { kernelSymbols } from '../../src/lib/manifest.ts';
import { judge } from '../../src/lib/verdict.ts';
import { run, tryRun } from '../../tools/process.ts';
import { pcWith, runUntilHalted } from '../machine/fixtures/built-engine.ts';
import { thorough } from '../thorough.ts';
import { observe } from './fixtures/observe.ts';
import { pictureTexts } from './fixtures/pictures.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-draw-`);
after(() => rmSync(scratch, { recursive: true, force: true }));

const entry = readManifest(isosFolder)?.draw;
assert.ok(entry, 'the manifest has the kernel that draws');
const { slot } = entry;
const iso = new Uint8Array(readFileSync(`${isosFolder}/${entry.file}`));
const kernelFile = findFile(readContent(iso), 'kernel.elf');
const kernel = fileBytes(iso, kernelFile);

/** The disc as the page makes it: the code in the slot, nothing moved. */
function pageDisc(program: Program): Uint8Array {
  const disc = iso.slice();
  disc.set(fillSlot(kernel, slot, codeFor(program, slot)), kernelFile.lba * block);
  return disc;
}

/** Boots a disc in the page's machine, here in Node, and says what stands on the screen. */
async function bootHere(disc: Uint8Array, elf: Uint8Array, program: Program) {
  const { pc } = await pcWith(disc);
  runUntilHalted(pc, 2e9);
  const seen = { screen: pc.screen(), cpu: pc.registers(), textScreen: [], serial: '' };
  const verdict = judge(drawingCheckpoint(program), kernelSymbols(parseElf(elf)), seen);
  return { pixels: Buffer.from(seen.screen.pixels), ...verdict };
}

test('each preset: what the page compiles and what rustc compiles leave the same screen, as the interpreter says', async () => {
  const compiled = await compileDrawings(presets.map(({ text }) => text));
  for (const [index, { name, text }] of presets.entries()) {
    const program = parse(text);
    const rust = compiled[index] ?? new Uint8Array();
    const [ours, theirs] = [
      await bootHere(pageDisc(program), kernel, program),
      await bootHere(rewriteIso(iso, new Map([['kernel.elf', rust]])), rust, program),
    ];
    assert.ok(ours.passed, `${name}, compiled by the page: ${ours.findings.join(' ')}`);
    assert.ok(theirs.passed, `${name}, compiled by rustc: ${theirs.findings.join(' ')}`);
    assert.ok(ours.pixels.equals(theirs.pixels), name);
    if (name === 'A panic') {
      assert.match(ours.findings.join(' '), /divides by zero at x 0, y 384.*halted in the panic handler/);
    }
  }
});

test('a picture boots in QEMU, from the disc that the page gives away', async () => {
  const program = parse(presets[0]?.text ?? '');
  writeFileSync(`${scratch}/picture.iso`, pageDisc(program));
  await withQemu({ iso: `${scratch}/picture.iso` }, async (machine) => {
    const verdict = judge(drawingCheckpoint(program), entry.kernel.symbols, await observe(machine));
    assert.ok(verdict.passed, verdict.findings.join('\n'));
  });
});

test('an empty slot is a panic: black, and at rest in the panic handler', async () => {
  const { pc } = await pcWith(iso);
  runUntilHalted(pc);
  const handler = entry.kernel.symbols.find(({ name }) => name.includes('rust_begin_unwind'));
  assert.ok(handler);
  const { rip } = pc.registers();
  assert.ok(BigInt(handler.address) <= rip && rip < BigInt(handler.address) + BigInt(handler.size));
  const { pixels, pitch, height } = pc.screen();
  assert.ok(pixels.subarray(0, pitch * height).every((byte) => byte === 0));
});

// ----------------------------------------------------------------------------------------- random expressions, natively

const count = thorough ? 3000 : 200;
const edges = [
  0, 1, 2, 5, 31, 32, 33, 255, 384, 767, 768, 1023, 1024, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff,
];
const points = Array.from({ length: 60 }, (_, index): [number, number, number, number] => {
  const at = (step: number, start: number) => edges[(index * step + start) % edges.length] ?? 0;
  return index < 20 ? [at(1, 0), at(5, 3), 1024, 768] : [at(1, index), at(7, 2), at(11, 5), at(13, index)];
});

/** Those that our language takes; rustc has to take them, too. */
function accepted(): { text: string; program: Program }[] {
  const seed = thorough ? Date.now() : 8;
  const found: { text: string; program: Program }[] = [];
  for (const text of fc.sample(pictureTexts, { numRuns: count * 12, seed })) {
    const { program } = readDrawing(text);
    if (program) found.push({ text, program });
    if (found.length === count) break;
  }
  assert.ok(found.length > count / 2, `of ${count * 12} expressions only ${found.length} are right (seed ${seed})`);
  return found;
}

const sample = accepted();
const noResult = 0xffff_ffff_ffff_ffffn;

test('the code has the bytes that its listing names, for objdump', async () => {
  const code = sample.map(({ program }) => generate(program, 0x10_0000));
  writeFileSync(`${scratch}/code.bin`, Buffer.concat(code.map(({ bytes }) => bytes)));
  const { stdout } = await run('objdump', [
    ...['-D', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel', '-w', '--insn-width=12'],
    `${scratch}/code.bin`,
  ]);
  const theirs = [...stdout.matchAll(/^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t(.*)$/gm)].map(
    ([, at = '', bytes = '', text = '']) =>
      `${at} ${bytes.replaceAll(' ', '')} ${text
        .replace(/#.*/, '')
        .trim()
        .replace(/\s+/, ' ')
        .replaceAll(',', ', ')
        .toLowerCase()}`,
  );
  let start = 0;
  const ours = code.flatMap(({ bytes, lines }) => {
    const here = start;
    start += bytes.length;
    return lines.map(({ offset, bytes, text }) => {
      const target = text
        .replace('division_by_zero', `0x${(here + 0x10_0000).toString(16)}`)
        .replace(/pixel\+0x([0-9a-f]+)/, (_, hex: string) => `0x${(here + Number.parseInt(hex, 16)).toString(16)}`);
      return `${(here + offset).toString(16)} ${Buffer.from(bytes).toString('hex')} ${target}`;
    });
  });
  assert.ok(ours.length > count * 5);
  assert.deepEqual(ours, theirs);
});

test(
  'random expressions: rustc’s function, the page’s code on this CPU and the interpreter agree at every point',
  { skip: process.arch !== 'x64' && 'the code is for x86-64' },
  async () => {
    writeFileSync(`${scratch}/harness.rs`, harness(sample));
    const { env } = await hostedToolchain();
    const rustc = env['RUSTC'] ?? 'rustc';
    await run(
      rustc,
      ['--edition', '2024', '-O', '-A', 'warnings', '-o', `${scratch}/harness`, `${scratch}/harness.rs`],
      {
        env,
      },
    );
    await run(`${scratch}/harness`, [`${scratch}/results`]);
    const results = readFileSync(`${scratch}/results`);
    let at = 0;
    const wrong: string[] = [];
    let panics = 0;
    for (const { text, program } of sample) {
      const interpreted = pixelFunction(program);
      for (const point of points) {
        const [rust, code] = [results.readBigUInt64LE(at), results.readBigUInt64LE(at + 8)];
        at += 16;
        let own = noResult;
        try {
          own = BigInt(interpreted(...point));
        } catch (error) {
          if (!(error instanceof DivisionByZero)) throw error;
          panics += 1;
        }
        if (rust !== code || rust !== own)
          wrong.push(`${text}\nat ${point.join(', ')}: rustc ${rust}, code ${code}, interpreter ${own}`);
      }
    }
    assert.equal(at, results.length);
    assert.deepEqual(wrong.slice(0, 5), []);
    assert.ok(panics > 0, 'some divide by zero');
  },
);

/** A program with each expression twice, as a function of Rust and as our bytes, that writes what both give at every point. */
function harness(all: readonly { text: string; program: Program }[]): string {
  const names = all.map((_, index) => index);
  const code = all.map(({ program }, index) => {
    // The way out follows each function.
    const { bytes } = generate(program, generate(program, 0).bytes.length);
    return `"page_${index}: .byte ${[...bytes].join(',')}", "jmp page_division_by_zero",`;
  });
  return `
use std::panic;
${all.map(({ text }, index) => `#[inline(never)] fn rust_${index}(x: u32, y: u32, width: u32, height: u32) -> u32 { ${text} }`).join('\n')}
core::arch::global_asm!(
    ".text",
    // f, x, y, width, height. The upper halves of the registers are not the function's to count on.
    "call_page:",
    "push rbx", "push rbp", "push r12", "push r13", "push r14", "push r15", "sub rsp, 8",
    "mov [rip + page_stack], rsp",
    "mov rax, rdi", "mov rbx, 0x5a5a5a5a00000000",
    "mov edi, esi", "mov esi, edx", "mov edx, ecx", "mov ecx, r8d",
    "or rdi, rbx", "or rsi, rbx", "or rdx, rbx", "or rcx, rbx", "mov r8, -1", "mov r9, -1",
    "mov rbp, 0x12345678",
    "call rax",
    "cmp rbp, 0x12345678", "jne page_broken",
    "cmp rsp, [rip + page_stack]", "jne page_broken",
    "mov eax, eax",
    "page_done:",
    "add rsp, 8", "pop r15", "pop r14", "pop r13", "pop r12", "pop rbp", "pop rbx", "ret",
    "page_division_by_zero:", "mov rsp, [rip + page_stack]", "mov rax, -1", "jmp page_done",
    "page_broken:", "ud2",
    ${code.join('\n    ')}
    ".bss", "page_stack: .skip 8", ".text",
);
type Page = unsafe extern "C" fn();
unsafe extern "C" {
    fn call_page(page: Page, x: u32, y: u32, width: u32, height: u32) -> u64;
    ${names.map((index) => `fn page_${index}();`).join(' ')}
}
type Rust = fn(u32, u32, u32, u32) -> u32;
fn main() {
    panic::set_hook(Box::new(|_| {}));
    let points: &[[u32; 4]] = &[${points.map((point) => `[${point.join(',')}]`).join(',')}];
    let all: &[(Rust, Page)] = &[${names.map((index) => `(rust_${index}, page_${index})`).join(',')}];
    let mut out = Vec::new();
    for (rust, page) in all {
        for &[x, y, width, height] in points {
            let value = panic::catch_unwind(|| rust(x, y, width, height)).map_or(u64::MAX, u64::from);
            out.extend(value.to_le_bytes());
            // SAFETY: the bytes are a function that keeps to the C calling convention, which is what is tested.
            out.extend(unsafe { call_page(*page, x, y, width, height) }.to_le_bytes());
        }
    }
    std::fs::write(std::env::args().nth(1).unwrap(), out).unwrap();
}
`;
}

test('what the page refuses as wrong Rust, rustc refuses, too', async () => {
  const { env } = await hostedToolchain();
  const rustc = env['RUSTC'] ?? 'rustc';
  for (const text of [
    'x < y < width',
    'x == y == true',
    'if x { 1 } else { 2 }',
    'if x < y { 1 }',
    'if x < y { 1 } else { true }',
    'if x < y { 1 } else { 2 } + 3',
    'x && y',
    'x + (y < 3)',
    'x < y',
    'x / 0',
    'x % (3 - 3)',
    'x << 32',
    '3 - 5',
    'let a = 3; x + (a - 4)',
    '0xffff_ffff * 2',
    '4294967296',
    '-x',
    '0b12',
    '0x',
    '1u32x',
    'x +',
    '(x + y',
    'x y',
    'z',
    'let a = 1',
    'let a = 1; a;',
    'let a: bool = 1; x',
    'x = y',
    '1.5 * x',
    'x as u8',
    '!x < !(y < 3)',
    'let big = 0x8000_0000; if big > 3 { x } else { y }',
  ]) {
    assert.ok(readDrawing(text).problem, text);
    writeFileSync(`${scratch}/wrong.rs`, `pub fn pixel(x: u32, y: u32, width: u32, height: u32) -> u32 { ${text} }\n`);
    const { status } = await tryRun(
      rustc,
      ['--edition', '2024', '--crate-type', 'lib', '--emit', 'obj', '-o', `${scratch}/wrong.o`, `${scratch}/wrong.rs`],
      { env },
    );
    assert.notEqual(status, 0, `rustc takes ${text}`);
  }
});
