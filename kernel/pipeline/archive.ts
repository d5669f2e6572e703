import { zipTexts } from '../../src/lib/source-zip.ts';
import { findChapter } from './chapters.ts';
import type { Chapter } from './chapters.ts';
import { composeChapter } from './compose.ts';

/** The reader's folder is named after the crate, as `cargo new` names it. */
const folder = 'onko_os';

/** A zip of a chapter's whole tree and a README of three lines. The same sources give the same bytes. */
export function chapterArchive(id: string): Uint8Array {
  const chapter = findChapter(id);
  const files = new Map([[`${folder}/README.md`, readme(chapter)]]);
  for (const [path, { text }] of composeChapter(id)) files.set(`${folder}/${path}`, text);
  return zipTexts(files);
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
