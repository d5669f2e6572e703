import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChapter } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { setBits, stateAtKmain } from '../../src/lib/entry-state.ts';

const configuration = composeChapter('06-limine-conf').get('limine.conf')?.text ?? '';
const lines = configuration.split('\n').map((line) => line.trim());

test('limine.conf has the six lines that the title counts, and ends with a newline', () => {
  assert.equal(lines.length, 7);
  assert.equal(lines[6], '');
});

test('the checkpoint asks for the menu that limine.conf describes', () => {
  const { checkpoint } = findChapter('06-limine-conf');
  assert.ok(checkpoint?.kind === 'painted' && checkpoint.menu !== undefined);
  assert.ok(lines.includes(`timeout: ${checkpoint.menu.seconds}`));
  assert.ok(lines.includes(`/${checkpoint.menu.entry}`));
});

test('the path names the file that the Makefile puts on the disc', () => {
  const makefile = composeChapter('07-makefile').get('Makefile')?.text ?? '';
  assert.ok(lines.includes('path: boot():/kernel.elf'));
  assert.match(makefile, /\$\(ISO_ROOT\)\/kernel\.elf/);
});

test('chapter 6 changes nothing but limine.conf', () => {
  const [before, after] = [composeChapter('05-main-rs'), composeChapter('06-limine-conf')];
  const changed = [...after].filter(([path, { text }]) => before.get(path)?.text !== text).map(([path]) => path);
  assert.deepEqual(changed, ['limine.conf']);
  assert.equal(after.size, before.size + 1);
});

test('the bits that the text lists are the ones that are set in the control registers', () => {
  assert.deepEqual(setBits(stateAtKmain.cr0), [0, 4, 16, 31]);
  assert.deepEqual(setBits(stateAtKmain.cr4), [5]);
  assert.deepEqual(setBits(stateAtKmain.efer), [8, 10, 11]);
});
