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
    ['_astro/*', 'engine/*'],
  );
});
