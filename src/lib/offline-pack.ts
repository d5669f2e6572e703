/** What `offline-pack.json` says about the offline pack of this edition of the site. */
export interface OfflinePackInfo {
  files: number;
  /** Of all files together, as they lie on the reader's disk. */
  bytes: number;
}

/** Where the reader's copy stands. */
export type PackState =
  /** Nothing is kept. */
  | { kind: 'absent' }
  /** Files are being fetched: so many of them are here. */
  | { kind: 'fetching'; done: number }
  /** All is kept. */
  | { kind: 'kept' }
  /** All of the edition that is shown is kept, and a newer one is here as well. */
  | { kind: 'outdated' }
  /** It could not be kept; `why` is a sentence. */
  | { kind: 'failed'; why: string };

/** `14.2 MB`: what the pack takes on a disk. */
export function packSize({ bytes }: OfflinePackInfo): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The state in words. */
export function packInWords(state: PackState, info: OfflinePackInfo): string {
  switch (state.kind) {
    case 'absent':
      return `Nothing is kept yet. The pack takes ${packSize(info)}: ${info.files} files.`;
    case 'fetching':
      return `Fetching: ${Math.min(state.done, info.files)} of ${info.files} files are here.`;
    case 'kept':
      return `Kept in this browser: ${info.files} files, ${packSize(info)}. You can pull the plug.`;
    case 'outdated':
      return 'Kept in this browser. A newer edition has been fetched and waits to be used.';
    case 'failed':
      return state.why;
  }
}

/**
 * Why there is no room for the pack, or nothing when there is. `estimate` is what the browser says it gives this site; one that
 * does not say is believed to have room.
 */
export function missingRoom(info: OfflinePackInfo, estimate: { quota?: number; usage?: number }): string | undefined {
  const { quota, usage = 0 } = estimate;
  if (quota === undefined || quota - usage >= info.bytes) return undefined;
  const left = (Math.max(0, quota - usage) / 1e6).toFixed(1);
  return `The browser gives this site ${left} MB more, and the pack needs ${packSize(info)}. Free some space on the disk, then try again.`;
}
