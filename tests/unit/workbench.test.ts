import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import fc from 'fast-check';
import { filesBelow, MemoryDisk, resolvePath, type Path } from '../../src/lib/workbench/disk.ts';
import { applyEdits, decodeEdits, editsBetween, encodeEdits } from '../../src/lib/workbench/edits.ts';
import { commandNames, hexdump, Shell, splitLine } from '../../src/lib/workbench/shell.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const files = (): [Path, Uint8Array<ArrayBuffer>][] => [
  ['/os/src/main.rs', bytes('fn main() {}\n')],
  ['/os/limine.conf', bytes('timeout: 3')],
  ['/os/kernel.elf', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0)],
  ['/os/onko.iso', new Uint8Array(600)],
];

function shellOn(disk: MemoryDisk): { shell: Shell; asked: string[][] } {
  const asked: string[][] = [];
  const shell = new Shell(
    disk,
    async (args, folder) => {
      asked.push([folder, ...args]);
      return { output: 'said\n', status: 3 };
    },
    '/os',
  );
  return { shell, asked };
}

test('paths are taken apart and put together from any folder', () => {
  assert.equal(resolvePath('/os/src', '../kernel.elf'), '/os/kernel.elf');
  assert.equal(resolvePath('/os', '/a//b/./c/'), '/a/b/c');
  assert.equal(resolvePath('/', '../../..'), '/');
});

test('a line is split as a shell splits it, and what this shell lacks is told', () => {
  assert.deepEqual(splitLine(`onko  color '#0C1821' --order bgr`), ['onko', 'color', '#0C1821', '--order', 'bgr']);
  assert.deepEqual(splitLine(String.raw`a\ b "c 'd" ''`), ['a b', "c 'd", '']);
  assert.throws(() => splitLine('cat a | head'), /one command a line/);
  assert.throws(() => splitLine('cat "a'), /opened and not closed/);
});

test('files are listed, read, copied and removed', async () => {
  const disk = new MemoryDisk(files());
  const { shell } = shellOn(disk);
  const out = async (line: string) => (await shell.run(line)).output;
  assert.equal(await out('ls'), '  5  kernel.elf\n 10  limine.conf\n600  onko.iso\n     src/\n');
  assert.equal(await out('cat limine.conf'), 'timeout: 3\n');
  assert.equal(await out('pwd'), '/os\n');
  assert.equal((await shell.run('cd src')).folder, '/os/src');
  assert.equal(await out('cat main.rs'), 'fn main() {}\n');
  await shell.run('cp main.rs ..');
  assert.equal((await shell.run('rm /os/limine.conf')).changed, true);
  assert.deepEqual(await filesBelow(disk, '/'), ['/os/kernel.elf', '/os/main.rs', '/os/onko.iso', '/os/src/main.rs']);
});

test('hexdump shows where, bytes and letters, and says how much is left', async () => {
  const { shell } = shellOn(new MemoryDisk(files()));
  assert.equal(hexdump(Uint8Array.of(0x41, 0x00)), `00000000  41 00${' '.repeat(42)}  A.\n`);
  const { output } = await shell.run('hexdump onko.iso 0x10 32');
  assert.match(output, /^00000010 .*\n00000020 .*\n\(552 more bytes\)\n$/);
  assert.match((await shell.run('hexdump kernel.elf 9')).output, /has 5 bytes, so none at 9/);
  assert.match((await shell.run('hexdump kernel.elf x')).output, /must be a whole number/);
});

test('boot, zip, edit and clear ask the page', async () => {
  const { shell } = shellOn(new MemoryDisk(files()));
  const boot = (await shell.run('boot')).effect;
  assert.deepEqual(boot?.kind === 'boot' && [boot.name, boot.image.length], ['onko.iso', 600]);
  const zip = (await shell.run('zip')).effect;
  assert.equal(zip?.kind === 'download' && zip.name, 'os.zip');
  assert.deepEqual(Object.keys(unzipSync(zip?.kind === 'download' ? zip.bytes : new Uint8Array(0))).sort(), [
    'kernel.elf',
    'limine.conf',
    'onko.iso',
    'src/main.rs',
  ]);
  assert.deepEqual((await shell.run('edit new.txt')).effect, { kind: 'edit', path: '/os/new.txt' });
  assert.deepEqual((await shell.run('clear')).effect, { kind: 'clear' });
});

test('onko gets its arguments and the folder, and its output and status come back', async () => {
  const { shell, asked } = shellOn(new MemoryDisk(files()));
  const { output, status } = await shell.run('onko elf kernel.elf --all');
  assert.deepEqual([output, status], ['said\n', 3]);
  assert.deepEqual(asked, [['/os', 'elf', 'kernel.elf', '--all']]);
});

test('what is wrong is said in a sentence with a status of 1', async () => {
  const disk = new MemoryDisk(files());
  const { shell } = shellOn(disk);
  for (const [line, message] of [
    ['frobnicate', /no command “frobnicate”\. Type help/],
    ['toString', /no command/],
    ['cat', /cat takes files/],
    ['cat nothing', /no file \/os\/nothing/],
    ['cat src', /src is a folder/],
    ['cat kernel.elf', /no text\. Look at it with: hexdump/],
    ['cd limine.conf', /no folder/],
    ['ls nowhere', /no folder \/os\/nowhere/],
    ['rm /os', /You are in \/os/],
    ['edit limine.conf/x', /limine\.conf is a file, not a folder/],
    ['boot a b', /boot takes one ISO/],
  ] as const) {
    const { output, status } = await shell.run(line);
    assert.equal(status, 1, line);
    assert.match(output, message);
  }
  await shell.run('cp onko.iso second.iso');
  assert.match((await shell.run('boot')).output, /There are 2 ISOs/);
  await assert.rejects(disk.write('/os/big', new Uint8Array(65 * 2 ** 20)), /The disk is full/);
});

test('help names every command', async () => {
  const { output } = await shellOn(new MemoryDisk()).shell.run('help');
  for (const name of commandNames) assert.match(output, new RegExp(`^${name}\\b`, 'm'));
});

test('any line ends in an outcome, never in an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('', ...commandNames), fc.string(), async (name, rest) => {
      const { status } = await shellOn(new MemoryDisk(files())).shell.run(`${name} ${rest}`);
      assert.ok([0, 1, 3].includes(status));
    }),
    { numRuns: 300 },
  );
});

test('edits are what differs; kept and read again they give the same files', () => {
  const original = new Map(files());
  const now = new Map(original);
  now.set('/os/limine.conf', bytes('timeout: 0'));
  now.set(
    '/os/new.bin',
    Uint8Array.from({ length: 70_000 }, (_, index) => index),
  );
  now.delete('/os/kernel.elf');
  const edits = editsBetween(original, now);
  assert.deepEqual([...edits.files.keys()], ['/os/limine.conf', '/os/new.bin']);
  assert.deepEqual([...edits.removed], ['/os/kernel.elf']);
  const again = applyEdits(original, decodeEdits(encodeEdits(edits)));
  assert.deepEqual(new Map([...again].sort()), new Map([...now].sort()));
});

test('what is no edits counts as none', () => {
  for (const text of [
    null,
    '',
    '{',
    '[]',
    '{"files":{"x":"AA=="},"removed":[]}',
    '{"files":{"/x":"?"},"removed":[]}',
    '{"files":{"/x":7},"removed":[]}',
    '{"files":{}}',
  ]) {
    assert.equal(decodeEdits(text).files.size, 0);
  }
});
