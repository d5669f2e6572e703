/** The part of the address explorer that changes as a whole, as HTML. Only numbers and our own words stand in it. */
import { addressBits, type AddressBits, type AddressSetting } from '../../lib/address.ts';
import type { Say } from '../words/words.ts';

/** The address's bits as list items, one for each thing that the CPU uses them for. */
export function bitsHtml({ address, levels }: AddressSetting, say: Say<'address'>): string {
  return addressBits(address, levels)
    .map((part) => {
      // Groups of at most eight can be counted, and a narrow screen can break between them.
      const digits = part.bits.replace(/\B(?=(?:.{4})+$)/g, '<wbr>_');
      return (
        `<li data-part="${part.part}"><span class="name">${partName(part, say)}</span>` +
        `<span class="digits">${digits}</span><span class="meaning">${meaning(part, say)}</span></li>`
      );
    })
    .join('');
}

function partName({ part, high, low }: AddressBits, say: Say<'address'>): string {
  const name = part === 'sign' || part === 'offset' ? say(part) : part;
  return `${name} <small>${high}–${low}</small>`;
}

function meaning({ part, low, value }: AddressBits, say: Say<'address'>): string {
  if (part === 'sign') return say('copies', { bit: low - 1 });
  return say(part === 'offset' ? 'byte' : 'entry', { value });
}
