import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confCheckpoint } from '../../src/lib/conf-checkpoint.ts';
import { readConf } from '../../src/lib/limine-conf.ts';

const color = { r: 12, g: 24, b: 33 };
const promise = (text: string) => confCheckpoint(readConf(text), color);
const entry = (title: string, path = 'boot():/kernel.elf') => `/${title}\nprotocol: limine\npath: ${path}\n`;

test('a file that names the kernel promises its colour, and the menu that it asks for', () => {
  assert.deepEqual(promise(`timeout: 0\n${entry('A')}`), { kind: 'painted', color });
  assert.deepEqual(promise(`timeout: 7\n${entry('A')}${entry('B')}`), {
    kind: 'painted',
    color,
    menu: { entry: 'A', seconds: 7 },
  });
  assert.deepEqual(promise(`timeout: no\ndefault_entry: 2\n${entry('A')}${entry('B')}`), {
    kind: 'painted',
    color,
    menu: { entry: 'B', seconds: 'never' },
  });
});

test('a wrong file promises the loader’s words, and one that names other files nothing', () => {
  const refused = promise('timeout: three\n' + entry('A'));
  assert.equal(refused?.kind, 'refused');
  assert.match(refused?.kind === 'refused' ? refused.text : '', /^Bad configuration: \/limine\.conf, line 1/);
  assert.equal(promise(entry('A', 'boot():/other.elf')), null);
  assert.equal(promise(`${entry('A')}${entry('B', 'boot():/KERNEL.ELF')}`), null);
  assert.equal(promise(`${entry('A')}module_path: boot():/x\n`), null);
});
