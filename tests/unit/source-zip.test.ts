import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strFromU8, strToU8, unzipSync } from 'fflate';
import { chapterArchive } from '../../kernel/pipeline/archive.ts';
import { InputError } from '../../src/lib/input.ts';
import { editZip } from '../../src/lib/source-zip.ts';
import { run } from '../../tools/process.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

const zip = new Uint8Array(chapterArchive('05-main-rs'));

test('one text of a zip is changed, another added, and all others stay; Python’s unzip finds no fault', async () => {
  const edited = await editZip(zip, 'src/main.rs', (text) => text.replace('red: 12', 'red: 255'));
  const added = await editZip(edited, 'limine.conf', (text) => `${text}timeout: 0 – ö\n`);
  const [before, after] = [unzipSync(zip), unzipSync(added)];
  assert.deepEqual(Object.keys(after), [...Object.keys(before), 'onko_os/limine.conf']);
  for (const [name, bytes] of Object.entries(before)) {
    if (name === 'onko_os/src/main.rs') assert.match(strFromU8(after[name] ?? bytes), /red: 255,/);
    else assert.deepEqual(after[name], bytes, name);
  }
  assert.deepEqual(after['onko_os/limine.conf'], strToU8('timeout: 0 – ö\n'));

  const folder = mkdtempSync(`${tmpdir()}/onko-zip-`);
  writeFileSync(`${folder}/a.zip`, added);
  const { stdout } = await run('python3', ['-m', 'zipfile', '-t', `${folder}/a.zip`]);
  rmSync(folder, { recursive: true });
  assert.match(stdout, /Done testing/);
  assert.doesNotMatch(stdout, /corrupted/);
});

test('a text that stays as it is leaves the zip as it is', async () => {
  assert.equal(await editZip(zip, 'src/main.rs', (text) => text), zip);
});

test('bytes that are no zip are refused in words', async () => {
  const refused = (bytes: Uint8Array<ArrayBuffer>) =>
    assert.rejects(
      editZip(bytes, 'src/main.rs', () => 'x'),
      InputError,
    );
  await refused(new Uint8Array());
  await refused(new Uint8Array(100));
  await refused(zip.slice(0, -1));
  await refused(zip.slice(1000));
});
