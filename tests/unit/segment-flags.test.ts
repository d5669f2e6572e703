import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../src/lib/input.ts';
import {
  flagsExpression,
  flagsFromEntry,
  flagsFromFragment,
  flagsFromNumber,
  flagsInLetters,
  flagsMeaning,
  flagsNumber,
  flagsToFragment,
  onkoSegments,
  pageBits,
  parseFlags,
  readelfLetters,
} from '../../src/lib/segment-flags.ts';

const all = [0, 1, 2, 3, 4, 5, 6, 7];

test('code is 5, FLAGS((1 << 0) | (1 << 2)) and “R E”', () => {
  const code = flagsFromNumber(5);
  assert.deepEqual(code, { read: true, write: false, execute: true });
  assert.equal(flagsExpression(code), 'FLAGS((1 << 0) | (1 << 2))');
  assert.equal(readelfLetters(code), 'R E');
  assert.equal(flagsInLetters(code), 'R+X');
  assert.equal(flagsExpression(flagsFromNumber(0)), 'FLAGS(0)');
  assert.equal(flagsInLetters(flagsFromNumber(0)), 'none');
});

test('every set of flags is read back from each way of writing it', () => {
  for (const number of all) {
    const flags = flagsFromNumber(number);
    assert.equal(flagsNumber(flags), number);
    assert.deepEqual(parseFlags(String(number)), flags);
    assert.deepEqual(parseFlags(`0x${number}`), flags);
    assert.deepEqual(parseFlags(flagsExpression(flags)), flags);
    assert.deepEqual(flagsFromFragment(flagsToFragment(flags)), flags);
    if (number > 0) assert.deepEqual(parseFlags(readelfLetters(flags)), flags);
    if (number > 0) assert.deepEqual(parseFlags(flagsInLetters(flags).toLowerCase()), flags);
  }
  for (const text of [
    'r-x',
    'RX',
    'X R',
    '4|1',
    '(1<<2)+1',
    ' FLAGS ( 1 + 4 ) ',
    '1 << 0 | 1 << 2',
    '((5))',
    '1 + 1 << 1 | 1',
  ]) {
    assert.equal(flagsNumber(parseFlags(text)), 5, text);
  }
});

test('the segments are those of the tutorial’s linker script', () => {
  const script = readFileSync(new URL('../../kernel/chapters/04-linker-script/linker.ld', import.meta.url), 'utf8');
  const declared = [...script.matchAll(/^\s*(\w+)\s+PT_LOAD\s+(FLAGS\(.*\));/gm)].map(([, name, flags]) => [
    name,
    flags,
  ]);
  assert.deepEqual(
    onkoSegments.map(({ name, flags }) => [name, flagsExpression(flags)]),
    declared,
  );
});

test('page tables allow writing by a bit, and forbid execution by another', () => {
  assert.deepEqual(pageBits(flagsFromNumber(5)), { present: true, writable: false, noExecute: false, entry: 1n });
  assert.deepEqual(pageBits(flagsFromNumber(4)).entry, 0x8000_0000_0000_0001n);
  assert.deepEqual(pageBits(flagsFromNumber(6)).entry, 0x8000_0000_0000_0003n);
  for (const number of all) assert.equal(pageBits(flagsFromNumber(number)).entry & 1n, 1n);
});

test('only what is writable and executable at once is warned of', () => {
  for (const number of all) {
    assert.equal(flagsMeaning(flagsFromNumber(number)).warning !== undefined, (number & 3) === 3, String(number));
  }
  assert.match(flagsMeaning(flagsFromNumber(1)).text, /Leaving R away changes nothing/);
});

test('what are no flags is refused in words that quote it', () => {
  assert.throws(() => parseFlags('8'), /from 0 to 7, as there are three bits; “8” is 8/);
  assert.throws(() => parseFlags('(1 << 3)'), /“\(1 << 3\)” is 8/);
  assert.throws(() => parseFlags('RRW'), /“RRW” names R twice/);
  assert.throws(() => parseFlags('EX'), /names X twice/);
  assert.throws(() => parseFlags(''), /nothing stands there/);
  for (const text of [
    'FLAGS',
    'FLAGS()',
    '(1 <<',
    '1 << 64',
    '()',
    '1 2',
    '-',
    '1 < 2',
    '0x',
    'banana',
    '('.repeat(5000),
  ]) {
    assert.throws(() => parseFlags(text), InputError, text);
  }
});

test('whatever is typed, reading gives flags or an InputError', () => {
  const expression = fc.array(fc.constantFrom('(', ')', '1', '2', '<<', '|', '+', ' ', 'FLAGS', 'R', '0x', '9'), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        expression.map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          assert.ok(all.includes(flagsNumber(parseFlags(text))));
        } catch (error) {
          assert.ok(error instanceof InputError);
          assert.ok(error.message.length < 200);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('a page-table entry is read for what it allows, whatever else it says', () => {
  for (const number of all) {
    const flags = flagsFromNumber(number);
    const { entry } = pageBits(flags);
    assert.deepEqual(flagsFromEntry(`0x${(entry | 0x20_0060n).toString(16)}`), { ...flags, read: true });
  }
  assert.deepEqual(flagsFromEntry(' 8000_0000_0020_0063 '), { read: true, write: true, execute: false });
  assert.throws(() => flagsFromEntry('0x2'), /^InputError: “0x2” has bit 0 clear/);
  for (const text of ['', '0x', 'xyz', '1'.repeat(17)])
    assert.throws(() => flagsFromEntry(text), /up to 16 hexadecimal/);
});

test('numbers in expressions may have _ between their digits', () => {
  assert.deepEqual(parseFlags('0x0_5'), flagsFromNumber(5));
  assert.deepEqual(parseFlags('(1_ << 0_2)'), flagsFromNumber(4));
});
