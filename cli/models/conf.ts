import { readFileSync } from 'node:fs';
import { isDirectory, readConfBytes } from '../../src/lib/limine-conf.ts';
import { bootSteps, menuScreen, openMenu, withoutKeys } from '../../src/lib/limine-menu.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} conf limine.conf   or, from standard input: ${onko} conf -`;

/** `onko conf`: everything that is wrong with a limine.conf, or the menu it gives. 1 when something is wrong. */
export function conf(args: readonly string[]): number {
  const [file, ...rest] = args;
  if (file === undefined || rest.length > 0) throw new UserError('onko conf takes one file.', usage);
  const { report, problems } = describeConf(read(file), file === '-' ? 'standard input' : file);
  process.stdout.write(report);
  return problems === 0 ? 0 : 1;
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    if (error instanceof Error) throw new UserError(`${file} cannot be read: ${error.message}.`, usage);
    throw error;
  }
}

/** The lines that `onko conf` prints, and how many problems they tell of; `name` is what they call the file. */
export function describeConf(bytes: Uint8Array, name: string): { report: string; problems: number } {
  const { conf: found, problems } = readConfBytes(bytes);
  if (problems.length > 0) {
    const lines = problems
      .toSorted((one, other) => one.line - other.line)
      .map(({ line, column, text }) => `${name}${line === 0 ? '' : `:${line}:${column}`}: ${text}.\n`);
    return { report: lines.join(''), problems: problems.length };
  }
  const { timeout, entries } = found;
  const hasMenu = timeout !== 0;
  const screen = menuScreen(found, openMenu(found), timeout === 'never' ? undefined : timeout);
  const rows = screen.map(({ text, tone }) => `${tone === 'selected' ? '  > ' : '    '}${text}`.trimEnd());
  const steps = entries.flatMap((entry, index) =>
    isDirectory(entries, index) ? [] : [`${entry.title}: ${bootSteps(entry).join(', ')}.`],
  );
  const menu = hasMenu
    ? `${rows
        .join('\n')
        .replaceAll(/\n{3,}/g, '\n\n')
        .trimEnd()}\n\n`
    : '';
  return { report: `${menu}${withoutKeys(found)}\n\n${steps.join('\n')}\n`, problems: 0 };
}
