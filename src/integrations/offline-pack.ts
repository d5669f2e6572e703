/** Writes the offline pack of a built site: the list of its files with hash and size, and the service worker that keeps them. */
import { createHash } from 'node:crypto';
import { glob, readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { OfflinePackInfo } from '../lib/offline-pack.ts';
import { bochsSourcePath } from './generated-files.ts';
import { isolationWorkerPath } from './workbench-files.ts';

/** Names of the two files, below the site's base. */
export const serviceWorkerPath = 'offline-worker.js';
export const packInfoPath = 'offline-pack.json';

/**
 * Settings of a web server, which it does not serve; the pack itself; a service worker, which browsers fetch past any other; and
 * the 4 MB of source that no page needs to work.
 */
const leftOut = [serviceWorkerPath, packInfoPath, '_headers', '_redirects', isolationWorkerPath, bochsSourcePath];

export interface PackEntry {
  /** Relative to the site's base. A folder's page is named by the folder, as links do. */
  url: string;
  /** Changes with the file's content. */
  revision: string;
  /** Subresource Integrity: the browser refuses another file. */
  integrity: string;
}

/** The files of a built site that the pack holds, by name, and how many bytes they have together. */
export async function packEntries(folder: string): Promise<{ entries: PackEntry[]; bytes: number }> {
  const entries: PackEntry[] = [];
  let bytes = 0;
  const files: string[] = [];
  for await (const file of glob('**/*', { cwd: folder })) files.push(file.replaceAll('\\', '/'));
  for (const file of files.sort()) {
    if (leftOut.includes(file) || !(await stat(`${folder}/${file}`)).isFile()) continue;
    const content = await readFile(`${folder}/${file}`);
    const hash = createHash('sha256').update(content);
    bytes += content.length;
    const sha256 = hash.copy().digest('base64');
    entries.push({
      url: file.replace(/(^|\/)index\.html$/, '$1') || './',
      revision: hash.digest('hex').slice(0, 16),
      integrity: `sha256-${sha256}`,
    });
  }
  return { entries, bytes };
}

/** Writes both files into a built site. `folder` is the site's, without a slash at its end. */
export async function writeOfflinePack(folder: string): Promise<OfflinePackInfo> {
  const { entries, bytes } = await packEntries(folder);
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    define: { __ONKO_PACK__: JSON.stringify(entries), 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      lib: {
        entry: fileURLToPath(new URL('../offline/service-worker.ts', import.meta.url)),
        formats: ['iife'],
        name: 'onkoOfflineWorker',
        fileName: () => serviceWorkerPath,
      },
    },
  });
  const info: OfflinePackInfo = { files: entries.length, bytes };
  await writeFile(`${folder}/${packInfoPath}`, JSON.stringify(info));
  return info;
}
