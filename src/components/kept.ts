import { keptSettings, parseKept, type KeptId } from '../lib/kept.ts';
import { load, saveOrTell } from './storage.ts';

/** What was kept under an id; undefined where nothing was, or where storage is switched off. */
export function kept(id: KeptId): string | undefined {
  return parseKept(load(keptSettings))[id];
}

/** Keeps a setting, or forgets it. */
export function keep(id: KeptId, setting: string | undefined): void {
  const all = parseKept(load(keptSettings));
  if (setting === undefined) delete all[id];
  else all[id] = setting;
  saveOrTell(keptSettings, Object.keys(all).length > 0 ? JSON.stringify(all) : undefined);
}
