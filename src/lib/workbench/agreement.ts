/** A reader's agreement to contact StackBlitz, as the browser keeps it. */
import type { Stored } from '../stored.ts';

export const storedAgreement: Stored = { key: 'onko.webcontainer.v1' };

export interface Agreement {
  /** The day, as `2026-11-26`. */
  agreed: string;
  /** Whether the workbench runs there now; it can run in the page in spite of an agreement. */
  inUse: boolean;
}

export function encodeAgreement({ agreed, inUse }: Agreement): string {
  return JSON.stringify({ agreed, inUse });
}

/** Reads {@link encodeAgreement}; anything else counts as none: then the reader is asked. */
export function decodeAgreement(text: string | null): Agreement | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('agreed' in value) || typeof value.agreed !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value.agreed)) return;
    return { agreed: value.agreed, inUse: 'inUse' in value && value.inUse === true };
  } catch {
    return undefined;
  }
}
