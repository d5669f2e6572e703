import type { Line } from '../../lib/draw/assembler.ts';
import { codeFor } from '../../lib/draw/slot.ts';
import type { Program } from '../../lib/draw/syntax.ts';
import type { DrawEntry } from '../../lib/manifest.ts';
import type { Say } from '../words/words.ts';

/** More rows than anybody reads. */
const mostRows = 400;

/**
 * The machine code of a program: how much of the slot it takes, in words, and the cells of its listing: offset in `pixel`,
 * instruction, the Rust that the instruction belongs to, and its bytes.
 */
export function listCode(
  program: Program,
  slot: DrawEntry['slot'],
  say: Say<'draw'>,
): { size: string; rows: string[][] } {
  const { bytes, lines } = codeFor(program, slot);
  const size = say(bytes.length > slot.size ? 'tooLarge' : 'size', { bytes: bytes.length, room: slot.size });
  return { size, rows: listingRows(program.text, lines, say) };
}

function listingRows(text: string, lines: readonly Line[], say: Say<'draw'>): string[][] {
  const rows = lines.slice(0, mostRows).map(({ offset, bytes, text: instruction, source }, index) => {
    const before = lines[index - 1]?.source;
    const again = before?.start === source.start && before.length === source.length;
    const rust = text.slice(source.start, source.start + source.length).replaceAll(/\s+/g, ' ');
    const hex = [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
    return [`+0x${offset.toString(16).padStart(2, '0')}`, instruction, again ? '' : shortened(rust), hex];
  });
  const left = lines.length - mostRows;
  return left > 0 ? [...rows, ['', say('more', { count: left }), '', '']] : rows;
}

function shortened(rust: string): string {
  return rust.length > 40 ? `${rust.slice(0, 39)}…` : rust;
}
