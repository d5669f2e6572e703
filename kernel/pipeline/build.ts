import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../tools/errors.ts';
import { findChapter } from './chapters.ts';
import type { Chapter } from './chapters.ts';
import { composeChapter } from './compose.ts';
import type { Tree } from './compose.ts';
import { efiImage } from './efi-image.ts';
import { withChecksum } from './pe-checksum.ts';
import { bareTarget, buildBare, buildFolder, buildHosted, loaderFolder, uefiTarget } from './toolchain.ts';

/** The name of the reader's crate, and so of the binary that cargo makes of it. */
export const kernelBinary = 'onko_os';

export interface BuildOptions {
  /** Told cargo's output as it comes. */
  onOutput?: (text: string) => void;
}

/** Compiles a chapter's tree as it is, as a release. Returns the path of the ELF file. */
export async function buildChapter(id: string, options: BuildOptions = {}): Promise<string> {
  const chapter = findChapter(id);
  const folder = `${buildFolder}/trees/${id}`;
  await writeTree(composeChapter(id), folder);
  return buildTree(chapter, folder, `${buildFolder}/output/${id}`, options);
}

/** Compiles a chapter's tree that lies in `folder`, into `output`. */
export function buildTree(
  { build, id }: Chapter,
  folder: string,
  output: string,
  options: BuildOptions & { cargoHome?: string } = {},
): Promise<string> {
  const request = { folder, output, binary: kernelBinary, ...options };
  if (build === 'none') throw new UserError(`Chapter ${id} has nothing to compile yet.`);
  return build === 'bare' ? buildBare(request) : buildHosted(request);
}

/** What our loader puts on an ISO: a boot image for each kind of firmware. */
export interface LoaderImages {
  /** For a BIOS: loaded as it is. */
  bios: Uint8Array;
  /** For UEFI: a FAT file system with a program in it. */
  uefi: Uint8Array;
}

/** Compiles both halves of our loader. */
export async function buildLoader(options: BuildOptions = {}): Promise<LoaderImages> {
  const bios = await readFile(await buildBiosLoader(options));
  const program = await readFile(
    await buildBare({
      folder: loaderFolder,
      output: `${buildFolder}/output/loader`,
      binary: 'onko-loader-uefi',
      target: uefiTarget,
      ...options,
    }),
  );
  return { bios, uefi: efiImage(withChecksum(program)) };
}

/** Compiles the BIOS half. Returns the path of its flat binary. */
export function buildBiosLoader(options: BuildOptions = {}): Promise<string> {
  return buildBare({
    folder: loaderFolder,
    output: `${buildFolder}/output/loader`,
    binary: 'onko-loader',
    target: bareTarget,
    ...options,
  });
}

/**
 * Makes a folder hold exactly this tree. Files that are right already are not touched, so that cargo does not build
 * them again.
 */
export async function writeTree(tree: Tree, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = `${entry.parentPath}/${entry.name}`.slice(folder.length + 1);
    if (entry.isFile() && !tree.has(path)) await rm(`${folder}/${path}`);
  }
  for (const [path, { text }] of tree) {
    const file = `${folder}/${path}`;
    const present = await readFile(file, 'utf8').catch(() => undefined);
    if (present === text) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
