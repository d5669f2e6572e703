/** Files that the workbench's commands work on: in memory, or wherever something else keeps them. */
import { InputError } from '../input.ts';

/** An absolute path: `/` and names between slashes, without `.` and `..`. */
export type Path = string;

export interface Entry {
  name: string;
  kind: 'file' | 'folder';
  /** Bytes; 0 for a folder. */
  size: number;
}

/** All paths are absolute. What is not there, or of the other kind, rejects with an InputError that names it. */
export interface Disk {
  read(path: Path): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes the folders on the way, too. */
  write(path: Path, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(path: Path): Promise<void>;
  /** Sorted by name. */
  list(path: Path): Promise<Entry[]>;
  kind(path: Path): Promise<'file' | 'folder' | undefined>;
}

/** The path that `text` means to somebody in `folder`. */
export function resolvePath(folder: Path, text: string): Path {
  const names: string[] = [];
  for (const name of `${text.startsWith('/') ? '' : folder}/${text}`.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

/** The part of a path behind its last slash. */
export function nameOf(path: Path): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export const noSuchFile = (path: Path): InputError => new InputError(`There is no file ${path}.`);
export const isFolder = (path: Path): InputError => new InputError(`${path} is a folder, and a file is wanted.`);
export const noSuchFolder = (path: Path): InputError => new InputError(`There is no folder ${path}.`);

/** Every file below a folder, by its path, in the order of the paths. */
export async function filesBelow(disk: Disk, folder: Path): Promise<Path[]> {
  const paths: Path[] = [];
  for (const { name, kind } of await disk.list(folder)) {
    const path = resolvePath(folder, name);
    if (kind === 'file') paths.push(path);
    else paths.push(...(await filesBelow(disk, path)));
  }
  return paths.sort();
}

/** How much a disk in memory holds at most: an ISO or two, and what a reader writes. */
const capacity = 64 * 2 ** 20;

/** Files in memory. A folder is there as long as something is in it; the top one always. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<Path, Uint8Array<ArrayBuffer>>();

  constructor(files: Iterable<readonly [Path, Uint8Array<ArrayBuffer>]> = []) {
    for (const [path, bytes] of files) this.#files.set(path, bytes);
  }

  /** {@link read}, for those who cannot wait. */
  readNow(path: Path): Uint8Array<ArrayBuffer> {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw this.#kindNow(path) === 'folder' ? isFolder(path) : noSuchFile(path);
    return bytes;
  }

  async read(path: Path): Promise<Uint8Array<ArrayBuffer>> {
    return this.readNow(path);
  }

  async write(path: Path, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if ((await this.kind(path)) === 'folder') throw isFolder(path);
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
      if (this.#files.has(path.slice(0, at))) throw new InputError(`${path.slice(0, at)} is a file, not a folder.`);
    }
    let total = bytes.length - (this.#files.get(path)?.length ?? 0);
    for (const file of this.#files.values()) total += file.length;
    if (total > capacity) {
      throw new InputError(
        `The disk is full: ${path} would make it ${total} bytes, and ${capacity} fit. Remove a file.`,
      );
    }
    this.#files.set(path, bytes);
  }

  async remove(path: Path): Promise<void> {
    if (this.#files.delete(path)) return;
    const below = [...this.#files.keys()].filter((file) => file.startsWith(`${path}/`));
    if (below.length === 0) throw noSuchFile(path);
    for (const file of below) this.#files.delete(file);
  }

  async list(path: Path): Promise<Entry[]> {
    const kind = await this.kind(path);
    if (kind !== 'folder') throw noSuchFolder(path);
    const start = path === '/' ? '/' : `${path}/`;
    const entries = new Map<string, Entry>();
    for (const [file, bytes] of this.#files) {
      if (!file.startsWith(start)) continue;
      const [name = '', ...rest] = file.slice(start.length).split('/');
      if (rest.length > 0) entries.set(name, { name, kind: 'folder', size: 0 });
      else entries.set(name, { name, kind: 'file', size: bytes.length });
    }
    return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async kind(path: Path): Promise<'file' | 'folder' | undefined> {
    return this.#kindNow(path);
  }

  #kindNow(path: Path): 'file' | 'folder' | undefined {
    if (this.#files.has(path)) return 'file';
    if (path === '/') return 'folder';
    for (const file of this.#files.keys()) if (file.startsWith(`${path}/`)) return 'folder';
    return undefined;
  }
}
