import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import recorded from '../../src/data/targets.json' with { type: 'json' };
import { addressFromFragment, describeAddress, parseAddress, parseLevels } from '../../src/lib/address.ts';
import { answerOutcome } from '../../src/lib/answer.ts';
import { parseTicked } from '../../src/lib/checklist.ts';
import { parseChannel, parseHexColor, parseMasks, parseOrder, settingFromFragment } from '../../src/lib/color.ts';
import { parseDepth } from '../../src/lib/depth.ts';
import { pixelFromFragment } from '../../src/lib/framebuffer.ts';
import { InputError, parseInteger } from '../../src/lib/input.ts';
import { confFromFragment } from '../../src/lib/limine-menu.ts';
import { parseProgress } from '../../src/lib/progress.ts';
import { parseInputs } from '../../src/lib/linker-script/given.ts';
import { flagsFromEntry, flagsFromFragment, parseFlags } from '../../src/lib/segment-flags.ts';
import { findTarget, nameFromFragment, targetFromRow } from '../../src/lib/triple.ts';
import { decodeEdits, encodeEdits } from '../../src/lib/workbench/edits.ts';
import { splitLine } from '../../src/lib/workbench/shell.ts';
import { commandOptions, commandWords, optionText } from '../../src/lib/xorriso.ts';
import { fuzz } from '../fuzz/fuzz.ts';

const targets = recorded.rows.map(targetFromRow);
const makefile = readFileSync(new URL('../../kernel/chapters/07-makefile/Makefile', import.meta.url), 'utf8');

interface Reader {
  parse: (text: string) => unknown;
  seeds: string[];
  words?: string[];
  memory?: { perByte: number; fixed: number };
}

/** Whatever a person may type, paste or put behind the # of a link: how it is read, and texts that are right. */
const readers: Record<string, Reader> = {
  numbers: {
    parse: (text) => parseInteger(text, { name: 'x', min: 0, max: 4096 }),
    seeds: ['0', '4096', '0x1000', '4_096'],
  },
  colours: {
    parse: (text) => [parseHexColor, parseOrder, (each: string) => parseChannel(each, 'red')].map(first(text)),
    seeds: ['#0c1821', 'abc', 'rgb', '255'],
  },
  masks: {
    parse: (text) => parseMasks(text, 16),
    seeds: ['5/11,6/5,5/0', '0xf800,0x7e0,0x1f'],
    words: ['/', ',', '0x', '5/'],
  },
  addresses: {
    parse: (text) => describeAddress(parseAddress(text), 4),
    seeds: ['0xffffffff80000000', 'ffff_8000_0000_0000', '0'],
    words: ['0x', '_'],
  },
  flags: {
    parse: (text) => [parseFlags, flagsFromEntry].map(first(text)),
    seeds: ['5', 'R E', 'rw-', 'FLAGS((1 << 0) | (1 << 2))', '(1 + 2) << 1', '0x8000_0000_0000_0003'],
    words: ['(', ')', '<<', '|', '+', 'FLAGS(', '1'],
  },
  targets: {
    parse: (text) => findTarget(text, targets),
    seeds: ['x86_64-unknown-none', 'thumbv7em-none-eabihf', 'amd64-linux', 'arm64'],
    words: ['-', '-unknown', '-none', '-gnu'],
    // A name that is none is held against all three hundred that there are.
    memory: { perByte: 32, fixed: 1024 * 1024 },
  },
  words: { parse: (text) => [parseDepth, parseLevels].map(first(text)), seeds: ['16', '32', '4'] },
  fragments: {
    parse: (text) =>
      [
        addressFromFragment,
        confFromFragment,
        flagsFromFragment,
        nameFromFragment,
        pixelFromFragment,
        settingFromFragment,
      ].map(first(text)),
    seeds: [
      'color=0c1821&order=rgb',
      'color=0c1821&bpp=16&masks=5/11,6/5,5/0',
      'pixel=100,50&size=1366x768&bpp=32&pitch=5504',
      'flags=5',
      'address=0xffffffff80000000&levels=4',
      'triple=x86_64-unknown-none',
      'conf=timeout%3A+3',
    ],
    words: ['%', '%E2%82', '&', '=', '+', '%00'],
    // Six models look at it, and each escape of three bytes that is wrong costs Node an error, and a buffer.
    memory: { perByte: 2000, fixed: 128 * 1024 },
  },
  answers: {
    parse: (text) => [answerOutcome('number', text, '4096'), answerOutcome('choice', text, '2')],
    seeds: ['4096', '0x1000', '4,096', '2'],
  },
  stored: {
    parse: (text) => [parseProgress(text), parseTicked(text)],
    seeds: ['{"05-main-rs":{"read":true,"booted":true}}', '["a","b"]', 'null'],
    words: ['{', '[', '"__proto__":', ']', '}', '1e999'],
  },
  sections: {
    parse: (text) => parseInputs(text).sections,
    seeds: [
      '[{"name":".text","size":16},{"name":".bss","type":"NOBITS","flags":"WA","alignment":8,"size":4,"needs":[0]}]',
      '{"sections":[{"file":"a.o","name":"COMMON","size":1}],"symbols":[{"name":"kmain","section":0,"value":0}],' +
        '"undefined":["memcpy"],"made":{"got":8,"frames":{"size":24,"count":1}},"collectGarbage":true}',
    ],
    words: [
      '{',
      '[',
      '"__proto__":',
      '"needs":[1]',
      '"constructor"',
      ']',
      '}',
      '1e999',
      '-1',
      'null',
      '{"name":"","size":0},',
    ],
  },
  'edited files': {
    parse: (text) => encodeEdits(decodeEdits(text)),
    seeds: [
      encodeEdits({ files: new Map([['/src/main.rs', Uint8Array.of(1, 2, 3)]]), removed: new Set(['/Makefile']) }),
    ],
    words: ['{', '"/a":"AA=="', '"__proto__":', '"version":1', ']', '}'],
  },
  'a command line': {
    parse: splitLine,
    seeds: ['onko color 12 24 33', `echo "a b" 'c' d\\ e`, 'cat src/main.rs'],
    words: ['"', "'", '\\', ' ', '|', '>'],
    // Words grow letter by letter.
    memory: { perByte: 256, fixed: 128 * 1024 },
  },
  'a Makefile': {
    parse: (text) => {
      const words = commandWords(text, 'xorriso') ?? [];
      const options = commandOptions(words);
      assert.deepEqual(
        options.flatMap((option) => option.words),
        words.slice(1),
      );
      return options.map(optionText);
    },
    seeds: [makefile, makefile.slice(0, makefile.indexOf('\n\n')) + xorrisoOf(makefile)],
    words: ['\n\txorriso ', ' \\\n', '$(ISO)', '\nISO := ', ' -b ', ' -as '],
    // A variable may stand for a long text, as often as it is named.
    memory: { perByte: 64, fixed: 16 * 1024 * 1024 },
  },
};

/** The lines of the command that writes the ISO. */
function xorrisoOf(text: string): string {
  return /\n\txorriso (?:.*\\\n)*.*\n/.exec(text)?.[0] ?? assert.fail('the Makefile runs no xorriso');
}

/** Reads a text in one of several ways; what one refuses, another may take. */
function first(text: string) {
  return (parse: (text: string) => unknown): unknown => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
  };
}

for (const [name, reader] of Object.entries(readers)) {
  test(`whatever text comes for ${name}, it is read or refused in a sentence`, (t) => {
    const report = fuzz({
      name,
      ...reader,
      refuses: (error) => error instanceof InputError && error.message.length < 400,
    });
    t.diagnostic(JSON.stringify(report));
  });
}
