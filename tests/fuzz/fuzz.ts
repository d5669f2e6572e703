import { mkdirSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import v8 from 'node:v8';
import vm from 'node:vm';
import { cache } from '../../tools/paths.ts';
import { fuzzInputs } from '../thorough.ts';
import { mutateBytes, mutateText } from './mutate.ts';
import { Random } from './random.ts';

/** What is tried with mutated inputs. */
export interface FuzzTarget<Input extends Uint8Array | string> {
  /** Names the files that failures leave. */
  name: string;
  /** Inputs as they should be; all others are made from them. They are tried first, as they are. */
  seeds: readonly Input[];
  /** Pieces that the format knows, to be put in anywhere. */
  words?: readonly Input[];
  /** Reads an input. It may hold its result against what must always be true of it, and throw when it is not. */
  parse: (input: Input) => unknown;
  /** Whether an error is how the parser says that an input is bad; every other error is a failure. */
  refuses?: (error: unknown) => boolean;
  /** The longest that one input may take, in milliseconds. */
  time?: number;
  /**
   * The most memory that one input may take: so many bytes for each of its own, and so many whatever it is. Everything
   * that is allocated while it is read counts, even what is dropped again.
   */
  memory?: { perByte: number; fixed: number };
  /** How many inputs, when not as many as usual: for what is slow to read. */
  inputs?: number;
}

/** What a run has seen, beside that nothing failed. */
export interface FuzzReport {
  inputs: number;
  refused: number;
  /** Of the input that took longest. */
  slowest: number;
  /** Memory taken by the input that took most, and its own bytes. */
  hungriest: { allocated: number; length: number };
}

type Kind = 'crash' | 'hang' | 'time' | 'memory';

interface Failure {
  kind: Kind;
  text: string;
}

/** An input counts as hanging when it has taken so many times as long as one may. */
const patience = 20;
/** How often an input that looks too slow or too large is measured again. */
const remeasured = 20;
/** Inputs between two looks at the clock that catches hangs; each look costs a tenth of a millisecond. */
const batch = 50;

/** Another seed than the usual one, and so other inputs: `ONKO_FUZZ_SEED=7 ./onko test unit`. */
const usualSeed = Number(process.env['ONKO_FUZZ_SEED'] ?? 1);

/**
 * Reads as many mutated inputs as tests/thorough.ts says. Throws for the first that crashes the parser, takes too long
 * or too much memory; the error says how to get that input again, and names a file with the smallest one like it.
 */
export function fuzz<Input extends Uint8Array | string>(target: FuzzTarget<Input>, seed = usualSeed): FuzzReport {
  const count = target.inputs ?? fuzzInputs;
  warmUp(target);
  const trial = new Trial(target);
  for (let next = 0; next < count; next += batch) {
    const numbers = Array.from({ length: Math.min(batch, count - next) }, (_, index) => next + index);
    const failed = trial.all(numbers.map((number) => () => fuzzInput(target, seed, number)));
    if (failed === undefined) continue;
    const number = next + failed.index;
    // On a machine that is busy with something else, anything may take long once.
    if (failed.failure.kind === 'hang' && trial.all([() => failed.input]) === undefined) {
      next = number + 1 - batch;
      continue;
    }
    const smallest = minimize(target, failed.input, failed.failure.kind);
    throw new Error(
      `${target.name}: input ${number} of seed ${seed}: ${failed.failure.text}\n` +
        `The smallest like it has ${smallest.length} of its ${failed.input.length} ` +
        `${typeof smallest === 'string' ? 'characters' : 'bytes'}: ${save(target.name, smallest)}\n${preview(smallest)}`,
    );
  }
  return trial.report;
}

/** How long a parser runs before it is measured, in milliseconds. */
const warming = 500;

/** Until the engine has compiled a parser, it allocates what the compiled one does not: that is not the parser's doing. */
function warmUp<Input extends Uint8Array | string>({ parse, seeds }: FuzzTarget<Input>): void {
  const until = performance.now() + warming;
  while (performance.now() < until) {
    for (const seed of seeds) {
      try {
        parse(seed);
      } catch {
        // It is read again, and then looked at, as one of the first inputs.
      }
    }
  }
}

/** Input `number` of a seed, which can be made without those before it. */
export function fuzzInput<Input extends Uint8Array | string>(
  { seeds, words = [] }: FuzzTarget<Input>,
  seed: number,
  number: number,
): Input {
  const asItIs = seeds[number];
  if (asItIs !== undefined) return asItIs;
  const random = new Random(seed, number);
  // A list of seeds holds one kind of them; TypeScript cannot tell which from the first.
  return (
    typeof seeds[0] === 'string'
      ? mutateText(seeds as readonly string[], words as readonly string[], random)
      : mutateBytes(seeds as readonly Uint8Array[], words as readonly Uint8Array[], random)
  ) as Input;
}

/** Reads inputs one after the other, measures each, and stops at the first that fails. */
class Trial<Input extends Uint8Array | string> {
  readonly report: FuzzReport = { inputs: 0, refused: 0, slowest: 0, hungriest: { allocated: 0, length: 0 } };
  readonly #target: FuzzTarget<Input>;
  readonly #time: number;

  constructor(target: FuzzTarget<Input>) {
    this.#target = target;
    this.#time = target.time ?? 250;
  }

  all(inputs: readonly (() => Input)[]): { index: number; input: Input; failure: Failure } | undefined {
    let current: { index: number; input: Input } | undefined;
    let failure: Failure | undefined;
    const limit = (patience + inputs.length) * this.#time;
    const ended = withinTime(limit, () => {
      for (const [index, make] of inputs.entries()) {
        current = { index, input: make() };
        failure = this.#one(current.input);
        if (failure !== undefined) return;
      }
    });
    if (!ended) failure = { kind: 'hang', text: `it was not done after ${patience * this.#time} ms` };
    return current === undefined || failure === undefined ? undefined : { ...current, failure };
  }

  /** What is wrong with how an input is read. What looks too slow or too large is measured again: the least counts. */
  #one(input: Input): Failure | undefined {
    const { memory = { perByte: 32, fixed: 128 * 1024 } } = this.#target;
    const time = this.#time;
    const length = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
    const most = memory.perByte * length + memory.fixed;
    let measured = this.#measure(input);
    for (let again = 0; again < remeasured && measured.failure === undefined; again++) {
      if (measured.took <= time && measured.allocated >= 0 && measured.allocated <= most) break;
      const { took, allocated, failure } = this.#measure(input);
      measured = { took: Math.min(took, measured.took), allocated: least(allocated, measured.allocated), failure };
    }
    const { took, allocated, failure } = measured;
    const { report } = this;
    report.inputs++;
    report.slowest = Math.max(report.slowest, took);
    if (allocated > report.hungriest.allocated) report.hungriest = { allocated, length };
    if (failure !== undefined) return failure;
    if (took > time) return { kind: 'time', text: `it took ${Math.round(took)} ms, at most ${time} are allowed` };
    if (allocated <= most) return undefined;
    return { kind: 'memory', text: `${length} bytes made it allocate ${allocated}, at most ${most} are allowed` };
  }

  #measure(input: Input): { took: number; allocated: number; failure: Failure | undefined } {
    const { parse, refuses = () => false } = this.#target;
    let failure: Failure | undefined;
    const before = allocatedNow();
    const started = performance.now();
    try {
      parse(input);
    } catch (error) {
      if (refuses(error)) this.report.refused++;
      else failure = { kind: 'crash', text: error instanceof Error ? (error.stack ?? error.message) : inspect(error) };
    }
    const took = performance.now() - started;
    return { took, allocated: allocatedNow() - before, failure };
  }
}

