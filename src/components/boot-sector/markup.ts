import { sectorRows, type BootSector, type SectorPart } from '../../lib/boot-sector.ts';
import type { Say } from '../words/words.ts';

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** The sector's bytes as rows of HTML, those of one part in one element; what is left out is said. */
export function dumpHtml(sector: BootSector, bytes: Uint8Array, say: Say<'bootSector'>): string {
  let expected: number | undefined;
  return sectorRows(sector, bytes)
    .map(({ address, cells }) => {
      const gap =
        expected !== undefined && address > expected
          ? `<span class="gap">${say('zeros', { count: address - expected })}</span>\n`
          : '';
      expected = address + 16;
      let html = '';
      let part: SectorPart | undefined;
      for (const cell of cells) {
        if (cell.part !== part) html += `${part === undefined ? '' : '</span> '}<span data-part="${cell.part}">`;
        else html += ' ';
        part = cell.part;
        html += hex(cell.byte, 2);
      }
      return `${gap}<span class="at">${hex(address, 4)}</span>  ${html}</span>`;
    })
    .join('\n');
}
