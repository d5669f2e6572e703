/** What the ISO explorer says of an image as a whole, as HTML. Names may come from any image, so all is escaped. */
import { grouped, problemInWords, sector } from '../../lib/iso9660/bytes.ts';
import { bootWays } from '../../lib/iso9660/boot.ts';
import type { IsoNode } from '../../lib/iso9660/directories.ts';
import { readIso, type IsoImage } from '../../lib/iso9660/read.ts';
import { escapeHtml, type Explored } from '../explorer/explorer-markup.ts';
import type { Say } from '../words/words.ts';
import { tablesHtml, waysHtml } from './boot-report.ts';

/** More problems than anybody reads at once, and more files. */
const mostProblems = 8;
const mostFiles = 300;

/** The report's parts, as HTML. */
export interface IsoReport {
  ways: string;
  tables: string;
  files: string;
  problems: string;
}

/** Looks at any bytes. Never throws. */
export function reportIso(bytes: Uint8Array, say: Say<'iso'>): Explored & IsoReport {
  const image = readIso(bytes);
  return {
    bytes,
    root: image.root,
    ways: waysHtml(bootWays(bytes, image), say),
    tables: tablesHtml(image, say),
    files: filesHtml(image, say),
    problems: problemsHtml(image, say),
  };
}

function filesHtml({ tree }: IsoImage, say: Say<'iso'>): string {
  if (tree === undefined) return `<p>${say('noFiles')}</p>`;
  let left = mostFiles;
  const list = (node: IsoNode): string => {
    const items: string[] = [];
    for (const child of node.children ?? []) {
      if (--left < 0) break;
      items.push(`<li>${nodeHtml(child, say)}${child.children === undefined ? '' : list(child)}</li>`);
    }
    return items.length === 0 ? '' : `<ul>${items.join('')}</ul>`;
  };
  const html = list(tree.root);
  const more = tree.files + tree.directories - mostFiles;
  return `${html}${more > 0 ? `<p>${say('more', { number: grouped(more) })}</p>` : ''}`;
}

function nodeHtml({ name, children, size, extents, rockRidge }: IsoNode, say: Say<'iso'>): string {
  const title = `${name}${children === undefined ? '' : '/'}`;
  const [first] = extents;
  const label =
    first === undefined || first.length === 0
      ? `<span>${escapeHtml(title)}</span>`
      : bytesButton(first.offset, first.length, title);
  if (rockRidge?.link !== undefined) return `${label} → ${escapeHtml(rockRidge.link)}`;
  const place = [
    ...(children === undefined ? [say('bytes', { size: grouped(size) })] : []),
    ...(first === undefined ? [] : [say('sector', { sector: Math.floor(first.offset / sector) })]),
  ];
  return `${label} <span class="place">${place.join(', ')}</span>`;
}

function problemsHtml({ problems, furtherProblems }: IsoImage, say: Say<'iso'>): string {
  if (problems.length === 0) return '';
  const items = problems
    .slice(0, mostProblems)
    .map((problem) => `<li>${escapeHtml(problemInWords(problem))} ${bytesButton(problem.offset, 1, say('show'))}</li>`);
  const more = problems.length - mostProblems + furtherProblems;
  if (more > 0) items.push(`<li>${say('more', { number: grouped(more) })}</li>`);
  return `<p>${say('damaged')}</p><ul>${items.join('')}</ul>`;
}

function bytesButton(offset: number, length: number, label: string): string {
  return `<button type="button" data-offset="${offset}" data-length="${length}" disabled>${escapeHtml(label)}</button>`;
}
