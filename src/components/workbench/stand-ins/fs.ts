/** In the workbench's worker, `node:fs`: what the onko command reads comes from the disk in memory. */
import { InputError } from '../../../lib/input.ts';

let reads: (path: string) => Uint8Array = () => {
  throw new InputError('there is no disk yet');
};

/** Says where files come from, for the commands to come. */
export function serveFiles(read: (path: string) => Uint8Array): void {
  reads = read;
}

/** Reads a file whole; 0 is standard input, of which there is none here. */
export function readFileSync(path: string | 0): Uint8Array {
  if (path === 0) throw new InputError('there is no standard input here; name a file');
  return reads(path);
}
