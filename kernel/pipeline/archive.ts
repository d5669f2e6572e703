import { strToU8, zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { findChapter } from './chapters.ts';
import type { Chapter } from './chapters.ts';
import { composeChapter, type Tree } from './compose.ts';

/** The reader's folder is named after the crate, as `cargo new` names it. */
const folder = 'onko_os';

/**
 * The zip's dates, the oldest that the format knows (.ZIP File Format Specification 6.3.10, 4.4.6). It counts in local
 * time, and so does fflate: this is the same stamp in every time zone.
 */
const date = new Date(1980, 0, 1);

/** Unix, regular file, rw-r--r--: what unpacks as a file that its owner can edit (same, 4.4.2 and 4.4.15). */
const unix = 3;
const regularFile = 0o100644 << 16;

/**
 * A zip of a chapter's whole tree, or of another that is built as that one is, and a README of three lines. The same sources
 * give the same bytes.
 */
export function chapterArchive(id: string, tree: Tree = composeChapter(id)): Uint8Array {
  const chapter = findChapter(id);
  const files: Zippable = { [`${folder}/README.md`]: strToU8(readme(chapter)) };
  for (const [path, { text }] of tree) files[`${folder}/${path}`] = strToU8(text);
  return zipSync(files, { level: 9, mtime: date, os: unix, attrs: regularFile });
}

function readme(chapter: Chapter): string {
  return [
    `Onko OS, the whole folder after Part 1, chapter ${chapter.number} (${chapter.title}).`,
    howToBuild(chapter),
    'Licence: MIT.',
    '',
  ].join('\n');
}

function howToBuild({ id, build }: Chapter): string {
  if (build === 'none') return 'There is no source yet: the chapter installs the tools.';
  if (build === 'hosted') return 'Build and run it with `cargo run`.';
  const target = '`rustup target add x86_64-unknown-none` (once)';
  if (composeChapter(id).has('Makefile')) return `Build and boot it with ${target} and \`make run\`.`;
  return `Build it with ${target} and \`cargo build --release\`.`;
}
