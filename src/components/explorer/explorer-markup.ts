/**
 * The parts of an explorer that change as a whole, as HTML: the outline of named fields, the bytes, and what is said of
 * the chosen field. Names and values may come from any file, so everything is escaped.
 */
import {
  extentInWords,
  fieldAt,
  outline,
  ownersOf,
  type Field,
  type FieldPath,
  type OutlineRow,
} from '../../lib/fields.ts';
import type { Say } from '../words/words.ts';

/** A file and the tree of its fields. */
export interface Explored {
  bytes: Uint8Array;
  root: Field;
}

/** Which bytes are shown, and the one that the keyboard is on. */
export interface HexView {
  /** The first byte, a multiple of `columns`. */
  top: number;
  columns: number;
  cursor: number;
  marks?: readonly Mark[];
}

/** Bytes that something else on the page speaks of. */
export type Mark = Pick<Field, 'offset' | 'length'>;

function isMarked(marks: readonly Mark[], offset: number, length: number): boolean {
  return marks.some((mark) => mark.offset < offset + length && offset < mark.offset + mark.length);
}

/** Rows of bytes that are shown at once: however large the file is, the page holds no more of it. */
export const hexRows = 16;

/** Columns that fit a wide screen, and a phone. */
export const hexColumns = { wide: 16, narrow: 8 } as const;

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export function hex(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** The outline's lines, each a tree item that knows its way: `data-path="1,0,3"`. */
export function outlineHtml(root: Field, chosen: FieldPath, say: Say<'explorer'>, marks: readonly Mark[] = []): string {
  const rows = outline(root, chosen);
  const focusable = rows.findIndex((row) => row.kind === 'field' && row.chosen);
  return rows.map((row, index) => rowHtml(row, index === Math.max(0, focusable), marks, say)).join('');
}

function rowHtml(row: OutlineRow, focusable: boolean, marks: readonly Mark[], say: Say<'explorer'>): string {
  const common = `role="treeitem" aria-level="${row.path.length}" data-path="${row.path.join()}" tabindex="${focusable ? 0 : -1}"`;
  if (row.kind === 'more') {
    const words = say(row.before ? 'before' : 'more', { number: row.count.toLocaleString('en-US') });
    return `<li ${common} class="more">${words}</li>`;
  }
  const { field, siblings, position, open, chosen } = row;
  const expanded = field.parts === undefined ? '' : ` aria-expanded="${open}"`;
  return (
    `<li ${common} aria-setsize="${siblings}" aria-posinset="${position}" aria-selected="${chosen}"${expanded}` +
    `${isMarked(marks, field.offset, field.length) ? ' data-marked' : ''}>` +
    `<span class="name">${escapeHtml(field.name)}</span> ` +
    `<span class="value">${escapeHtml(field.value ?? '')}</span> ` +
    `<span class="meaning">${escapeHtml(field.meaning ?? '')}</span></li>`
  );
}

/** The bytes as rows of a table. A byte's cell is `data-at` its offset; its name is that of the field that has it. */
export function hexHtml(
  { bytes, root }: Explored,
  { top, columns, cursor, marks = [] }: HexView,
  chosen: Field,
  say: Say<'explorer'>,
): string {
  const count = Math.max(0, Math.min(hexRows * columns, bytes.length - top));
  const owners = ownersOf(root, top, count);
  const inChosen = (at: number) => at >= chosen.offset && at < chosen.offset + chosen.length;
  const rows: string[] = [];
  for (let start = 0; start < count; start += columns) {
    const offset = (top + start).toString(16).padStart(8, '0');
    let cells = '';
    let letters = '';
    for (let index = start; index < start + columns; index += 1) {
      const at = top + index;
      const byte = index < count ? bytes[at] : undefined;
      if (byte === undefined) {
        cells += '<td></td>';
        continue;
      }
      const owner = owners[index];
      const edge = owner !== undefined && owner !== owners[index - 1] ? ' data-edge' : '';
      const name = escapeHtml(owner === undefined ? say('noField') : owner.name);
      const digits = byte.toString(16).padStart(2, '0');
      cells +=
        `<td role="gridcell" tabindex="${at === cursor ? 0 : -1}" data-at="${at}"${edge}` +
        `${owner === undefined ? ' data-nameless' : ''}${isMarked(marks, at, 1) ? ' data-marked' : ''} aria-selected="${inChosen(at)}"` +
        ` aria-label="${say('byte', { digits, offset: hex(at), field: name })}" title="${name}">${digits}</td>`;
      letters += byte >= 0x20 && byte < 0x7f ? escapeHtml(String.fromCharCode(byte)) : '·';
    }
    rows.push(
      `<tr role="row"><th role="rowheader" scope="row">${offset}</th>${cells}<td class="letters" aria-hidden="true">${letters}</td></tr>`,
    );
  }
  return rows.join('');
}

/** What is said of the chosen field: its name, its bytes, what stands there and what that means. */
export function chosenHtml(root: Field, path: FieldPath): string {
  const field = fieldAt(root, path);
  const value = field.value === undefined ? '' : ` = ${field.value}`;
  const meaning = field.meaning === undefined ? '' : `: ${field.meaning}`;
  return (
    `<strong class="numeric">${escapeHtml(field.name)}</strong><span class="numeric">${escapeHtml(value)}</span>` +
    `${escapeHtml(meaning)} <span class="extent">(${extentInWords(field)})</span>`
  );
}
