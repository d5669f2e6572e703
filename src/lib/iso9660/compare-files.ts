import { fileBytes, readContent } from './content.ts';

/** The largest ISO that the page takes: it is copied into the memory of the machine. */
export const largestIso = 64 * 1024 * 1024;

/** How a file of an ISO stands to the one of the same path on another. */
export interface FileDifference {
  path: string;
  /** In words: `the same, 192 bytes`. */
  text: string;
  same: boolean;
}

/** Compares two images file by file, in the order of their paths. What cannot be read has no files. */
export function compareFiles(own: Uint8Array, chapter: Uint8Array): FileDifference[] {
  const files = (image: Uint8Array) => {
    try {
      return new Map(readContent(image).files.map((file) => [file.path, fileBytes(image, file)]));
    } catch {
      return new Map<string, Uint8Array>();
    }
  };
  const [mine, theirs] = [files(own), files(chapter)];
  const paths = [...new Set([...mine.keys(), ...theirs.keys()])].sort();
  return paths.map((path) => {
    const [one, other] = [mine.get(path), theirs.get(path)];
    if (other === undefined) return { path, same: false, text: `only on yours, ${one?.length ?? 0} bytes` };
    if (one === undefined) return { path, same: false, text: `only on the chapter’s, ${other.length} bytes` };
    const length = Math.min(one.length, other.length);
    let at = 0;
    while (at < length && one[at] === other[at]) at++;
    if (at === one.length && at === other.length) return { path, same: true, text: `the same, ${one.length} bytes` };
    const sizes =
      one.length === other.length ? `${one.length} bytes each` : `${one.length} bytes, the chapter’s ${other.length}`;
    return { path, same: false, text: `differs from byte ${at} on; ${sizes}` };
  });
}
