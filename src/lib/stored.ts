/**
 * Things that the pages keep in the browser's storage, each under a key that names the version of its format:
 * `onko.NAME.vN`. A format that changes gets the next number and says here how the one before becomes it. What is read is
 * brought up to date on the way; what lies under an older key stays there, so that an older copy of the site still finds what
 * it knew.
 */
export interface Stored {
  key: string;
  /** Formats from before, the newest first. */
  older?: readonly OlderFormat[];
}

interface OlderFormat {
  key: string;
  /** The same in today's format; undefined for a text that is not of the older one. */
  upgrade: (text: string) => string | undefined;
}

/** The stored text in today's format, whichever format it was stored in; null where nothing is. Throws what `storage` throws. */
export function readStored({ key, older = [] }: Stored, storage: Pick<Storage, 'getItem'>): string | null {
  const today = storage.getItem(key);
  if (today !== null) return today;
  for (const format of older) {
    const text = storage.getItem(format.key);
    const upgraded = text === null ? undefined : format.upgrade(text);
    if (upgraded !== undefined) return upgraded;
  }
  return null;
}

/** Forgets it in every format: what an older one holds would come back otherwise. */
export function removeStored({ key, older = [] }: Stored, storage: Pick<Storage, 'removeItem'>): void {
  for (const each of [key, ...older.map((format) => format.key)]) storage.removeItem(each);
}
