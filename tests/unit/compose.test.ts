import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { after, test } from 'node:test';
import { chapters, chaptersFolder } from '../../kernel/pipeline/chapters.ts';
import { composeChapter, composeFolders, stripRegions } from '../../kernel/pipeline/compose.ts';

const scratch = mkdtempSync(`${tmpdir()}/onko-compose-`);
after(() => rmSync(scratch, { recursive: true }));

function folder(name: string, files: Record<string, string>): string {
  mkdirSync(`${scratch}/${name}`, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(`${scratch}/${name}/${path}`), { recursive: true });
    writeFileSync(`${scratch}/${name}/${path}`, text);
  }
  return `${scratch}/${name}`;
}

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

test('a later folder adds files, replaces those of the same path, and inherits the rest', () => {
  const first = folder('first', { 'Cargo.toml': 'one\n', 'src/main.rs': 'old\n', '.cargo/config.toml': 'kept\n' });
  const second = folder('second', { 'src/main.rs': 'new\n', 'linker.ld': 'added\n' });
  const tree = composeFolders([first, second]);
  assert.deepEqual(
    [...tree].map(([path, { text }]) => [path, text]),
    [
      ['.cargo/config.toml', 'kept\n'],
      ['Cargo.toml', 'one\n'],
      ['linker.ld', 'added\n'],
      ['src/main.rs', 'new\n'],
    ],
  );
});

test('neither the placeholder of an empty folder nor what cargo leaves behind is part of a tree', () => {
  const empty = folder('empty', {
    '.gitkeep': '',
    'target/release/onko_os': 'binary',
    'target/.rustc_info.json': '{}',
  });
  assert.equal(composeFolders([empty]).size, 0);
});

test('regions of the earlier file do not outlive its replacement', () => {
  const first = folder('with', { 'a.rs': lines('// region old', 'x', '// endregion old') });
  const second = folder('without', { 'a.rs': 'y\n' });
  assert.deepEqual([...(composeFolders([first, second]).get('a.rs')?.regions.keys() ?? [])], []);
});

test('region markers vanish and regions are counted in the lines that remain', () => {
  const { text, regions } = stripRegions(
    lines(
      '// region outer',
      'one',
      '    // region inner',
      'two',
      'three',
      '    // endregion inner',
      '// endregion outer',
      '',
      'four',
    ),
    'a.rs',
  );
  assert.equal(text, lines('one', 'two', 'three', '', 'four'));
  assert.deepEqual(Object.fromEntries(regions), {
    outer: { firstLine: 1, lastLine: 3 },
    inner: { firstLine: 2, lastLine: 3 },
  });
});

test('each comment syntax marks regions', () => {
  for (const [open, close] of [
    ['// region a', '// endregion a'],
    ['# region a', '# endregion a'],
    ['/* region a */', '/* endregion a */'],
    ['\t#region a', '\t#endregion a'],
  ] as const) {
    const { text, regions } = stripRegions(lines(open, 'x', close), 'file');
    assert.equal(text, 'x\n');
    assert.deepEqual(regions.get('a'), { firstLine: 1, lastLine: 1 });
  }
});

test('a comment that merely speaks of a region, and code behind which a comment stands, stay', () => {
  const source = lines('// region of memory', 'let a = 1; // region a', '// regional', '/* region a', '*/');
  assert.equal(stripRegions(source, 'a.rs').text, source);
});

test('a text without regions is returned as it is', () => {
  for (const text of ['', '\n', 'no newline at the end', 'a\r\nb\r\n']) {
    assert.deepEqual(stripRegions(text, 'file'), { text, regions: new Map() });
  }
});

const mistakes: [name: string, text: string, message: RegExp][] = [
  ['a region that is never closed', lines('// region a', 'x'), /^file:1: Region "a" is never closed\.$/],
  ['an end without a start', lines('x', '# endregion a'), /^file:2: Region "a" ends here, but no region is open\.$/],
  [
    'regions that overlap',
    lines('// region a', 'x', '// region b', 'y', '// endregion a', '// endregion b'),
    /^file:5: Region "a" ends here, but "b" of line 3 has to end first\.$/,
  ],
  [
    'a name used twice',
    lines('// region a', 'x', '// endregion a', '// region a', 'y', '// endregion a'),
    /^file:4: Region "a" is there twice\.$/,
  ],
  [
    'a region within one of the same name',
    lines('// region a', '// region a', 'x'),
    /^file:2: Region "a" is there twice\.$/,
  ],
  ['an empty region', lines('// region a', '// endregion a'), /^file:2: Region "a" is empty\.$/],
  ['a marker without a name', lines('x', '/* region */', 'y'), /^file:2: "\/\* region \*\/" has no region name\.$/],
];
for (const [name, text, message] of mistakes) {
  test(`${name} is refused, with file and line`, () => {
    assert.throws(() => stripRegions(text, 'file'), { message });
  });
}

test('an unknown chapter and a missing folder are named', () => {
  assert.throws(() => composeChapter('99-nothing'), /There is no chapter "99-nothing"\./);
  assert.throws(() => composeFolders([`${scratch}/missing`]), /missing does not exist/);
});

test('the table names every chapter folder, in order', () => {
  assert.deepEqual(
    chapters.map(({ id }) => id),
    readdirSync(chaptersFolder).sort(),
  );
  for (const { id, number, name } of chapters) assert.equal(id, `${String(number).padStart(2, '0')}-${name}`);
});

test('every chapter composes, and no marker is left in its files', () => {
  for (const { id } of chapters) {
    for (const [path, { text, regions }] of composeChapter(id)) {
      assert.doesNotMatch(text, /\b(end)?region\b/, `${id}/${path}`);
      assert.ok(text.endsWith('\n'), `${id}/${path} ends with a newline`);
      const count = text.split('\n').length - 1;
      for (const [name, { firstLine, lastLine }] of regions) {
        assert.ok(1 <= firstLine && firstLine <= lastLine && lastLine <= count, `${id}/${path}: ${name}`);
      }
    }
  }
});

test('chapter 5 holds the files of the chapters before it and its own main.rs', () => {
  const tree = composeChapter('05-main-rs');
  assert.deepEqual(
    [...tree.keys()],
    ['.cargo/config.toml', '.gitignore', 'Cargo.lock', 'Cargo.toml', 'linker.ld', 'src/main.rs'],
  );
  const own = readFileSync(`${chaptersFolder}/05-main-rs/src/main.rs`, 'utf8');
  const printed = tree.get('src/main.rs')?.text ?? '';
  assert.equal(printed, own.replaceAll(/^ *\/\/ (end)?region .*\n/gm, ''));
});

test('chapter 1 is an empty folder', () => {
  assert.equal(composeChapter('01-environment').size, 0);
});
