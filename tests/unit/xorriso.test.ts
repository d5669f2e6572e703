import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOptions, optionText } from '../../src/lib/xorriso.ts';

test('an option takes its value, and any other word stands for itself', () => {
  const words = [
    'xorriso',
    '-as',
    'mkisofs',
    '-R',
    '-b',
    'boot/loader.bin',
    '-no-emul-boot',
    '-o',
    'a.iso',
    'iso_root',
  ];
  assert.deepEqual(
    commandOptions(words).map((option) => option.words.join(' ')),
    ['-as mkisofs', '-R', '-b boot/loader.bin', '-no-emul-boot', '-o a.iso', 'iso_root'],
  );
});

test('words that JavaScript’s objects know are words like any other', () => {
  const options = commandOptions(['xorriso', 'constructor', 'toString', '-b', '__proto__']);
  assert.deepEqual(
    options.map((option) => option.words.join(' ')),
    ['constructor', 'toString', '-b __proto__'],
  );
  assert.ok(options.every((option) => typeof optionText(option)?.does === 'string'));
});
