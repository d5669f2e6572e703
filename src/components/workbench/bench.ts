import type { Path } from '../../lib/workbench/disk.ts';
import type { Effect } from '../../lib/workbench/shell.ts';
import type { TerminalChange } from '../../lib/workbench/terminal-text.ts';

export type Files = Map<Path, Uint8Array<ArrayBuffer>>;

/** What a bench tells the page. */
export interface BenchHost {
  /** Adds to the terminal. */
  print(text: string, kind?: 'typed' | 'wrong'): void;
  /** Changes the terminal's last lines. */
  show(change: TerminalChange): void;
  /** What stands before the line that is typed: where the shell is, or which shell it is. */
  prompt(text: string): void;
  /** A command asks for something. */
  effect(effect: Effect): Promise<void>;
  /** Files are not as they were. */
  changed(): Promise<void>;
  /** The bench has broken by itself; `why` is in sentences. */
  broken(why: string): void;
}

/** Files with a shell on them: in this page, or in a WebContainer. What does not answer in time rejects, in sentences. */
export interface Bench {
  /** Runs a line as if it had been typed. */
  enter(line: string): Promise<void>;
  /** Stops the command that runs; missing where none runs for long. */
  interrupt?(): Promise<void>;
  /** All there are. */
  files(): Promise<Files>;
  read(path: Path): Promise<Uint8Array<ArrayBuffer>>;
  write(path: Path, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}

/** How long anything may take (ms) before the reader is told and the bench is given up. */
export const patience = 10_000;
