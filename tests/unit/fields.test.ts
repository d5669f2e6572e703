import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  consecutive,
  extentInWords,
  fieldAt,
  fieldsAlong,
  later,
  listed,
  outline,
  ownersOf,
  pathTo,
  repeated,
  type Field,
} from '../../src/lib/fields.ts';

const leaf = (name: string, offset: number, length: number): Field => ({ name, offset, length });

/** 32 bytes: a header of two fields, a table of three entries of two fields each, strings, and bytes without a name. */
const sample: Field = {
  name: 'file',
  offset: 0,
  length: 32,
  parts: listed([
    { ...leaf('header', 0, 4), parts: listed([leaf('magic', 0, 2), leaf('count', 2, 1)]) },
    {
      ...leaf('table', 4, 12),
      parts: repeated({ start: 4, size: 4, count: 3 }, (index, offset) => ({
        ...leaf(`entry ${index}`, offset, 4),
        parts: listed([leaf('low', offset, 2), leaf('high', offset + 2, 2)]),
      })),
    },
    {
      ...leaf('strings', 20, 8),
      parts: later(() =>
        consecutive([20, 21, 25], 28, (index, offset, length) => leaf(`string ${index}`, offset, length)),
      ),
    },
    leaf('nothing', 0, 0),
  ]),
};

const names = (path: readonly number[]) => fieldsAlong(sample, path).map(({ name }) => name);

test('the way to a byte leads to the innermost field that has it', () => {
  assert.deepEqual(names(pathTo(sample, 0)), ['file', 'header', 'magic']);
  assert.deepEqual(names(pathTo(sample, 3)), ['file', 'header']);
  assert.deepEqual(names(pathTo(sample, 15)), ['file', 'table', 'entry 2', 'high']);
  assert.deepEqual(names(pathTo(sample, 24)), ['file', 'strings', 'string 1']);
  assert.deepEqual(names(pathTo(sample, 27)), ['file', 'strings', 'string 2']);
  assert.deepEqual(names(pathTo(sample, 30)), ['file']);
});

test('the way to several bytes leads to the innermost field that has all of them', () => {
  assert.deepEqual(names(pathTo(sample, 8, 4)), ['file', 'table', 'entry 1']);
  assert.deepEqual(names(pathTo(sample, 6, 4)), ['file', 'table']);
  assert.deepEqual(names(pathTo(sample, 14, 8)), ['file']);
});

test('of fields that share bytes the smallest is named', () => {
  const root: Field = {
    ...leaf('file', 0, 8),
    parts: listed([leaf('all', 0, 8), leaf('some', 2, 3), leaf('most', 1, 6)]),
  };
  assert.deepEqual(
    ownersOf(root, 0, 8).map((owner) => owner?.name),
    ['all', 'most', 'some', 'some', 'some', 'most', 'most', 'all'],
  );
  assert.equal(fieldAt(root, pathTo(root, 3)).name, 'some');
});

test('each byte’s owner is where its way leads, whichever bytes are asked for together', () => {
  fc.assert(
    fc.property(fc.nat(31), fc.nat(40), (offset, count) => {
      const fits = Math.min(count, 32 - offset);
      for (const [index, owner] of ownersOf(sample, offset, fits).entries()) {
        const path = pathTo(sample, offset + index);
        assert.deepEqual(owner?.name, path.length === 0 ? undefined : fieldAt(sample, path).name);
      }
    }),
  );
});

test('an outline opens what the chosen field lies in, and what it consists of', () => {
  const rows = outline(sample, [1, 1]);
  assert.deepEqual(
    rows.map((row) => (row.kind === 'field' ? `${'>'.repeat(row.path.length)} ${row.field.name}` : row.kind)),
    ['> header', '> table', '>> entry 0', '>> entry 1', '>>> low', '>>> high', '>> entry 2', '> strings', '> nothing'],
  );
  const chosen = rows.filter((row) => row.kind === 'field' && row.chosen);
  assert.equal(chosen.length, 1);
  assert.deepEqual(chosen[0]?.path, [1, 1]);
});

test('of a long table an outline has one page, and ways to the others', () => {
  const root: Field = {
    ...leaf('file', 0, 1e9),
    parts: repeated({ start: 0, size: 10, count: 1e8 }, (index, offset) => leaf(String(index), offset, 10)),
  };
  const rows = outline(root, [55_555_555], 50);
  assert.equal(rows.length, 52);
  assert.deepEqual(rows[0], { kind: 'more', path: [55_555_549], count: 55_555_550, before: true });
  assert.deepEqual(rows.at(-1), { kind: 'more', path: [55_555_600], count: 1e8 - 55_555_600, before: false });
  assert.equal(fieldAt(root, pathTo(root, 123_456_789)).name, '12345678');
});

test('a way that leads out of the tree ends where the tree does', () => {
  assert.deepEqual(names([1, 7]), ['file', 'table']);
  assert.deepEqual(names([0, 0, 0]), ['file', 'header', 'magic']);
  assert.deepEqual(names([-1]), ['file']);
});

test('bytes in words', () => {
  assert.equal(extentInWords({ offset: 0x18, length: 8 }), 'bytes 0x18 to 0x1f');
  assert.equal(extentInWords({ offset: 4, length: 1 }), 'byte 0x4');
  assert.equal(extentInWords({ offset: 4, length: 0 }), 'no bytes in the file');
});
