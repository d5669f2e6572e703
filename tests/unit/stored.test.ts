import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedTicks } from '../../src/lib/checklist.ts';
import { keptSettings } from '../../src/lib/kept.ts';
import { storedProgress } from '../../src/lib/progress.ts';
import { readStored, removeStored, type Stored } from '../../src/lib/stored.ts';
import { applyEdits, decodeEdits, editsBetween, encodeEdits, storedEdits } from '../../src/lib/workbench/edits.ts';

class MapStorage {
  readonly texts: Map<string, string>;
  constructor(texts: Record<string, string>) {
    this.texts = new Map(Object.entries(texts));
  }
  getItem(key: string): string | null {
    return this.texts.get(key) ?? null;
  }
  removeItem(key: string): void {
    this.texts.delete(key);
  }
}

/** A thing in its third format: the second wrote a word in capitals, the first backwards in quotation marks. */
const word: Stored = {
  key: 'onko.word.v3',
  older: [
    { key: 'onko.word.v2', upgrade: (text) => (/^[A-Z]+$/.test(text) ? text.toLowerCase() : undefined) },
    {
      key: 'word',
      upgrade: (text) => (/^".*"$/.test(text) ? [...text.slice(1, -1)].reverse().join('') : undefined),
    },
  ],
};

test('what is stored is read in today’s format, from the newest format that is there and whole', () => {
  const read = (texts: Record<string, string>) => readStored(word, new MapStorage(texts));
  assert.equal(read({}), null);
  assert.equal(read({ word: '"okno"' }), 'onko');
  assert.equal(read({ word: '"dlo"', 'onko.word.v2': 'NEWER' }), 'newer');
  assert.equal(read({ word: '"dlo"', 'onko.word.v2': 'NEWER', 'onko.word.v3': 'newest' }), 'newest');
  assert.equal(read({ word: '"dlo"', 'onko.word.v2': '{cut o' }), 'old', 'a format that is damaged is passed over');
  assert.equal(read({ word: 'no quotes' }), null);
});

test('reading changes nothing, and forgetting forgets every format', () => {
  const storage = new MapStorage({ word: '"okno"', 'onko.word.v2': 'ONKO', another: 'stays' });
  readStored(word, storage);
  assert.equal(storage.texts.size, 3);
  removeStored(word, storage);
  assert.deepEqual([...storage.texts], [['another', 'stays']]);
});

test('everything that is kept has a key of its own that names its version', () => {
  const all = [storedProgress, keptSettings, storedTicks, storedEdits('05-main-rs'), storedEdits('07-makefile')];
  for (const { key } of all) assert.match(key, /^onko\.[a-z]+\.v[1-9]\d*(\.[a-z0-9-]+)?$/);
  const keys = all.flatMap(({ key, older = [] }) => [key, ...older.map((format) => format.key)]);
  assert.equal(new Set(keys).size, keys.length);
});

test('edits of the workbench in their first format are still there, and those that are no edits count as none', () => {
  const original = new Map([
    ['/07-makefile/limine.conf', new TextEncoder().encode('timeout: 3')],
    ['/07-makefile/Makefile', new TextEncoder().encode('all:')],
  ]);
  const now = new Map([['/07-makefile/limine.conf', new TextEncoder().encode('timeout: 0')]]);
  const edits = editsBetween(original, now);
  const first = JSON.stringify({ version: 1, ...(JSON.parse(encodeEdits(edits)) as object) });
  const read = (text: string) =>
    decodeEdits(readStored(storedEdits('07-makefile'), new MapStorage({ 'onko:workbench:07-makefile': text })));
  assert.deepEqual(applyEdits(original, read(first)), now);
  for (const text of ['', '{', '[]', 'null', '{"version":2,"files":{},"removed":[]}', '{"version":1,"files":7}']) {
    assert.equal(read(text).files.size + read(text).removed.size, 0, text);
  }
});
