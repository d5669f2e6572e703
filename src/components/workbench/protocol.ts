/** What the workbench's page and its worker say to each other. */
import type { Path } from '../../lib/workbench/disk.ts';
import type { Outcome } from '../../lib/workbench/shell.ts';

export type FileList = readonly (readonly [Path, Uint8Array<ArrayBuffer>])[];

export interface WorkbenchCalls {
  /** A disk with these files, and a shell in that folder. */
  open(files: FileList, folder: Path): void;
  run(line: string): Outcome;
  /** Every file's path, sorted. */
  paths(): Path[];
  read(path: Path): Uint8Array<ArrayBuffer>;
  write(path: Path, bytes: Uint8Array<ArrayBuffer>): void;
}

export type CallName = keyof WorkbenchCalls;

export type ToWorker = { [K in CallName]: { id: number; call: K; with: Parameters<WorkbenchCalls[K]> } }[CallName];
export type FromWorker = { id: number; result: unknown } | { id: number; failure: string };
