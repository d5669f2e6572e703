import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import recorded from '../../src/data/layout-inputs.json' with { type: 'json' };
import { filePieces } from '../../src/lib/linker-script/file.ts';
import { layoutFromFragment, layoutToFragment } from '../../src/lib/linker-script/fragment.ts';
import { readInputs } from '../../src/lib/linker-script/given.ts';
import { globMatches } from '../../src/lib/linker-script/glob.ts';
import { layOut } from '../../src/lib/linker-script/layout.ts';
import { lessonsOf, paddingOf } from '../../src/lib/linker-script/lessons.ts';
import { longestScript } from '../../src/lib/linker-script/parser.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { generatedScript, handWritten, smallInputs } from '../kernel/fixtures/linker-scripts.ts';

const kernel = readInputs(recorded.kernels['05-main-rs-debug']);
const small = readInputs(recorded.kernels['04-linker-script']);
const script = composeChapter('04-linker-script').get('linker.ld')?.text ?? '';
const base = 0xffff_ffff_8000_0000n;

/** The first problem of a script, in one line. */
function problem(text: string, inputs = smallInputs): string {
  const [first] = layOut(text, inputs).problems;
  assert.ok(first, text);
  return `${first.line}:${first.column} ${first.text} | ${first.fix}`;
}

/** The words of all lessons of one weight. */
function lessons(text: string, weight: 'fault' | 'note', inputs = kernel): string {
  const { layout, problems } = layOut(text, inputs);
  assert.ok(layout, JSON.stringify(problems));
  const said = lessonsOf(layout).filter((lesson) => lesson.weight === weight);
  return said.map(({ line, text: words }) => `${line}: ${words}`).join('\n');
}

test('the chapter’s script gives three segments on pages of their own, and nothing is wrong', () => {
  const { layout, problems } = layOut(script, kernel);
  assert.deepEqual(problems, []);
  assert.ok(layout);
  assert.deepEqual(
    layout.segments.map(({ name, flags, virtualAddress }) => [name, flags, virtualAddress]),
    [
      ['text', 5, base],
      ['rodata', 4, base + 0x2000n],
      ['data', 6, base + 0x3000n],
    ],
  );
  assert.equal(lessons(script, 'fault'), '');
  assert.match(lessons(script, 'note'), /rodata begins on a page of its own, at 0xffff_ffff_8000_2000/);
  assert.deepEqual(paddingOf(layout), { used: 0x10fcn + 0x5e8n + 0x58n, reserved: 0x4000n });
});

test('this chapter’s kernel is three bytes, and its other segments vanish', () => {
  const { layout } = layOut(script, small);
  assert.ok(layout);
  assert.deepEqual(
    layout.sections.map(({ name, size }) => [name, size]),
    [['.text', 3n]],
  );
  assert.deepEqual(layout.emptySegments, ['rodata', 'data']);
});

test('without an entry point everything is thrown away, and the words say what to look for', () => {
  const { layout, problems } = layOut(script.replace('kmain', 'kmian'), kernel);
  assert.ok(layout);
  assert.equal(layout.entry, 0n);
  assert.equal(layout.unused.length, kernel.sections.length);
  assert.equal(problems[0]?.text, 'cannot find entry symbol kmian; not setting start address');
  assert.match(lessonsOf(layout)[0]?.text ?? '', /Nothing is left to load/);
});

