import { UserError } from './errors.ts';
import { tryRun } from './process.ts';

/** A word for a POSIX shell, whatever is in it. */
export const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Absolute path of a program, for where one of the same name is going to stand before it. */
export async function findProgram(name: string): Promise<string> {
  const found = await tryRun('sh', ['-c', 'command -v "$1"', 'sh', name]);
  if (found.status !== 0)
    throw new UserError(`The program ${name} is not installed.`, 'Run ./onko start: it installs it.');
  return found.stdout.trim();
}
