import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { recordings } from '../../kernel/pipeline/recordings.ts';
import { readTranscripts, record, saysTheSame } from '../../kernel/pipeline/transcripts.ts';
import { bareToolchain, hostedToolchain } from '../../kernel/pipeline/toolchain.ts';
import { root } from '../../tools/paths.ts';

test('every transcript that a page shows is recorded, and every recording is shown', async () => {
  const shown = new Set<string>();
  for await (const page of glob('src/content/docs/**/*.mdx', { cwd: root })) {
    for (const [, name = ''] of readFileSync(`${root}/${page}`, 'utf8').matchAll(/<Transcript name="([^"]+)"/g)) {
      shown.add(name);
    }
  }
  assert.deepEqual([...shown].sort(), recordings.map(({ name }) => name).sort());
  assert.deepEqual(
    Object.keys(readTranscripts().transcripts),
    recordings.map(({ name }) => name),
  );
});

test('recording again gives the same words, as long as the tools are the same', async (context) => {
  const { tools, transcripts } = readTranscripts();
  const now = { ...(await bareToolchain()).versions, hosted: (await hostedToolchain()).versions['rustc'] };
  for (const recording of recordings) {
    const again = await record(recording); // throws unless it says what the text speaks of
    const then = transcripts[recording.name];
    assert.ok(then, recording.name);
    if (JSON.stringify(now) !== JSON.stringify(tools)) {
      context.diagnostic(`${recording.name}: recorded with other tools, so only its key words were compared`);
      continue;
    }
    if (recording.varies) continue;
    assert.ok(saysTheSame(then, again), `${recording.name}:\n${then.output}\n— recorded now:\n${again.output}`);
  }
});

test('only how long a build took may differ between two recordings', () => {
  const said = (output: string) => ({ command: 'cargo build', output });
  assert.ok(saysTheSame(said('Finished in 0.31s'), said('Finished in 12.04s')));
  assert.ok(!saysTheSame(said('Finished in 0.31s'), said('Finished, 1 warning, in 0.31s')));
  assert.ok(!saysTheSame(said('same'), { command: 'cargo check', output: 'same' }));
});

test('the order in which the compiler names its errors may differ, the errors may not', () => {
  const said = (...errors: string[]) => ({
    command: 'cargo build',
    output: `Compiling onko_os\n${errors.join('\n\n')}`,
  });
  assert.ok(saysTheSame(said('error: one', 'error: two'), said('error: two', 'error: one')));
  assert.ok(!saysTheSame(said('error: one', 'error: two'), said('error: one')));
});
