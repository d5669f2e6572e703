import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addressRegions,
  describeAddress,
  formatAddress,
  formatDistance,
  parseAddress,
  symbolAt,
  tableIndices,
  topAddress,
  translatedBits,
  type PagingLevels,
} from '../../src/lib/address.ts';

const anyAddress = fc.bigInt({ min: 0n, max: topAddress });
const anyLevels = fc.constantFrom<PagingLevels>(4, 5);

test('the kernel’s base is canonical, in the higher half, in the last entry of PML4 and the last but one of its PDPT', () => {
  const facts = describeAddress(0xffff_ffff_8000_0000n, 4);
  assert.equal(facts.canonical, true);
  assert.equal(facts.region.name, 'higher half');
  assert.deepEqual(
    facts.indices.map(({ table, index, high, low }) => [table, index, high, low]),
    [
      ['PML4', 511, 47, 39],
      ['PDPT', 510, 38, 30],
      ['PD', 0, 29, 21],
      ['PT', 0, 20, 12],
    ],
  );
  assert.equal(facts.offset, 0);
  assert.equal(facts.why, 'Bits 63 to 47 are all 1.');
});

test('the borders of the halves are those of the manuals, for 48 and 57 bits', () => {
  const borders = (levels: PagingLevels) =>
    addressRegions(levels).map(({ first, last }) => [first, last].map(formatAddress));
  assert.deepEqual(borders(4), [
    ['0x0000_0000_0000_0000', '0x0000_7fff_ffff_ffff'],
    ['0x0000_8000_0000_0000', '0xffff_7fff_ffff_ffff'],
    ['0xffff_8000_0000_0000', '0xffff_ffff_ffff_ffff'],
  ]);
  assert.deepEqual(borders(5)[0], ['0x0000_0000_0000_0000', '0x00ff_ffff_ffff_ffff']);
  assert.deepEqual(borders(5)[2], ['0xff00_0000_0000_0000', '0xffff_ffff_ffff_ffff']);
});

test('an address in the hole says which bits disagree', () => {
  const facts = describeAddress(0x0000_8000_0000_0000n, 4);
  assert.equal(facts.canonical, false);
  assert.equal(facts.why, 'Bits 63 to 47 must be all equal, and they are 00000000000000001.');
  assert.equal(describeAddress(0x0000_8000_0000_0000n, 5).canonical, true);
});

test('indices and offset put together give the translated bits back', () => {
  fc.assert(
    fc.property(anyAddress, anyLevels, (address, levels) => {
      const { indices, offset } = describeAddress(address, levels);
      assert.equal(indices.length, levels);
      const joined = indices.reduce((sum, { index, low }) => sum | (BigInt(index) << BigInt(low)), BigInt(offset));
      assert.equal(joined, address & ((1n << BigInt(translatedBits(levels))) - 1n));
    }),
  );
});

test('an address is canonical exactly when sign-extending its translated bits gives it back', () => {
  fc.assert(
    fc.property(anyAddress, anyLevels, (address, levels) => {
      const extended = BigInt.asUintN(64, BigInt.asIntN(translatedBits(levels), address));
      assert.equal(describeAddress(address, levels).canonical, extended === address);
    }),
  );
});

test('a printed address is read back, however it is written', () => {
  fc.assert(fc.property(anyAddress, (address) => assert.equal(parseAddress(formatAddress(address)), address)));
  for (const text of ['ffffffff80000000', '0XFFFFFFFF80000000', ' 0xffff_ffff_8000_0000 ']) {
    assert.equal(parseAddress(text), 0xffff_ffff_8000_0000n, text);
  }
});

test('what is no address is refused by name', () => {
  assert.throws(() => parseAddress(''), /Type an address/);
  assert.throws(() => parseAddress('0xkmain'), /“0xkmain” is not an address/);
  assert.throws(() => parseAddress('1ffffffff80000000'), /has 65 bits; an address has at most 64/);
});

test('distances are exact where they can be and say “about” where not', () => {
  assert.equal(formatDistance(0n), '0 bytes');
  assert.equal(formatDistance(1n), '1 byte');
  assert.equal(formatDistance(0x1000n), '4 KiB');
  assert.equal(formatDistance(1n << 31n), '2 GiB');
  assert.equal(formatDistance((1n << 47n) - 1n), 'about 128 TiB');
  assert.equal(formatDistance(1536n), 'about 1.5 KiB');
  assert.equal(formatDistance(topAddress), 'about 16 EiB');
});

test('an address within a symbol is named with its offset', () => {
  const symbols = [{ name: 'kmain', address: 0xffff_ffff_8000_0010n, size: 32 }];
  assert.equal(symbolAt(0xffff_ffff_8000_0010n, symbols), 'kmain');
  assert.equal(symbolAt(0xffff_ffff_8000_001cn, symbols), 'kmain + 12');
  assert.equal(symbolAt(0xffff_ffff_8000_0030n, symbols), undefined);
  assert.deepEqual(
    tableIndices(0n, 4).map(({ index }) => index),
    [0, 0, 0, 0],
  );
});
