/**
 * The model of the linker against the linker: ld.lld of Debian's package lld links real object files by the same scripts,
 * and every address, file offset, size, flag, alignment, program header, symbol and the entry point has to agree. Where
 * ld.lld refuses a script, the model has to, too.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildChapter, kernelBinary, writeTree } from '../../kernel/pipeline/build.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { readLayoutInputs, recordKernel, recordedKernels } from '../../kernel/pipeline/layout-inputs.ts';
import { bareToolchain, buildBare, buildFolder } from '../../kernel/pipeline/toolchain.ts';
import { parseElf } from '../../src/lib/elf.ts';
import type { Inputs } from '../../src/lib/linker-script/inputs.ts';
import { layOut } from '../../src/lib/linker-script/layout.ts';
import { thorough } from '../thorough.ts';
import {
  collectedInputs,
  generatedInputs,
  generatedScript,
  handWritten,
  smallInputs,
} from './fixtures/linker-scripts.ts';
import { compare, describeElf, describeLayout } from './fixtures/lld.ts';

/** Compares many scripts, two at a time. Returns how many ended how, and what differed. */
async function compareAll(cases: readonly { name: string; script: string; inputs: Inputs }[]) {
  const counts = { linked: 0, refused: 0 };
  const differences: string[] = [];
  const waiting = cases.values();
  const work = async () => {
    for (const { name, script, inputs } of waiting) {
      const { same, outcome, difference } = await compare(script, inputs);
      counts[outcome] += 1;
      if (!same) differences.push(`${name}\n${script}\n${JSON.stringify(inputs)}\n${difference}`);
    }
  };
  await Promise.all([work(), work()]);
  return { counts, differences };
}

const row = (name: string, { linked, refused }: { linked: number; refused: number }, differences: number) =>
  `${name.padEnd(28)} ${String(linked).padStart(6)} linked ${String(refused).padStart(6)} refused ${String(differences).padStart(4)} different`;

const script = (() => {
  const text = composeChapter('04-linker-script').get('linker.ld')?.text;
  assert.ok(text);
  return text;
})();

/** What readers do to the chapter's script. */
const variants: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'another base': (text) => text.replace('0xffffffff80000000', '0xffffffff80200000'),
  'a base in the lower half': (text) => text.replace('0xffffffff80000000', '0x200000'),
  'without a base': (text) => text.replace('. = 0xffffffff80000000;', ''),
  'without ALIGN': (text) => text.replaceAll('. = ALIGN(0x1000);', ''),
  'with larger pages': (text) => text.replaceAll('ALIGN(0x1000)', 'ALIGN(0x200000)'),
  'without PHDRS': (text) => text.replace(/PHDRS\s*\{[^}]*\}/, '').replaceAll(/ :(text|rodata|data)\b/g, ''),
  'without FLAGS': (text) => text.replaceAll(/ FLAGS\([^;]*\);/g, ';'),
  'writable and executable': (text) => text.replace('FLAGS((1 << 0) | (1 << 2))', 'FLAGS(7)'),
  'without ENTRY': (text) => text.replace('ENTRY(kmain)', ''),
  'with a typing error in ENTRY': (text) => text.replace('kmain', 'kmian'),
  '*(.text) alone': (text) => text.replace('*(.text .text.*)', '*(.text)'),
  'without .rodata': (text) => text.replace(/\.rodata : \{[^}]*\} :rodata/, ''),
  'without .data': (text) => text.replace(/\.data : \{[^}]*\} :data/, ''),
  'without .got': (text) => text.replace('*(.got .got.*)', ''),
  '.bss first': (text) => text.replace(/(\.data : \{[^}]*\} :data)([^]*?)(\.bss : \{[^}]*\} :data)/, '$3$2$1'),
  'without /DISCARD/': (text) => text.replace(/\/DISCARD\/ : \{[^}]*\}/, ''),
  '*(.eh_frame) alone': (text) => text.replace('*(.eh_frame*)', '*(.eh_frame)'),
  'everything in one section': (text) => text.replace('*(.text .text.*)', '*(.text* .rodata* .data* .got* .bss*)'),
  'symbols around': (text) =>
    text.replaceAll(/(\.\w+) : \{/g, (whole, name) => `start_${String(name).slice(1)} = .; ${whole}`),
};

