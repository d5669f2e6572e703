import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fuzz, fuzzInput, type FuzzTarget } from '../fuzz/fuzz.ts';

class Refusal extends Error {}

/** A parser that refuses inputs without a colon, and does something else when one holds an exclamation mark. */
const planted = (name: string, onMark: (text: string) => unknown): FuzzTarget<string> => ({
  name: `planted-${name}`,
  seeds: ['name: value', 'other: 12'],
  words: ['!'],
  inputs: 3000,
  refuses: (error) => error instanceof Refusal,
  parse: (text) => {
    if (!text.includes(':')) throw new Refusal('no colon');
    return text.includes('!') ? onMark(text) : text.length;
  },
});

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return assert.fail('nothing was found');
};

test('a parser that always answers passes, and the run tells what it saw', () => {
  const report = fuzz(planted('calm', (text) => text.length));
  assert.equal(report.inputs, 3000);
  assert.ok(report.refused > 100 && report.refused < 2900);
});

test('a crash is told with its seed, the smallest input like it, and the file that holds that', () => {
  const crashing = planted('crash', () => assert.fail('the mark'));
  const message = messageOf(() => fuzz(crashing, 5));
  const [, number, path] =
    /input (\d+) of seed 5: [^]*the mark[^]*The smallest like it has 2 of its \d+ characters: (.*)/.exec(message) ?? [];
  assert.ok(number !== undefined && path !== undefined, message);
  assert.match(readFileSync(path, 'utf8'), /^(:!|!:)$/);
  assert.throws(() => crashing.parse(fuzzInput(crashing, 5, Number(number))), /the mark/);
});

test('a loop without end is stopped and told', () => {
  const hanging = planted('hang', () => {
    for (;;);
  });
  assert.match(
    messageOf(() => fuzz({ ...hanging, time: 20 })),
    /it was not done after 400 ms/,
  );
});

test('an input that takes too long is told', () => {
  const slow = planted('slow', () => {
    for (const until = performance.now() + 60; performance.now() < until;);
  });
  assert.match(
    messageOf(() => fuzz({ ...slow, time: 50 })),
    /it took \d+ ms, at most 50 are allowed/,
  );
});

test('memory is counted on the heap and beside it, kept or dropped', () => {
  const takes = [() => new Uint8Array(2 ** 20), () => Array.from({ length: 2 ** 17 }, (_, index) => `${index}`)];
  for (const take of takes) {
    const hungry = planted('memory', () => void take());
    assert.match(
      messageOf(() => fuzz(hungry)),
      /bytes made it allocate \d{7,}, at most \d+ are allowed/,
    );
  }
});

test('the same seed makes the same inputs, another makes others', () => {
  const bytes: FuzzTarget<Uint8Array> = { name: 'none', seeds: [Uint8Array.of(1, 2, 3, 4)], parse: () => undefined };
  const inputs = (seed: number) => Array.from({ length: 50 }, (_, number) => fuzzInput(bytes, seed, number));
  assert.deepEqual(inputs(1), inputs(1));
  assert.notDeepEqual(inputs(1), inputs(2));
  assert.deepEqual(inputs(2)[0], bytes.seeds[0]);
});
