import { readdir, readFile } from 'node:fs/promises';
import { zipSync, type Zippable } from 'fflate';
import { chapterArchive } from '../../kernel/pipeline/archive.ts';
import { readBootSector } from '../../kernel/pipeline/boot-sector.ts';
import { chapters } from '../../kernel/pipeline/chapters.ts';
import { buildFolder } from '../../machine/engine/compile.ts';
import { drawChapter, drawTree } from '../../kernel/pipeline/draw.ts';
import { bochs, fetchSource } from '../../machine/engine/source.ts';
import { readV86License } from '../../machine/v86/files.ts';
import { root } from '../../tools/paths.ts';
import { sectorBytes } from '../lib/boot-sector.ts';
import { placeholder } from '../lib/draw/drawing.ts';
import { engineFiles, v86Files } from './engine.ts';
import { recordedFrames } from './frames.ts';
import { kernelFiles } from './kernels.ts';
import { onkoCommand, onkoCommandPath } from './onko-command.ts';
import { commandsPath, isolationWorker, isolationWorkerPath, workbenchCommands } from './workbench-files.ts';

/** A file of the site that is made from the project's own sources, not copied from `public`. */
export interface GeneratedFile {
  /** Below the site's base, without a leading slash. */
  path: string;
  type: string;
  bytes: () => Promise<Uint8Array>;
}

/**
 * The LGPL asks whoever offers the engine to offer its source beside it: Bochs as Debian has it, and a zip of our changes with
 * the script that compiles both.
 */
export const engineSourcesPath = 'downloads/machine-engine.zip';
export const bochsSourcePath = `downloads/${bochs.tarball}`;

/** v86's licence asks to go with it. */
export const v86LicensePath = 'downloads/v86-license.txt';

/** The boot sector as it is assembled, to be written onto a disc. */
export const bootSectorPath = 'downloads/boot-sector.img';

/** Chapter 5's folder with a kernel that draws; the page puts the reader's expression into it. */
const drawArchivePath = 'downloads/draw.zip';

export async function generatedFiles(): Promise<GeneratedFile[]> {
  const { wasm, snapshot } = await engineFiles();
  return [
    { path: wasm.path, type: 'application/wasm', bytes: () => readFile(wasm.source) },
    { path: snapshot.path, type: 'application/octet-stream', bytes: () => readFile(snapshot.source) },
    ...Object.values(await v86Files()).map(({ path, type, bytes }) => ({ path, type, bytes: async () => bytes })),
    { path: v86LicensePath, type: 'text/plain; charset=utf-8', bytes: readV86License },
    { path: engineSourcesPath, type: 'application/zip', bytes: engineSources },
    { path: bochsSourcePath, type: 'application/x-xz', bytes: async () => readFile(await fetchSource(buildFolder)) },
    { path: onkoCommandPath, type: 'text/javascript', bytes: onkoCommand },
    { path: commandsPath, type: 'text/javascript', bytes: workbenchCommands },
    { path: isolationWorkerPath, type: 'text/javascript', bytes: isolationWorker },
    ...(await recordedFrames()).map(({ path, source }) => ({ path, type: 'image/png', bytes: () => readFile(source) })),
    ...(await kernelFiles()).map(({ path, bytes }) => ({ path, type: 'application/x-elf', bytes: async () => bytes })),
    { path: bootSectorPath, type: 'application/octet-stream', bytes: async () => sectorBytes(await readBootSector()) },
    ...chapters.map(({ id }) => ({
      path: chapterArchivePath(id),
      type: 'application/zip',
      bytes: async () => chapterArchive(id),
    })),
    {
      path: drawArchivePath,
      type: 'application/zip',
      bytes: async () => chapterArchive(drawChapter, drawTree(placeholder)),
    },
  ];
}

/** Where the zip of a chapter's source is served. */
export function chapterArchivePath(id: string): string {
  return `downloads/${id}.zip`;
}

/** machine/engine as a zip that is the same to the byte each time: sorted, and dated at the format's earliest. */
async function engineSources(): Promise<Uint8Array> {
  const folder = `${root}/machine/engine`;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Zippable = {};
  for (const path of entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort()) {
    files[`machine-engine${path.slice(folder.length)}`] = await readFile(path);
  }
  return zipSync(files, { level: 9, mtime: new Date(1980, 0, 1) });
}
