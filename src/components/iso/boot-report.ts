/** What the ISO explorer says of an image to boot from, as HTML. Names may come from any image, so all is escaped. */
import type { BootWay } from '../../lib/iso9660/boot.ts';
import { pathOf } from '../../lib/iso9660/directories.ts';
import { mediaNames, platforms } from '../../lib/iso9660/el-torito.ts';
import { gptTypeName, mbrTypes } from '../../lib/iso9660/partitions.ts';
import type { IsoImage } from '../../lib/iso9660/read.ts';
import { escapeHtml, hex } from '../explorer/explorer-markup.ts';

/** The four ways into an image, each with what firmware does or why it does not. */
export function waysHtml(ways: readonly BootWay[]): string {
  return ways
    .map(({ medium, firmware, boots, says }) => {
      const verdict = boots ? 'boots' : 'does not boot';
      return `<div><dt>${medium}, ${firmware}: <strong>${verdict}</strong></dt><dd>${escapeHtml(says.join(' '))}</dd></div>`;
    })
    .join('');
}

/** What firmware goes by: the entries of the boot catalogue, and partition tables. */
export function tablesHtml({ catalogue, partitions: { mbr, gpt, backup } }: IsoImage): string {
  const lines: string[] = [];
  for (const { platform, media, count, sector: number, file } of catalogue?.entries ?? []) {
    const what = file === undefined ? 'no file of the disc' : pathOf(file);
    const kind = `${platforms[platform] ?? `platform ${platform}`}, ${mediaNames[media] ?? `media ${media}`}`;
    lines.push(
      `<strong>Boot catalogue: ${kind}</strong> ${count} × 512 bytes of sector ${number}, ${escapeHtml(what)}`,
    );
  }
  for (const { number, type, start, blocks } of mbr?.partitions ?? []) {
    const kind = mbrTypes[type] ?? 'unknown';
    lines.push(
      `<strong>MBR: partition ${number}</strong> type ${hex(type)} (${kind}), blocks ${start} to ${start + blocks - 1}`,
    );
  }
  for (const { number, type, name, first, last } of gpt?.partitions ?? []) {
    lines.push(
      `<strong>GPT: partition ${number}</strong> ${escapeHtml(name)} (${gptTypeName(type)}), blocks ${first} to ${last}`,
    );
  }
  if (gpt !== undefined) {
    const states = [gpt, backup].map((each) => (each === undefined ? 'missing' : each.sound ? 'right' : 'wrong'));
    lines.push(`<strong>GPT: header</strong> checksums ${states[0]}; those of the copy ${states[1]}`);
  }
  if (lines.length === 0) return '<p>No boot catalogue, and no partition table.</p>';
  return `<ul>${lines.map((line) => `<li>${line}</li>`).join('')}</ul>`;
}
