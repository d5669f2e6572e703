/**
 * The whole PC at one moment. Between two slices nothing of it lives outside the engine's linear memory, except how far
 * each open file has been read; so a snapshot is the pages of memory that are not zero, and those positions.
 */
import type { OpenFileState } from './files.ts';

export const pageBytes = 4096;

export interface Snapshot {
  /** Bytes of the engine's memory. */
  memoryBytes: number;
  /** Numbers of the pages that are stored, rising. */
  pages: Uint32Array<ArrayBuffer>;
  /** Their contents, one after the other. */
  contents: Uint8Array<ArrayBuffer>;
  files: OpenFileState[];
  /** The disc in the drive. */
  disc: Uint8Array<ArrayBuffer>;
  /** Instruction count at the last reset, which the count starts from. */
  countedFrom: number;
}

/** The pages of `memory` that differ from `base`, or from zero where there is no `base`. */
export function changedPages(memory: ArrayBuffer, base: ArrayBuffer = new ArrayBuffer(0)): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(memory);
  const baseWords = new Uint32Array(base);
  const wordsPerPage = pageBytes / 4;
  const pages: number[] = [];
  for (let start = 0; start < words.length; start += wordsPerPage) {
    const end = start + wordsPerPage;
    let at = start;
    if (start < baseWords.length) while (at < end && words[at] === baseWords[at]) at++;
    else while (at < end && words[at] === 0) at++;
    if (at < end) pages.push(start / wordsPerPage);
  }
  return new Uint32Array(pages);
}

/** Copies pages out of memory, one after the other. */
export function copyPages(memory: ArrayBuffer, pages: Uint32Array): Uint8Array<ArrayBuffer> {
  const contents = new Uint8Array(pages.length * pageBytes);
  pages.forEach((page, index) => contents.set(new Uint8Array(memory, page * pageBytes, pageBytes), index * pageBytes));
  return contents;
}

/** Makes memory what it was: the stored pages, and zero elsewhere. `memory` is at least as long as it was then. */
export function putPages(memory: ArrayBuffer, pages: Uint32Array, contents: Uint8Array): void {
  const bytes = new Uint8Array(memory);
  let end = 0;
  pages.forEach((page, index) => {
    bytes.fill(0, end, page * pageBytes);
    bytes.set(contents.subarray(index * pageBytes, (index + 1) * pageBytes), page * pageBytes);
    end = (page + 1) * pageBytes;
  });
  bytes.fill(0, end);
}
