import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chapterState, parseProgress, withDone } from '../../src/lib/progress.ts';

test('progress survives being stored and read again', () => {
  const progress = withDone(
    withDone(withDone({}, '05-main-rs', 'read'), '05-main-rs', 'booted'),
    '04-linker-script',
    'read',
  );
  assert.deepEqual(parseProgress(JSON.stringify(progress)), progress);
  assert.equal(chapterState(progress, '05-main-rs'), 'booted');
  assert.equal(chapterState(progress, '04-linker-script'), 'read');
  assert.equal(chapterState(progress, '01-environment'), 'new');
});

test('whatever else is stored counts as no progress', () => {
  for (const stored of [null, '', '{', 'null', '[]', '3', '"x"', '{"05-main-rs":null}', '{"05-main-rs":7}']) {
    assert.deepEqual(parseProgress(stored), {}, String(stored));
  }
  assert.deepEqual(parseProgress('{"a":{"read":"yes","booted":true,"extra":1}}'), { a: { booted: true } });
});

test('adding progress leaves what was there untouched', () => {
  const before = { a: { read: true } } as const;
  const after = withDone(before, 'a', 'booted');
  assert.deepEqual(before, { a: { read: true } });
  assert.deepEqual(after, { a: { read: true, booted: true } });
});
