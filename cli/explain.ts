import { UserError } from '../tools/errors.ts';

/** Symptoms that mean the same whichever tool met them, and what to do. */
const causes: readonly { sign: RegExp; fix: string }[] = [
  {
    sign: /ENOSPC|No space left on device|not enough free space|Disk quota exceeded/i,
    fix: 'The disk is full. Onko needs about 4 GB in all; free some space, then run the same command again: it goes on from here.',
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Temporary failure (in name )?resolving|Could not resolve host|Network is unreachable|Failed to fetch|failed to download from/i,
    fix: 'A package registry could not be reached. Check the network (or proxy), then run the same command again: it goes on from here.',
  },
  {
    sign: /EACCES|Permission denied/,
    fix: 'A file or folder may not be written. If an earlier run was made as root, give the checkout back to yourself: sudo chown -R "$USER" .',
  },
];

/**
 * What to print for an error that ended a command: its message and what to do about it.
 * `undefined` means that it is a bug of ours, whose stack is wanted.
 */
export function explain(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : '';
  const known = causes.filter(({ sign }) => sign.test(message)).map(({ fix }) => fix);
  if (!(error instanceof UserError) && known.length === 0) return undefined;
  const fixes = [...known, ...(error instanceof UserError ? error.fixes : [])];
  return `onko: ${message}\n${fixes.map((fix) => `      ${fix}\n`).join('')}`;
}
