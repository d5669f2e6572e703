import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { chapters } from '../../kernel/pipeline/chapters.ts';
import { experimentTree, parseExperiment, readExperiments, symptoms } from '../../kernel/pipeline/experiment-files.ts';
import { experimentsAreCurrent, readExperimentsManifest } from '../../kernel/pipeline/experiments.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';

const good = `
chapter = "04-linker-script"
title = "A typing error"
symptom = "does-not-build"
choices = ["It builds.", "It does not."]
right = 1
why = "Why."
home = "Home."

[[edit]]
file = "linker.ld"
find = "ENTRY(kmain)"
replace = "ENTRY(kmian)"

[expect]
builds = false
says = ["kmian"]
`;

const complaint = (text: string): string => {
  try {
    experimentTree(parseExperiment('example', text));
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail('it was accepted');
};

test('an experiment is read, and its edit lies in the chapter’s folder', () => {
  const experiment = parseExperiment('example', good);
  assert.equal(experiment.shownIn, '04-linker-script');
  assert.equal(experiment.expect.boot, undefined);
  assert.match(experimentTree(experiment).get('linker.ld')?.text ?? '', /ENTRY\(kmian\)/);
});

test('what QEMU and the page show may differ, and the rest is common', () => {
  const text = good.replace('builds = false\nsays = ["kmian"]', 'end = "asleep"\n[expect.page]\nend = "busy"');
  const { boot } = parseExperiment('example', text).expect;
  assert.deepEqual(boot, { qemu: { end: 'asleep' }, page: { end: 'busy' } });
  const without = parseExperiment('example', `${text}\n[machine]\nvideo = false\n`);
  assert.equal(without.expect.boot?.page, undefined, 'the page’s machine has a video card');
});

test('what makes no sense is refused with the file and the key', () => {
  const cases: [change: string, into: string, says: RegExp][] = [
    ['right = 1', 'right = 2', /example\.toml: right is 2, and there is no such choice/],
    ['"04-linker-script"', '"04-linker"', /There is no chapter "04-linker"/],
    ['"does-not-build"', '"odd"', /symptom is none of does-not-build, loader-refuses/],
    ['title =', 'titel =', /title is missing/],
    ['why =', 'because = 1\nwhy =', /there is no key because/],
    ['right = 1', 'right = "1"', /right is not a whole number/],
    ['find = "ENTRY(kmain)"', 'find = "ALIGN(0x1000)"', /“ALIGN\(0x1000\)” stands 2 times in linker\.ld, not once/],
    ['find = "ENTRY(kmain)"', 'find = "ENTRY"\n[[edit]]\nfile = "x"', /edit\[0\] needs find and replace/],
    ['file = "linker.ld"', 'file = "linker.lds"', /stands 0 times in linker\.lds/],
    ['says = ["kmian"]', 'says = ["kmian"]\nend = "asleep"', /what does not build cannot boot/],
    ['says = ["kmian"]', '', /expect names nothing/],
    ['says = ["kmian"]', 'says = ["kmian"]\n[expect.qemu]\nend = "sleepy"', /expect\.qemu\.end is none of asleep/],
    ['[expect]', '[expect', /line \d+: /],
  ];
  for (const [change, into, says] of cases) {
    assert.ok(good.includes(change), change);
    assert.match(complaint(good.replace(change, into)), says);
  }
});

const experiments = readExperiments().filter(({ control }) => !control);

test('there are at least 45 experiments, of every symptom, and what was recorded is of these', async () => {
  assert.ok(experiments.length >= 45, String(experiments.length));
  for (const symptom of symptoms)
    assert.ok(
      experiments.some((each) => each.symptom === symptom),
      symptom,
    );
  assert.ok(await experimentsAreCurrent(), 'run ./onko isos and commit public/isos');
  const names = readExperimentsManifest().experiments.map(({ name }) => name);
  assert.deepEqual(
    names,
    readExperiments().map(({ name }) => name),
  );
});

test('every card stands on the page of its chapter, once', async () => {
  const found: string[] = [];
  for await (const page of glob('src/content/docs/**/*.mdx', { cwd: root })) {
    for (const [, name = ''] of readFileSync(`${root}/${page}`, 'utf8').matchAll(/<Experiment name="([^"]+)"/g)) {
      found.push(`${page.split('/').at(-1)}: ${name}`);
    }
  }
  const wanted = experiments.map(({ name, shownIn }) => {
    const chapter = chapters.find(({ id }) => id === shownIn);
    return `${chapter?.name}.mdx: ${name}`;
  });
  assert.deepEqual(found.sort(), wanted.sort());
});

test('the index has a list for every symptom', () => {
  const page = readFileSync(`${root}/src/content/docs/experiments.mdx`, 'utf8');
  const listed = [...page.matchAll(/<ExperimentIndex symptom="([^"]+)"/g)].map(([, symptom]) => symptom);
  assert.deepEqual(listed.sort(), [...symptoms].sort());
});
