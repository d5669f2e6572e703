import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptSettings, parseKept } from '../../src/lib/kept.ts';

test('what is kept is read back by id, and whatever else lies under the key counts as nothing', () => {
  assert.equal(keptSettings.key, 'onko.kept.v1');
  assert.deepEqual(parseKept('{"color":"color=ff8000&order=rgb","later":"x"}'), {
    color: 'color=ff8000&order=rgb',
    later: 'x',
  });
  for (const stored of [null, '', '{', '[]', '7', 'null', '"color"'])
    assert.deepEqual(parseKept(stored), {}, String(stored));
  assert.deepEqual(parseKept('{"color":7,"conf":null,"draw":"x"}'), { draw: 'x' });
});