/** Bytes in use on the heap and beside it. Their growth is what was allocated, unless garbage was collected meanwhile. */
function allocatedNow(): number {
  const { used_heap_size, external_memory } = v8.getHeapStatistics();
  return used_heap_size + external_memory;
}

/** The smaller of two growths; one below zero says only that garbage was collected. */
function least(one: number, other: number): number {
  return one < 0 || other < 0 ? Math.max(one, other) : Math.min(one, other);
}

const script = new vm.Script('work()');
const worker: { work: () => void } = { work: () => {} };
const context = vm.createContext(worker);

/** Runs something, and stops it, wherever it is, when it is not done in time. */
function withinTime(milliseconds: number, work: () => void): boolean {
  worker.work = work;
  try {
    script.runInContext(context, { timeout: milliseconds });
    return true;
  } catch (error) {
    // The error comes from the context's own realm, so it is no instance of this one's classes.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      return false;
    throw error;
  }
}

/** How long a smallest input is looked for, in milliseconds. */
const minimizing = 20_000;

/** Leaves out ever smaller blocks of an input as long as it fails in the same way. */
function minimize<Input extends Uint8Array | string>(target: FuzzTarget<Input>, input: Input, kind: Kind): Input {
  if (kind === 'hang') return input;
  const until = performance.now() + minimizing;
  let smallest = input;
  for (let block = Math.ceil(input.length / 2); block >= 1; block = Math.floor(block / 2)) {
    for (let at = 0; at < smallest.length && performance.now() < until;) {
      const shorter = without(smallest, at, block);
      const failed = new Trial(target).all([() => shorter]);
      if (failed?.failure.kind === kind) smallest = shorter;
      else at += block;
    }
  }
  return smallest;
}

function without<Input extends Uint8Array | string>(input: Input, at: number, count: number): Input {
  if (typeof input === 'string') return (input.slice(0, at) + input.slice(at + count)) as Input;
  return Uint8Array.from([...input.subarray(0, at), ...input.subarray(at + count)]) as Input;
}

function save(name: string, input: Uint8Array | string): string {
  const folder = `${cache}/fuzz`;
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}.${typeof input === 'string' ? 'txt' : 'bin'}`;
  writeFileSync(path, input);
  return path;
}

function preview(input: Uint8Array | string): string {
  return typeof input === 'string'
    ? JSON.stringify(input.slice(0, 200))
    : Buffer.from(input.subarray(0, 64)).toString('hex');
}
