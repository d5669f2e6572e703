import type { Line } from '../../lib/draw/assembler.ts';

/** More rows than anybody reads. */
const mostRows = 400;

/** The cells of the listing: offset in `pixel`, instruction, the Rust that the instruction belongs to, and its bytes. */
export function listingRows(text: string, lines: readonly Line[]): string[][] {
  const rows = lines.slice(0, mostRows).map(({ offset, bytes, text: instruction, source }, index) => {
    const before = lines[index - 1]?.source;
    const again = before?.start === source.start && before.length === source.length;
    const rust = text.slice(source.start, source.start + source.length).replaceAll(/\s+/g, ' ');
    const hex = [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
    return [`+0x${offset.toString(16).padStart(2, '0')}`, instruction, again ? '' : shortened(rust), hex];
  });
  const left = lines.length - mostRows;
  return left > 0 ? [...rows, ['', `and ${left} more`, '', '']] : rows;
}

function shortened(rust: string): string {
  return rust.length > 40 ? `${rust.slice(0, 39)}…` : rust;
}

/** How much of the slot the code takes. */
export function inWords(bytes: number, room: number): string {
  return bytes > room
    ? `${bytes} bytes of machine code: more than the ${room} that the kernel has room for.`
    : `${bytes} bytes of machine code, in a place of ${room}.`;
}
