import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import recorded from '../../src/data/targets.json' with { type: 'json' };
import { InputError } from '../../src/lib/input.ts';
import {
  UnknownTarget,
  examples,
  facts,
  findTarget,
  kernelNotes,
  nameFromFragment,
  nameParts,
  onkoTarget,
  purpose,
  roles,
  targetFromRow,
  targetToFragment,
  targetToRow,
} from '../../src/lib/triple.ts';

const targets = recorded.rows.map(targetFromRow);
const anyTarget = fc.constantFrom(...targets);
const find = (name: string) => findTarget(name, targets);

/** What the decoder says of the parts of a name, shortest form. */
const texts = (name: string) => nameParts(find(name)).map(({ text }) => text);

/** The names that an unknown one brings up. */
function suggested(name: string): readonly string[] {
  try {
    find(name);
  } catch (error) {
    if (error instanceof UnknownTarget) return error.suggestions;
    throw error;
  }
  throw new Error(`${name} is a target`);
}

test('every row of the recorded list is a target, and is written again as it was', () => {
  assert.ok(targets.length >= 300);
  for (const [index, target] of targets.entries()) assert.equal(targetToRow(target), recorded.rows[index]);
  assert.equal(new Set(targets.map(({ name }) => name)).size, targets.length);
});

test('a row with a word too few is refused', () => {
  assert.throws(() => targetFromRow('x86_64-unknown-none x86_64'), /has 2 words, expected 16/);
});

test('the parts of every name, joined again, are the name', () => {
  for (const target of targets) {
    const parts = nameParts(target);
    assert.deepEqual(
      parts.map(({ role }) => role),
      roles,
    );
    const [processor, , system] = parts;
    assert.ok(processor?.text && system?.text, target.name);
    assert.equal(
      parts
        .map(({ text }) => text)
        .filter(Boolean)
        .join('-'),
      target.name,
    );
    for (const { meaning } of parts) assert.ok(meaning.length > 0, target.name);
  }
});

test('names are taken apart where their parts really end', () => {
  assert.deepEqual(texts('x86_64-unknown-none'), ['x86_64', 'unknown', 'none', '']);
  assert.deepEqual(texts('x86_64-unknown-linux-gnu'), ['x86_64', 'unknown', 'linux', 'gnu']);
  assert.deepEqual(texts('aarch64-apple-darwin'), ['aarch64', 'apple', 'darwin', '']);
  assert.deepEqual(texts('thumbv7em-none-eabihf'), ['thumbv7em', '', 'none', 'eabihf']);
  assert.deepEqual(texts('aarch64-linux-android'), ['aarch64', '', 'linux', 'android']);
  assert.deepEqual(texts('wasm32-wasip1-threads'), ['wasm32', '', 'wasip1', 'threads']);
  assert.deepEqual(texts('avr-none'), ['avr', '', 'none', '']);
  assert.deepEqual(texts('x86_64-lynx-lynxos178'), ['x86_64', 'lynx', 'lynxos178', '']);
});

test('the table of chapter 3 says the same of its targets', () => {
  const says = (name: string) => ({ os: find(name).os, panic: find(name).panic });
  assert.deepEqual(says('x86_64-unknown-linux-gnu'), { os: 'linux', panic: 'unwind' });
  assert.deepEqual(says('x86_64-pc-windows-msvc'), { os: 'windows', panic: 'unwind' });
  assert.deepEqual(says('aarch64-apple-darwin'), { os: 'macos', panic: 'unwind' });
  assert.deepEqual(says('x86_64-unknown-uefi'), { os: 'uefi', panic: 'abort' });
  assert.deepEqual(says('x86_64-unknown-none'), { os: 'none', panic: 'abort' });
});

test('our target fits in everything but its relocation model, which the chapter changes', () => {
  const notes = kernelNotes(find(onkoTarget));
  assert.deepEqual(
    notes.filter(({ mark }) => mark !== 'fits').map(({ mark, text }) => `${mark}: ${text}`),
    ['mind: The executable is position-independent, unless you say relocation-model=static.'],
  );
  assert.equal(notes.length, 8);
});

