import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance } from '../../src/lib/edit-distance.ts';

/** The definition, as it stands in books. */
function byDefinition(one: readonly number[], other: readonly number[]): number {
  const [first, ...left] = one;
  const [wanted, ...right] = other;
  if (first === undefined || wanted === undefined) return Math.max(one.length, other.length);
  if (first === wanted) return byDefinition(left, right);
  return 1 + Math.min(byDefinition(left, other), byDefinition(one, right), byDefinition(left, right));
}

test('the distance is the one of the definition, up to the most that is asked for', () => {
  const word = fc.array(fc.nat(2), { maxLength: 6 });
  fc.assert(
    fc.property(word, word, fc.nat(5), (one, other, most) => {
      assert.equal(editDistance(one, other, most), Math.min(byDefinition(one, other), most + 1));
    }),
    { numRuns: 300 },
  );
});

test('words whose lengths are too far apart are not compared', () => {
  assert.equal(editDistance(new Uint8Array(1e7), [1, 2, 3], 2), 3);
});
