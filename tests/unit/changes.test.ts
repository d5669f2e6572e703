import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chapters } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { treeChanges } from '../../src/lib/changes.ts';

test('files that are new, gone, changed or the same are told apart', () => {
  const before = new Map([
    ['gone', 'a\n'],
    ['same', 'b\n'],
    ['changed', 'one\ntwo\nthree\n'],
  ]);
  const after = new Map([
    ['same', 'b\n'],
    ['changed', 'one\n2\nthree\n'],
    ['new', 'c\n'],
  ]);
  assert.deepEqual(treeChanges(before, after), [
    { path: 'changed', kind: 'changed', lines: [' one', '-two', '+2', ' three'], added: 1, removed: 1 },
    { path: 'gone', kind: 'removed', lines: ['-a'], added: 0, removed: 1 },
    { path: 'new', kind: 'added', lines: ['+c'], added: 1, removed: 0 },
  ]);
});

test('spots far apart are separated, and a missing newline at the end is no line', () => {
  const numbered = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const changed = numbered.with(2, 'second').with(35, 'later');
  const [change] = treeChanges(new Map([['f', numbered.join('\n')]]), new Map([['f', changed.join('\n')]]));
  assert.equal(change?.lines.filter((line) => line === ' ⋮').length, 1);
  assert.deepEqual([change?.added, change?.removed], [2, 2]);
});

test('applying the changes of each chapter to the one before gives that chapter, line by line', () => {
  let before = new Map<string, string>();
  for (const { id } of chapters) {
    const after = new Map([...composeChapter(id)].map(([path, file]) => [path, file.text]));
    for (const change of treeChanges(before, after)) {
      const kept = change.lines.filter((line) => !line.startsWith('-') && line !== ' ⋮').map((line) => line.slice(1));
      const text = after.get(change.path) ?? '';
      for (const line of kept) assert.ok(text.split('\n').includes(line), `${id} ${change.path}: ${line}`);
      assert.notDeepEqual([change.added, change.removed], [0, 0], `${id} ${change.path} is listed without a change`);
    }
    before = after;
  }
});
