import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Color,
  bitGroups,
  cssHex,
  decode,
  encode,
  formats,
  hexByte,
  hexWord,
  memoryBytes,
  onkoColor,
  orders,
  parseChannel,
  parseHexColor,
  parseOrder,
  rustLine,
  settingFromFragment,
  settingToFragment,
  terms,
} from '../../src/lib/color.ts';
import { InputError } from '../../src/lib/input.ts';

const byte = fc.integer({ min: 0, max: 255 });
const anyColor: fc.Arbitrary<Color> = fc.record({ red: byte, green: byte, blue: byte }, { noNullPrototype: true });
const anyOrder = fc.constantFrom(...orders);

test('the colour of Part 1 is 0x000C1821, 792,609, and lies in memory as 21 18 0C 00', () => {
  const word = encode(onkoColor, formats.rgb);
  assert.equal(word, 792_609);
  assert.equal(hexWord(word), '0x000C1821');
  assert.deepEqual(memoryBytes(word).map(hexByte), ['21', '18', '0C', '00']);
  assert.deepEqual(
    terms(onkoColor, formats.rgb).map((term) => hexWord(term.word)),
    ['0x000C0000', '0x00001800', '0x00000021'],
  );
});

test('in BGR order red and blue change places', () => {
  assert.equal(hexWord(encode(onkoColor, formats.bgr)), '0x0021180C');
});

test('white and full single channels stay unsigned', () => {
  assert.equal(encode({ red: 255, green: 255, blue: 255 }, formats.rgb), 0x00ff_ffff);
  assert.equal(encode({ red: 255, green: 0, blue: 0 }, { ...formats.rgb, red: { shift: 24, size: 8 } }), 0xff00_0000);
});

test('every colour survives encoding and decoding, in both orders', () => {
  fc.assert(
    fc.property(anyColor, anyOrder, (color, order) => {
      assert.deepEqual(decode(encode(color, formats[order]), formats[order]), color);
    }),
  );
});

test('decoding ignores the byte that no channel owns', () => {
  fc.assert(
    fc.property(anyColor, anyOrder, byte, (color, order, unused) => {
      const word = (encode(color, formats[order]) | (unused << 24)) >>> 0;
      assert.deepEqual(decode(word, formats[order]), color);
    }),
  );
});

test('the three terms share no bit, so OR and addition agree', () => {
  fc.assert(
    fc.property(anyColor, anyOrder, (color, order) => {
      const [first, second, third] = terms(color, formats[order]).map((term) => term.word);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      assert.equal(first & second, 0);
      assert.equal(first & third, 0);
      assert.equal(second & third, 0);
      assert.equal(encode(color, formats[order]), first + second + third);
    }),
  );
});

test('the bytes in memory are those a little-endian CPU stores', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (word) => {
      const stored = new DataView(new ArrayBuffer(4));
      stored.setUint32(0, word, true);
      assert.deepEqual(memoryBytes(word), [...new Uint8Array(stored.buffer)]);
    }),
  );
});

test('the bit groups are the 32 bits of the word, each with its owner and place', () => {
  fc.assert(
    fc.property(anyColor, anyOrder, (color, order) => {
      const format = formats[order];
      const word = encode(color, format);
      const groups = bitGroups(word, format);
      assert.equal(groups.map((group) => group.bits).join(''), word.toString(2).padStart(32, '0'));
      for (const { owner, bits, high, low } of groups) {
        assert.equal(bits.length, high - low + 1);
        assert.equal(Number.parseInt(bits, 2), owner === 'unused' ? 0 : color[owner]);
      }
    }),
  );
  assert.deepEqual(
    bitGroups(encode(onkoColor, formats.rgb), formats.rgb).map(({ owner, high, low }) => [owner, high, low]),
    [
      ['unused', 31, 24],
      ['red', 23, 16],
      ['green', 15, 8],
      ['blue', 7, 0],
    ],
  );
});

test('a hex colour is read back from how CSS writes it, in either case, with or without #', () => {
  fc.assert(
    fc.property(anyColor, (color) => {
      assert.deepEqual(parseHexColor(cssHex(color)), color);
      assert.deepEqual(parseHexColor(cssHex(color).slice(1).toUpperCase()), color);
    }),
  );
  assert.deepEqual(parseHexColor(' #abc '), { red: 0xaa, green: 0xbb, blue: 0xcc });
});

test('a hex colour that is none is refused in words that quote it', () => {
  for (const text of ['', '#', '#12', '#12345', '#1234567', '0c182g', '##0c1821', 'red', '0x0c1821']) {
    assert.throws(() => parseHexColor(text), InputError);
  }
  assert.throws(() => parseHexColor('#12'), /six hexadecimal digits.*“#12” is neither/);
});

test('a channel is read in decimal and in Rust’s hexadecimal, with underscores', () => {
  assert.equal(parseChannel('12', 'red'), 12);
  assert.equal(parseChannel(' 0xFF ', 'red'), 255);
  assert.equal(parseChannel('2_5_5', 'red'), 255);
  assert.equal(parseChannel('0X0_c', 'red'), 12);
});

test('a channel out of range or no number is refused with its name and the range', () => {
  assert.throws(
    () => parseChannel('300', 'green'),
    /^InputError: Green must be a whole number from 0 to 255, and “300”/,
  );
  assert.throws(() => parseChannel('', 'blue'), /^InputError: Blue must be .*it is empty/);
  for (const text of ['-1', '1.5', '1e2', '0x', '0b1', '_1', 'ff', '256', '0x100', '9'.repeat(400), '12 24']) {
    assert.throws(() => parseChannel(text, 'red'), InputError);
  }
});

test('whatever is typed, reading gives a value in range or an InputError', () => {
  const calm = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof InputError);
      assert.ok(error.message.length < 160);
    }
  };
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[#0-9a-fx_]{0,12}$/)), (text) => {
      calm(() => assert.equal(parseChannel(text, 'red') & ~0xff, 0));
      calm(() => parseHexColor(text));
      calm(() => parseOrder(text));
      calm(() => settingFromFragment(text));
    }),
  );
});

test('a setting survives its link', () => {
  fc.assert(
    fc.property(anyColor, anyOrder, (color, order) => {
      assert.deepEqual(settingFromFragment(settingToFragment({ color, order })), { color, order });
    }),
  );
  assert.equal(settingToFragment({ color: onkoColor, order: 'rgb' }), 'color=0c1821&order=rgb');
});

test('a fragment about something else is no setting, and a wrong one says what is wrong', () => {
  assert.equal(settingFromFragment(''), undefined);
  assert.equal(settingFromFragment('rows-are-longer-than-they-look'), undefined);
  assert.throws(() => settingFromFragment('color=0c18&order=rgb'), /“0c18”/);
  assert.throws(() => settingFromFragment('color=0c1821&order=grb'), /rgb or bgr, not “grb”/);
});

test('the Rust line is the one in the kernel of Part 1, but for its line breaks', () => {
  const source = readFileSync(new URL('../../kernel/chapters/05-main-rs/src/main.rs', import.meta.url), 'utf8');
  const words = source.replace(/,(?=\s*})/g, '').replace(/\s+/g, ' ');
  assert.ok(words.includes(rustLine(onkoColor)), `${rustLine(onkoColor)} is not in main.rs`);
});