test('lessons name what a loader refuses, and the line', () => {
  const unaligned = lessons(script.replaceAll('. = ALIGN(0x1000);', ''), 'fault');
  assert.match(unaligned, /text ends at 0xffff_ffff_8000_10fc, and the segment rodata begins in the same page/);
  assert.match(unaligned, /One page cannot be R\+X and R: a loader refuses this\. Put \. = ALIGN\(0x1000\);/);
  assert.match(
    lessons(script.replace(String(/0xffffffff8/.exec(script)), '0x8'), 'fault'),
    /in the lower half\. A Limine loader refuses/,
  );
  assert.match(lessons(script.replace('0xffffffff8', '0xffff8'), 'fault'), /below the last 2 GiB|lower half|nowhere/);
  assert.match(
    lessons(script.replace('FLAGS((1 << 0) | (1 << 2))', 'FLAGS(7)'), 'fault'),
    /writable and executable at once/,
  );
  const orphanCode = lessons(script.replace('*(.text .text.*)', '*(.text)'), 'fault');
  assert.match(
    orphanCode,
    /No pattern takes .* and \d+ more, so the linker put these \d+ bytes into the segment rodata\. It is code/,
  );
  assert.match(lessons(script.replace('} :data', '} :NONE'), 'fault'), /\.data is in no PT_LOAD segment/);
});

test('lessons tell of orphans that can be executed, and of padding', () => {
  const kept = lessons(script.replace('*(.eh_frame*)', '*(.eh_frame)'), 'note', small);
  assert.match(
    kept,
    /No pattern takes \.eh_frame_hdr, so the linker put these 12 bytes into the segment text\. They are no code, but can be executed/,
  );
  assert.match(lessons(script, 'note'), /5948 bytes are spread over 4 pages: 10436 bytes of memory stay empty/);
  const bssFirst = `PHDRS { d PT_LOAD; } SECTIONS { PROVIDE(stack_top = 0); . = ${base}; .bss : { *(.bss*) } :d .data : { *(.data*) } :d }`;
  assert.match(lessons(bssFirst, 'note', smallInputs), /\.bss holds only zeroes, but something follows it/);
});

test('problems have a place, ld.lld’s words and a fix', () => {
  for (const [text, expected] of [
    ['SECTION { }', /^1:1 unknown directive: SECTION \| Commands are ENTRY,/],
    ['\n  .text : { *(.text) }', /^2:3 unknown directive: \.text \| Output sections stand inside of SECTIONS/],
    ['sections { }', /Write SECTIONS, in capitals/],
    ['ENTRY(kmain)', /no SECTIONS/],
    [
      'SECTIONS { .text: { *(.text) } }',
      /^1:12 the colon has become a part of the name “\.text:” \| Put a blank before it: \.text : \{/,
    ],
    ['SECTIONS {\n .text : { .text } }', /^2:12 “\.text” is taken for the name of a file \| Write \*\(\.text\)\./],
    ['SECTIONS { . = 5 }', /^1:18 ; expected, but got “}” \| An assignment ends with a semicolon/],
    ['SECTIONS { . = (5; }', /\) expected, but got “;”/],
    ['SECTIONS { . = 5x; }', /malformed number: 5x/],
    ['SECTIONS { .t : { *(.t', /expected, but the script ends here/],
    ['SECTIONS { /* }', /unclosed comment/],
    ['SECTIONS { "a }', /unclosed quote/],
    ['INCLUDE other.ld', /^1:1 INCLUDE is outside of what is modelled here \| Put the text of that file/],
    ['SECTIONS { OVERLAY : { } }', /OVERLAY is outside of what is modelled/],
    ['SECTIONS { x = SEGMENT_START("a", 5); }', /SEGMENT_START is outside/],
    ['OUTPUT_FORMAT(elf32-i386) SECTIONS { }', /^1:15 the output format “elf32-i386” is not that of the object files/],
    ['PHDRS { a PT_LOUD; } SECTIONS { }', /^1:11 invalid program header type: PT_LOUD/],
    ['PHDRS { a PT_LOAD FLAG(5); } SECTIONS { }', /; or an attribute of the segment expected/],
    ['PHDRS { a PT_LOAD FLAGS(.); } SECTIONS { }', /these flags depend on addresses/],
    ['SECTIONS { PROVIDE(stack_top = 0); .a : { *(.data*) } :a }', /:a says nothing without PHDRS/],
    ['x = ORIGIN(ram); SECTIONS { }', /^1:12 memory region not defined: ram/],
    ['x =MAX(1); SECTIONS { }', /MAX takes 2 values, not 1/],
    ['x=5; SECTIONS { }', /unknown directive: x=5 \| Put blanks around the sign: x = 5/],
    ['SECTIONS { .a : { *([) } }', /is never closed/],
    [`x = ${'('.repeat(100)}1; SECTIONS { }`, /nests deeper than 64 levels/],
    [' '.repeat(longestScript + 1), /the script has 65537 characters/],
  ] as const) {
    assert.match(problem(text), expected, text);
  }
});

