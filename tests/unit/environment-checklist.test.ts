import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTicked, serializeTicked, tickedInWords, withTick, withoutItems } from '../../src/lib/checklist.ts';

test('ticks come back from storage as they were', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), (ids) => {
      assert.deepEqual([...parseTicked(serializeTicked(new Set(ids)))].sort(), [...ids].sort());
    }),
  );
});

test('the stored form does not depend on the order of ticking', () => {
  assert.equal(serializeTicked(new Set(['qemu', 'git'])), serializeTicked(new Set(['git', 'qemu'])));
});

test('whatever is not a checklist counts as nothing ticked', () => {
  for (const stored of [null, '', '{', 'null', '7', '"qemu"', '{"qemu":true}', '["qemu"']) {
    assert.equal(parseTicked(stored).size, 0, String(stored));
  }
});

test('entries that are no ids are left out', () => {
  assert.deepEqual([...parseTicked('["qemu", 7, null, ["git"]]')], ['qemu']);
});

test('ticking and unticking an item leaves the others and the old set alone', () => {
  const before = new Set(['git']);
  assert.deepEqual([...withTick(before, 'qemu', true)], ['git', 'qemu']);
  assert.deepEqual([...withTick(withTick(before, 'qemu', true), 'qemu', false)], ['git']);
  assert.deepEqual([...before], ['git']);
});

test('a reset clears its own list only', () => {
  assert.deepEqual([...withoutItems(new Set(['git', 'other']), ['git', 'make'])], ['other']);
});

test('progress is said in words and counts only the items of the list', () => {
  const ids = ['git', 'make', 'qemu'];
  assert.equal(tickedInWords(new Set(), ids), '3 to check');
  assert.equal(tickedInWords(new Set(['git', 'other']), ids), '1 of 3 checked');
  assert.equal(tickedInWords(new Set(ids), ids), 'All 3 checked');
});
