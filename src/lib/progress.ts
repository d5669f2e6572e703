import type { Stored } from './stored.ts';

/**
 * The reader's progress: which chapters they have read to the end, and which they have seen boot.
 * Kept under chapter ids (`05-main-rs`), which never change, so that renaming or moving a page loses nothing.
 */
export const storedProgress: Stored = { key: 'onko.progress.v1' };

export type ChapterState = 'new' | 'read' | 'booted';

/** Chapter id → what the reader has done there. Chapters not yet begun are absent. */
export type Progress = Record<string, { read?: true; booted?: true }>;

/** Reads stored progress. Whatever is not progress, written by hand or cut off, counts as none. */
export function parseProgress(stored: string | null): Progress {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? '{}');
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const progress: Progress = {};
  for (const [chapter, done] of Object.entries(value)) {
    if (typeof done !== 'object' || done === null) continue;
    const { read, booted } = done as Record<string, unknown>;
    progress[chapter] = { ...(read === true && { read }), ...(booted === true && { booted }) };
  }
  return progress;
}

/** Progress with one more thing done. */
export function withDone(progress: Progress, chapter: string, done: 'read' | 'booted'): Progress {
  return { ...progress, [chapter]: { ...progress[chapter], [done]: true } };
}

/** What the boot log says of a chapter. A chapter that booted counts as booted, read or not. */
export function chapterState(progress: Progress, chapter: string): ChapterState {
  const done = progress[chapter];
  if (done?.booted) return 'booted';
  return done?.read ? 'read' : 'new';
}
