import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../tools/errors.ts';
import type { XorrisoRecord } from '../lib/xorriso.ts';
import { manifestPath, readManifest } from './manifest.ts';

/** The disc that chapter 7's Makefile writes, and what each option of its xorriso does to it. */
export interface MakefileDisc {
  chapter: string;
  /** The ISO; for the build alone. */
  base64: string;
  record: XorrisoRecord;
}

const chapter = '07-makefile';

/** Throws a {@link UserError} where the record is of another ISO than the one that is served. */
export async function makefileDisc(): Promise<MakefileDisc> {
  const folder = dirname(manifestPath);
  const entry = (await readManifest()).isos.find((each) => each.chapter === chapter);
  const record = JSON.parse(await readFile(`${folder}/xorriso.json`, 'utf8')) as XorrisoRecord;
  if (entry === undefined || record.iso !== entry.sha256) {
    throw new UserError(`${folder}/xorriso.json is not of the ISO of ${chapter}.`, 'Run ./onko isos.');
  }
  return { chapter, base64: (await readFile(`${folder}/${entry.file}`)).toString('base64'), record };
}
