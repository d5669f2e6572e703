import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { UserError } from '../../tools/errors.ts';
import { chapters, chaptersFolder, findChapter } from './chapters.ts';

/** Lines of a file, counted from 1, both included. */
export interface LineRange {
  firstLine: number;
  lastLine: number;
}

export interface ComposedFile {
  /** The text as it is compiled, printed and downloaded: without the lines that mark regions. */
  text: string;
  /** Named pieces of the text, for listings. */
  regions: Map<string, LineRange>;
}

/** A reader's whole folder at one point: path relative to it, with `/`, sorted → file. */
export type Tree = Map<string, ComposedFile>;

/**
 * A comment line of its own that opens or closes a region, in the comment syntax of Rust, of TOML, Makefiles and
 * limine.conf, or of linker scripts. A second word makes it an ordinary comment.
 */
const marker = /^\s*(?:(?:\/\/|#)\s*(region|endregion)(?:\s+(\S+))?|\/\*\s*(region|endregion)(?:\s+(\S+))?\s*\*\/)\s*$/;

/** Git keeps no empty folder; a chapter that changes nothing holds this file, which is not part of its tree. */
const placeholder = '.gitkeep';

/**
 * The whole tree of a chapter: the files of every chapter up to it, later ones replacing earlier ones of the same path.
 * Throws a {@link UserError} for an unknown chapter or a region that is not closed, not opened, empty or named twice.
 */
export function composeChapter(id: string): Tree {
  const last = findChapter(id).number;
  return composeFolders(
    chapters.filter((chapter) => chapter.number <= last).map((chapter) => `${chaptersFolder}/${chapter.id}`),
  );
}

/** Lays folders over each other, the first lowest, and takes the region markers out of every file. */
export function composeFolders(folders: readonly string[]): Tree {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    if (!existsSync(folder)) throw new UserError(`The chapter folder ${folder} does not exist.`);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const source = `${entry.parentPath}/${entry.name}`;
      const path = source.slice(folder.length + 1);
      // Cargo leaves target/ behind where somebody tried a chapter in place.
      if (!entry.isFile() || entry.name === placeholder || path.startsWith('target/')) continue;
      sources.set(path, source);
    }
  }
  const sorted = [...sources].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([path, source]) => [path, stripRegions(readFileSync(source, 'utf8'), source)]));
}

/** A text in a file, and what comes in its place. */
export interface Replacement {
  file: string;
  find: string;
  replace: string;
}

/**
 * Edits a file of a tree. Throws a {@link UserError} that begins with `whose` where the text does not stand in the file
 * exactly once: the edit would do nothing, or it would not be known where.
 */
export function replaceOnce(tree: Tree, whose: string, { file, find, replace }: Replacement): void {
  const parts = tree.get(file)?.text.split(find) ?? [];
  if (parts.length !== 2) {
    throw new UserError(`${whose}: “${find}” stands ${Math.max(0, parts.length - 1)} times in ${file}, not once.`);
  }
  tree.set(file, { text: parts.join(replace), regions: new Map() });
}

/**
 * Takes the region markers out of a text and says where each region then lies.
 * `source` names the file in errors. Regions may nest, not overlap.
 */
export function stripRegions(marked: string, source: string): ComposedFile {
  const lines: string[] = [];
  const regions = new Map<string, LineRange>();
  const open: { name: string; firstLine: number; markedAt: number }[] = [];

  for (const [index, line] of marked.split('\n').entries()) {
    const match = marker.exec(line);
    if (match === null) {
      lines.push(line);
      continue;
    }
    const markedAt = index + 1;
    const fail = (what: string): never => {
      throw new UserError(`${source}:${markedAt}: ${what}`);
    };
    const name = match[2] ?? match[4] ?? fail(`"${line.trim()}" has no region name.`);
    if ((match[1] ?? match[3]) === 'region') {
      if (regions.has(name) || open.some((region) => region.name === name)) fail(`Region "${name}" is there twice.`);
      open.push({ name, firstLine: lines.length + 1, markedAt });
      continue;
    }
    const region = open.pop() ?? fail(`Region "${name}" ends here, but no region is open.`);
    if (region.name !== name) {
      fail(`Region "${name}" ends here, but "${region.name}" of line ${region.markedAt} has to end first.`);
    }
    if (lines.length < region.firstLine) fail(`Region "${name}" is empty.`);
    regions.set(name, { firstLine: region.firstLine, lastLine: lines.length });
  }

  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    throw new UserError(`${source}:${unclosed.markedAt}: Region "${unclosed.name}" is never closed.`);
  }
  return { text: lines.join('\n'), regions };
}
