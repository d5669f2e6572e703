import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { workbenchCommands } from '../../src/integrations/workbench-files.ts';
import { decodeAgreement, encodeAgreement } from '../../src/lib/workbench/agreement.ts';
import {
  commandNames,
  containerFailure,
  ownFiles,
  ownFolder,
  parseRequest,
  requestFiles,
} from '../../src/lib/workbench/container.ts';

test('an agreement is read as it was written; anything else is none', () => {
  const agreement = { agreed: '2026-11-26', inUse: true };
  assert.deepEqual(decodeAgreement(encodeAgreement(agreement)), agreement);
  for (const text of [null, '', 'yes', 'true', '{}', '{"agreed":1}', '{"agreed":"some day","inUse":true}', '[]'])
    assert.equal(decodeAgreement(text), undefined, String(text));
});

test('a request is read as a command writes it; whatever else lies there is none', () => {
  const files = requestFiles({ kind: 'boot', name: 'a.iso', image: Uint8Array.of(1, 2) }, '7-8');
  assert.deepEqual([...files.keys()], ['7-8.bin', '7-8.json']);
  assert.deepEqual(parseRequest(String(files.get('7-8.json'))), { kind: 'boot', name: 'a.iso', bytes: '7-8.bin' });
  const edit = requestFiles({ kind: 'edit', path: '/os/a' }, '9').get('9.json');
  assert.deepEqual(parseRequest(String(edit)), { kind: 'edit', path: '/os/a' });
  const wrong = [
    '{"kind":"boot","name":"a","bytes":"../../secret.bin"}',
    '{"kind":"boot","name":"a"}',
    '{"kind":"edit","path":"a"}',
    '{"kind":"run"}',
    'null',
  ];
  for (const text of wrong) assert.equal(parseRequest(text), undefined, text);
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseRequest(text);
    }),
    { seed: 6 },
  );
});

test('a failure names its cause: who did not answer, or what was said', () => {
  assert.match(containerFailure('frame', 10), /^StackBlitz could not be reached within 10 seconds/);
  assert.match(containerFailure('boot', 10), /answered, but its WebContainer did not start/);
  assert.match(containerFailure('files', 10), /its shell did not answer/);
  assert.match(containerFailure('running', 10), /did not answer within 10 seconds and was given up/);
  const full = Object.assign(new Error('The quota has been exceeded.'), { name: 'QuotaExceededError' });
  assert.match(containerFailure('files', 10, full), /no more room.*Free space/);
  assert.match(containerFailure('files', 10, new Error('ENOSPC: no space left')), /no more room/);
  assert.equal(containerFailure('boot', 10, new Error('odd')), 'The WebContainer failed: odd');
});

const top = mkdtempSync(`${tmpdir()}/onko-commands-`);
after(() => rmSync(top, { recursive: true }));

test('our commands run under Node, on the folder above theirs, wherever they are called in it', async () => {
  const commands = (await workbenchCommands()).toString();
  const scripts = { 'onko.mjs': 'console.log(process.argv.slice(2).join())', 'commands.mjs': commands };
  for (const [path, text] of ownFiles(scripts)) {
    const file = join(top, ownFolder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (path.startsWith('bin/')) chmodSync(file, 0o755);
  }
  mkdirSync(`${top}/os/src`, { recursive: true });
  writeFileSync(`${top}/os/os.iso`, 'an ISO');
  writeFileSync(`${top}/os/src/main.rs`, 'fn main() {}\n');
  // Whatever the reader's own package says.
  writeFileSync(`${top}/package.json`, '{ "type": "module" }');
  const PATH = `${top}/${ownFolder}/bin:${dirname(process.execPath)}:/usr/bin:/bin`;
  const call = (cwd: string, command: string, args: readonly string[]) => {
    const { stdout, status } = spawnSync(command, args, { cwd, env: { PATH }, encoding: 'utf8' });
    return { stdout, status };
  };
  const run = (folder: string, command: string, ...args: string[]) => call(`${top}/${folder}`, command, args);
  const requests = () => readdirSync(`${top}/${ownFolder}/requests`).filter((name) => name !== 'README');

  assert.deepEqual(commandNames, ['onko', 'hexdump', 'edit', 'zip', 'boot', 'help']);
  assert.equal(run('os', 'onko', 'color', 'red').stdout, 'color,red\n');
  assert.match(run('os/src', 'hexdump', 'main.rs').stdout, /66 6e 20 6d/);
  assert.match(run('os', 'help').stdout, /boot \[ISO\]/);
  assert.deepEqual(run('os/src', 'boot'), { stdout: 'There is no ISO in /os/src. Name one: boot FILE\n', status: 1 });
  assert.deepEqual(requests(), []);

  assert.deepEqual(run('os', 'boot'), { stdout: 'booting /os/os.iso\n', status: 0 });
  const [bytes = '', json = ''] = requests();
  const request = parseRequest(readFileSync(`${top}/${ownFolder}/requests/${json}`, 'utf8'));
  assert.deepEqual(request, { kind: 'boot', name: 'os.iso', bytes });
  assert.equal(readFileSync(`${top}/${ownFolder}/requests/${bytes}`, 'utf8'), 'an ISO');

  assert.match(run('', 'zip', '/').stdout, /^workbench\.zip: \d+ bytes\n$/);
  assert.equal(run('os/src', 'edit', 'new.rs').status, 0);
  assert.equal(readFileSync(`${top}/os/src/new.rs`, 'utf8'), '');
  const outside = call('/', 'hexdump', ['x']);
  assert.match(outside.stdout, /You are outside of .*Go back first: cd /);
  assert.equal(outside.status, 1);
});
