import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { root } from './paths.ts';

/** Folders that hold what tools made, never what we wrote. */
const made = new Set(['node_modules', 'target', 'dist', '.cache', '.astro', '.git']);

async function* filesBelow(path: string): AsyncGenerator<string> {
  const info = await lstat(`${root}/${path}`);
  if (!info.isDirectory()) {
    yield path;
    return;
  }
  const names = (await readdir(`${root}/${path}`)).filter((name) => !made.has(name)).sort();
  for (const name of names) yield* filesBelow(`${path}/${name}`);
}

/**
 * SHA-256 (hex) over the names and contents of files, and over `extra` words such as versions and settings.
 * `paths` are files or folders relative to the checkout's top; what tools made is left out.
 */
export async function fingerprint(paths: readonly string[], extra: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256');
  for (const word of extra) hash.update(`${word}\0`);
  for (const path of paths) {
    for await (const file of filesBelow(path)) {
      const content = await readFile(`${root}/${file}`);
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}
