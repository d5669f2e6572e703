/**
 * snapshot.bin: the PC as it is when its BIOS is done with itself and about to look for a disc. It holds the 4-KiB pages that
 * differ from a fresh instance of engine.wasm, each different one once, and fits that engine.wasm only.
 *
 * Layout, all numbers 32-bit little-endian: magic "ONKOPC01"; SHA-256 of engine.wasm (32 bytes); bytes of memory; number of
 * pages; number of different pages; bytes of the table of open files; for each page its number and the index of its contents;
 * the table as JSON, padded to 4 bytes; the contents.
 */
import { MachineError } from './errors.ts';
import type { OpenFileState } from './files.ts';
import { changedPages, pageBytes } from './snapshot.ts';

const magic = 'ONKOPC01';
const headerBytes = 8 + 32 + 4 * 4;

export interface PostBiosSnapshot {
  /** SHA-256 of the engine.wasm that it belongs to. */
  engineHash: Uint8Array;
  memoryBytes: number;
  files: OpenFileState[];
  /** Writes the pages into the memory of a fresh instance that has grown to `memoryBytes`. */
  writeTo(memory: ArrayBuffer): void;
}

export function encodePostBios(
  engineHash: Uint8Array,
  memory: ArrayBuffer,
  freshMemory: ArrayBuffer,
  files: readonly OpenFileState[],
): Uint8Array<ArrayBuffer> {
  const pages = changedPages(memory, freshMemory);
  const indexOf = new Map<string, number>();
  const unique: Uint8Array[] = [];
  const pairs = new Uint32Array(pages.length * 2);
  pages.forEach((page, n) => {
    const bytes = new Uint8Array(memory, page * pageBytes, pageBytes);
    const key = String.fromCharCode(...bytes);
    let index = indexOf.get(key);
    if (index === undefined) {
      index = unique.push(bytes) - 1;
      indexOf.set(key, index);
    }
    pairs.set([page, index], n * 2);
  });
  const table = new TextEncoder().encode(JSON.stringify(files));
  const tableBytes = Math.ceil(table.length / 4) * 4;
  const contentsAt = headerBytes + pairs.byteLength + tableBytes;
  const out = new Uint8Array(contentsAt + unique.length * pageBytes);
  const view = new DataView(out.buffer);
  out.set(new TextEncoder().encode(magic));
  out.set(engineHash, 8);
  [memory.byteLength, pages.length, unique.length, table.length].forEach((value, n) =>
    view.setUint32(40 + 4 * n, value, true),
  );
  pairs.forEach((value, n) => view.setUint32(headerBytes + 4 * n, value, true));
  out.set(table, headerBytes + pairs.byteLength);
  unique.forEach((bytes, n) => out.set(bytes, contentsAt + n * pageBytes));
  return out;
}

/** Throws a {@link MachineError} for a file that is not a whole snapshot. `bytes` must stay as they are until `writeTo`. */
export function decodePostBios(bytes: Uint8Array<ArrayBuffer>): PostBiosSnapshot {
  const damaged = (what: string): MachineError =>
    new MachineError(
      `The machine's snapshot is damaged: ${what}.`,
      'Reload the page; if it stays so, the site was not deployed completely.',
    );
  if (bytes.length < headerBytes || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) {
    throw damaged('it does not begin as a snapshot does');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [memoryBytes = 0, pageCount = 0, uniqueCount = 0, tableLength = 0] = [0, 1, 2, 3].map((n) =>
    view.getUint32(40 + 4 * n, true),
  );
  const tableAt = headerBytes + pageCount * 8;
  const contentsAt = tableAt + Math.ceil(tableLength / 4) * 4;
  const expected = contentsAt + uniqueCount * pageBytes;
  if (bytes.length !== expected) throw damaged(`it has ${bytes.length} bytes instead of ${expected}`);
  const files = JSON.parse(new TextDecoder().decode(bytes.subarray(tableAt, tableAt + tableLength))) as OpenFileState[];
  return {
    engineHash: bytes.slice(8, 40),
    memoryBytes,
    files,
    writeTo(memory) {
      const target = new Uint8Array(memory);
      for (let n = 0; n < pageCount; n++) {
        const page = view.getUint32(headerBytes + 8 * n, true);
        const from = contentsAt + view.getUint32(headerBytes + 8 * n + 4, true) * pageBytes;
        target.set(bytes.subarray(from, from + pageBytes), page * pageBytes);
      }
    },
  };
}
