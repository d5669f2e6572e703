import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { scriptHashes, withPolicy } from '../../src/integrations/content-security-policy.ts';

const hash = (code: string) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`;
const page = (head: string) => `<!DOCTYPE html><html><head><meta charset="utf-8"/>${head}</head><body></body></html>`;

test('every inline script is named by the hash of its very text, also one that begins on a new line', () => {
  const html = page('<script>\n  a();\n</script><script type="module">b()</script><script type=importmap>{}</script>');
  assert.deepEqual(scriptHashes(html), [hash('\n  a();\n'), hash('b()'), hash('{}')]);
});

test('files of the site and data need no hash, and the same script is named once', () => {
  const html = page(
    '<script src="/x.js"></script><script type="application/json">{}</script><script>a()</script><script>a()</script>',
  );
  assert.deepEqual(scriptHashes(html), [hash('a()')]);
});

test('the policy stands before anything that it is about, and allows no inline script but by its hash', () => {
  const html = withPolicy(page('<script>a()</script>'));
  assert.ok(html.indexOf('Content-Security-Policy') < html.indexOf('<script>'));
  const scripts = /script-src ([^;]*);/.exec(html)?.[1];
  assert.equal(scripts, `'self' 'wasm-unsafe-eval' ${hash('a()')}`);
});

test('a page may load from elsewhere what is listed for it, and nothing else', () => {
  const html = withPolicy(page(''), { 'frame-src': ['https://example.org'] });
  assert.match(html, /frame-src 'self' https:\/\/example\.org[;"]/);
  assert.match(html, /default-src 'self';/);
});

test('a page without a character set cannot be given a policy, and the build says so', () => {
  assert.throws(() => withPolicy('<html><head></head></html>'), /charset/);
});