test('scripts for each thing that scripts say are laid out as ld.lld does', async (context) => {
  const cases = Object.entries(handWritten).flatMap(([name, text]) => [
    { name, script: text, inputs: smallInputs },
    ...(thorough ? [{ name: `${name}, collected`, script: text, inputs: collectedInputs }] : []),
  ]);
  const { counts, differences } = await compareAll(cases);
  context.diagnostic(row('by hand', counts, differences.length));
  assert.deepEqual(differences, []);
  assert.ok(counts.linked >= 40 && counts.refused >= 10);
});

test('generated scripts over generated sections are laid out as ld.lld does', async (context) => {
  const numRuns = thorough ? 3000 : 40;
  const cases = fc.sample(fc.tuple(generatedScript, generatedInputs), { numRuns, seed: 20261125 });
  const { counts, differences } = await compareAll(
    cases.map(([text, inputs]) => ({ name: 'generated', script: text, inputs })),
  );
  context.diagnostic(row('generated', counts, differences.length));
  assert.deepEqual(differences, []);
  assert.ok(counts.linked > counts.refused);
});

test('the chapter’s script, and what readers make of it, lay sections like the kernel’s out as ld.lld does', async (context) => {
  // The kernel's own sections stand in object files here with zeroes in them.
  const recorded = readLayoutInputs()?.kernels['05-main-rs-debug'];
  assert.ok(recorded);
  const files = [...new Set(recorded.sections.map(({ file }) => file))];
  const inputs: Inputs = {
    // Joined strings stand between the sections of the first file that has some; here they are a file of their own.
    sections: files.flatMap((file) =>
      recorded.sections
        .filter((section) => section.file === file)
        .map(({ needs: _, ...section }) => ({ ...section, file: file.replace(':', '_') })),
    ),
    symbols: [{ name: 'kmain', section: null, value: 0x1000 }],
    ...{ frameHeader: true, bindNow: true },
  };
  const cases = Object.entries(variants).map(([name, edit]) => ({ name, script: edit(script), inputs }));
  for (const { name, script: edited } of cases.slice(1)) assert.notEqual(edited, script, `${name} changes nothing`);
  const { counts, differences } = await compareAll(cases);
  context.diagnostic(row('the chapter’s script', counts, differences.length));
  assert.deepEqual(differences, []);
});

test('over the recorded sections, the model gives the kernels that cargo and the linker really make', async (context) => {
  const { versions } = await bareToolchain();
  const file = readLayoutInputs();
  assert.ok(file);
  if (JSON.stringify(versions) !== JSON.stringify(file.tools)) {
    context.diagnostic('recorded with other tools, so the kernels were not compared');
    return;
  }
  for (const kernel of recordedKernels) {
    const { name, chapter, debug } = kernel;
    const inputs: Inputs | undefined = file.kernels[name];
    assert.ok(inputs, name);
    const bytes = await readFile(debug ? await debugKernel(chapter) : await buildChapter(chapter));
    const real = describeElf(parseElf(bytes), ['kmain']).filter((line) => !/^section \.debug/.test(line));
    assert.deepEqual(describeLayout(layOut(script, inputs), ['kmain']), real, name);
    assert.deepEqual(await recordKernel(kernel), inputs, name);
  }
});

async function debugKernel(chapter: string): Promise<string> {
  const folder = `${buildFolder}/trees/layout-test`;
  await writeTree(composeChapter(chapter), folder);
  return buildBare({ folder, output: `${buildFolder}/output/layout-test`, binary: kernelBinary, debug: true });
}
