import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TerminalText } from '../../src/lib/workbench/terminal-text.ts';

/** A reader's log, brought up to date as the page does it. */
function follow(chunks: readonly string[], columns = 20, rows = 4): string[] {
  const text = new TerminalText(columns, rows);
  const log: string[] = [];
  for (const chunk of chunks) {
    const { wiped, from, lines } = text.write(chunk);
    if (wiped) log.length = 0;
    assert.ok(from <= log.length, 'no line is left out');
    log.splice(from, Infinity, ...lines);
  }
  return log;
}

test('lines come one after the other, and colours are dropped', () => {
  assert.deepEqual(follow(['\x1b[32mgreen\x1b[0m\r\n', 'x\ty\r\n']), ['green', 'x       y', '']);
});

test('a line that is drawn again is one line: carriage return, backspace, erasing, moving left and right', () => {
  assert.deepEqual(follow(['10 %\r20 %\r100 %']), ['100 %']);
  assert.deepEqual(follow(['lss\b \b\b\x1b[K\r$ ls']), ['$ ls']);
  assert.deepEqual(follow(['abcdef\x1b[3D\x1b[P', '\x1b[1Gx\x1b[2C', '\x1b[@_']), ['xbc_ef']);
  assert.deepEqual(follow(['abc\x1b[1K']), ['    '.slice(0, 3)]);
});

test('a prompt of two lines that a shell draws again after each key stays where it is', () => {
  const prompt = '\x1b[2K\x1b[1A\x1b[2K\x1b[G~/os\r\n\x1b[32m❯\x1b[0m ';
  assert.deepEqual(follow(['~/os\r\n❯ ', `${prompt}l`, `${prompt}ls`, '\r\nCargo.toml\r\n']), [
    '~/os',
    '❯ ls',
    'Cargo.toml',
    '',
  ]);
});

test('what is wider than the terminal goes on in the next line, and older lines scroll out of reach, not out of the log', () => {
  assert.deepEqual(follow(['abcdefg'], 3), ['abc', 'def', 'g']);
  assert.deepEqual(follow(['1\r\n2\r\n3\r\n4\r\n5\r\n6', '\x1b[9A\rtop']), ['1', '2', 'top', '4', '5', '6']);
});

test('wiping the screen wipes the log; titles and unknown sequences say nothing, wherever they are cut', () => {
  assert.deepEqual(follow(['old\r\nolder', '\x1b[2J\x1b[Hnew']), ['new']);
  assert.deepEqual(follow(['\x1b]0;ti', 'tle\x07a', '\x1b', '[', '?2004', 'hb\x1b(Bc\x1b[5;5rd']), ['abcd']);
});

test('whatever comes, however it is cut, it does not throw, no line is wider than the terminal, and the log is the same', () => {
  const piece = fc.constantFrom(
    'a',
    '❯',
    '\r',
    '\n',
    '\b',
    '\t',
    '\x1b',
    '[',
    '2',
    'J',
    'K',
    'A',
    'H',
    ';',
    '\x07',
    ']',
    '@',
    'P',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const whole = follow([pieces.join('')], 7, 3);
      assert.ok(whole.every((line) => [...line].length <= 7));
      assert.deepEqual(follow(['', ...pieces], 7, 3), whole);
    }),
    { seed: 6, numRuns: 2000 },
  );
});
