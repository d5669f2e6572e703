import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { packEntries } from '../../src/integrations/offline-pack.ts';
import { missingRoom, packInWords } from '../../src/lib/offline-pack.ts';

const info = { files: 108, bytes: 7_120_294 };

test('the pack lists every file by hash, folders by their own address, and leaves out what a server does not serve', async () => {
  const folder = mkdtempSync(`${tmpdir()}/onko-pack-`);
  const files = {
    'index.html': 'front',
    'a/b/index.html': 'page',
    'isos/x.iso': 'disc',
    _headers: 'x',
    'offline-worker.js': 'x',
  };
  mkdirSync(`${folder}/a/b`, { recursive: true });
  mkdirSync(`${folder}/isos`);
  for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}/${name}`, text);
  const { entries, bytes } = await packEntries(folder);
  rmSync(folder, { recursive: true });

  assert.deepEqual(
    entries.map(({ url }) => url),
    ['a/b/', './', 'isos/x.iso'],
  );
  assert.equal(bytes, 'frontpagedisc'.length);
  const disc = createHash('sha256').update('disc');
  assert.equal(entries[2]?.integrity, `sha256-${disc.copy().digest('base64')}`);
  assert.equal(entries[2]?.revision, disc.digest('hex').slice(0, 16));
});

test('every state is said in words, with the size before anything is fetched', () => {
  assert.match(packInWords({ kind: 'absent' }, info), /7\.1 MB: 108 files/);
  assert.match(packInWords({ kind: 'fetching', done: 40 }, info), /40 of 108/);
  // The old edition's files are still there while those of the new one arrive.
  assert.match(packInWords({ kind: 'fetching', done: 150 }, info), /108 of 108/);
  assert.equal(packInWords({ kind: 'failed', why: 'No.' }, info), 'No.');
});

test('a full disk is told before fetching, with both numbers; a browser that says nothing is believed to have room', () => {
  assert.match(missingRoom(info, { quota: 10e6, usage: 8e6 }) ?? '', /2\.0 MB.*7\.1 MB/);
  assert.equal(missingRoom(info, { quota: 20e6, usage: 8e6 }), undefined);
  assert.equal(missingRoom(info, {}), undefined);
});
