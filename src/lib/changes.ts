import { structuredPatch } from 'diff';

/** What became of one file between two chapters. */
export interface FileChange {
  path: string;
  kind: 'added' | 'changed' | 'removed';
  /**
   * Lines of the change with their sign in front (`+`, `-`, or a space for a line that stayed), three lines of context
   * around each spot. Between spots that lie apart there is one line of `⋮`, signed with a space.
   */
  lines: string[];
  added: number;
  removed: number;
}

/**
 * The changes that lead from one tree (path → text) to another, sorted by path. Files that stayed the same are left out.
 */
export function treeChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FileChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const old = before.get(path);
    const now = after.get(path);
    if (old === now) return [];
    const kind = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    const spots = structuredPatch(path, path, old ?? '', now ?? '', '', '', { context: 3 }).hunks.map((hunk) =>
      hunk.lines.filter((line) => !line.startsWith('\\')),
    );
    const lines = spots.flatMap((spot, index) => (index === 0 ? spot : [' ⋮', ...spot]));
    const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
    return [{ path, kind, lines, added: count('+'), removed: count('-') } satisfies FileChange];
  });
}
