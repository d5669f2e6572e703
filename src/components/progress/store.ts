import { chapterState, parseProgress, progressKey, withDone, type ChapterState } from '../../lib/progress.ts';

/** Fired on `window` when the progress of some chapter has changed, in this tab or another. */
export const progressEvent = 'onko:progress';

/** What the reader has done in a chapter. Where storage is switched off, nothing. */
export function readState(chapter: string): ChapterState {
  return chapterState(parseProgress(load()), chapter);
}

/** Remembers that a chapter was read to its end or seen to boot. */
export function recordDone(chapter: string, done: 'read' | 'booted'): void {
  const progress = withDone(parseProgress(load()), chapter, done);
  try {
    localStorage.setItem(progressKey, JSON.stringify(progress));
  } catch {
    // Storage is off or full: the page works all the same, it only does not remember.
    return;
  }
  window.dispatchEvent(new Event(progressEvent));
}

/** Calls back when progress changes, also when another tab changes it. */
export function onProgress(callback: () => void): void {
  window.addEventListener(progressEvent, callback);
  window.addEventListener('storage', ({ key }) => {
    if (key === progressKey) callback();
  });
}

function load(): string | null {
  try {
    return localStorage.getItem(progressKey);
  } catch {
    return null;
  }
}
