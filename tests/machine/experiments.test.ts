/** Every experiment's disc, booted in the page's machine under Node, does what was recorded. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readExperiments } from '../../kernel/pipeline/experiment-files.ts';
import { checkOutcome, experimentIsosFolder, readExperimentsManifest } from '../../kernel/pipeline/experiments.ts';
import { bootInPageMachine } from '../../src/integrations/page-boot.ts';

const { experiments } = readExperimentsManifest();

for (const experiment of readExperiments()) {
  const recorded = experiments.find(({ name }) => name === experiment.name);
  const { iso, kernel, page } = recorded ?? {};
  if (iso === undefined || page === undefined) continue;
  test(`${experiment.name} does in the page’s machine what was recorded`, { timeout: 120_000 }, async () => {
    const disc = new Uint8Array(await readFile(`${experimentIsosFolder}/${iso.file}`));
    const outcome = await bootInPageMachine(disc, experiment.machine, kernel);
    assert.deepEqual(checkOutcome(experiment, 'page', outcome), []);
    assert.deepEqual(outcome, page);
  });
}
