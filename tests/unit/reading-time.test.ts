import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readingMinutes } from '../../src/lib/reading-time.ts';

const minuteOfProse = 'word '.repeat(180);

test('a text takes a minute for each 180 words, and never none', () => {
  assert.equal(readingMinutes(minuteOfProse.repeat(7)), 7);
  assert.equal(readingMinutes(''), 1);
});

test('code takes longer than prose: a minute for each 20 lines, printed here or listed', () => {
  assert.equal(readingMinutes('```rust\n' + 'let x = 1;\n'.repeat(60) + '```\n'), 3);
  assert.equal(readingMinutes(minuteOfProse, 40), 3);
});

test('imports, tags and the addresses of links are not read', () => {
  const imports = 'import manifest from "virtual:onko/manifest";\nexport const numbers = [1, 2, 3];\n'.repeat(200);
  const tags = '<Machine chapter="05-main-rs" title="not a word of it" />\n'.repeat(200);
  const links = `[word](https://example.org/${'a-word-'.repeat(400)})`;
  assert.equal(readingMinutes(`${imports}\n${minuteOfProse.repeat(2)}\n\n${tags}${links}`), 2);
});
