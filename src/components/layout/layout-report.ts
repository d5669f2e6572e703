import { formatAddress } from '../../lib/address.ts';
import { filePieces, kindOf } from '../../lib/linker-script/file.ts';
import { pageSize } from '../../lib/linker-script/inputs.ts';
import type { Layout, LayoutResult } from '../../lib/linker-script/layout.ts';
import { endOf, lessonsOf, loadedSegments } from '../../lib/linker-script/lessons.ts';
import { segmentTypeName } from '../../lib/linker-script/syntax.ts';
import { flagsFromNumber, flagsInLetters } from '../../lib/segment-flags.ts';
import type { Say as SayOf } from '../words/words.ts';

type Say = SayOf<'layout'>;

/** What the widget shows of a result, as HTML; at build time and in the page. */
export interface LayoutReport {
  problems: string;
  picture: string;
  tables: string;
  lessons: string;
}

/** Pages of one segment that are drawn; more are only counted. */
const mostPages = 4n;
/** Rows that tables and the picture have at most. */
const mostRows = 40;

export function reportLayout({ layout, problems }: LayoutResult, say: Say): LayoutReport {
  const items = problems.map(
    ({ severity, line, column, length, text, fix }) =>
      `<li><button type="button" data-line="${line}" data-column="${column}" data-length="${length}">` +
      `${say('place', { line, column })}</button>: ` +
      `${escape(severity === 'warning' ? say('warning', { text }) : text)}. ${escape(fix)}</li>`,
  );
  return {
    problems: items.length === 0 ? '' : `<ul>${items.join('')}</ul>`,
    picture: layout === undefined ? '' : picture(layout, say),
    tables: layout === undefined ? '' : tables(layout, say),
    lessons: layout === undefined ? '' : lessons(layout, say),
  };
}

function lessons(layout: Layout, say: Say): string {
  const items = lessonsOf(layout).map(({ weight, line, text }) => {
    const said = line === 0 ? text : say('line', { line, text });
    return `<li data-weight="${weight}">${weight === 'fault' ? `<strong>${say('mind')}</strong> ` : ''}${escape(said)}</li>`;
  });
  return `<ul>${items.slice(0, mostRows).join('')}</ul>`;
}

/** A page of memory: what of each section lies in it, in bytes from its start. */
interface Page {
  address: bigint;
  flags: string;
  clash: boolean;
  parts: { name: string; from: number; size: number; kind: string }[];
}

function picture(layout: Layout, say: Say): string {
  const rows: string[] = [];
  const segments = loadedSegments(layout);
  for (const [index, segment] of segments.entries()) {
    const first = segment.virtualAddress / pageSize;
    const last = (endOf(segment) - 1n) / pageSize;
    const shown = last - first < mostPages ? last : first + mostPages - 1n;
    const letters = flagsInLetters(flagsFromNumber(segment.flags));
    for (let page = first; page <= shown; page += 1n) {
      const sharers = segments.filter(
        (each) => each.virtualAddress / pageSize <= page && (endOf(each) - 1n) / pageSize >= page,
      );
      // A page that segments share is drawn once, with the first of them.
      if (sharers[0] !== segment && segments.indexOf(sharers[0] ?? segment) < index) continue;
      const clash = sharers.some((each) => each.flags !== segment.flags);
      const flags = clash
        ? sharers.map((each) => flagsInLetters(flagsFromNumber(each.flags))).join(say('and'))
        : letters;
      rows.push(drawPage({ address: page * pageSize, flags, clash, parts: partsOf(layout, page * pageSize) }, say));
    }
    if (shown < last)
      rows.push(`<li class="more">${say('morePages', { count: Number(last - shown), flags: letters })}</li>`);
  }
  const memory = rows.length === 0 ? '' : `<p>${say('memory')}</p><ol>${rows.slice(0, mostRows).join('')}</ol>`;
  return memory + drawFile(layout, say);
}

/** The file as a strip in which every byte has the same width, and below it what lies where. */
function drawFile(layout: Layout, say: Say): string {
  const pieces = filePieces(layout);
  const total = Math.max(...pieces.map(({ offset, size }) => Number(offset + size)));
  const bars = pieces
    .filter(({ kind }) => kind !== 'padding')
    // Of a large file a hundredth is seen, a byte is not.
    .map(({ kind, offset, size }) => drawBar(kind, Number(offset), Math.max(Number(size), total / 200)));
  const items = pieces.map(
    ({ name, kind, offset, size }) =>
      `<li class="${kind}"><span class="numeric">0x${offset.toString(16)}</span> ${escape(short(name))}` +
      ` <span class="numeric">${say('bytes', { count: Number(size) })}</span></li>`,
  );
  const padding = pieces.reduce((sum, { kind, size }) => (kind === 'padding' ? sum + size : sum), 0n);
  const more = items.length > mostRows ? `<p>${say('more', { count: items.length - mostRows })}</p>` : '';
  return (
    `<p>${say('file', { total, padding })}</p>` +
    `<svg viewBox="0 0 ${total} 1" preserveAspectRatio="none" aria-hidden="true">${bars.join('')}</svg>` +
    `<ol class="file">${items.slice(0, mostRows).join('')}</ol>${more}`
  );
}

