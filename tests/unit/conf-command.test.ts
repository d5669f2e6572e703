import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { conf, describeConf } from '../../cli/models/conf.ts';
import { UserError } from '../../tools/errors.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('onko conf shows the menu, what happens without a key, and what each entry boots', () => {
  const chapter = readFileSync(new URL('../../kernel/chapters/06-limine-conf/limine.conf', import.meta.url));
  const { report, problems } = describeConf(chapter, 'limine.conf');
  assert.equal(problems, 0);
  for (const line of [
    '  >    Onko OS',
    '    Booting automatically in 3...',
    'After 3 seconds, “Onko OS” boots.',
    'Onko OS: loads boot():/kernel.elf.',
  ]) {
    assert.ok(report.split('\n').includes(line), `${line} in\n${report}`);
  }
});

test('onko conf names every problem by file, line and column', () => {
  const { report, problems } = describeConf(bytes('timeout: soon\n/A\n  pth: boot():/k\n'), 'my.conf');
  assert.equal(problems, 2);
  assert.deepEqual(report.trimEnd().split('\n'), [
    'my.conf:1:10: "timeout" is "soon", expected a number of seconds below 86400, or no.',
    'my.conf:3:3: "pth" is not an option; expected "path", perhaps.',
  ]);
});

test('onko conf shows no menu where there is none', () => {
  const { report } = describeConf(bytes('timeout: 0\n/A\nprotocol: limine\npath: boot():/k\n'), 'my.conf');
  assert.equal(report, 'There is no menu: “A” boots at once.\n\nA: loads boot():/k.\n');
});

test('onko conf wants one file that can be read', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => conf(args),
      (error) => error instanceof UserError && message.test(error.message) && /onko conf/.test(error.fixes[0] ?? ''),
    );
  refused([], /takes one file/);
  refused(['a', 'b'], /takes one file/);
  refused(['no/such/limine.conf'], /no\/such\/limine\.conf cannot be read: ENOENT/);
});
