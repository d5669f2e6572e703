import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeScript, layout } from '../../cli/models/layout.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { InputError } from '../../src/lib/input.ts';
import { alignmentOf, baseOf, mistakes, withAlignment, withBase } from '../../src/lib/linker-script/edits.ts';
import { parseInputs } from '../../src/lib/linker-script/given.ts';
import { UserError } from '../../tools/errors.ts';

const script = composeChapter('04-linker-script').get('linker.ld')?.text ?? '';
const given = parseInputs(
  JSON.stringify([
    { name: '.text.kmain', size: 32, flags: 'AX', alignment: 16 },
    { name: '.bss', size: 64, flags: 'WA', type: 'NOBITS' },
  ]),
);

test('onko layout prints sections, segments and the entry point', () => {
  const { report, errors } = describeScript(script, 'linker.ld', given);
  assert.equal(errors, 0);
  assert.match(report, /^linker\.ld:5:7: warning: cannot find entry symbol kmain/m);
  assert.match(report, /^\.text +0xffff_ffff_8000_0000 +0x1000 +0x20 +AX +text$/m);
  assert.match(report, /^data +0xffff_ffff_8000_1000 +0x2000 +0x0 +0x40 +R\+W$/m);
  assert.match(report, /^0x0 +0xb0 +ELF and program headers\n0xb0 +0xf50 +padding\n0x1000 +0x20 +\.text$/m);
  assert.match(report, /^Nothing to load, so not in the file: rodata\.$/m);
});

test('onko layout names errors by file, line and column', () => {
  const { report, errors } = describeScript('SECTIONS {\n  x = ;\n}\n', 'my.ld', given);
  assert.equal(errors, 1);
  assert.match(report, /^my\.ld:2:7: error: a number, a symbol or an expression expected, but got “;”\./);
});

test('onko layout wants one script that can be read', () => {
  for (const [args, message] of [
    [[], /takes one linker script/],
    [['a', 'b'], /takes one linker script/],
    [['no/such.ld'], /no\/such\.ld cannot be read: ENOENT/],
    [['a', '--banana'], /banana/],
    [['a', '--kernel', 'none'], /There is no kernel "none"/],
  ] as const) {
    assert.throws(
      () => layout(args),
      (error) => error instanceof UserError && message.test(error.message),
    );
  }
});

test('sections of one’s own are refused with the section and the field', () => {
  for (const [text, message] of [
    ['{', /This is no JSON/],
    ['5', /The file must be an object/],
    ['[{"name": ".a", "size": -1}]', /Section 0, “\.a”, field size must be a whole number, 0 or more/],
    ['[{"size": 1}]', /Section 0 field name must be a text/],
    ['[{"name": ".a", "size": 1, "alignment": 3}]', /alignment is 3; an alignment is a power of two/],
    ['[{"name": ".a", "size": 1, "flags": "Q"}]', /the letters are W, A, X and R/],
    ['[{"name": ".a", "size": 1, "type": "CODE"}]', /types are PROGBITS/],
    ['[{"name": ".a", "size": 1, "needs": [1]}]', /names section 1, but there are 1/],
    ['{"sections": [], "symbols": [{"name": "a", "section": 0}]}', /names section 0, but there are 0/],
  ] as const) {
    assert.throws(
      () => parseInputs(text),
      (error) => error instanceof InputError && message.test(error.message),
      text,
    );
  }
});

test('each mistake changes the chapter’s script, and base and alignment are found in it', () => {
  for (const { name, edit } of mistakes) assert.notEqual(edit(script), script, name);
  assert.equal(baseOf(script), '0xffffffff80000000');
  assert.equal(alignmentOf(script), '0x1000');
  assert.equal(baseOf(withBase(script, '0x1000000')), '0x1000000');
  assert.equal(alignmentOf(withAlignment(script, '64')), '64');
  assert.equal(baseOf('SECTIONS { }'), undefined);
  assert.equal(withBase('SECTIONS { }', '5'), 'SECTIONS { }');
});
