import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Conf, readConf, readConfBytes, refusal } from '../../src/lib/limine-conf.ts';
import {
  bootSteps,
  confExamples,
  confFromFragment,
  confToFragment,
  loaderVersion,
  menuRows,
  menuScreen,
  openMenu,
  pressKey,
  withoutKeys,
} from '../../src/lib/limine-menu.ts';

const chapter = readFileSync(new URL('../../kernel/chapters/06-limine-conf/limine.conf', import.meta.url), 'utf8');
const entry = (slashes: string) => `${slashes}\nprotocol: limine\npath: boot():/k\n`;

/** The configuration of a text that is right. */
function conf(text: string): Conf {
  const reading = readConf(text);
  assert.deepEqual(reading.problems, []);
  return reading.conf;
}

/** Where the problems of a text are: `line:column+length`. */
const places = (text: string) =>
  readConf(text).problems.map(({ line, column, length }) => `${line}:${column}+${length}`);

const shownRows = (text: string, secondsLeft?: number) => {
  const found = conf(text);
  return menuScreen(found, openMenu(found), secondsLeft);
};

test('the file of chapter 6 waits three seconds and boots its one entry', () => {
  const found = conf(chapter);
  assert.equal(found.timeout, 3);
  assert.deepEqual(
    found.entries.map(({ title, path, depth }) => [title, path, depth]),
    [['Onko OS', 'boot():/kernel.elf', 0]],
  );
  assert.equal(withoutKeys(found), 'After 3 seconds, “Onko OS” boots.');
});

test('the screen is drawn as the loader draws it', () => {
  const rows = shownRows(chapter, 3);
  assert.equal(rows.length, 25);
  assert.deepEqual(
    rows.flatMap(({ text, tone }, index) => (text === '' ? [] : [`${index} ${tone} ${text}`])),
    [
      `1 bright Onko loader ${loaderVersion}`,
      '2 plain Up and Down choose, Enter boots.',
      '4 selected    Onko OS ',
      '23 bright Booting automatically in 3...',
    ],
  );
});

test('the version on the screen is the loader’s', () => {
  const manifest = readFileSync(new URL('../../kernel/loader/Cargo.toml', import.meta.url), 'utf8');
  assert.equal(/^version = "(.*)"$/m.exec(manifest)?.[1], loaderVersion);
});

test('folders are drawn open and closed, deeper entries further to the right', () => {
  const rows = shownRows(`timeout: no\n${entry('/A')}/B\n${entry('//C')}/+D\n${entry('//E')}`);
  assert.deepEqual(
    rows.slice(4, 9).map(({ text }) => text),
    ['   A ', ' + B ', ' - D ', '     E ', ''],
  );
});

test('more entries than rows scroll, so that the selected one is in view', () => {
  const rows = shownRows(`default_entry: 30\n${Array.from({ length: 30 }, (_, n) => entry(`/E${n + 1}`)).join('')}`);
  assert.equal(
    rows.findIndex(({ tone }) => tone === 'selected'),
    19,
  );
  assert.equal(rows[19]?.text, '   E30 ');
  assert.equal(rows[4]?.text, '   E15 ');
});

test('arrow keys stop at the ends, Enter opens a folder and boots an entry', () => {
  const found = conf(`${entry('/A')}/B\n${entry('//C')}`);
  let menu = openMenu(found);
  menu = pressKey(found, menu, 'up');
  assert.equal(menu.selected, 0);
  assert.equal(pressKey(found, menu, 'enter').boots, 0);
  menu = pressKey(found, pressKey(found, menu, 'down'), 'down');
  assert.equal(menu.selected, 1);
  const opened = pressKey(found, menu, 'enter');
  assert.equal(opened.boots, undefined);
  assert.deepEqual(menuRows(found, opened), [0, 1, 2]);
  assert.equal(pressKey(found, pressKey(found, opened, 'down'), 'enter').boots, 2);
  assert.deepEqual(menuRows(found, pressKey(found, opened, 'enter')), [0, 1]);
});

