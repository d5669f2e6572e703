/**
 * Kernels and configurations with mistakes of all kinds, booted by either firmware: always a sentence, or a kernel that is
 * called, or the menu; never a hang or a reset. The loader's core reads a hundred times as many on the host
 * (kernel/loader/core/tests).
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { buildChapter } from '../../kernel/pipeline/build.ts';
import { mutateBytes, mutateText } from '../fuzz/mutate.ts';
import { Random } from '../fuzz/random.ts';
import { thorough } from '../thorough.ts';
import { buildConformance } from './fixtures/conformance.ts';
import { bootAtOnce, kernelBase, makeElf } from './fixtures/loader-disc.ts';
import { Rewind, type Files, type Outcome } from './fixtures/rewind.ts';

/** How many of each are tried by each firmware. */
const tries = thorough ? 1000 : 30;

/** Bytes that each file has room for on the disc: more than what mutating makes of the largest seed. */
const room = 256 * 1024;

const good = makeElf([{ address: kernelBase }, { address: kernelBase + 0x2000n, flags: 6, memorySize: 0x3000n }]);
const kernels = [new Uint8Array(await readFile(await buildChapter('05-main-rs'))), await buildConformance(), good];

/** ELF's and the base revision's magic numbers, and those that every request begins with. */
const kernelWords = [
  Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1),
  new Uint8Array(BigUint64Array.of(0xf9562b2d5c95a6c8n, 0x6a7b384944536bdcn, 3n).buffer),
  new Uint8Array(BigUint64Array.of(0xc7b1dd30df4c8b88n, 0x0a82e883a194f07bn).buffer),
];

/** Header and program headers of the seeds are here: what a loader reads first. */
const headBytes = 64 + 6 * 56;

/** Every third file has one change only: it is the likeliest to get far. */
const mostChanges = (number: number): number => (number % 3 === 0 ? 1 : 6);

function mutatedKernel(number: number): Uint8Array {
  const random = new Random(1, number);
  const most = mostChanges(number);
  if (number % 2 === 0) return mutateBytes(kernels, kernelWords, random, most).slice(0, room);
  const kernel = random.pick(kernels);
  const head = mutateBytes([kernel.subarray(0, headBytes)], kernelWords, random, most);
  return Buffer.concat([head, kernel.subarray(Math.min(head.length, headBytes))]);
}

const configs = [
  bootAtOnce,
  `${bootAtOnce}    cmdline: one two\n    resolution: 800x600x32\n    module_path: boot():/limine.conf\n    comment: here\n`,
  [
    '# The menu of a disc with several systems. After two seconds it boots the second of them, which is the first one’s',
    '# older brother; whoever is quick may choose another. The lines below the macro are entries, and an entry in an entry.',
    'timeout: 2',
    'default_entry: 2',
    'serial: yes',
    'verbose: yes',
    '${KERNEL}=boot():/kernel.elf',
    '/Onko OS',
    'protocol: limine',
    'path: ${KERNEL}',
    '/+Older',
    '//The first',
    'protocol: limine',
    'kernel_path: ${KERNEL}',
    'module_path: boot():/kernel.elf',
    'module_cmdline: inside',
    '',
  ].join('\n'),
];

const configWords = [
  ...[
    'timeout: ',
    'default_entry: ',
    'quiet: yes\n',
    'resolution: ',
    'path: ',
    'cmdline: ',
    'module_path: ',
    '${',
    '}',
  ],
  ...[
    '\n/',
    '//',
    '/+',
    'boot():/',
    'limine',
    ':KERNEL',
    '=',
    'interface_resolution: ',
    'term_palette: ',
    '\0',
    '\r\n',
  ],
];

function mutatedConfig(number: number): Uint8Array {
  return Buffer.from(mutateText(configs, configWords, new Random(2, number), mostChanges(number))).subarray(0, room);
}

/** What outcomes there were: the sentences without what differs from one file to the next. */
function shapes(outcomes: readonly Outcome[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    const text = outcome.kind === 'refused' ? outcome.sentence : outcome.kind;
    const shape = text.replaceAll(/"[^"]*"/g, '"…"').replaceAll(/\b(?:0x[0-9a-f]+|\d+|[0-9a-f]{2})\b/g, 'N');
    counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  return counts;
}

const plain: Files = { config: Buffer.from(bootAtOnce), kernel: good };

for (const firmware of ['bios', 'uefi'] as const) {
  test(`by ${firmware}, mutated files are refused in words, or boot`, { timeout: 3 * 3600_000 }, async (t) => {
    await Rewind.with(firmware, room, async (rewind) => {
      const tryAll = async (name: string, files: (number: number) => Partial<Files>): Promise<void> => {
        const outcomes: Outcome[] = [];
        const started = performance.now();
        for (let number = 0; number < tries; number++) {
          outcomes.push(
            await rewind.try({ ...plain, ...files(number) }).catch((error: unknown) => {
              throw new Error(`${name} number ${number}: ${error instanceof Error ? error.message : String(error)}`);
            }),
          );
        }
        const counts = shapes(outcomes);
        const each = ((performance.now() - started) / tries).toFixed(0);
        t.diagnostic(`${name}: ${tries} tries, ${counts.size} outcomes, ${each} ms each`);
        if (thorough) for (const [shape, count] of counts) t.diagnostic(`${count} × ${shape}`);
        const refused = outcomes.filter(({ kind }) => kind === 'refused').length;
        const called = outcomes.filter(({ kind }) => kind === 'called').length;
        assert.ok(refused > tries / 4 && called > 0, `${refused} refused, ${called} called`);
        assert.ok(counts.size >= 8, [...counts.keys()].join('\n'));
      };
      assert.deepEqual(await rewind.try(plain), { kind: 'called' });
      await tryAll('kernels', (number) => ({ kernel: mutatedKernel(number) }));
      await tryAll('configurations', (number) => ({ config: mutatedConfig(number) }));
      assert.deepEqual(await rewind.try(plain), { kind: 'called' }, 'the machine is as it was');
    });
  });
}
