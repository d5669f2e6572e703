/** What a reader has changed in a chapter's files, as the browser keeps it. */
import type { Stored } from '../stored.ts';
import type { Path } from './disk.ts';

export interface Edits {
  /** Path → the file's new bytes. */
  files: ReadonlyMap<Path, Uint8Array<ArrayBuffer>>;
  removed: ReadonlySet<Path>;
}

type Files = ReadonlyMap<Path, Uint8Array<ArrayBuffer>>;

/**
 * Where the edits of a chapter are kept: the chapter's id never changes. The first format named its version in the text, and
 * not in the key.
 */
export function storedEdits(chapter: string): Stored {
  return {
    key: `onko.workbench.v2.${chapter}`,
    older: [{ key: `onko:workbench:${chapter}`, upgrade: upgradeFirstFormat }],
  };
}

function upgradeFirstFormat(text: string): string | undefined {
  try {
    const { version, ...edits } = JSON.parse(text) as Record<string, unknown>;
    return version === 1 && isStored(edits) ? JSON.stringify(edits) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether two files have the same contents. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** How `now` differs from what the chapter brought. */
export function editsBetween(original: Files, now: Files): Edits {
  const files = [...now].filter(([path, bytes]) => {
    const before = original.get(path);
    return before === undefined || !sameBytes(before, bytes);
  });
  return { files: new Map(files), removed: new Set([...original.keys()].filter((path) => !now.has(path))) };
}

export function applyEdits(original: Files, { files, removed }: Edits): Map<Path, Uint8Array<ArrayBuffer>> {
  const now = new Map([...original].filter(([path]) => !removed.has(path)));
  for (const [path, bytes] of files) now.set(path, bytes);
  return now;
}

/** Text for the browser's storage. */
export function encodeEdits({ files, removed }: Edits): string {
  const base64 = (bytes: Uint8Array): string => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  };
  return JSON.stringify({
    files: Object.fromEntries([...files].map(([path, bytes]) => [path, base64(bytes)])),
    removed: [...removed],
  });
}

/** Reads {@link encodeEdits}. Anything else counts as no edits. */
export function decodeEdits(text: string | null): Edits {
  const none: Edits = { files: new Map(), removed: new Set() };
  try {
    const stored: unknown = JSON.parse(text ?? 'null');
    if (!isStored(stored)) return none;
    const files = Object.entries(stored.files).map(
      ([path, base64]) => [path, Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))] as const,
    );
    return { files: new Map(files), removed: new Set(stored.removed) };
  } catch {
    return none;
  }
}

function isStored(value: unknown): value is { files: Record<string, string>; removed: string[] } {
  if (typeof value !== 'object' || value === null) return false;
  if (!('files' in value) || typeof value.files !== 'object' || value.files === null) return false;
  if (!('removed' in value) || !Array.isArray(value.removed)) return false;
  const paths = [...Object.keys(value.files), ...value.removed];
  const texts = [...Object.values(value.files), ...value.removed];
  return texts.every((text) => typeof text === 'string') && paths.every((path) => String(path).startsWith('/'));
}
