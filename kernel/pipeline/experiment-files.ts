import { readdirSync, readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import type { Expectation } from '../../src/lib/experiment.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import { findChapter } from './chapters.ts';
import { composeChapter, replaceOnce } from './compose.ts';
import type { Tree } from './compose.ts';

export const experimentsFolder = 'kernel/experiments';

/** What a reader of the site sees of a mistake: experiments are found by it. */
export const symptoms = [
  'does-not-build',
  'loader-refuses',
  'resets',
  'black-screen',
  'wrong-colors',
  'no-boot',
  'too-slow',
  'edit-ignored',
  'no-difference',
] as const;
export type Symptom = (typeof symptoms)[number];

/** One deliberate mistake, as `kernel/experiments/NAME.toml` describes it. kernel/README.md explains the keys. */
export interface Experiment {
  name: string;
  /** Whose folder it starts from. */
  chapter: string;
  /** On whose page its card stands, if not on that chapter's. */
  shownIn: string;
  /** What is done, in a few words. */
  title: string;
  symptom: Symptom;
  /** No mistake, but what the others are compared with; it has no card. */
  control: boolean;
  /** The card's question, possible answers, and the index of the right one. */
  question: string;
  choices: readonly string[];
  right: number;
  /** Markdown: why it happens, and how one finds out at home. */
  why: string;
  home: string;
  /** Built without `--release`. */
  debug: boolean;
  edits: readonly Edit[];
  /** Calls of make, each with its arguments, in place of cargo and xorriso; where the chapter has a Makefile. */
  make?: readonly string[];
  machine: MachineOptions;
  expect: BuildExpectation & { boot?: Record<MachineName, Expectation | undefined> };
}

export type Edit =
  /** The text stands in the file exactly once. */
  | { file: string; find: string; replace: string }
  /** A new file. */
  | { file: string; create: string }
  /** A file that is missing. */
  | { file: string; remove: true };

export interface MachineOptions {
  /** A CPU from before 2003. */
  cpu?: '32-bit';
  /** No video card, which only QEMU can do. */
  video?: false;
  /** The image is written to a stick, which a BIOS takes for a hard disk; only QEMU can do that. */
  stick?: true;
  /** It may run for long before it comes to an end, as debug builds do. */
  slow?: true;
  /** What the machine does is measured: its kernel's instructions, the host's CPU. */
  measure?: true;
}

export type MachineName = 'qemu' | 'page';

export interface BuildExpectation {
  builds: boolean;
  /** Words that the tools say; the card shows everything they say if there are any. */
  says: readonly string[];
  saysNot: readonly string[];
  /** Threads of the linker race for what it says first, and it stops after twenty errors: only `says` is the same each time. */
  varies: boolean;
}

/** All experiments, sorted by name. Throws a {@link UserError} that names file and key where one makes no sense. */
export function readExperiments(): Experiment[] {
  return readdirSync(`${root}/${experimentsFolder}`)
    .filter((file) => file.endsWith('.toml'))
    .sort()
    .map((file) =>
      parseExperiment(file.replace(/\.toml$/, ''), readFileSync(`${root}/${experimentsFolder}/${file}`, 'utf8')),
    );
}

type Table = Record<string, unknown>;

/** Reads the TOML text of one experiment. */
export function parseExperiment(name: string, text: string): Experiment {
  const fail = (what: string): never => {
    throw new UserError(`${experimentsFolder}/${name}.toml: ${what}`);
  };
  let whole: Table;
  try {
    whole = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return fail(`line ${error.line}: ${error.message.split('\n')[0]}`);
  }

  /** Takes keys out of a table, one by one; what is left at the end is nothing we know. */
  const reader = (table: Table, place: string) => {
    const rest = new Set(Object.keys(table));
    const take = <T>(key: string, type: string, is: (value: unknown) => value is T): T | undefined => {
      rest.delete(key);
      const value = table[key];
      if (value === undefined || is(value)) return value;
      return fail(`${place}${key} is not ${type}.`);
    };
    return {
      text: (key: string) => take(key, 'a text', isText),
      texts: (key: string) => take(key, 'a list of texts', isTexts),
      number: (key: string) => take(key, 'a whole number', isNumber),
      flag: (key: string) => take(key, 'true or false', isFlag),
      table: (key: string) => take(key, 'a table', isTable),
      tables: (key: string) => take(key, 'a list of tables', isTables),
      end: () => {
        for (const key of rest) fail(`there is no key ${place}${key}.`);
      },
    };
  };
  const required = <T>(value: T | undefined, key: string): T => value ?? fail(`${key} is missing.`);

  const expectation = (table: Table, place: string): Expectation => {
    const keys = reader(table, place);
    const end = keys.text('end');
    const fault = keys.table('fault');
    const faultKeys = reader(fault ?? {}, `${place}fault.`);
    const found: Expectation = withoutGaps({
      end: ends.find((each) => each === end),
      loader: keys.text('loader'),
      text: keys.text('text'),
      symbol: keys.text('symbol'),
      colors: keys.texts('colors'),
      distinct: keys.number('distinct'),
      painted: keys.number('painted'),
      hostCpu: keys.number('host-cpu'),
      fault: fault && {
        vector: required(faultKeys.number('vector'), `${place}fault.vector`),
        ...withoutGaps({
          error: faultKeys.number('error'),
          symbol: faultKeys.text('symbol'),
          rip: faultKeys.text('rip'),
          address: faultKeys.text('address'),
        }),
      },
    });
    if (end !== undefined && found.end === undefined) fail(`${place}end is none of ${ends.join(', ')}.`);
    faultKeys.end();
    keys.end();
    return found;
  };

  const top = reader(whole, '');
  const debug = top.flag('debug') ?? false;
  const control = top.flag('control') ?? false;
  const symptomText = top.text('symptom');
  const edits = (top.tables('edit') ?? []).map((table, index): Edit => {
    const keys = reader(table, `edit[${index}].`);
    const [file, find, replace, create, remove] = [
      required(keys.text('file'), `edit[${index}].file`),
      ...(['find', 'replace', 'create'] as const).map((key) => keys.text(key)),
      keys.flag('remove'),
    ] as [string, string | undefined, string | undefined, string | undefined, boolean | undefined];
    keys.end();
    if (find !== undefined && replace !== undefined) return { file, find, replace };
    if (create !== undefined) return { file, create };
    if (remove === true) return { file, remove };
    return fail(`edit[${index}] needs find and replace, or create, or remove = true.`);
  });

  const machine = reader(top.table('machine') ?? {}, 'machine.');
  const cpu = machine.text('cpu');
  if (cpu !== undefined && cpu !== '32-bit') fail('machine.cpu can only be "32-bit".');
  const options: MachineOptions = withoutGaps({
    cpu: cpu === undefined ? undefined : ('32-bit' as const),
    video: machine.flag('video') === false ? (false as const) : undefined,
    stick: machine.flag('stick') || undefined,
    measure: machine.flag('measure') || undefined,
    slow: debug || machine.flag('slow') || undefined,
  }) as MachineOptions;
  machine.end();

  const {
    builds,
    varies,
    says,
    'says-not': saysNot,
    qemu,
    page,
    ...boot
  } = top.table('expect') ?? fail('expect is missing.');
  const build = reader(withoutGaps({ builds, varies, says, saysNot, qemu, page }), 'expect.');
  const boots = Object.keys(boot).length > 0 || qemu !== undefined || page !== undefined;
  const common = expectation(boot, 'expect.');
  const [inQemu, inPage] = [build.table('qemu') ?? {}, build.table('page') ?? {}].map((table, index) => ({
    ...common,
    ...expectation(table, `expect.${index === 0 ? 'qemu' : 'page'}.`),
  }));
  const qemuOnly = options.video === false || options.stick === true;
  const chapter = findChapter(required(top.text('chapter'), 'chapter')).id;
  const experiment: Experiment = {
    name,
    chapter,
    shownIn: findChapter(top.text('shown-in') ?? chapter).id,
    title: required(top.text('title'), 'title'),
    symptom: control
      ? 'no-difference'
      : (symptoms.find((each) => each === symptomText) ?? fail(`symptom is none of ${symptoms.join(', ')}.`)),
    control,
    question: top.text('question') ?? 'What do you think will happen?',
    choices: top.texts('choices') ?? [],
    right: top.number('right') ?? 0,
    why: top.text('why')?.trim() ?? '',
    home: top.text('home')?.trim() ?? '',
    debug,
    edits,
    ...withoutGaps({ make: top.texts('make') }),
    machine: options,
    expect: {
      builds: build.flag('builds') ?? true,
      varies: build.flag('varies') ?? false,
      says: build.texts('says') ?? [],
      saysNot: build.texts('saysNot') ?? [],
      ...(boots && { boot: { qemu: inQemu, page: qemuOnly ? undefined : inPage } }),
    },
  };
  top.end();

  if (!control) {
    if (experiment.choices.length < 2) fail('choices has fewer than two answers.');
    if (experiment.choices[experiment.right] === undefined)
      fail(`right is ${experiment.right}, and there is no such choice.`);
    required(experiment.why || undefined, 'why');
    required(experiment.home || undefined, 'home');
  }
  if (!experiment.expect.builds && boots) fail('what does not build cannot boot.');
  if (!boots && experiment.expect.says.length === 0) fail('expect names nothing that would have to happen.');
  return experiment;
}

const ends = ['asleep', 'waiting', 'busy', 'triple-fault'] as const;

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isNumber = (value: unknown): value is number => Number.isInteger(value);
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
const isTables = (value: unknown): value is Table[] => Array.isArray(value) && value.every(isTable);

type WithoutGaps<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** An object without the keys that have no value. */
function withoutGaps<T extends object>(from: T): WithoutGaps<T> {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as WithoutGaps<T>;
}

/** The chapter's folder with the mistake in it. Throws a {@link UserError} where an edit does not fit. */
export function experimentTree({ name, chapter, edits }: Experiment): Tree {
  const tree = composeChapter(chapter);
  const whose = `${experimentsFolder}/${name}.toml`;
  const fail = (what: string): never => {
    throw new UserError(`${whose}: ${what}`);
  };
  for (const edit of edits) {
    const present = tree.get(edit.file);
    if ('create' in edit) {
      if (present !== undefined) fail(`${edit.file} is there already.`);
      tree.set(edit.file, { text: edit.create, regions: new Map() });
    } else if ('remove' in edit) {
      if (!tree.delete(edit.file)) fail(`there is no ${edit.file} to remove.`);
    } else replaceOnce(tree, whose, edit);
  }
  return tree;
}
