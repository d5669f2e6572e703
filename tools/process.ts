import { spawn } from 'node:child_process';
import { UserError } from './errors.ts';
import { root } from './paths.ts';

export interface RunOptions {
  cwd?: string;
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
  /** Bytes for standard input; without it the command sees an empty input. */
  input?: string | Uint8Array;
  /** Called with every piece of output as it arrives, for progress. */
  onOutput?: (text: string) => void;
  /** Milliseconds after which the command is killed and counted as failed. */
  timeout?: number;
}

export interface RunResult {
  /** Exit status, or `null` when a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
  /** Standard output and error in the order they came. */
  output: string;
}

/** A command that did not exit with 0. Its whole output is in the message, as its own words are the best help. */
export class CommandError extends UserError {
  readonly result: RunResult;

  constructor(command: readonly string[], result: RunResult, why: string) {
    super(
      `${command.join(' ')}\n${why}${result.output ? `; it said:\n${result.output.trimEnd()}` : ' and said nothing.'}`,
    );
    this.name = 'CommandError';
    this.result = result;
  }
}

/** Runs a program and waits for it, whatever its exit status. Rejects only when it could not be started. */
export function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeout,
      killSignal: 'SIGKILL',
    });
    const result: RunResult = { status: null, stdout: '', stderr: '', output: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        result[name] += text;
        result.output += text;
        options.onOutput?.(text);
      });
    }
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'ENOENT'
          ? new UserError(`The program ${program} is not installed.`, 'Run ./onko start: it installs what is missing.')
          : cause,
      );
    });
    child.on('close', (status) => {
      resolve({ ...result, status });
    });
    // A program that exits without reading its input closes the pipe: its exit status tells what happened.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}

/** Runs a program and waits for it. Rejects with a {@link CommandError} that carries its output unless it exits with 0. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await tryRun(program, args, options);
  if (result.status !== 0) {
    const why =
      result.status !== null
        ? `failed with exit status ${result.status}`
        : `was ended by a signal${options.timeout ? ` (it may take ${options.timeout / 1000} s)` : ''}`;
    throw new CommandError([program, ...args], result, why);
  }
  return result;
}

/** Whether a program can be found on the PATH. */
export async function isInstalled(program: string): Promise<boolean> {
  const result = await tryRun('sh', ['-c', 'command -v "$1"', 'sh', program]);
  return result.status === 0;
}