function drawBar(kind: string, from: number, width: number): string {
  return `<rect class="${kind}" x="${from}" y="0" width="${width}" height="1" />`;
}

function partsOf(layout: Layout, address: bigint): Page['parts'] {
  return layout.sections.flatMap((section) => {
    if ((section.flags & 2) === 0 || section.size === 0n) return [];
    const from = section.address > address ? section.address : address;
    const sectionEnd = section.address + section.size;
    const to = sectionEnd < address + pageSize ? sectionEnd : address + pageSize;
    if (to <= from) return [];
    return [{ name: section.name, from: Number(from - address), size: Number(to - from), kind: kindOf(section) }];
  });
}

function drawPage({ address, flags, clash, parts }: Page, say: Say): string {
  const used = parts.reduce((sum, { size }) => sum + size, 0);
  // A byte or two would be too thin to be seen.
  const bars = parts.map(({ from, size, kind }) => drawBar(kind, from, Math.max(size, 24)));
  const names = parts.map(({ name }) => short(name));
  const listed =
    names.length > 3
      ? say('andMore', { names: names.slice(0, 2).join(', '), count: names.length - 2 })
      : names.join(', ');
  const owner = say('owner', { flags, names: listed, used });
  return (
    `<li${clash ? ' data-clash' : ''}><span class="numeric">${formatAddress(address)}</span>` +
    `<svg viewBox="0 0 4096 1" preserveAspectRatio="none" aria-hidden="true">${bars.join('')}</svg>` +
    `<span class="owner">${escape(clash ? say('clash', { owner }) : owner)}</span></li>`
  );
}

function tables(layout: Layout, say: Say): string {
  const { sections, segments, entry, emptySegments, discarded, unused } = layout;
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  const title = (index: number) => segments[index]?.name || String(index);
  const sectionRows = sections.map((section) => [
    section.orphan ? say('orphan', { section: short(section.name) }) : short(section.name),
    formatAddress(section.address),
    (section.flags & 2) === 0 ? '' : hex(section.offset),
    hex(section.size),
    section.segments.map(title).join(' '),
  ]);
  const segmentRows = segments.map(({ name, type, flags, virtualAddress, offset, fileSize, memorySize }) => [
    name || segmentTypeName(type),
    formatAddress(virtualAddress),
    hex(offset),
    hex(fileSize),
    hex(memorySize),
    flagsInLetters(flagsFromNumber(flags)),
  ]);
  const facts = [
    say('entry', { address: formatAddress(entry) }),
    ...(emptySegments.length === 0 ? [] : [say('empty', { segments: emptySegments.join(', ') })]),
    ...(unused.length === 0 ? [] : [say('unused', { count: unused.length })]),
    ...(discarded.length === 0
      ? []
      : [
          say('discarded', {
            sections: discarded
              .map(({ name }) => short(name))
              .slice(0, 4)
              .join(', '),
          }),
        ]),
  ];
  return (
    table('sections', ['section', 'address', 'offset', 'size', 'segment'], sectionRows, say) +
    table('segments', ['segment', 'address', 'offset', 'fileSize', 'memorySize', 'flags'], segmentRows, say) +
    `<p>${escape(facts.join(' '))}</p>`
  );
}

function table(
  called: 'sections' | 'segments',
  heads: readonly Parameters<Say>[0][],
  rows: readonly (readonly string[])[],
  say: Say,
): string {
  const caption = say(called);
  const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('');
  const more = rows.length > mostRows ? `<p>${say('more', { count: rows.length - mostRows })}</p>` : '';
  return (
    `<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table class="numeric"><caption>${caption}</caption>` +
    `<thead><tr>${heads.map((head) => `<th scope="col">${say(head)}</th>`).join('')}</tr></thead><tbody>` +
    `${rows
      .slice(0, mostRows)
      .map((row) => `<tr>${cells('td', row)}</tr>`)
      .join('')}</tbody></table></div>${more}`
  );
}

const short = (name: string): string => (name.length > 32 ? `${name.slice(0, 32)}…` : name);

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