test('a target fits entirely only when it is bare metal, ELF, 64-bit and x86-64', () => {
  for (const target of targets) {
    if (kernelNotes(target).some(({ mark }) => mark === 'no')) continue;
    assert.deepEqual([target.os, target.format, target.pointerWidth], ['none', 'elf', 64], target.name);
  }
});

test('what is in the way of a Linux program as a kernel is named', () => {
  const no = kernelNotes(find('x86_64-unknown-linux-gnu')).filter(({ mark }) => mark === 'no');
  assert.deepEqual(
    no.map(({ text }) => text.slice(0, 22)),
    ['It expects Linux below', 'It has a red zone: 128', 'It uses SSE registers,'],
  );
});

test('every target has a purpose and all facts, none of them empty', () => {
  fc.assert(
    fc.property(anyTarget, (target) => {
      assert.match(purpose(target), /\.$/);
      assert.equal(facts(target).length, 8);
      for (const { value } of facts(target)) assert.match(value, /^\S.*\S$/);
      for (const { text } of kernelNotes(target)) assert.match(text, /\.$/);
    }),
  );
});

test('a name is found whatever its case, with blanks around it', () => {
  assert.equal(find(' X86_64-Unknown-None\n').name, onkoTarget);
  for (const name of examples) assert.equal(find(name).name, name);
});

test('one wrong letter in any name brings up that name, or three that are as near', () => {
  fc.assert(
    fc.property(anyTarget, fc.nat(63), ({ name }, place) => {
      const at = place % name.length;
      const [before, behind] = [name.slice(0, at), name.slice(at + 1)];
      const isNear = (other: string) =>
        other === before + behind ||
        (other.length === name.length && other.startsWith(before) && other.endsWith(behind));
      const names = suggested(`${before}%${behind}`);
      assert.ok(
        names.includes(name) || (names.length === 3 && names.every(isNear)),
        `${before}%${behind}: ${names.join()}`,
      );
    }),
  );
  assert.deepEqual(suggested('x86_64-unkown-none'), [onkoTarget]);
  assert.deepEqual(suggested('x86_64-unknown-nome')[0], onkoTarget);
});

test('a part left out, and a processor by its other name, bring up what was meant', () => {
  assert.equal(suggested('x86_64-none')[0], onkoTarget);
  assert.equal(suggested('x86_64-unknown-linu')[0], 'x86_64-unknown-linux-gnu');
  assert.equal(suggested('x86-64-unknown-non')[0], onkoTarget);
  assert.ok(suggested('amd64-unknown-linux').includes('x86_64-unknown-linux-gnu'));
  assert.ok(suggested('arm64-darwin').includes('aarch64-apple-darwin'));
  assert.throws(() => find('x86_64-none'), /no target “x86_64-none”; did you mean x86_64-unknown-none or /);
});

test('a name like no other gets no suggestion, and an empty field an example', () => {
  assert.deepEqual(suggested('a bird in the hand'), []);
  assert.throws(() => find('zzzz'), /rustc --print target-list names them all\.$/);
  assert.throws(() => find('  '), /Type the name of a target, like x86_64-unknown-none\./);
});

test('whatever is typed, it is a target or an InputError, soon', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 2000 }), fc.stringMatching(/^[a-z0-9_-]{0,80}$/)), (text) => {
      try {
        assert.equal(find(text).name, text.trim().toLowerCase());
      } catch (error) {
        assert.ok(error instanceof InputError);
        assert.ok(error.message.length < 300);
      }
    }),
    { numRuns: 50 },
  );
});

test('a target survives its link, and other fragments are left alone', () => {
  fc.assert(
    fc.property(anyTarget, (target) => {
      assert.equal(nameFromFragment(targetToFragment(target)), target.name);
    }),
  );
  assert.equal(nameFromFragment('a-triple-is-an-address-for-code'), undefined);
});
