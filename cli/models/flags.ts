import { formatAddress } from '../../src/lib/address.ts';
import { InputError } from '../../src/lib/input.ts';
import {
  flagsExpression,
  flagsFromEntry,
  flagsInLetters,
  flagsMeaning,
  flagsNumber,
  pageBits,
  parseFlags,
  readelfLetters,
  type SegmentFlags,
} from '../../src/lib/segment-flags.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} flags 5   or: ${onko} flags 'R E'   or: ${onko} flags '(1 << 0) | (1 << 2)'`;

/** `onko flags`: a segment's permissions in every way of writing them, and what the page tables make of them. */
export function flags(args: readonly string[]): number {
  try {
    const [first, entry = '', ...rest] = args;
    if (first === undefined) throw new InputError('onko flags takes flags, and none came.');
    if (first === '--entry' && rest.length > 0) throw new InputError('--entry takes one page-table entry.');
    process.stdout.write(describeFlags(first === '--entry' ? flagsFromEntry(entry) : parseFlags(args.join(' '))));
    return 0;
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
}

/** The lines that `onko flags` prints. */
export function describeFlags(asked: SegmentFlags): string {
  const { writable, noExecute, entry } = pageBits(asked);
  const { text, warning } = flagsMeaning(asked);
  const line = (label: string, words: string) => `${label.padEnd(11)}${words}\n`;
  return [
    line('allows', flagsInLetters(asked)),
    line('script', flagsExpression(asked)),
    line('number', String(flagsNumber(asked))),
    line('readelf', `“${readelfLetters(asked)}”`),
    line('page', `present 1, writable ${Number(writable)}, no-execute ${Number(noExecute)}: ${formatAddress(entry)}`),
    line('meaning', text),
    ...(warning === undefined ? [] : [line('warning', warning)]),
  ].join('');
}
