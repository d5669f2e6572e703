import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Color,
  type Layout,
  bitGroups,
  byteOwners,
  channels,
  checkLayout,
  cssHex,
  decode,
  encode,
  formats,
  hexByte,
  hexWord,
  layoutNames,
  layoutOf,
  masksText,
  memoryBytes,
  nameOf,
  onkoColor,
  orderOf,
  orders,
  parseChannel,
  parseHexColor,
  parseLayoutName,
  parseMasks,
  parseOrder,
  roundingInWords,
  rustLine,
  settingFromFragment,
  settingToFragment,
  shownInWords,
  terms,
  usualLayout,
} from '../../src/lib/color.ts';
import { InputError } from '../../src/lib/input.ts';

const byte = fc.integer({ min: 0, max: 255 });
const anyColor: fc.Arbitrary<Color> = fc.record({ red: byte, green: byte, blue: byte }, { noNullPrototype: true });
const anyOrder = fc.constantFrom(...orders);
const usualLayouts = fc.tuple(fc.constantFrom(...layoutNames), anyOrder).map(([name, order]) => layoutOf(name, order));

/** Any three masks that fit: the word is cut into stretches, three of which are the channels, in any order. */
const anyLayout: fc.Arbitrary<Layout> = fc
  .tuple(fc.constantFrom(16, 24, 32), fc.uniqueArray(fc.nat(32), { minLength: 6, maxLength: 6 }), fc.nat(5))
  .map(([bpp, numbers, turn]) => {
    const cuts = numbers.map((number) => number % (bpp + 1)).sort((one, other) => one - other);
    return { bpp, cuts, order: ['012', '021', '102', '120', '201', '210'][turn] ?? '' };
  })
  .filter(({ cuts }) => [0, 2, 4].every((at) => (cuts[at + 1] ?? 0) > (cuts[at] ?? 0)))
  .map(({ bpp, cuts, order }) => {
    const field = (index: number) => {
      const at = 2 * Number(order[index]);
      return { shift: cuts[at] ?? 0, size: (cuts[at + 1] ?? 0) - (cuts[at] ?? 0) };
    };
    return { bpp: bpp as Layout['bpp'], format: { red: field(0), green: field(1), blue: field(2) } };
  });

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
      calm(() => parseMasks(text, 16));
      calm(() => parseLayoutName(text));
      calm(() => settingFromFragment(text));
    }),
  );
});

test('a setting survives its link', () => {
  fc.assert(
    fc.property(anyColor, fc.oneof(anyLayout, usualLayouts), (color, layout) => {
      assert.deepEqual(settingFromFragment(settingToFragment({ color, layout })), { color, layout });
    }),
  );
  const link = (layout: Layout) => settingToFragment({ color: onkoColor, layout });
  assert.equal(link(layoutOf('32', 'rgb')), 'color=0c1821&order=rgb');
  assert.equal(link(layoutOf('565', 'bgr')), 'color=0c1821&order=bgr&layout=565');
  assert.equal(link(parseMasks('4/8,4/4,4/0', 16)), 'color=0c1821&bpp=16&masks=4/8,4/4,4/0');
});

test('a fragment about something else is no setting, and a wrong one says what is wrong', () => {
  assert.equal(settingFromFragment(''), undefined);
  assert.equal(settingFromFragment('rows-are-longer-than-they-look'), undefined);
  assert.throws(() => settingFromFragment('color=0c18&order=rgb'), /“0c18”/);
  assert.throws(() => settingFromFragment('color=0c1821&order=grb'), /rgb or bgr, not “grb”/);
  assert.throws(() => settingFromFragment('color=0c1821&layout=565x'), /one of 32, 24, 565, 555, not “565x”/);
  assert.throws(() => settingFromFragment('color=0c1821&bpp=16&masks=5/12,6/5,5/0'), /^InputError: Red has 5 bits/);
});

test('the Rust line is the one in the kernel of Part 1, but for its line breaks', () => {
  const source = readFileSync(new URL('../../kernel/chapters/05-main-rs/src/main.rs', import.meta.url), 'utf8');
  const words = source.replace(/,(?=\s*})/g, '').replace(/\s+/g, ' ');
  assert.ok(words.includes(rustLine(onkoColor)), `${rustLine(onkoColor)} is not in main.rs`);
});

test('the usual layouts are those that graphics cards have', () => {
  const masks = layoutNames.flatMap((name) =>
    orders.map((order) => `${name} ${order} ${masksText(layoutOf(name, order))}`),
  );
  assert.deepEqual(masks, [
    '32 rgb 8/16,8/8,8/0',
    '32 bgr 8/0,8/8,8/16',
    '24 rgb 8/16,8/8,8/0',
    '24 bgr 8/0,8/8,8/16',
    '565 rgb 5/11,6/5,5/0',
    '565 bgr 5/0,6/5,5/11',
    '555 rgb 5/10,5/5,5/0',
    '555 bgr 5/0,5/5,5/10',
  ]);
  assert.deepEqual(usualLayout(16, 'bgr'), layoutOf('565', 'bgr'));
});

