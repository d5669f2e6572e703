import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFlags, flags } from '../../cli/models/flags.ts';
import { parseFlags } from '../../src/lib/segment-flags.ts';
import { UserError } from '../../tools/errors.ts';

test('onko flags shows every way of writing them, the page-table bits, and what they mean', () => {
  assert.deepEqual(describeFlags(parseFlags('R E')).trimEnd().split('\n'), [
    'allows     R+X',
    'script     FLAGS((1 << 0) | (1 << 2))',
    'number     5',
    'readelf    “R E”',
    'page       present 1, writable 0, no-execute 0: 0x0000_0000_0000_0001',
    'meaning    For code: .text. What lies here cannot be changed.',
  ]);
  assert.match(describeFlags(parseFlags('7')), /^warning {4}Writable and executable at once/m);
});

test('onko flags refuses what are none and says how to write them', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => flags(args),
      (error) => error instanceof UserError && message.test(error.message) && /onko flags 5/.test(error.fixes[0] ?? ''),
    );
  refused([], /none came/);
  refused(['9'], /from 0 to 7/);
  refused(['--entry', '2'], /“2” has bit 0 clear/);
  refused(['--entry'], /up to 16 hexadecimal digits/);
  refused(['--entry', '1', '2'], /one page-table entry/);
  refused(['(1', '<<'], /“\(1 <<” is none of these/);
});
