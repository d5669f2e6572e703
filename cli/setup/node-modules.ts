import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import { step } from '../../tools/steps.ts';

const stamp = `${root}/node_modules/.onko-lockfile`;

/**
 * Makes node_modules what package-lock.json says. The stamp is written last, so an interrupted install is done again.
 * No package's install script runs: none of ours needs one. Not `npm ci`: it fails where the lock file lacks binaries for
 * other systems, which npm leaves out when the registry that it was made from does not have them.
 */
export async function ensureNodeModules(): Promise<void> {
  const lockfile = createHash('sha256')
    .update(await readFile(`${root}/package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === lockfile) return;
  await step('installing npm packages', () =>
    run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']),
  );
  await writeFile(stamp, lockfile);
}
