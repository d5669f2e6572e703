import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ElfError, parseElf } from '../../src/lib/elf.ts';
import { sampleElf } from './fixtures/sample-elf.ts';

test('header, segments, sections and symbols are read, with all 64 bits of addresses', () => {
  const elf = parseElf(sampleElf().bytes);
  assert.deepEqual([elf.type, elf.machine, elf.entry], [2, 62, 0xffffffff80000010n]);
  assert.deepEqual(elf.segments, [
    {
      type: 1,
      flags: 5,
      offset: 0n,
      virtualAddress: 0xffffffff80000000n,
      physicalAddress: 0n,
      fileSize: 0x200n,
      memorySize: 0x300n,
      alignment: 0n,
    },
  ]);
  assert.deepEqual(
    elf.sections.map(({ name, type }) => [name, type]),
    [
      ['', 0],
      ['.strtab', 3],
      ['', 2],
    ],
  );
  assert.deepEqual(elf.symbols, [
    { name: 'kmain', type: 'function', binding: 'global', section: 1, value: 0xffffffff80000010n, size: 7n },
  ]);
});

test('a file within a larger buffer is read from its own start', () => {
  const { bytes } = sampleElf();
  const larger = new Uint8Array(bytes.length + 100);
  larger.set(bytes, 50);
  assert.deepEqual(parseElf(larger.subarray(50, 50 + bytes.length)), parseElf(bytes));
});

const mistakes: [name: string, change: (view: DataView) => void, message: RegExp][] = [
  ['another mark', (view) => view.setUint8(1, 0x46), /^EI_MAG1 at offset 0x1: is 70, not 69/],
  ['a 32-bit file', (view) => view.setUint8(4, 1), /^EI_CLASS at offset 0x4: is 1, not 2 \(64-bit\)/],
  ['a big-endian file', (view) => view.setUint8(5, 2), /^EI_DATA at offset 0x5: is 2, not 1/],
  [
    'program headers of another size',
    (view) => view.setUint16(54, 32, true),
    /^e_phentsize at offset 0x36: is 32, not 56/,
  ],
  [
    'a table far outside',
    (view) => view.setBigUint64(40, 2n ** 64n - 1n, true),
    /^the table of e_shoff at offset 0xf{16}: ends behind/,
  ],
  [
    'a section of names that is not there',
    (view) => view.setUint16(62, 9, true),
    /^e_shstrndx at offset 0x3e: is 9, but there are 3/,
  ],
  ['a name outside its table', (view) => view.setUint32(0x140, 15, true), /^sh_name at offset 0x140: is 15, where/],
  [
    'strings that are not there',
    (view) => view.setUint32(0x1a8, 3, true),
    /^sh_link .* wants section 3, which does not exist/,
  ],
  ['names without bytes in the file', (view) => view.setUint32(0x144, 8, true), /has no bytes in the file/],
];
for (const [name, change, message] of mistakes) {
  test(`${name} is refused by the name and place of the field`, () => {
    const { bytes, view } = sampleElf();
    change(view);
    assert.throws(
      () => parseElf(bytes),
      (error) => error instanceof ElfError && message.test(error.message),
    );
  });
}

test('a file cut anywhere, or changed anywhere, is read or refused in words', () => {
  const readsOrRefuses = (bytes: Uint8Array) => {
    try {
      parseElf(bytes);
    } catch (error) {
      assert.ok(error instanceof ElfError, String(error));
    }
  };
  const { bytes } = sampleElf();
  for (let length = 0; length < bytes.length; length += 1) readsOrRefuses(bytes.subarray(0, length));
  const change = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const changed = bytes.slice();
      for (const { at, value } of changes) changed[at] = value;
      readsOrRefuses(changed);
    }),
    { numRuns: 2000 },
  );
});