test('what layout finds wrong has a place, too', () => {
  const rest = 'PROVIDE(stack_top = 0);';
  for (const [text, expected] of [
    [
      `SECTIONS { ${rest} . = 2M; .t : { *(.text*) . = 0x10; } }`,
      /^1:61 unable to move location counter backward for: \.t \| Inside a section, too/,
    ],
    [`SECTIONS { ${rest}\nx = nowhere + 1; }`, /^2:5 symbol not found: nowhere/],
    [`SECTIONS { ${rest} x = 5 % 0; }`, /modulo by zero/],
    [
      `SECTIONS { ${rest} x = ADDR(.a) + ADDR(.b); .a : { *(.data*) } .b : { *(.bss*) } }`,
      /at least one side of the expression must be absolute/,
    ],
    [
      `SECTIONS { ${rest} . = 64K + x; .t : { *(.text*) } x = ABSOLUTE(. + 1); }`,
      /assignment to symbol x does not converge/,
    ],
    [`SECTIONS { ${rest} .t -16 : { *(.text*) } }`, /exceeds available address space|overlaps/],
    [`SECTIONS { .t : { *(.text*) } }`, /undefined symbol: stack_top \| Define it in the script/],
    [`SECTIONS { ${rest} .t : { *(*) } }`, /a pattern takes the linker’s own \.symtab into \.t/],
    [`SECTIONS { ${rest} .t : { *(.text*) . = . + 0x7ffffffff000; } }`, /the file would have [0-9]+ bytes/],
  ] as const) {
    const { problems } = layOut(text, smallInputs);
    const said = problems.map(({ line, column, text: words, fix }) => `${line}:${column} ${words} | ${fix}`);
    assert.ok(
      said.some((each) => expected.test(each)),
      `${text}\n${said.join('\n')}`,
    );
  }
});

test('patterns match as the shell’s do', () => {
  for (const [pattern, name, matches] of [
    ['*', '', true],
    ['.text.*', '.text.a.b', true],
    ['.text.*', '.text', false],
    ['*a*b*', 'xaxxbx', true],
    ['*a*b', 'xaxxbx', false],
    ['.t?xt', '.text', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]]', ']', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
  ] as const) {
    assert.equal(globMatches(pattern, name), matches, `${pattern} ${name}`);
  }
  const started = performance.now();
  assert.equal(globMatches('*a'.repeat(500), 'a'.repeat(499)), false);
  assert.ok(performance.now() - started < 500);
});

test('large and twisted scripts are read in time', () => {
  const rest = 'PROVIDE(stack_top = 0);';
  const many = (piece: string) => piece.repeat(Math.floor(60_000 / piece.length));
  for (const text of [
    `SECTIONS { ${rest} ${many('a = . ; ')} }`,
    `SECTIONS { ${rest} x = 1 ${many('+ x ')}; }`,
    `SECTIONS { ${rest} ${many('.a : { x = 1; } ')} }`,
    `SECTIONS { ${rest} .a : { *(${many('.a ')}) } }`,
    `SECTIONS { ${rest} .a : { *(${many('*a')}) } }`,
    `SECTIONS { ${rest} .a : { ${many('*(*x) ')} } }`,
    `PHDRS { ${many('a PT_LOAD; ')} } SECTIONS { }`,
    `MEMORY { ${many('a : o = 1, l = 2 ')} } SECTIONS { }`,
    `SECTIONS { ${rest} x = ${many('1 ? ')} 1 }`,
    `SECTIONS { ${rest} x = ${many('-')}1; }`,
    `SECTIONS { ${rest} x = ${many('9')}; }`,
    `SECTIONS { ${rest} ${many('. = . + 0x7fffffffffffffff; ')} }`,
    many('{'),
    many('/**/'),
    many('"'),
  ]) {
    // The processor's time, as the machine may be busy with something else.
    const started = process.cpuUsage();
    const { problems } = layOut(text, kernel);
    const { user } = process.cpuUsage(started);
    assert.ok(problems.length <= 20);
    assert.ok(user < 3_000_000, `${user} µs for ${text.slice(0, 80)}`);
  }
});

