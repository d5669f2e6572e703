import { readFile } from 'node:fs/promises';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import type { Manifest } from '../lib/manifest.ts';

export const manifestPath = `${root}/public/isos/manifest.json`;

/** What `./onko isos` wrote about the ISOs. Throws a {@link UserError} when it has not been run. */
export async function readManifest(): Promise<Manifest> {
  const text = await readFile(manifestPath, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new UserError(`The chapters' ISOs are not built: ${manifestPath} is missing.`, 'Run ./onko isos.');
  });
  return JSON.parse(text) as Manifest;
}
