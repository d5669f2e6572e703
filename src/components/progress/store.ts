import { chapterState, parseProgress, storedProgress, withDone, type ChapterState } from '../../lib/progress.ts';
import { load, saveOrTell } from '../storage.ts';

/** Fired on `window` when the progress of some chapter has changed, in this tab or another. */
export const progressEvent = 'onko:progress';

/** What the reader has done in a chapter. Where storage is switched off, nothing. */
export function readState(chapter: string): ChapterState {
  return chapterState(parseProgress(load(storedProgress)), chapter);
}

/** Remembers that a chapter was read to its end or seen to boot. */
export function recordDone(chapter: string, done: 'read' | 'booted'): void {
  const progress = withDone(parseProgress(load(storedProgress)), chapter, done);
  if (saveOrTell(storedProgress, JSON.stringify(progress))) window.dispatchEvent(new Event(progressEvent));
}

/** Calls back when progress changes, also when another tab changes it. */
export function onProgress(callback: () => void): void {
  window.addEventListener(progressEvent, callback);
  window.addEventListener('storage', ({ key }) => {
    if (key === storedProgress.key) callback();
  });
}
