import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from '../../cli/explain.ts';
import { UserError } from '../../tools/errors.ts';
import { CommandError, run } from '../../tools/process.ts';

test('an error that a person can act on is printed with its fixes and without a stack', () => {
  const text = explain(new UserError('Port 1 is taken.', 'Choose another.'));
  assert.equal(text, 'onko: Port 1 is taken.\n      Choose another.\n');
});

test('a full disk is named as such, whichever tool met it', async () => {
  const failure = await run('sh', ['-c', 'echo "tar: write error: No space left on device" >&2; exit 2']).catch(
    (e) => e,
  );
  assert.ok(failure instanceof CommandError);
  const text = explain(failure) ?? '';
  assert.match(text, /tar: write error: No space left on device/, 'the tool’s own words come through');
  assert.match(text, /The disk is full/);
  const own = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  assert.match(explain(own) ?? '', /The disk is full/);
});

test('a registry out of reach is named as such', () => {
  for (const words of ['npm error code EAI_AGAIN', 'Temporary failure resolving', 'Could not resolve host: index']) {
    assert.match(explain(new UserError(words)) ?? '', /registry could not be reached/, words);
  }
});

test('a bug of ours keeps its stack', () => {
  assert.equal(explain(new TypeError('x is undefined')), undefined);
});

test('a command that fails says its exit status and all its output; one that takes too long is ended', async () => {
  await assert.rejects(
    run('sh', ['-c', 'echo out; echo err >&2; exit 3']),
    /exit status 3; it said:\n(out\nerr|err\nout)/,
  );
  await assert.rejects(run('sleep', ['10'], { timeout: 100 }), /ended by a signal \(it may take 0\.1 s\)/);
  await assert.rejects(run('no-such-program-here', []), /no-such-program-here is not installed/);
});