test('what happens without a key is said for every kind of timeout', () => {
  const says = (option: string) => withoutKeys(conf(`${option}\n${entry('/A')}`));
  assert.equal(says('timeout: 0'), 'There is no menu: “A” boots at once.');
  assert.equal(says('timeout: NO'), 'The menu stays until somebody chooses.');
  assert.equal(says('timeout: 1'), 'After one second, “A” boots.');
  assert.equal(says('quiet: yes'), 'The screen stays empty for 5 seconds, then “A” boots.');
});

test('problems are found on every line, each at its place, the loader’s first', () => {
  const text = `timeout: soon\n${entry('/A')}  colour: blue\n  resolution:  10x\n:Old\n`;
  assert.deepEqual(places(text), ['1:10+4', '5:3+6', '6:16+3', '7:1+4']);
  assert.match(
    refusal(readConf(text)) ?? '',
    /^Bad configuration: \/limine\.conf, line 1: "timeout" is "soon", expected a number/,
  );
  assert.deepEqual(places(`${entry('/A')}  comment: \${NAME} x\n`), ['4:12+7']);
  assert.deepEqual(places('# nothing\n'), ['0:1+0']);
  assert.equal(refusal(readConf(chapter)), undefined);
});

test('the examples are right, but for the old one, in which every line is named', () => {
  const [two, folder, old] = confExamples.map(({ text }) => readConf(text));
  assert.ok(two && folder && old);
  assert.deepEqual([...two.problems, ...folder.problems], []);
  assert.equal(two.conf.entries[two.conf.defaultEntry]?.title, 'Onko OS, next');
  assert.deepEqual(bootSteps(folder.conf.entries[2] ?? assert.fail()), [
    'loads boot():/kernels/debug.elf',
    'loads the module boot():/kernels/symbols.txt',
  ]);
  assert.deepEqual(
    old.problems.map(({ line }) => line),
    [1, 3, 4, 5],
  );
});

test('whatever bytes come, there is a reading, its places lie in the file, and the menu can be drawn', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '/A',
      '//B',
      '///C',
      '/+D',
      '${X}=${X}',
      'comment: ${X}',
      'protocol: limine',
      'path: boot():/k',
      ':',
    ),
    fc.string({ unit: 'binary', maxLength: 10 }),
  );
  const text = fc.array(line, { maxLength: 12 }).map((lines) => new TextEncoder().encode(lines.join('\n')));
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      const reading = readConfBytes(bytes);
      const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n');
      for (const { line: number, column, length, text: words } of reading.problems) {
        assert.ok(number >= 0 && number <= lines.length);
        assert.ok(column >= 1 && column - 1 + length <= (lines[number - 1] ?? '').length + (number === 0 ? 0 : 1));
        assert.ok(words.length < 400);
      }
      assert.equal(menuScreen(reading.conf, openMenu(reading.conf), 1).length, 25);
    }),
    { numRuns: 500 },
  );
});

test('a file that is too large, and macros that would make it so, are refused without being replaced', () => {
  assert.match(refusal(readConf('#'.repeat(65_537))) ?? '', /has 65537 bytes, expected at most 65536/);
  const bomb = `\${X}=${'y'.repeat(30_000)}\n${`# \n/\${X}\${X}\n`.repeat(100)}`;
  const started = performance.now();
  assert.match(refusal(readConf(bomb)) ?? '', /line 5: replacing the macros makes the text longer than 65536 bytes/);
  assert.ok(performance.now() - started < 2000);
});

test('a file survives its link unless it is too long for one', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      assert.equal(confFromFragment(confToFragment(text) ?? ''), text);
    }),
  );
  assert.equal(confToFragment('x'.repeat(5000)), undefined);
  assert.equal(confFromFragment('old-files-look-nearly-the-same'), undefined);
});

test('of a file that is no limine.conf at all, the first hundred problems are told', () => {
  const { problems } = readConf(':\n'.repeat(300));
  assert.equal(problems.length, 100);
  assert.equal(problems.at(-1)?.line, 100);
});
