import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { Plugin } from 'vite';
import { chapterArchive } from '../../kernel/pipeline/archive.ts';
import { bootSectorFile, bootSources, loaderRefusal, readBootSector } from '../../kernel/pipeline/boot-sector.ts';
import { chapters, chaptersFolder } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { experimentsFolder } from '../../kernel/pipeline/experiment-files.ts';
import { experimentsManifestFile } from '../../kernel/pipeline/experiments.ts';
import { root } from '../../tools/paths.ts';
import { sectorBytes, type BootSector } from '../lib/boot-sector.ts';
import { engineFiles, v86Files } from './engine.ts';
import { experimentData } from './experiments.ts';
import { recordedFrames } from './frames.ts';
import {
  bochsSourcePath,
  bootSectorPath,
  chapterArchivePath,
  engineSourcesPath,
  v86LicensePath,
} from './generated-files.ts';
import { kernelFiles } from './kernels.ts';
import { makefileDisc } from './makefile-disc.ts';
import { manifestPath, readManifest } from './manifest.ts';
import { onkoCommandData } from './onko-command.ts';

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

/** Paths of the machine's files below the site's base, their sizes in bytes and their SHA-256 in hexadecimal. */
export interface EngineData {
  wasm: { path: string; size: number; sha256: string };
  snapshot: { path: string; size: number; sha256: string };
  /** Our changes to Bochs, and Bochs itself. */
  changes: string;
  bochs: string;
  /** The 32-bit PC. */
  v86: Record<'v86' | 'bios' | 'vgaBios', { path: string; size: number; sha256: string }>;
  v86License: string;
}

/** The boot sector, its assembly, and where its bytes can be downloaded; and the loader's own beginning. */
export interface BootSectorData {
  sector: BootSector;
  path: string;
  sha256: string;
  files: ChapterData['files'];
  /** What the loader says where the CPU has no long mode. */
  refusal: string;
}

/** Chapter's id or experiment's name → the last picture that its ISO showed when the site was built, below the site's base. */
export type FrameData = Record<string, { path: string; width: number; height: number }>;

/** The ELF file of a chapter, which is served at `path` below the site's base. Its bytes are for the build alone. */
export interface KernelData {
  chapter: string;
  path: string;
  base64: string;
}

const modules: Record<string, () => unknown> = {
  'virtual:onko/chapters': chapterData,
  'virtual:onko/manifest': readManifest,
  'virtual:onko/engine': engineData,
  'virtual:onko/frames': frameData,
  'virtual:onko/kernels': kernelData,
  'virtual:onko/makefile-disc': makefileDisc,
  'virtual:onko/command': onkoCommandData,
  'virtual:onko/boot-sector': bootSectorData,
  'virtual:onko/experiments': experimentData,
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
      for (const path of await sources()) this.addWatchFile(path);
      return `export default ${JSON.stringify(await data())};`;
    },
  };
}

/** What the modules are made from; the development server reloads the pages when one of these changes. */
async function sources(): Promise<string[]> {
  const folders = [chaptersFolder, `${root}/${experimentsFolder}`];
  const entries = await Promise.all(folders.map((path) => readdir(path, { recursive: true, withFileTypes: true })));
  const files = entries.flat().filter((entry) => entry.isFile());
  return [
    ...files.map((entry) => `${entry.parentPath}/${entry.name}`),
    ...[manifestPath, experimentsManifestFile, bootSectorFile],
    ...[...bootSources().keys()].map((path) => `${root}/${path}`),
  ];
}

function chapterData(): ChapterData[] {
  return chapters.map(({ id, number, name, title }) => {
    const files = [...composeChapter(id)].map(([path, { text, regions }]) => ({
      path,
      text,
      regions: Object.fromEntries(regions),
    }));
    const archive = chapterArchive(id);
    const sha256 = createHash('sha256').update(archive).digest('hex');
    return { id, number, name, title, files, source: { path: chapterArchivePath(id), size: archive.length, sha256 } };
  });
}

async function engineData(): Promise<EngineData> {
  const { wasm, snapshot } = await engineFiles();
  return {
    wasm: { path: wasm.path, size: wasm.size, sha256: wasm.sha256 },
    snapshot: { path: snapshot.path, size: snapshot.size, sha256: snapshot.sha256 },
    changes: engineSourcesPath,
    bochs: bochsSourcePath,
    v86: mapValues(await v86Files(), ({ path, bytes, sha256 }) => ({ path, size: bytes.length, sha256 })),
    v86License: v86LicensePath,
  };
}

function mapValues<K extends string, V, W>(record: Record<K, V>, map: (value: V) => W): Record<K, W> {
  const entries = Object.entries(record) as [K, V][];
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value)])) as Record<K, W>;
}

async function bootSectorData(): Promise<BootSectorData> {
  const files = [...bootSources()].map(([path, { text, regions }]) => ({
    path,
    text,
    regions: Object.fromEntries(regions),
  }));
  const sector = await readBootSector();
  const sha256 = createHash('sha256').update(sectorBytes(sector)).digest('hex');
  return { sector, path: bootSectorPath, sha256, files, refusal: loaderRefusal() };
}

async function frameData(): Promise<FrameData> {
  const frames = await recordedFrames();
  return Object.fromEntries(frames.map(({ name, path, width, height }) => [name, { path, width, height }]));
}

async function kernelData(): Promise<KernelData[]> {
  return (await kernelFiles()).map(({ chapter, path, bytes }) => ({
    chapter,
    path,
    base64: Buffer.from(bytes).toString('base64'),
  }));
}
