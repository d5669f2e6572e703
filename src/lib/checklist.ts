import type { Stored } from './stored.ts';

/**
 * What a reader has ticked off in the checklists of the chapters.
 * Kept under the ids of the items, never their wording or order, so that a rewritten list loses nothing.
 */
export const storedTicks: Stored = { key: 'onko.checklist.v1' };

/** The ids of the ticked items. */
export type Ticked = ReadonlySet<string>;

/** Reads a stored checklist. Whatever is not one, written by hand or cut off, counts as nothing ticked. */
export function parseTicked(stored: string | null): Ticked {
  try {
    const value: unknown = JSON.parse(stored ?? '[]');
    return new Set(Array.isArray(value) ? value.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}

/** The form in which ticks are stored: sorted, so that equal sets are equal texts. */
export function serializeTicked(ticked: Ticked): string {
  return JSON.stringify([...ticked].sort());
}

/** The ticks with one item added or taken away. */
export function withTick(ticked: Ticked, id: string, on: boolean): Ticked {
  const next = new Set(ticked);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}

/** The ticks without those of the given items; other lists keep theirs. */
export function withoutItems(ticked: Ticked, ids: readonly string[]): Ticked {
  return new Set([...ticked].filter((id) => !ids.includes(id)));
}

/** How far a list has got, in words. */
export function tickedInWords(ticked: Ticked, ids: readonly string[]): string {
  const done = ids.filter((id) => ticked.has(id)).length;
  if (done === 0) return `${ids.length} to check`;
  return done === ids.length ? `All ${ids.length} checked` : `${done} of ${ids.length} checked`;
}
