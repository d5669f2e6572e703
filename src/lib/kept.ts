import type { Stored } from './stored.ts';

/**
 * What readers have changed on the pages: the widget's id → its setting as text, in whatever form that widget reads.
 * Ids never change, so that renaming or moving a page loses nothing.
 */
export const keptSettings: Stored = { key: 'onko.kept.v1' };

/** The widgets that keep something. */
export type KeptId = 'color' | 'conf' | 'draw';

/** Reads what is stored. Whatever is no text under an id counts as nothing. */
export function parseKept(stored: string | null): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? '{}');
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
