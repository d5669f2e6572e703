import { test } from 'node:test';
import assert from 'node:assert/strict';
import recorded from '../../src/data/targets.json' with { type: 'json' };
import { describeTarget, triple } from '../../cli/models/triple.ts';
import { findTarget, targetFromRow } from '../../src/lib/triple.ts';
import { UserError } from '../../tools/errors.ts';

test('onko triple shows the parts, the facts and what they mean for a kernel', () => {
  const target = findTarget('x86_64-unknown-none', recorded.rows.map(targetFromRow));
  const lines = describeTarget(target, 'rustc 1.99.0').trimEnd().split('\n');
  for (const line of [
    'target       x86_64-unknown-none',
    'processor    x86_64       64-bit, little-endian',
    'ABI          -            left out: nothing to choose',
    'on panic     aborts',
    'linked by    rust-lld',
    '  fits  A PC in long mode runs these instructions.',
    '  mind  The executable is position-independent, unless you say relocation-model=static.',
    'From rustc 1.99.0',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('onko triple refuses what is no target and says how to write one', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => triple(args),
      (error) =>
        error instanceof UserError && message.test(error.message) && /onko triple x86_64/.test(error.fixes[0] ?? ''),
    );
  refused(['x86_64-unknown-nun'], /did you mean x86_64-unknown-none/);
  refused([], /takes the name of one target/);
  refused(['x86_64-unknown-none', 'avr-none'], /takes the name of one target/);
});
