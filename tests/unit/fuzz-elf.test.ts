import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ElfError, parseElf } from '../../src/lib/elf.ts';
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