test('the colour of Part 1 at 16 and 24 bits: what becomes of each channel, the word, its bytes, and what is shown', () => {
  const { format } = layoutOf('565', 'rgb');
  const word = encode(onkoColor, format);
  assert.deepEqual(
    terms(onkoColor, format).map(({ value }) => value),
    [1, 6, 4],
  );
  assert.equal(hexWord(word, 16), '0x08C4');
  assert.deepEqual(memoryBytes(word, 16).map(hexByte), ['C4', '08']);
  assert.deepEqual(byteOwners(layoutOf('565', 'rgb')), ['several', 'several']);
  assert.equal(shownInWords(onkoColor, format), '8, 24, 33');
  assert.equal(roundingInWords(12, 5), '12 × 31 / 255 = 1.46, so 1');
  assert.equal(roundingInWords(255, 5), '255 × 31 / 255 = 31');
  assert.equal(roundingInWords(12, 8), '');
  const packed = encode(onkoColor, layoutOf('24', 'bgr').format);
  assert.deepEqual(memoryBytes(packed, 24).map(hexByte), ['0C', '18', '21']);
  assert.equal(hexWord(packed, 24), '0x21180C');
  assert.deepEqual(byteOwners(layoutOf('32', 'rgb')), ['blue', 'green', 'red', 'unused']);
});

test('in any layout each channel comes back as near as its bits allow, black and full come back exactly', () => {
  fc.assert(
    fc.property(anyColor, anyLayout, (color, layout) => {
      checkLayout(layout);
      const shown = decode(encode(color, layout.format), layout.format);
      for (const channel of channels) {
        const step = 255 / (2 ** layout.format[channel].size - 1);
        assert.ok(Math.abs(shown[channel] - color[channel]) <= step / 2 + 0.5);
        if (color[channel] === 0 || color[channel] === 255) assert.equal(shown[channel], color[channel]);
        if (layout.format[channel].size >= 8) assert.equal(shown[channel], color[channel]);
      }
    }),
  );
});

test('a word read and written again is the same, but for bits that no channel owns', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), anyOrder, (word, order) => {
      const { format } = layoutOf('565', order);
      assert.equal(encode(decode(word, format), format), word);
    }),
  );
});

test('the bits of any layout, read back by their owners, are the values that were shifted there', () => {
  fc.assert(
    fc.property(anyColor, anyLayout, (color, { bpp, format }) => {
      const word = encode(color, format);
      const groups = bitGroups(word, format, bpp);
      assert.equal(groups.map(({ bits }) => bits).join(''), word.toString(2).padStart(bpp, '0'));
      for (const { channel, value } of terms(color, format)) {
        const group = groups.find(({ owner }) => owner === channel);
        assert.equal(Number.parseInt(group?.bits ?? '', 2), value);
      }
    }),
  );
});

test('masks are read as size and shift or as masks, and written as read', () => {
  assert.deepEqual(parseMasks('0xf800,0x7e0,0x1f', 16), layoutOf('565', 'rgb'));
  assert.deepEqual(parseMasks(' 5/10, 5/5, 5/0', 16), layoutOf('555', 'rgb'));
  assert.deepEqual(parseMasks('0xff000000,0xff0000,0xff00', 32).format.red, { size: 8, shift: 24 });
  fc.assert(
    fc.property(anyLayout, (layout) => {
      assert.deepEqual(parseMasks(masksText(layout), layout.bpp), layout);
      const masks = channels.map((channel) => {
        const { size, shift } = layout.format[channel];
        return `0x${((2 ** size - 1) * 2 ** shift).toString(16)}`;
      });
      assert.deepEqual(parseMasks(masks.join(','), layout.bpp), layout);
      assert.ok(orders.includes(orderOf(layout)));
      const name = nameOf(layout);
      if (name !== undefined) assert.deepEqual(layoutOf(name, orderOf(layout)), layout);
    }),
  );
});

test('masks that overlap, leave the pixel, have gaps or are not three are refused by the channel and its bits', () => {
  const refused = (text: string, message: RegExp) => assert.throws(() => parseMasks(text, 16), message);
  refused('5/11,6/6,5/0', /^InputError: Red and green share bit 11/);
  refused('5/11,6/5,6/10', /^InputError: Green and blue share bit 10/);
  refused('5/12,6/5,5/0', /^InputError: Red has 5 bits from bit 12 up, .* bits 0 to 15/);
  refused('0/11,6/5,5/0', /^InputError: Red’s size must be a whole number from 1 to 32/);
  refused('5/11,6/5,5/-1', /^InputError: Blue’s shift must be/);
  refused('0xf801,0x7e0,0x1f', /^InputError: Red’s mask “0xf801” has a gap/);
  refused('5/11,6/5', /three, for red, green and blue, .* has 2/);
  refused('5/11/2,6/5,5/0', /^InputError: Red’s mask must be/);
});
