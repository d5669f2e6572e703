/** What the ELF explorer says of a file as a whole, as HTML. Paths and names may come from any file, so all is escaped. */
import { elfFacts, viewElf, type ElfView } from '../../lib/elf/summary.ts';
import { extentInWords } from '../../lib/fields.ts';
import { escapeHtml, type Explored } from '../explorer/explorer-markup.ts';
import type { Say } from '../words/words.ts';

/** More problems than anybody reads at once. */
const mostProblems = 8;

/** The report's parts, as HTML. */
export interface ElfReport {
  facts: string;
  refusal: string;
  problems: string;
}

/** Looks at any bytes. Never throws. */
export function reportElf(bytes: Uint8Array, say: Say<'elf'>): Explored & ElfReport {
  const view = viewElf(bytes);
  return {
    bytes,
    root: view.root,
    facts: factsHtml(view),
    refusal: refusalHtml(view, say),
    problems: problemsHtml(view, say),
  };
}

function factsHtml(view: ElfView): string {
  return elfFacts(view)
    .map(([label, text]) => `<div><dt>${label}</dt><dd>${escapeHtml(text)}</dd></div>`)
    .join('');
}

/** What a Limine loader says to the file: each reason leads to the bytes that are to blame. */
function refusalHtml({ refusals }: ElfView, say: Say<'elf'>): string {
  const [first, ...others] = refusals.map(
    ({ text, advice = '', offset, length }) =>
      `${escapeHtml(text)}. ${advice}${length > 0 ? ` ${bytesButton(offset, length, say)}` : ''}`,
  );
  if (first === undefined) return `<p>${say('noObjection')}</p>`;
  const more =
    others.length === 0
      ? ''
      : `<details><summary>${say('mended', { count: others.length })}</summary><ul>${others
          .map((html) => `<li>${html}</li>`)
          .join('')}</ul></details>`;
  return `<p><strong>${say('refuses')}</strong> ${first}</p>${more}`;
}

/** What is damaged in the file, by offset and field. Nothing where all could be read. */
function problemsHtml({ problems, bytes }: ElfView, say: Say<'elf'>): string {
  if (problems.length === 0) return '';
  const items = problems.slice(0, mostProblems).map(({ message, offset }) => {
    const isInFile = offset < BigInt(bytes.length);
    return `<li>${escapeHtml(message)}${isInFile ? ` ${bytesButton(Number(offset), 1, say)}` : ''}</li>`;
  });
  if (problems.length > mostProblems) items.push(`<li>${say('more', { count: problems.length - mostProblems })}</li>`);
  return `<p>${say('damaged')}</p><ul>${items.join('')}</ul>`;
}

function bytesButton(offset: number, length: number, say: Say<'elf'>): string {
  return `<button type="button" data-offset="${offset}" data-length="${length}" disabled>${say('show', { extent: extentInWords({ offset, length }) })}</button>`;
}
