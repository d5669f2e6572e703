import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfBytes } from '../../src/lib/limine-conf.ts';
import { confExamples, menuScreen, openMenu, pressKey } from '../../src/lib/limine-menu.ts';
import { fuzz, type FuzzTarget } from '../fuzz/fuzz.ts';

const chapter = readFileSync(new URL('../../kernel/chapters/06-limine-conf/limine.conf', import.meta.url), 'utf8');
const utf8 = (text: string) => new TextEncoder().encode(text);

const target: Omit<FuzzTarget<Uint8Array>, 'seeds'> = {
  name: 'limine-conf',
  parse: (bytes) => {
    const { conf, problems } = readConfBytes(bytes);
    for (const { text } of problems) assert.ok(text.length < 400);
    const menu = pressKey(conf, openMenu(conf), 'down');
    assert.equal(menuScreen(conf, menu, 1).length, 25);
  },
  // Every line of a few bytes may be wrong, and then gets a sentence.
  memory: { perByte: 1000, fixed: 128 * 1024 },
};

test('whatever bytes come, a limine.conf is read, and its menu can be drawn', (t) => {
  const report = fuzz({
    ...target,
    seeds: [chapter, ...confExamples.map(({ text }) => text)].map(utf8),
    words: ['\n/A\n', '\n//B\n', '/+', '${X}=', '${X}', '${', '\npath: boot():/k\n', 'timeout: ', '\r\n', ':'].map(
      utf8,
    ),
  });
  t.diagnostic(JSON.stringify(report));
});

test('a file in which every line is wrong takes no more memory than its sentences', () => {
  const lines = [':', '=', 'x: y', 'x', '${', 'é: ü', '/', '//', 'timeout:', 'path: x'];
  // As a run of a million inputs found one: a macro that is not closed, and then lines of two bytes.
  const found = `\${\n${':\n'.repeat(12)}${':\n\n:\n\n\n'.repeat(60)}`;
  const seeds = [found, ...lines.map((line) => `${line}\n`.repeat(100))].map(utf8);
  fuzz({ ...target, seeds, inputs: seeds.length });
});
