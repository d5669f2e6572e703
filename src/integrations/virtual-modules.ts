import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';
import { chapterArchive } from '../../kernel/pipeline/archive.ts';
import { chapters } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import type { Manifest } from '../lib/manifest.ts';
import { engineFiles } from './engine.ts';
import { chapterArchivePath, engineSourcesPath } from './generated-files.ts';

/** A chapter as the pages see it. */
export interface ChapterData {
  /** `05-main-rs`: stable for ever, the key of the reader's progress. */
  id: string;
  number: number;
  /** `main-rs`: its page is /part-1/main-rs/. */
  name: string;
  title: string;
  files: { path: string; text: string; regions: Record<string, { firstLine: number; lastLine: number }> }[];
  source: { path: string; size: number; sha256: string };
}

/** Paths of the machine's files below the site's base, and their sizes in bytes. */
export interface EngineData {
  wasm: { path: string; size: number };
  snapshot: { path: string; size: number };
  sources: string;
}

/** Chapter id → the last picture that its ISO showed when the site was built, below the site's base. */
export type FrameData = Record<string, { path: string; width: number; height: number }>;

const modules: Record<string, () => Promise<unknown>> = {
  'virtual:onko/chapters': chapterData,
  'virtual:onko/manifest': manifest,
  'virtual:onko/engine': engineData,
  'virtual:onko/frames': frameData,
};

/**
 * Gives the pages the kernel's composed sources, the manifest of ISOs and the engine's addresses as modules. The work is
 * done here, in plain Node, as code that Astro bundles no longer knows where the checkout is.
 */
export function virtualModules(): Plugin {
  return {
    name: 'onko:virtual-modules',
    resolveId: (id) => (id in modules ? `\0${id}` : undefined),
    async load(id) {
      const data = modules[id.slice(1)];
      if (id[0] !== '\0' || data === undefined) return undefined;
      this.addWatchFile(`${root}/public/isos/manifest.json`);
      return `export default ${JSON.stringify(await data())};`;
    },
  };
}

function chapterData(): Promise<ChapterData[]> {
  return Promise.all(
    chapters.map(async ({ id, number, name, title }) => {
      const files = [...(await composeChapter(id))].map(([path, { text, regions }]) => ({
        path,
        text,
        regions: Object.fromEntries(regions),
      }));
      const archive = await chapterArchive(id);
      const sha256 = createHash('sha256').update(archive).digest('hex');
      return { id, number, name, title, files, source: { path: chapterArchivePath(id), size: archive.length, sha256 } };
    }),
  );
}

async function manifest(): Promise<Manifest> {
  const path = `${root}/public/isos/manifest.json`;
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new UserError(`The chapters' ISOs are not built: ${path} is missing.`, 'Run ./onko isos.');
  });
  return JSON.parse(text) as Manifest;
}

async function engineData(): Promise<EngineData> {
  const { wasm, snapshot } = await engineFiles();
  return {
    wasm: { path: wasm.path, size: wasm.size },
    snapshot: { path: snapshot.path, size: snapshot.size },
    sources: engineSourcesPath,
  };
}

async function frameData(): Promise<FrameData> {
  return {};
}
