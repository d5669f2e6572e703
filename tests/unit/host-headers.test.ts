import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerRules, headersFile } from '../../src/integrations/host-headers.ts';

test('a rule is a path below the base, and its headers indented under it', () => {
  const file = headersFile({ 'engine/*': { 'Cache-Control': 'immutable' }, '*': { A: 'b', C: 'd' } }, '/x/');
  assert.equal(file, '/x/engine/*\n  Cache-Control: immutable\n\n/x/*\n  A: b\n  C: d\n');
});

test('only files with a hash in their name are kept for ever', () => {
  const forEver = Object.entries(headerRules).filter(([, rule]) => rule['Cache-Control']?.includes('immutable'));
  assert.deepEqual(
    forEver.map(([pattern]) => pattern),
    ['workbench/workers/*', '_astro/*', 'engine/*'],
  );
});

test('the workbench’s page is isolated and no other page; it may start the site’s workers and the search’s', () => {
  const opener = Object.entries(headerRules).filter(([, rule]) => rule['Cross-Origin-Opener-Policy'] !== undefined);
  assert.deepEqual(
    opener.map(([pattern]) => pattern),
    ['workbench/'],
  );
  const embedder = Object.entries(headerRules).filter(([, rule]) => rule['Cross-Origin-Embedder-Policy'] !== undefined);
  assert.deepEqual(
    embedder.map(([pattern]) => pattern),
    ['workbench/', 'workbench/workers/*', 'pagefind/*'],
  );
});
