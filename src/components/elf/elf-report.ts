/** What the ELF explorer says of a file as a whole, as HTML. Paths and names may come from any file, so all is escaped. */
import { elfFacts, viewElf, type ElfView } from '../../lib/elf/summary.ts';
import { extentInWords } from '../../lib/fields.ts';
import { escapeHtml, type Explored } from '../explorer/explorer-markup.ts';

/** More problems than anybody reads at once. */
const mostProblems = 8;

/** The report's parts, as HTML. */
export interface ElfReport {
  facts: string;
  refusal: string;
  problems: string;
}

/** Looks at any bytes. Never throws. */
export function reportElf(bytes: Uint8Array): Explored & ElfReport {
  const view = viewElf(bytes);
  return {
    bytes,
    root: view.root,
    facts: factsHtml(view),
    refusal: refusalHtml(view),
    problems: problemsHtml(view),
  };
}

function factsHtml(view: ElfView): string {
  return elfFacts(view)
    .map(([label, text]) => `<div><dt>${label}</dt><dd>${escapeHtml(text)}</dd></div>`)
    .join('');
}

/** What a Limine loader says to the file: each reason leads to the bytes that are to blame. */
function refusalHtml({ refusals }: ElfView): string {
  const [first, ...others] = refusals.map(
    ({ text, advice = '', offset, length }) =>
      `${escapeHtml(text)}. ${advice}${length > 0 ? ` ${bytesButton(offset, length)}` : ''}`,
  );
  if (first === undefined) {
    return '<p>A Limine loader has no objection: it loads the segments and calls the entry point.</p>';
  }
  const count = others.length === 1 ? 'one more reason' : `${others.length} more reasons`;
  const more =
    others.length === 0
      ? ''
      : `<details><summary>Were that mended, there would be ${count}</summary><ul>${others
          .map((html) => `<li>${html}</li>`)
          .join('')}</ul></details>`;
  return `<p><strong>A Limine loader refuses it:</strong> ${first}</p>${more}`;
}

/** What is damaged in the file, by offset and field. Nothing where all could be read. */
function problemsHtml({ problems, bytes }: ElfView): string {
  if (problems.length === 0) return '';
  const items = problems.slice(0, mostProblems).map(({ message, offset }) => {
    const isInFile = offset < BigInt(bytes.length);
    return `<li>${escapeHtml(message)}${isInFile ? ` ${bytesButton(Number(offset), 1)}` : ''}</li>`;
  });
  if (problems.length > mostProblems) items.push(`<li>And ${problems.length - mostProblems} more.</li>`);
  return `<p>Not all of it can be read:</p><ul>${items.join('')}</ul>`;
}

function bytesButton(offset: number, length: number): string {
  return `<button type="button" data-offset="${offset}" data-length="${length}" disabled>Show ${extentInWords({ offset, length })}</button>`;
}
