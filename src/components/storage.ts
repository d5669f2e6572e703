import { readStored, removeStored, type Stored } from '../lib/stored.ts';

/** Fired on `window` when something could not be kept; StorageNote.astro tells the reader. */
export const notKeptEvent = 'onko:not-kept';

/** What is kept, in today's format; null where nothing is, or where storage is switched off. */
export function load(stored: Stored): string | null {
  try {
    return readStored(stored, localStorage);
  } catch {
    return null;
  }
}

/** Keeps a text, or forgets it. Returns whether storage took it: it may be full, or switched off. */
export function save(stored: Stored, text: string | undefined): boolean {
  try {
    if (text === undefined) removeStored(stored, localStorage);
    else localStorage.setItem(stored.key, text);
    return true;
  } catch {
    return false;
  }
}

/** As {@link save}, for what the page has no words of its own about: the note at the foot of the page tells it then. */
export function saveOrTell(stored: Stored, text: string | undefined): boolean {
  const kept = save(stored, text);
  if (!kept) window.dispatchEvent(new Event(notKeptEvent));
  return kept;
}
