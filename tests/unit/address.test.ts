import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addressBits,
  addressFromFragment,
  addressRegions,
  addressToFragment,
  describeAddress,
  formatAddress,
  formatDistance,
  locate,
  parseAddress,
  parseLevels,
  symbolAt,
  topAddress,
  translatedBits,
  type PagingLevels,
} from '../../src/lib/address.ts';
import { InputError } from '../../src/lib/input.ts';
import type { KernelSymbol } from '../../src/lib/manifest.ts';

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

const symbols: KernelSymbol[] = [
  { name: 'kmain', address: '0xffffffff80000010', size: 32 },
  { name: '__bss_start', address: '0xffffffff80001000', size: 0 },
];

test('an address within a symbol is named with its offset', () => {
  assert.equal(symbolAt(0xffff_ffff_8000_0010n, symbols), 'kmain');
  assert.equal(symbolAt(0xffff_ffff_8000_001cn, symbols), 'kmain + 12');
  assert.equal(symbolAt(0xffff_ffff_8000_0030n, symbols), undefined);
  assert.equal(symbolAt(0xffff_ffff_8000_1000n, symbols), '__bss_start');
});

test('an address is found in the symbol it lies in, and neither before its start nor past its end', () => {
  assert.deepEqual(locate(0xffff_ffff_8000_0011n, symbols), { symbol: symbols[0], offset: 1n });
  assert.equal(locate(0xffff_ffff_8000_000fn, symbols), undefined);
  assert.equal(locate(0xffff_ffff_8000_1001n, symbols), undefined);
});

test('the parts of an address are its 64 bits, without gaps and in order', () => {
  fc.assert(
    fc.property(anyAddress, anyLevels, (address, levels) => {
      const parts = addressBits(address, levels);
      assert.equal(parts.map(({ bits }) => bits).join(''), address.toString(2).padStart(64, '0'));
      let next = 63;
      for (const { high, low, bits, value } of parts) {
        assert.equal(high, next);
        assert.equal(bits.length, high - low + 1);
        assert.equal(Number.parseInt(bits, 2), value);
        next = low - 1;
      }
      assert.equal(next, -1);
    }),
  );
  assert.deepEqual(
    addressBits(0xffff_ffff_8000_1234n, 4).map(({ part, value }) => [part, value]),
    [
      ['sign', 0xffff],
      ['PML4', 511],
      ['PDPT', 510],
      ['PD', 0],
      ['PT', 1],
      ['offset', 0x234],
    ],
  );
});

test('a setting survives its link', () => {
  fc.assert(
    fc.property(anyAddress, anyLevels, (address, levels) => {
      assert.deepEqual(addressFromFragment(addressToFragment({ address, levels })), { address, levels });
    }),
  );
  assert.deepEqual(addressFromFragment('address=0x7fff'), { address: 0x7fffn, levels: 4 });
  assert.equal(addressFromFragment('flags=5'), undefined);
  assert.throws(() => addressFromFragment('address=kmain'), /“kmain” is not an address/);
  assert.throws(() => addressFromFragment('address=0&levels=3'), /4 or 5 levels, not “3”/);
});

test('whatever is typed, reading gives an address or an InputError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^0x[0-9a-f_]{0,24}$/)), (text) => {
      try {
        const address = parseAddress(text);
        assert.ok(address >= 0n && address <= topAddress);
        parseLevels(text);
      } catch (error) {
        assert.ok(error instanceof InputError);
        assert.ok(error.message.length < 160);
      }
    }),
  );
});
