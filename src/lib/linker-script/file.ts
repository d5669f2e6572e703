/** The file that a layout makes, from its first byte on: what the linker puts where, and what it leaves empty. */
import type { Layout } from './layout.ts';

/** A stretch of the file. */
export interface FilePiece {
  /** The section's name; what it is where it is none. */
  name: string;
  kind: 'headers' | 'code' | 'constants' | 'data' | 'unloaded' | 'padding';
  offset: bigint;
  size: bigint;
}

/** Sizes of the ELF header and of a program header (System V ABI, ELF-64). */
const [headerSize, programHeaderSize] = [64n, 56n];

/** What of a section is in memory, by its flags. */
export function kindOf({ flags }: { flags: number }): 'code' | 'constants' | 'data' {
  return (flags & 4) !== 0 ? 'code' : (flags & 1) !== 0 ? 'data' : 'constants';
}

/** The file's pieces in order, up to the last that is loaded: what is behind it is for linkers and debuggers. */
export function filePieces({ sections, segments }: Layout): FilePiece[] {
  const pieces: FilePiece[] = [];
  let end = 0n;
  const add = (piece: FilePiece): void => {
    if (piece.offset > end) pieces.push({ name: 'padding', kind: 'padding', offset: end, size: piece.offset - end });
    pieces.push(piece);
    if (piece.offset + piece.size > end) end = piece.offset + piece.size;
  };
  const size = headerSize + programHeaderSize * BigInt(segments.length);
  add({ name: segments.length === 0 ? 'ELF header' : 'ELF and program headers', kind: 'headers', offset: 0n, size });
  const inFile = sections.filter((section) => section.type !== 'NOBITS' && section.size > 0n);
  for (const section of inFile.sort((one, other) => (one.offset < other.offset ? -1 : 1))) {
    const { name, flags, offset } = section;
    add({ name, kind: (flags & 2) === 0 ? 'unloaded' : kindOf(section), offset, size: section.size });
  }
  const last = pieces.findLastIndex(({ kind }) => kind !== 'padding' && kind !== 'unloaded');
  return pieces.slice(0, last + 1);
}
