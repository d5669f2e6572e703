import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ElfError, parseElf } from '../../src/lib/elf.ts';
import { viewElf } from '../../src/lib/elf/summary.ts';
import { fieldAt, ownersOf, outline, pathTo, type Field } from '../../src/lib/fields.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { sampleElf } from './fixtures/sample-elf.ts';

test('whatever bytes come, an ELF file is read or refused', (t) => {
  const report = fuzz({
    name: 'elf',
    seeds: [sampleElf().bytes],
    parse: (bytes) => {
      const { segments, sections, symbols } = parseElf(bytes);
      assert.ok(segments.length * 56 + sections.length * 64 <= 2 * bytes.length);
      return symbols;
    },
    refuses: (error) => error instanceof ElfError && error.offset >= 0n,
  });
  t.diagnostic(JSON.stringify(report));
});

test('whatever bytes come, the explorer names them', (t) => {
  const report = fuzz({
    name: 'elf-explorer',
    seeds: [sampleElf().bytes],
    parse: (bytes) => {
      const { root } = viewElf(bytes);
      walk(root, bytes.length);
      return root;
    },
    memory: { perByte: 256, fixed: 1024 * 1024 },
  });
  t.diagnostic(JSON.stringify(report));
});

/** Looks at the tree as the explorer does: the beginning of each structure, and whom a few bytes belong to. */
function walk(root: Field, size: number): void {
  outline(root, [0]);
  ownersOf(root, 0, Math.min(256, size));
  for (const at of [0, size >> 1, size - 1]) {
    if (at < 0 || at >= size) continue;
    const field = fieldAt(root, pathTo(root, at));
    assert.ok(field.offset <= at && at < field.offset + field.length, `${field.name} does not have byte ${at}`);
  }
}
