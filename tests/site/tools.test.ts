import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { models } from '../../cli/models/list.ts';
import { writeExampleFiles } from '../../src/integrations/onko-command.ts';
import { tryRun } from '../../tools/process.ts';
import { dist, openSite } from './browser.ts';

const site = await openSite();
const file = `${dist}/downloads/onko.mjs`;
const folder = await mkdtemp(`${tmpdir()}/onko tools `);
after(() => rm(folder, { recursive: true }));
await writeExampleFiles(folder);
await copyFile(file, `${folder}/onko.mjs`);

/** This Node, and the machine's own where that is another one that the file is for: on many machines Node 20. */
const nodes = new Map([[process.version, process.execPath]]);
if (existsSync('/usr/bin/node')) {
  const version = (await tryRun('/usr/bin/node', ['--version'])).stdout.trim();
  if (Number(/^v(\d+)/.exec(version)?.[1]) >= 20) nodes.set(version, '/usr/bin/node');
}

/** Runs the file as a reader does, in a folder that knows nothing of the project. */
function onko(node: string, command: string) {
  const env = { NODE: node, PATH: '', NODE_PATH: undefined, NODE_OPTIONS: undefined };
  return tryRun('/bin/sh', ['-c', `"$NODE" onko.mjs ${command}`], { cwd: folder, env });
}

/** What the page says that the commands print, by command. */
async function shown(): Promise<Map<string, string>> {
  const { page } = await site.visit('/tools/');
  const blocks = await page.locator('.expressive-code pre').evaluateAll((found) =>
    found.map((block) =>
      [...block.querySelectorAll('.ec-line')]
        .map((line) => line.textContent)
        .join('\n')
        .replaceAll(/\n\n(?=\n|$)/g, '\n'),
    ),
  );
  return new Map(
    blocks.map((text) => {
      const [command = '', ...output] = text.split('\n').map((line) => line.trimEnd());
      return [command.replace(/^\$ /, ''), output.join('\n').trimEnd()];
    }),
  );
}

test('the page shows every command, and what it shows is what the file prints, on every Node', async () => {
  const recordings = await shown();
  for (const [version, node] of nodes) {
    for (const command of [
      '--help',
      ...models.flatMap(({ name, examples }) => examples.map((each) => `${name} ${each}`)),
    ]) {
      const { stdout, stderr, status } = await onko(node, command);
      assert.equal(status, 0, `${version}: ${command}: ${stderr}`);
      const lines = stdout.split('\n').map((line) => line.trimEnd());
      assert.equal(recordings.get(`node onko.mjs ${command}`), lines.join('\n').trimEnd(), `${version}: ${command}`);
    }
  }
});

test('the page names the file’s size and SHA-256, and links every widget where it stands', async () => {
  const { page, complaints } = await site.visit('/tools/');
  const bytes = await readFile(file);
  const text = (await page.locator('main').textContent()) ?? '';
  assert.ok(text.includes(createHash('sha256').update(bytes).digest('hex')));
  assert.ok(text.includes(`${Math.round(bytes.length / 1000)} kB`));
  assert.equal(await page.locator('main a[download]').getAttribute('href'), '/downloads/onko.mjs');
  assert.equal(await page.locator('nav a[href="/tools/"][aria-current=page]').count(), 1);
  for (const { widget } of models) {
    const { page: chapter } = await site.visit(widget.page);
    const [, anchor] = widget.page.split('#');
    assert.match(
      (await chapter.locator(`.widget#${anchor} .widget-title`).textContent()) ?? '',
      new RegExp(widget.title),
    );
  }
  assert.deepEqual(complaints, []);
});

test('the file imports nothing but Node’s own modules for files, and opens no connection', async () => {
  const text = await readFile(file, 'utf8');
  const imports = [...text.matchAll(/^import .* from "(.*)";$/gm)].map(([, name]) => name);
  assert.deepEqual(
    imports.filter((name) => !['node:fs', 'node:path', 'node:util'].includes(name ?? '')),
    [],
  );
  assert.doesNotMatch(text, /\b(import|require|fetch|XMLHttpRequest|WebSocket)\s*\(/);
});

test('--help of a command names its options and examples', async () => {
  const { stdout } = await onko(process.execPath, 'pixel --help');
  assert.match(stdout, /^Usage: node onko\.mjs pixel X Y \[OPTIONS\]\n\nWhere a pixel lies in memory\.\n/);
  assert.match(stdout, /\n {2}--pitch BYTES {8}from row to row; [^]*\n {2}node onko\.mjs pixel 100 50 --size/);
});

test('what cannot be read ends with status 1 and a hint for this very file', async () => {
  for (const [version, node] of nodes) {
    const bad = await onko(node, 'color 12 24 300');
    assert.equal(bad.status, 1, version);
    assert.match(bad.stderr, /^onko: Blue must be a whole number from 0 to 255[^]*Try: node onko\.mjs color 12 24 33/);
    const missing = await onko(node, 'conf no.conf');
    assert.match(missing.stderr, /^onko: no\.conf cannot be read: ENOENT/);
    assert.doesNotMatch(missing.stderr, /\n {4}at /);
    const unknown = await onko(node, 'colour');
    assert.match(unknown.stderr, /no command "colour"[^]*Run node onko\.mjs --help/);
    assert.equal((await onko(node, '')).status, 2);
  }
});

test('a reader who has enough of the output is no error', async () => {
  const { stderr, stdout } = await onko(
    process.execPath,
    'triple x86_64-unknown-none | { read -r line; echo "$line"; }',
  );
  assert.equal(stderr, '');
  assert.match(stdout, /^target/);
});
