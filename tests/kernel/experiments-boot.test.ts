/** Every experiment's disc, booted in QEMU, does what was recorded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExperiments } from '../../kernel/pipeline/experiment-files.ts';
import { bootInQemu } from '../../kernel/pipeline/experiment-qemu.ts';
import { checkOutcome, experimentIsosFolder, readExperimentsManifest } from '../../kernel/pipeline/experiments.ts';

const { experiments } = readExperimentsManifest();

for (const experiment of readExperiments()) {
  const recorded = experiments.find(({ name }) => name === experiment.name);
  const { iso, kernel, qemu } = recorded ?? {};
  if (iso === undefined) continue;
  test(`${experiment.name} does in QEMU what was recorded`, { timeout: 120_000 }, async () => {
    assert.ok(qemu);
    const outcome = await bootInQemu(`${experimentIsosFolder}/${iso.file}`, experiment.machine, kernel?.symbols ?? []);
    assert.deepEqual(checkOutcome(experiment, 'qemu', outcome), []);
    assert.deepEqual(outcome, qemu);
  });
}
