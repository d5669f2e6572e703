/** Each chapter's committed ISO, booted in QEMU and judged by the very function that judges the machine in the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isosFolder, readManifest } from '../../kernel/pipeline/isos.ts';
import { withQemu } from '../../kernel/pipeline/qemu.ts';
import { judge } from '../../src/lib/verdict.ts';
import { observe } from './fixtures/observe.ts';

const isos = readManifest(isosFolder)?.isos ?? [];

test('there is an ISO for each of the seven chapters', () => {
  assert.equal(isos.length, 7);
});

for (const { chapter, file, checkpoint, kernel } of isos) {
  test(`${chapter} boots in QEMU to the verdict that its page expects`, async () => {
    await withQemu({ iso: `${isosFolder}/${file}` }, async (machine) => {
      const verdict = judge(checkpoint, kernel?.symbols ?? [], await observe(machine));
      assert.ok(verdict.passed, verdict.findings.join('\n'));
    });
  });
}
