import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { differences } from '../../src/lib/iso9660/compare.ts';
import { bootWays } from '../../src/lib/iso9660/boot.ts';
import { readIso } from '../../src/lib/iso9660/read.ts';
import {
  commandOptions,
  commandWords,
  optionText,
  wordsWithout,
  type CommandOption,
  type OptionRecord,
  type XorrisoRecord,
} from '../../src/lib/xorriso.ts';
import { UserError } from '../../tools/errors.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { tryRun } from '../../tools/process.ts';
import { smallAndTimeless, sourceDate } from './iso.ts';

/** What the record is called, beside the ISOs. */
export const xorrisoRecordFile = 'xorriso.json';

/** What a Makefile runs xorriso with, as options. */
export function makefileOptions(makefile: string): CommandOption[] {
  const words = commandWords(makefile, 'xorriso');
  if (words === undefined) throw new UserError('No line of the Makefile runs xorriso.');
  const options = commandOptions(words);
  const strange = options.find((option) => optionText(option) === undefined);
  if (strange === undefined) return options;
  throw new UserError(
    `The Makefile gives xorriso the option ${strange.name}, of which src/lib/xorriso.ts says nothing.`,
    'Add there what it does and what happens without it.',
  );
}

/**
 * Writes into a file what xorriso does without each option of the Makefile; see {@link measureOptions}. `iso` is what make
 * made: xorriso's image, in which the boot code for disks was put afterwards, which moves nothing.
 */
export async function recordXorrisoOptions(folder: string, makefile: string, iso: string, file: string): Promise<void> {
  const made = readFileSync(iso);
  const measured = await measureOptions(folder, makefile);
  if (measured.size !== made.length) {
    throw new UserError(`${iso} has ${made.length} bytes; xorriso alone writes ${measured.size}.`);
  }
  const record: XorrisoRecord = {
    iso: createHash('sha256').update(made).digest('hex'),
    recorder: await recorder(),
    ...measured,
  };
  writeFileSync(file, `${JSON.stringify(record)}\n`);
}

/** Whether a record is of this ISO, and of the options as they are measured now. */
export async function xorrisoRecordIsCurrent(file: string, iso: string): Promise<boolean> {
  if (!existsSync(file)) return false;
  const record = JSON.parse(readFileSync(file, 'utf8')) as XorrisoRecord;
  return record.iso === iso && record.recorder === (await recorder());
}

const recorder = () =>
  fingerprint(['kernel/pipeline/xorriso-options.ts', 'src/lib/iso9660/compare.ts', 'src/lib/xorriso.ts']);

/**
 * Runs the Makefile's xorriso without each of its options, in a folder in which make has left what goes on the disc, and
 * compares what comes out with the whole command's image.
 */
export async function measureOptions(
  folder: string,
  makefile: string,
): Promise<Pick<XorrisoRecord, 'size' | 'options'>> {
  const options = makefileOptions(makefile);
  const whole = await writeImage(folder, options, []);
  if (whole.bytes === undefined) throw new UserError(`xorriso refuses the Makefile’s own options: ${whole.refusal}`);
  const records: OptionRecord[] = [];
  for (const option of options) records.push(await measureOption(folder, options, option, whole.bytes));
  return { size: whole.bytes.length, options: records };
}

async function measureOption(
  folder: string,
  options: readonly CommandOption[],
  option: CommandOption,
  whole: Uint8Array,
): Promise<OptionRecord> {
  const { name } = option;
  const alone = await writeImage(folder, options, [name]);
  const together = alone.bytes === undefined ? (optionText(option)?.with ?? []) : [];
  const tried = together.length > 0 ? await writeImage(folder, options, [name, ...together]) : alone;
  const record: OptionRecord = { name, together: [...together] };
  if (alone.refusal !== undefined) record.refusal = alone.refusal;
  if (tried.bytes !== undefined) {
    const [before, after] = [whole, tried.bytes].map((bytes) => bootWays(bytes, readIso(bytes)));
    record.image = {
      size: tried.bytes.length,
      onOutput: tried.onOutput,
      ...differences(whole, tried.bytes),
      ways: (after ?? []).flatMap(({ medium, firmware, boots, says }, index) =>
        boots === before?.[index]?.boots ? [] : [`${medium}, ${firmware}: ${says.join(' ')}`],
      ),
    };
  }
  return record;
}

interface Written {
  bytes?: Uint8Array;
  /** The bytes came from standard output. */
  onOutput: boolean;
  /** xorriso’s own words. */
  refusal?: string;
}

/** Runs xorriso in a reader's folder without some of the options. */
async function writeImage(
  folder: string,
  options: readonly CommandOption[],
  left: readonly string[],
): Promise<Written> {
  const output = options.find(({ name }) => name === '-o')?.words[1];
  if (output === undefined) throw new UserError('The Makefile does not say with -o what the image is called.');
  const words = wordsWithout(options, left).map((word) => (word === output ? onlyForThis : word));
  // What makes images the same on every day is no part of the Makefile, and is said in the language of mkisofs.
  const timeless = left.includes('-as') ? [] : smallAndTimeless;
  const [as = [], rest = words] = left.includes('-as') ? [] : [words.slice(0, 2), words.slice(2)];
  const file = `${folder}/${onlyForThis}`;
  rmSync(file, { force: true });
  const onOutput = left.includes('-o');
  const command = ['xorriso', ...as, ...timeless, ...rest].map((word) => `'${word}'`).join(' ');
  const result = await tryRun('sh', ['-c', onOutput ? `${command} > ${onlyForThis}` : command], {
    cwd: folder,
    env: { SOURCE_DATE_EPOCH: sourceDate, TZ: 'UTC', LC_ALL: 'C' },
  });
  const bytes = existsSync(file) && result.status === 0 ? new Uint8Array(readFileSync(file)) : undefined;
  rmSync(file, { force: true });
  if (bytes !== undefined) return { bytes, onOutput };
  const [, refusal = 'it ends without a reason'] = /FAILURE : (.*)/.exec(result.output) ?? [];
  return { onOutput, refusal: refusal.trim() };
}

/** What the images are called while they are looked at. */
const onlyForThis = 'without-an-option.iso';
