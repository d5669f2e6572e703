/** The names of relocations, all of them, held against those that readelf and llvm-readobj print for the same numbers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { header, identificationSize, relocationWithAddend, sectionHeader } from '../../src/lib/elf/layouts.ts';
import type { Layout } from '../../src/lib/elf/layouts.ts';
import { relocationName } from '../../src/lib/elf/relocations.ts';

/** Processors by their number in the ELF header, and how many numbers of relocations are looked at. */
const machines = [
  { name: 'i386', machine: 3, count: 256 },
  { name: 'ARM', machine: 40, count: 256 },
  { name: 'x86-64', machine: 62, count: 256 },
  { name: 'AArch64', machine: 183, count: 1100 },
  { name: 'RISC-V', machine: 243, count: 256 },
];

/** Numbers whose names in the documents are newer than the readers of Debian 12, or that both call something else. */
const beyondReaders = new Map([
  [40, [131, 135]],
  [243, [12, 41, 59, 60, 61, 62, 63, 64, 65]],
]);

/** An object file with one relocation of each number. */
function objectOfAll(machine: number, count: number): Uint8Array {
  const names = '\0.rela.text\0.shstrtab\0';
  const [table, strings] = [64, 64 + count * relocationWithAddend[64].size];
  const headers = strings + names.length;
  const bytes = new Uint8Array(headers + 3 * sectionHeader[64].size);
  const view = new DataView(bytes.buffer);
  const write = <Name extends string>(layout: Layout<Name>, start: number, fields: Partial<Record<Name, number>>) => {
    for (const [name, { at, size }] of Object.entries<{ at: number; size: number }>(layout.slots)) {
      const value = fields[name as Name] ?? 0;
      if (size === 2) view.setUint16(start + at, value, true);
      else if (size === 4) view.setUint32(start + at, value, true);
      else view.setBigUint64(start + at, BigInt(value), true);
    }
  };
  const numbers = { e_type: 1, e_machine: machine, e_version: 1, e_shoff: headers, e_ehsize: 64 };
  write(header[64], identificationSize, { ...numbers, e_shentsize: 64, e_shnum: 3, e_shstrndx: 2 });
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  for (let type = 0; type < count; type += 1) {
    write(relocationWithAddend[64], table + type * 24, { r_offset: type * 8, r_info: type });
  }
  bytes.set(new TextEncoder().encode(names), strings);
  const relocations = { sh_name: 1, sh_type: 4, sh_offset: table, sh_size: count * 24, sh_entsize: 24 };
  write(sectionHeader[64], headers + 64, { ...relocations, sh_addralign: 8 });
  const texts = { sh_name: 12, sh_type: 3, sh_offset: strings, sh_size: names.length };
  write(sectionHeader[64], headers + 128, { ...texts, sh_addralign: 1 });
  return bytes;
}

/** What a reader calls each number; numbers that it has no name for are left out. */
function namesOf([program = '', ...options]: readonly string[], path: string): Map<number, string> {
  const { stdout } = spawnSync(program, [...options, '-r', path], { encoding: 'utf8' });
  const rows = stdout.split('\n').map((line) => /^[0-9a-f]{16} +([0-9a-f]{16}) +(\S+)/.exec(line));
  const found = rows.flatMap((row) => (row === null ? [] : [[Number(`0x${row[1]}`), row[2] ?? ''] as const]));
  return new Map(found.filter(([, name]) => name.startsWith('R_')));
}

// macOS has neither of these readers.
if (process.platform === 'linux') {
  for (const { name, machine, count } of machines) {
    test(`relocations of ${name} are called as readelf and llvm-readobj call them`, (t) => {
      const folder = mkdtempSync(`${tmpdir()}/onko-relocations-`);
      t.after(() => rmSync(folder, { recursive: true }));
      const path = `${folder}/all.o`;
      writeFileSync(path, objectOfAll(machine, count));
      const readers = [namesOf(['readelf', '-W'], path), namesOf(['llvm-readobj', '--elf-output-style=GNU'], path)];
      let [byBoth, byOne] = [0, 0];
      for (let type = 0; type < count; type += 1) {
        if (beyondReaders.get(machine)?.includes(type)) continue;
        const ours = relocationName(machine, type);
        const theirs = readers.flatMap((names) => names.get(type) ?? []);
        const [first, second] = theirs;
        // The numbers of 64-bit ARM's 32-bit files (P32) are not ours: nothing makes such files any more.
        const isKnown = first !== undefined && first === second && !first.includes('_P32_');
        if (ours.startsWith('R_'))
          assert.ok(theirs.includes(ours), `${type}: ours ${ours}, theirs ${theirs.join(', ')}`);
        else assert.ok(!isKnown, `${type}: both call it ${first}, we do not`);
        if (isKnown) byBoth += 1;
        else if (ours.startsWith('R_')) byOne += 1;
      }
      assert.ok(byBoth >= 40);
      t.diagnostic(`${byBoth} names as both have them, ${byOne} as one of them does`);
    });
  }
}

test('what has no name is called by its number', () => {
  assert.equal(relocationName(62, 1000), 'type 1000');
  assert.equal(relocationName(8, 0), 'type 0');
  assert.equal(relocationName(243, 60), 'R_RISCV_SET_ULEB128');
});
