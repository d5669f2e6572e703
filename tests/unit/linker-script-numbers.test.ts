/** Numbers that the linker script chapter prints, and the layout its diagram is drawn from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  alignUp,
  baseAddress,
  debugSections,
  pageSize,
  placeSections,
} from '../../src/components/diagrams/kernel-layout.ts';
import { kernelSpace, topAddress } from '../../src/lib/address.ts';
import { root } from '../../tools/paths.ts';

const chapter = readFileSync(`${root}/src/content/docs/part-1/linker-script.mdx`, 'utf8');

test('the four bytes of the instruction stretch to the address of .data', () => {
  const instruction = /^48 c7 c7 ((?:[0-9a-f]{2} ?){4})$/m.exec(chapter)?.[1];
  assert.ok(instruction);
  const bytes = Uint8Array.from(instruction.trim().split(' '), (byte) => Number.parseInt(byte, 16));
  const short = new DataView(bytes.buffer).getInt32(0, true);
  assert.equal(BigInt.asUintN(64, BigInt(short)), debugSections[2]?.address);
  assert.ok(chapter.includes(`0x${(short >>> 0).toString(16)}`));
});

test('32 signed bits reach the first and the last 2 GiB, and the script starts where the last begin', () => {
  assert.equal(BigInt.asUintN(64, -(1n << 31n)), kernelSpace);
  assert.equal(kernelSpace, baseAddress);
  assert.equal(topAddress + 1n - kernelSpace, 1n << 31n);
  const script = readFileSync(`${root}/kernel/chapters/04-linker-script/linker.ld`, 'utf8');
  assert.ok(script.includes(`. = 0x${baseAddress.toString(16)};`));
});

test('the base address has the eight f that the troubleshooting list counts', () => {
  assert.equal(/^f+/.exec(baseAddress.toString(16))?.[0].length, 8);
});

test('sections are placed in order, each on pages of its own, at offsets that agree with the addresses', () => {
  const sections = fc.array(fc.integer({ min: 0, max: 5 * pageSize }), { maxLength: 6 });
  fc.assert(
    fc.property(sections, (sizes) => {
      const placed = placeSections(sizes.map((size, index) => ({ name: `.s${index}`, permissions: 'R--', size })));
      assert.deepEqual(
        placed.map(({ size }) => size),
        sizes.filter((size) => size > 0),
      );
      let end = baseAddress;
      for (const { address, offset, pages, size } of placed) {
        assert.ok(address >= end);
        assert.equal(address % BigInt(pageSize), 0n);
        assert.equal(BigInt(offset) % BigInt(pageSize), address % BigInt(pageSize));
        assert.equal(
          pages.reduce((sum, bytes) => sum + bytes, 0),
          size,
        );
        end = address + BigInt(pages.length * pageSize);
      }
    }),
  );
});

test('ALIGN rounds up, and leaves alone what is round already', () => {
  assert.equal(alignUp(baseAddress + 0x2345n, 0x1000n), baseAddress + 0x3000n);
  assert.equal(alignUp(baseAddress, 0x1000n), baseAddress);
});
