import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ElfError, parseElf } from '../../src/lib/elf.ts';

/** A small kernel: one segment at 0xffffffff80000000, and `kmain` in the symbol table. Offsets are those of the tables. */
function sample(): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(0x200);
  const view = new DataView(bytes.buffer);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  const u64 = (at: number, value: bigint) => view.setBigUint64(at, value, true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  u16(16, 2); // e_type
  u16(18, 62); // e_machine
  u64(24, 0xffffffff80000010n); // e_entry
  u64(32, 64n); // e_phoff
  u64(40, 0x100n); // e_shoff
  u16(54, 56); // e_phentsize
  u16(56, 1); // e_phnum
  u16(58, 64); // e_shentsize
  u16(60, 3); // e_shnum
  u16(62, 1); // e_shstrndx

  u32(64, 1); // p_type
  u32(68, 5); // p_flags
  u64(80, 0xffffffff80000000n); // p_vaddr
  u64(96, 0x200n); // p_filesz
  u64(104, 0x300n); // p_memsz

  bytes.set(new TextEncoder().encode('\0.strtab\0kmain\0'), 0xc0);
  bytes.set([9, 0, 0, 0, 0x12, 0, 1, 0], 0xd8); // a global function in section 1
  u64(0xe0, 0xffffffff80000010n); // st_value
  u64(0xe8, 7n); // st_size

  u32(0x140, 1); // section 1: its name
  u32(0x144, 3); // sh_type: strings
  u64(0x158, 0xc0n); // sh_offset
  u64(0x160, 15n); // sh_size
  u32(0x184, 2); // section 2, sh_type: symbols
  u64(0x198, 0xd8n); // sh_offset
  u64(0x1a0, 24n); // sh_size
  u32(0x1a8, 1); // sh_link
  return { bytes, view };
}

test('header, segments, sections and symbols are read, with all 64 bits of addresses', () => {
  const elf = parseElf(sample().bytes);
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
  const { bytes } = sample();
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
    const { bytes, view } = sample();
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
  const { bytes } = sample();
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
