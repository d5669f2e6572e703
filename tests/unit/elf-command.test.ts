import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeBootable, describeElf, elf } from '../../cli/models/elf.ts';
import { viewElf } from '../../src/lib/elf/summary.ts';
import { kernelFiles } from '../../src/integrations/kernels.ts';
import { readManifest } from '../../src/integrations/manifest.ts';
import { UserError } from '../../tools/errors.ts';

const kernels = new Map((await kernelFiles()).map(({ chapter, bytes }) => [chapter, viewElf(bytes)]));

function kernel(chapter: string) {
  const view = kernels.get(chapter);
  assert.ok(view !== undefined, chapter);
  return view;
}

test('onko elf says what a kernel is, what is loaded, and that a loader has no objection', () => {
  const lines = [...describeElf(kernel('04-linker-script'), [])].join('').split('\n');
  for (const line of [
    'Kind                   ET_EXEC: executable, linked to fixed addresses',
    'Entry point            0xffffffff80000000',
    'Interpreter            none',
    '0        PT_LOAD  0x1000  0xffffffff80000000  0x3      0x3        R E',
    'A Limine loader has no objection to it.',
  ]) {
    assert.ok(lines.includes(line), `${line} in\n${lines.join('\n')}`);
  }
});

test('onko elf lists the parts that are asked for', () => {
  const program = kernel('02-cargo-toml');
  const text = [...describeElf(program, ['sections', 'symbols', 'dynamic', 'relocations', 'notes'])].join('');
  for (const line of [
    /^\d+ +\.eh_frame +SHT_PROGBITS .* A$/m,
    /^[0-9a-f]{16} +\d+ FUNC +GLOBAL \.text +main$/m,
    /^DT_NEEDED +libc\.so\.6 +a library that has to be loaded$/m,
    /^[0-9a-f]{16} R_X86_64_RELATIVE +the base \+ 0x[0-9a-f]+$/m,
    /^ {2}NT_GNU_BUILD_ID, 20 bytes: [0-9a-f]{40}$/m,
  ]) {
    assert.match(text, line);
  }
  assert.match(
    [...describeElf(kernel('05-main-rs'), ['dynamic', 'notes'])].join(''),
    /no dynamic section.*\n\nIt has no notes/,
  );
});

test('every reason against a file is the sentence of our loader, the first one first', async () => {
  for (const { chapter, checkpoint } of (await readManifest()).isos) {
    const view = kernels.get(chapter);
    if (view === undefined) continue;
    const first = view.refusals[0]?.text;
    if (checkpoint.kind === 'refused') assert.ok(`${first}.`.includes(checkpoint.text), `${chapter}: ${first}`);
    else assert.deepEqual(view.refusals, [], chapter);
  }
  assert.match(
    describeBootable(kernel('02-cargo-toml')),
    /^A Limine loader refuses it\. .*\n1\. it is a dynamically linked program .* \(bytes 0x78 to 0xaf\)\.\n.*\n2\. it is position-independent/,
  );
  assert.match(describeBootable(kernel('04-linker-script')), /no objection: it loads the segments/);
});

test('a damaged file’s problems are listed beside what can be read, and control characters are not printed', async () => {
  const whole = (await kernelFiles()).find(({ chapter }) => chapter === '05-main-rs')?.bytes ?? new Uint8Array();
  const cut = [...describeElf(viewElf(whole.subarray(0, 0x1100)), [])].join('');
  assert.match(cut, /Entry point +0xffffffff80000000/);
  assert.match(cut, /Not all of it can be read:\n {2}the table of e_shoff at offset 0x[0-9a-f]+: ends behind the file/);
  const noise = [...describeElf(viewElf(new TextEncoder().encode('\u001b[2Jno kernel')), [])].join('');
  assert.match(noise, /it is not an ELF file; it begins with 1b 5b 32 4a/);
});

test('onko elf wants one file that can be read', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => elf(args),
      (error) => error instanceof UserError && message.test(error.message) && /onko elf/.test(error.fixes[0] ?? ''),
    );
  refused([], /takes one file/);
  refused(['a', 'b'], /takes one file/);
  refused(['no/such/file'], /no\/such\/file cannot be read: ENOENT/);
  refused(['a', '--everything'], /--everything/);
});
