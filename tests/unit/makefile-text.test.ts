import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import listings from '../../ec.config.mjs';
import { bootPaths, parts } from '../../src/components/diagrams/boot-path-steps.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { root } from '../../tools/paths.ts';

const tree = composeChapter('07-makefile');
const makefile = tree.get('Makefile')?.text ?? '';

test('recipes begin with tabs, and listings leave them as they are, so that a copied Makefile works', () => {
  assert.ok(makefile.split('\n').some((line) => line.startsWith('\t')));
  assert.doesNotMatch(makefile, /^ /m);
  assert.equal(listings.tabWidth, 0);
});

test('the Makefile uses nothing that GNU make 3.81 does not know', () => {
  // Grouped targets (4.3), ::= (4.0), != (4.0), .ONESHELL and .RECIPEPREFIX (3.82), $(file …) (4.0).
  assert.doesNotMatch(makefile, /&:|::=|!=|\.ONESHELL|\.RECIPEPREFIX|\$\(file /);
});

test('five files are copied to the disc, as the text counts them', () => {
  const copied = [...makefile.matchAll(/^\tcp (\S+) \S+$/gm)].map(([, from]) => from?.split('/').at(-1));
  assert.deepEqual(copied, ['$(KERNEL)', 'limine.conf', 'limine-bios.sys', 'limine-bios-cd.bin', 'limine-uefi-cd.bin']);
});

test('the command that writes a stick is the same on every page that has it', () => {
  for (const page of ['part-1/makefile', 'commands', 'real-pc']) {
    const text = readFileSync(`${root}/src/content/docs/${page}.mdx`, 'utf8');
    assert.deepEqual(text.match(/^sudo dd .*$/gm), ['sudo dd if=onko-os.iso of=/dev/sdX bs=4M conv=fsync'], page);
  }
});

test('a phony name is no prerequisite of the disc', () => {
  const phony = /^\.PHONY: (.*)$/m.exec(makefile)?.[1]?.split(' ') ?? [];
  const prerequisites = /^\$\(ISO\): (.*)$/m.exec(makefile)?.[1]?.split(' ') ?? [];
  assert.ok(phony.includes('kernel') && prerequisites.includes('$(KERNEL)'));
  assert.deepEqual(
    prerequisites.filter((each) => phony.includes(each)),
    [],
  );
});

test('everything that make leaves behind is ignored by git', () => {
  const ignored = tree.get('.gitignore')?.text.trim().split('\n');
  assert.deepEqual(ignored, ['/target', '/limine', '/iso_root', '/onko-os.iso']);
});

test('there are four boot paths; each step lights parts that are in the picture, and all end in the kernel', () => {
  assert.deepEqual(
    bootPaths.map(({ id }) => id),
    ['bios', 'bios-stick', 'uefi', 'uefi-stick'],
  );
  const known = new Set(Object.values(parts).flatMap((row) => row.map(({ id }): string => id)));
  for (const { steps } of bootPaths) {
    for (const { says, lit } of steps) for (const id of lit) assert.ok(known.has(id), `${says} lights ${id}`);
    assert.deepEqual(steps.at(-1)?.lit, ['mode-64', 'in-kernel', 'in-screen']);
  }
});
