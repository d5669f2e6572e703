import manifest from '../../public/isos/manifest.json' with { type: 'json' };
import {
  describeAddress,
  formatAddress,
  parseAddress,
  parseLevels,
  symbolAt,
  type AddressSetting,
  type PagingLevels,
} from '../../src/lib/address.ts';
import { InputError } from '../../src/lib/input.ts';
import type { KernelSymbol, Manifest } from '../../src/lib/manifest.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} address 0xffffffff80000000   or: ${onko} address ffff800000000000 --levels 5`;

/** `onko address`: is it canonical, in which half, and which way do the page tables walk to it. */
export function address(args: readonly string[]): number {
  try {
    const setting = parseArguments(args);
    process.stdout.write(addressReport(setting.address, setting.levels, chapterSymbols()));
    return 0;
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
}

function parseArguments(args: readonly string[]): AddressSetting {
  const [text, option, levels, ...rest] = args;
  if (text === undefined || rest.length > 0 || (option !== undefined && option !== '--levels')) {
    throw new InputError('onko address takes one address and perhaps --levels 4 or 5.');
  }
  return { address: parseAddress(text), levels: option === undefined ? 4 : parseLevels(levels ?? '') };
}

/** The symbols of the newest chapter's kernel. */
function chapterSymbols(): KernelSymbol[] {
  const { isos } = manifest as Manifest;
  return isos.at(-1)?.kernel?.symbols ?? [];
}

/** The lines that `onko address` prints. */
export function addressReport(asked: bigint, levels: PagingLevels, symbols: readonly KernelSymbol[]): string {
  const facts = describeAddress(asked, levels);
  const symbol = symbolAt(asked, symbols);
  const line = (label: string, text: string) => `${label.padEnd(11)}${text}\n`;
  return [
    line('address', formatAddress(asked)),
    line('canonical', `${facts.canonical ? 'yes' : 'no'}. ${facts.why}`),
    line(
      'lies in',
      `the ${facts.region.name}: ${formatAddress(facts.region.first)} to ${formatAddress(facts.region.last)}`,
    ),
    line('borders', facts.borders),
    ...facts.indices.map(({ table, index, high, low }) =>
      line(table, `entry ${String(index).padStart(3)}   bits ${high} to ${low}`),
    ),
    line('offset', `${facts.offset} = 0x${facts.offset.toString(16)} within the 4 KiB page`),
    ...(symbol === undefined ? [] : [line('symbol', symbol)]),
  ].join('');
}
