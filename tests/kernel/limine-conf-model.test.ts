import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildFolder, buildHosted } from '../../kernel/pipeline/toolchain.ts';
import { readConfBytes, refusal } from '../../src/lib/limine-conf.ts';
import { menuRows, openMenu } from '../../src/lib/limine-menu.ts';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';

const loader = await buildHosted({
  folder: `${root}/tests/kernel/limine-conf`,
  output: `${buildFolder}/output/limine-conf`,
  binary: 'limine-conf',
});

/** What the loader makes of each text, none of which holds a zero. */
async function askLoader(texts: readonly Uint8Array[]): Promise<string[]> {
  const input = Buffer.concat(texts.flatMap((text, index) => (index === 0 ? [text] : [Uint8Array.of(0), text])));
  return (await run(loader, [], { input })).stdout.split('\0').slice(0, -1);
}

/** What the page makes of a text, in the form of tests/kernel/limine-conf. */
function askPage(text: Uint8Array): string {
  const reading = readConfBytes(text);
  const { conf } = reading;
  return (
    refusal(reading) ??
    [
      `timeout ${conf.timeout} quiet ${conf.quiet} serial ${conf.serial} verbose ${conf.verbose}`,
      `default ${conf.defaultEntry} rows ${menuRows(conf, openMenu(conf)).join(',')}`,
      ...conf.entries.flatMap((entry) => [
        `entry ${entry.line} ${entry.depth} ${entry.expanded} ${entry.resolution !== ''} ${entry.title}`,
        `  ${entry.path} | ${entry.cmdline} | ${entry.comment}`,
        ...entry.modules.map(({ path, cmdline }) => `  module ${path} | ${cmdline}`),
      ]),
    ].join('\n')
  );
}

async function compare(texts: readonly Uint8Array[]): Promise<{ refused: number; followed: number }> {
  const said = await askLoader(texts);
  assert.equal(said.length, texts.length);
  for (const [index, text] of texts.entries()) {
    assert.equal(askPage(text), said[index], JSON.stringify(new TextDecoder().decode(text)));
  }
  const refused = said.filter((answer) => answer.startsWith('Bad configuration')).length;
  return { refused, followed: said.length - refused };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const entry = '/Onko OS\nprotocol: limine\npath: boot():/kernel.elf\n';

test('every sentence of the loader about a configuration is the page’s as well', async () => {
  const after = [
    ':Old entry',
    ':+Old',
    'TIMEOUT=3',
    'KERNEL_PATH=boot:///kernel.elf',
    'what is this',
    'tiemout: 3',
    'colour: blue',
    'protocol: linux',
    'protocol: limine',
    'path: boot():/again',
    'kernel_path: /x',
    'path: boot():/x#123',
    'timeout: soon',
    'timeout: 86400',
    'timeout:',
    'default_entry: 0',
    'default_entry: 7',
    'quiet: maybe',
    'module_cmdline: x',
    'module_path: hdd():/x',
    'resolution: 10x',
    'resolution: 800x600x8',
    'resolution: 800X600x32x1',
    '/',
    '///Deep',
    '${A',
    'comment: ${UNKNOWN}',
    'comment: ${ARCH}',
    `comment: ${'é'.repeat(50)}\ncomment: x`,
    `${'x'.repeat(70)}`,
    `${'long'.repeat(30)}=${'y'.repeat(60)}`,
    'Kıosk: yes',
    'serial: yes\r\nserial: no\r',
    `${'/More\nprotocol: limine\npath: boot():/k\n'.repeat(40)}`,
    `${'module_path: boot():/m\n'.repeat(40)}`,
    '/Empty',
    '/No path\nprotocol: limine',
    '//Inside\nprotocol: limine\npath: boot():/k\n/+Folder\n//A\nprotocol: limine\npath: boot():/k\ndefault_entry: 2',
    '${X}=abc\n${X}=later\ncmdline: ${X} ${X}',
    `\${X}=${'z'.repeat(2000)}\n${'# c\n'.repeat(5)}comment: ${'${X}'.repeat(40)}`,
  ];
  const texts = ['', '# nothing\n', 'path: boot():/x', '\ufefftimeout: 3', entry, ...after.map((line) => entry + line)];
  const { refused, followed } = await compare(texts.map(bytes));
  assert.ok(refused > 30 && followed > 3, `${refused} refused, ${followed} followed`);
});

test('text that is no UTF-8 is refused at the same line', async () => {
  const bad = [
    [0xff],
    [0xc3],
    [0xc3, 0x28],
    [0xe2, 0x82],
    [0xef, 0xbf],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80],
    [0xef, 0xbf, 0xbd],
  ];
  await compare(bad.map((odd) => Uint8Array.from([...bytes('# one\n# two '), ...odd, ...bytes(`\n${entry}`)])));
  await compare(bad.map((odd) => Uint8Array.from([...bytes(`${entry}# `), ...odd])));
});

test('loader and page agree on thousands of files that mostly look like one', async () => {
  const key = fc.constantFrom(
    ...['timeout', 'default_entry', 'quiet', 'serial', 'verbose', 'protocol', 'path', 'kernel_path', 'cmdline'],
    ...['module_path', 'module_cmdline', 'module_string', 'resolution', 'comment', 'term_font', 'Wallpaper', 'pth'],
  );
  const value = fc.oneof(
    fc.constantFrom('3', '0', 'no', 'yes', 'limine', 'boot():/kernel.elf', '800x600', '1024x768x16', '${A}', '${ARCH}'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const blank = fc.constantFrom('', ' ', '\t', '  ');
  const line = fc.oneof(
    fc
      .tuple(blank, key, blank, fc.constantFrom(':', ':', ':', ':', '='), blank, value, blank)
      .map((parts) => parts.join('')),
    fc.constantFrom('/A', '/+B', '//C', '// D', '///E', '# note', '', ':F', '${A}=1', '${A}=${B}', '\r', '\f/ G'),
    fc.constantFrom('protocol: limine\npath: boot():/k', '/K\nprotocol: limine\npath: boot():/k'),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const file = fc.array(line, { maxLength: 8 }).map((lines) => bytes(lines.join('\n').replaceAll('\0', '')));
  const raw = fc.uint8Array({ min: 1, max: 255, maxLength: 24 });
  // The same files each time: how many of them can be followed would vary otherwise.
  const seed = 8;
  const files = [...fc.sample(file, { numRuns: 4000, seed }), ...fc.sample(raw, { numRuns: 1000, seed })];
  const { refused, followed } = await compare(files);
  assert.ok(refused > 100 && followed > 100, `${refused} refused, ${followed} followed`);
});
