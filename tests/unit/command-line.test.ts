import assert from 'node:assert/strict';
import { test } from 'node:test';
import { models } from '../../cli/models/list.ts';
import { root } from '../../tools/paths.ts';
import { tryRun } from '../../tools/process.ts';

const onko = (...args: string[]) =>
  tryRun(process.execPath, [
    '--experimental-strip-types',
    '--disable-warning=ExperimentalWarning',
    `${root}/cli/main.ts`,
    ...args,
  ]);

test('onko --help lists every command on a line of its own that a terminal has room for', async () => {
  const { stdout, status } = await onko('--help');
  assert.equal(status, 0);
  const lines = stdout.split('\n');
  for (const name of ['start', 'test', 'build', 'dev', 'isos', 'bench', ...models.map((model) => model.name)]) {
    assert.equal(lines.filter((line) => line.startsWith(`  ${name} `)).length, 1, name);
  }
  assert.deepEqual(
    lines.filter((line) => line.length > 120),
    [],
  );
  assert.equal((await onko()).status, 2);
});

test('each model’s help has its options and examples, and its summary reads as a sentence', async () => {
  for (const { name, options, examples } of models) {
    const { stdout } = await onko(name, '--help');
    assert.match(stdout, /\n\n[A-Z][^\n]*[^.]\.\n/);
    for (const text of [...options.flat(), ...examples.map((example) => `./onko ${name} ${example}`)]) {
      assert.ok(stdout.includes(text), `${name}: ${text}`);
    }
  }
});

test('models are listed by the alphabet', () => {
  const names = models.map(({ name }) => name);
  assert.deepEqual(names, names.toSorted());
});
