import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import { step } from '../../tools/steps.ts';

const stamp = `${root}/node_modules/.onko-lockfile`;

/**
 * Makes node_modules what package-lock.json says. The stamp is written last, so an interrupted install is done again.
 * No package's install script runs: none of ours needs one.
 */
export async function ensureNodeModules(): Promise<void> {
  const lockfile = createHash('sha256')
    .update(await readFile(`${root}/package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === lockfile) return;
  await step('installing npm packages', () => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
  await writeFile(stamp, lockfile);
}
