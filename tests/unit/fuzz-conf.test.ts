import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfBytes } from '../../src/lib/limine-conf.ts';
import { confExamples, menuScreen, openMenu, pressKey } from '../../src/lib/limine-menu.ts';
import { fuzz } from '../fuzz/fuzz.ts';

const chapter = readFileSync(new URL('../../kernel/chapters/06-limine-conf/limine.conf', import.meta.url), 'utf8');
const utf8 = (text: string) => new TextEncoder().encode(text);

test('whatever bytes come, a limine.conf is read, and its menu can be drawn', (t) => {
  const report = fuzz({
    name: 'limine-conf',
    seeds: [chapter, ...confExamples.map(({ text }) => text)].map(utf8),
    words: ['\n/A\n', '\n//B\n', '/+', '${X}=', '${X}', '${', '\npath: boot():/k\n', 'timeout: ', '\r\n', ':'].map(
      utf8,
    ),
    parse: (bytes) => {
      const { conf, problems } = readConfBytes(bytes);
      for (const { text } of problems) assert.ok(text.length < 400);
      const menu = pressKey(conf, openMenu(conf), 'down');
      assert.equal(menuScreen(conf, menu, 1).length, 25);
    },
    // Every line of a few bytes may be wrong, and then gets a sentence.
    memory: { perByte: 1000, fixed: 128 * 1024 },
  });
  t.diagnostic(JSON.stringify(report));
});
