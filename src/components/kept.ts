import { keptKey, parseKept, type KeptId } from '../lib/kept.ts';

/** What was kept under an id; undefined where nothing was, or where storage is switched off. */
export function kept(id: KeptId): string | undefined {
  return load()[id];
}

/** Keeps a setting, or forgets it. Where storage is off or full, the page works all the same. */
export function keep(id: KeptId, setting: string | undefined): void {
  const all = load();
  if (setting === undefined) delete all[id];
  else all[id] = setting;
  try {
    if (Object.keys(all).length > 0) localStorage.setItem(keptKey, JSON.stringify(all));
    else localStorage.removeItem(keptKey);
  } catch {
    // It only does not remember.
  }
}

function load(): Record<string, string> {
  try {
    return parseKept(localStorage.getItem(keptKey));
  } catch {
    return {};
  }
}
