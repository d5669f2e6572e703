/** Every experiment is built again: the same words, and the same disc to the byte, as long as the tools are the same. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { buildBiosLoader } from '../../kernel/pipeline/build.ts';
import { buildExperiment } from '../../kernel/pipeline/experiment-build.ts';
import { readExperiments } from '../../kernel/pipeline/experiment-files.ts';
import {
  checkBuild,
  describe,
  experimentIsosFolder,
  experimentTools,
  readExperimentsManifest,
  sameWords,
} from '../../kernel/pipeline/experiments.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-experiments-`);
after(() => rmSync(scratch, { recursive: true }));

const manifest = readExperimentsManifest();
const sameTools = JSON.stringify(manifest.tools) === JSON.stringify(await experimentTools());
const loader = await buildBiosLoader();

for (const experiment of readExperiments()) {
  test(`${experiment.name} builds to what was recorded`, { timeout: 300_000 }, async (context) => {
    const iso = `${scratch}/${experiment.name}.iso`;
    const built = await buildExperiment(experiment, `${scratch}/place`, loader, iso);
    assert.deepEqual(checkBuild(experiment, built), []);
    if (!sameTools) return context.diagnostic('recorded with other tools, so only the key words were compared');

    const recorded = manifest.experiments.find(({ name }) => name === experiment.name);
    assert.ok(recorded, 'it was recorded');
    const { qemu: _qemu, page: _page, transcript, ...then } = recorded;
    const { transcript: again, ...now } = await describe(experiment, built);
    assert.deepEqual(now, then);
    assert.equal(again === undefined, transcript === undefined);
    if (transcript && again && !experiment.expect.varies)
      assert.ok(sameWords(transcript, again), `${transcript.text}\n— now:\n${again.text}`);
    if (then.iso) {
      assert.ok(readFileSync(iso).equals(readFileSync(`${experimentIsosFolder}/${then.iso.file}`)), 'the same disc');
      rmSync(iso);
    }
  });
}
