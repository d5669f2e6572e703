import recorded from '../../src/data/targets.json' with { type: 'json' };
import { InputError } from '../../src/lib/input.ts';
import {
  type Target,
  facts,
  findTarget,
  kernelNotes,
  nameParts,
  purpose,
  targetFromRow,
} from '../../src/lib/triple.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} triple x86_64-unknown-none`;

/** `onko triple`: what a target's name says, what rustc decides for it, and what that means for a kernel. */
export function triple(args: readonly string[]): number {
  try {
    const [name, ...rest] = args;
    if (name === undefined || rest.length > 0) throw new InputError('onko triple takes the name of one target.');
    process.stdout.write(describeTarget(findTarget(name, recorded.rows.map(targetFromRow)), recorded.rustc));
    return 0;
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
}

/** The lines that `onko triple` prints; `compiler` is the version of the rustc that was asked. */
export function describeTarget(target: Target, compiler: string): string {
  const line = (label: string, text: string) => `${label.padEnd(13)}${text}\n`;
  return [
    line('target', target.name),
    line('made for', purpose(target)),
    '\n',
    ...nameParts(target).map(({ role, text, meaning }) => line(role, `${(text || '-').padEnd(12)} ${meaning}`)),
    '\n',
    ...facts(target).map(({ label, value }) => line(label.toLowerCase(), value)),
    '\nAs a kernel that Limine boots on a PC:\n',
    ...kernelNotes(target).map(({ mark, text }) => `  ${mark.padEnd(6)}${text}\n`),
    `\nFrom ${compiler}\n`,
  ].join('');
}
