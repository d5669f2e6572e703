/** What the ISO explorer says of an image to boot from, as HTML. Names may come from any image, so all is escaped. */
import type { BootWay } from '../../lib/iso9660/boot.ts';
import { pathOf } from '../../lib/iso9660/directories.ts';
import { mediaNames, platforms } from '../../lib/iso9660/el-torito.ts';
import { gptTypeName, mbrTypes } from '../../lib/iso9660/partitions.ts';
import type { IsoImage } from '../../lib/iso9660/read.ts';
import { escapeHtml, hex } from '../explorer/explorer-markup.ts';
import type { Say } from '../words/words.ts';

/** The four ways into an image, each with what firmware does or why it does not. */
export function waysHtml(ways: readonly BootWay[], say: Say<'iso'>): string {
  return ways
    .map(({ medium, firmware, boots, says }) => {
      const verdict = say(boots ? 'boots' : 'bootsNot');
      return `<div><dt>${medium}, ${firmware}: <strong>${verdict}</strong></dt><dd>${escapeHtml(says.join(' '))}</dd></div>`;
    })
    .join('');
}

/** What firmware goes by: the entries of the boot catalogue, and partition tables. */
export function tablesHtml({ catalogue, partitions: { mbr, gpt, backup } }: IsoImage, say: Say<'iso'>): string {
  const lines: string[] = [];
  for (const { platform, media, count, sector: number, file } of catalogue?.entries ?? []) {
    const what = file === undefined ? say('noFile') : pathOf(file);
    const kind = [
      platforms[platform] ?? say('platform', { number: platform }),
      mediaNames[media] ?? say('media', { number: media }),
    ].join(', ');
    lines.push(line(say('catalogue', { kind }), say('entry', { count, sector: number, file: what })));
  }
  for (const { number, type, start, blocks } of mbr?.partitions ?? []) {
    const kind = mbrTypes[type] ?? say('unknown');
    lines.push(
      line(say('mbr', { number }), say('mbrEntry', { type: hex(type), kind, first: start, last: start + blocks - 1 })),
    );
  }
  for (const { number, type, name, first, last } of gpt?.partitions ?? []) {
    lines.push(line(say('gpt', { number }), say('gptEntry', { name, type: gptTypeName(type), first, last })));
  }
  if (gpt !== undefined) {
    const state = (table: typeof backup) => say(table === undefined ? 'missing' : table.sound ? 'right' : 'wrong');
    lines.push(line(say('header'), say('checksums', { own: state(gpt), copy: state(backup) })));
  }
  if (lines.length === 0) return `<p>${say('noTables')}</p>`;
  return `<ul>${lines.map((each) => `<li>${each}</li>`).join('')}</ul>`;
}

function line(what: string, details: string): string {
  return `<strong>${escapeHtml(what)}</strong> ${escapeHtml(details)}`;
}
