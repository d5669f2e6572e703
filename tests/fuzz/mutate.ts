import { Random } from './random.ts';

/** Numbers on which parsers stumble: signs, widths of a field, the largest exact integer, and powers of two beside them. */
const interesting: readonly bigint[] = [
  0n,
  1n,
  ...[7n, 8n, 12n, 15n, 16n, 24n, 31n, 32n, 47n, 48n, 53n, 63n, 64n].flatMap((bits) => {
    const power = 1n << bits;
    return [power - 1n, power, power + 1n];
  }),
];

/** The longest that mutating makes an input: room for repeated blocks, and little enough for thousands a second. */
const roomToGrow = 4096;

/**
 * One to six changes (or at most `most`) to a seed: flipped bits, numbers on which parsers stumble, cut ends, blocks that are left out,
 * repeated, moved or taken from another seed, and words that the format knows. A few inputs are noise from end to end.
 */
export function mutateBytes(
  seeds: readonly Uint8Array[],
  words: readonly Uint8Array[],
  random: Random,
  most = 6,
): Uint8Array {
  if (random.chance(1 / 50)) return random.bytes(random.below(300));
  let bytes = random.pick(seeds);
  const longest = Math.max(...seeds.map(({ length }) => length)) + roomToGrow;
  for (let left = 1 + random.below(most); left > 0; left--) bytes = changeBytes(bytes, seeds, words, random);
  return bytes.length > longest ? bytes.slice(0, longest) : bytes;
}

function changeBytes(
  bytes: Uint8Array,
  seeds: readonly Uint8Array[],
  words: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  const at = random.below(bytes.length + 1);
  const block = 1 + random.below(random.chance(1 / 4) ? 1024 : 16);
  const replace = (start: number, removed: number, ...inserted: Uint8Array[]) =>
    joined(bytes.subarray(0, start), ...inserted, bytes.subarray(start + removed));
  switch (random.below(9)) {
    case 0:
    case 1: {
      const changed = bytes.slice();
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
      return changed;
    }
    case 2:
    case 3: {
      const number = numberBytes(bytes.length, random);
      return replace(random.chance(1 / 2) ? at & ~7 : at, number.length, number);
    }
    case 4:
      return bytes.slice(0, at);
    case 5:
      return replace(at, block);
    case 6: {
      const times = random.chance(1 / 8) ? 1 + random.below(200) : 1;
      return replace(at, 0, ...Array.from({ length: times }, () => bytes.subarray(at, at + block)));
    }
    case 7: {
      const other = random.pick(seeds);
      const from = random.below(other.length + 1);
      return replace(at, random.chance(1 / 2) ? block : 0, other.subarray(from, from + block));
    }
    default: {
      const word = words.length > 0 && random.chance(3 / 4) ? random.pick(words) : random.bytes(block);
      return replace(at, random.chance(1 / 2) ? word.length : 0, word);
    }
  }
}

/** An interesting number, or one near the input's own length, as 1 to 8 bytes of either order. */
function numberBytes(length: number, random: Random): Uint8Array {
  const near = BigInt(length - 4 + random.below(9));
  const number = random.chance(1 / 4) ? near : random.pick(interesting);
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt.asUintN(64, random.chance(1 / 6) ? -number : number), true);
  const little = new Uint8Array(bytes.buffer, 0, random.pick([1, 2, 4, 8]));
  return random.chance(1 / 4) ? little.toReversed() : little;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Characters that text is unready for: blanks that are none, digits that are none, halves of surrogates, odd cases. */
const oddities = [
  '\0',
  '\r',
  '\n',
  '\t',
  ' ',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\ud800',
  '٣',
  'İ',
  'ß',
  '𝟙',
  '😀',
];

/** The same for text: characters instead of bytes, and numbers as people and programs write them. */
export function mutateText(seeds: readonly string[], words: readonly string[], random: Random, most = 6): string {
  if (random.chance(1 / 50)) return noise(random);
  let text = random.pick(seeds);
  const longest = Math.max(...seeds.map(({ length }) => length)) + roomToGrow;
  for (let left = 1 + random.below(most); left > 0; left--) text = changeText(text, seeds, words, random);
  return text.slice(0, longest);
}

function changeText(text: string, seeds: readonly string[], words: readonly string[], random: Random): string {
  const at = random.below(text.length + 1);
  const block = 1 + random.below(random.chance(1 / 4) ? 200 : 8);
  const replace = (start: number, removed: number, inserted: string) =>
    text.slice(0, start) + inserted + text.slice(start + removed);
  switch (random.below(9)) {
    case 0:
      return replace(at, 1, String.fromCharCode(32 + random.below(95)));
    case 1:
      return replace(at, random.below(2), random.pick(oddities));
    case 2:
    case 3:
      return withNumber(text, random);
    case 4:
      return text.slice(0, at);
    case 5:
      return replace(at, block, '');
    case 6:
      return replace(at, 0, text.slice(at, at + block).repeat(random.chance(1 / 8) ? 1 + random.below(200) : 1));
    case 7: {
      const other = random.pick(seeds);
      const from = random.below(other.length + 1);
      return replace(at, random.chance(1 / 2) ? block : 0, other.slice(from, from + block));
    }
    default:
      return replace(at, random.chance(1 / 2) ? block : 0, words.length > 0 ? random.pick(words) : noise(random));
  }
}

/** Puts a number on which parsers stumble in the place of one that the text has, or anywhere. */
function withNumber(text: string, random: Random): string {
  const numbers = [...text.matchAll(/(?:0x)?[0-9a-f]*[0-9][0-9a-f_]*/gi)];
  const number = random.pick(interesting);
  const written = random.pick([
    String(number),
    `-${number}`,
    `0x${number.toString(16)}`,
    `${number}.5`,
    `1e${random.below(400)}`,
    `0${number}`,
    `_${number}_`,
    '9'.repeat(1 + random.below(400)),
  ]);
  const found = numbers.length > 0 ? random.pick(numbers) : undefined;
  const start = found?.index ?? random.below(text.length + 1);
  return text.slice(0, start) + written + text.slice(start + (found?.[0].length ?? 0));
}

function noise(random: Random): string {
  return Array.from({ length: random.below(60) }, () =>
    random.chance(1 / 5) ? random.pick(oddities) : String.fromCharCode(32 + random.below(95)),
  ).join('');
}