test('whatever is typed, there is a layout or a problem with a place within the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), generatedScript), (text) => {
      const { layout, problems } = layOut(text, smallInputs);
      const lines = text.split('\n');
      assert.ok(layout !== undefined || problems.length > 0);
      for (const { line, column } of problems) {
        assert.ok(line >= 1 && line <= lines.length);
        assert.ok(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1);
      }
      if (layout !== undefined) lessonsOf(layout);
    }),
    { numRuns: 1000 },
  );
});

test('mutated scripts neither crash nor hang the model', (t) => {
  const report = fuzz({
    name: 'linker-script',
    seeds: [script, ...Object.values(handWritten)],
    words: [
      'SECTIONS { ',
      '. = . + 0x7fffffffffffffff;',
      ' : { *(',
      ') } :text ',
      'ALIGN(',
      ' ? ',
      'PHDRS { ',
      'SIZEOF(.text)',
      '/*',
      '*/',
      '"',
      ';',
      '- 1',
      ' AT(',
      ' >ram ',
    ],
    parse: (text) => {
      const { layout, problems } = layOut(text, smallInputs);
      for (const { text: words, fix } of problems) assert.ok(words.length + fix.length < 1000);
      if (layout !== undefined) lessonsOf(layout);
    },
    // Each of few bytes may be a section, which is passed seven times.
    memory: { perByte: 4000, fixed: 4 * 1024 * 1024 },
  });
  t.diagnostic(JSON.stringify(report));
});

test('the pieces of the file lie end to end, from the header to the last that is loaded', () => {
  fc.assert(
    fc.property(generatedScript, (text) => {
      const { layout } = layOut(text, smallInputs);
      if (layout === undefined) return;
      const pieces = filePieces(layout);
      assert.equal(pieces[0]?.size, 64n + 56n * BigInt(layout.segments.length));
      let end = 0n;
      for (const { offset, size, kind } of pieces) {
        assert.ok(size > 0n && offset <= end && (kind !== 'padding' || offset === end));
        if (offset + size > end) end = offset + size;
      }
      const isLoaded = ({ type, flags }: { type: string; flags: number }) => type !== 'NOBITS' && (flags & 2) !== 0;
      for (const { name, offset, size } of layout.sections.filter(isLoaded)) {
        if (size > 0n) assert.ok(pieces.some((piece) => piece.name === name && piece.offset === offset));
      }
    }),
  );
  const sections = layOut(script, small).layout;
  assert.ok(sections);
  assert.deepEqual(
    filePieces(sections).map(({ kind, offset, size }) => [kind, offset, size]),
    [
      ['headers', 0n, 64n + 56n * BigInt(sections.segments.length)],
      ['padding', 64n + 56n * BigInt(sections.segments.length), 0x1000n - 64n - 56n * BigInt(sections.segments.length)],
      ['code', 0x1000n, 3n],
    ],
  );
});

test('a script can be linked to, and a long one cannot', () => {
  const fragment = layoutToFragment(script, '04-linker-script');
  assert.ok(fragment);
  assert.deepEqual(layoutFromFragment(fragment), { script, kernel: '04-linker-script' });
  assert.equal(layoutFromFragment('conf=x'), undefined);
  assert.equal(layoutToFragment('x'.repeat(7000), 'a'), undefined);
});
