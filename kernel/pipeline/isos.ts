import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseElf } from '../../src/lib/elf.ts';
import { address, kernelSymbols } from '../../src/lib/manifest.ts';
import type { DrawEntry, IsoEntry, KernelEntry, Manifest } from '../../src/lib/manifest.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { cache, root } from '../../tools/paths.ts';
import { tryRun } from '../../tools/process.ts';
import { step } from '../../tools/steps.ts';
import { buildChapter, buildLoader, writeTree } from './build.ts';
import { chapters, findChapter } from './chapters.ts';
import type { Chapter } from './chapters.ts';
import { colorChapter, colorShapes } from './colors.ts';
import { composeChapter, type Tree } from './compose.ts';
import { buildSlotKernel, drawChapter, findSlot, slotTree } from './draw.ts';
import { installBootSector } from './bios-install.ts';
import { hybridBoot, sourceDate, writeIso, xorrisoVersion } from './iso.ts';
import type { IsoFiles } from './iso.ts';
import { findLimine, limineInstall, limineVersion } from './limine.ts';
import { make, madeIso, madeKernel, writeStandIn } from './make.ts';
import { bareToolchain, buildFolder, cargoCall, hostedToolchain } from './toolchain.ts';
import { recordXorrisoOptions, xorrisoRecordFile, xorrisoRecordIsCurrent } from './xorriso-options.ts';

/** The committed ISOs, which the site serves. */
export const isosFolder = `${root}/public/isos`;

/** ISOs with the real Limine; they never replace the committed ones. */
export const limineIsosFolder = `${cache}/isos-limine`;

/** The loader's configuration for chapters in which the reader has not written one yet, and what theirs is called. */
export const defaultConfiguration = 'kernel/pipeline/limine.conf';
export const readersConfiguration = 'limine.conf';

/** A chapter that has this file makes its ISO itself. */
const readersMakefile = 'Makefile';

/** Where our loader lies on an ISO. */
export const biosImage = 'boot/onko-bios-cd.bin';
const uefiImage = 'boot/onko-uefi-cd.bin';
const ourBoot = hybridBoot(biosImage, uefiImage);

/** Whether every ISO is there, is the one of the manifest, and was made from the sources as they are now. */
export async function isosAreCurrent(folder: string = isosFolder): Promise<boolean> {
  const manifest = readManifest(folder);
  if (manifest?.loader !== 'onko' || manifest.isos.length !== chapters.length) return false;
  for (const [index, chapter] of chapters.entries()) {
    const entry = manifest.isos[index];
    if (entry?.chapter !== chapter.id || !isDeepStrictEqual(entry.checkpoint, chapter.checkpoint)) return false;
    const iso = `${folder}/${entry.file}`;
    if (!existsSync(iso) || sha256(readFileSync(iso)) !== entry.sha256) return false;
    if ((await sourceHash(chapter.id)) !== entry.sourceHash) return false;
    if (!composeChapter(chapter.id).has(readersMakefile)) continue;
    if (!(await xorrisoRecordIsCurrent(`${folder}/${xorrisoRecordFile}`, entry.sha256))) return false;
  }
  return drawIsoIsCurrent(folder, manifest.draw);
}

async function drawIsoIsCurrent(folder: string, entry: DrawEntry | undefined): Promise<boolean> {
  if (entry === undefined || entry.sourceHash !== (await treeHash(slotTree()))) return false;
  const iso = `${folder}/${entry.file}`;
  return existsSync(iso) && sha256(readFileSync(iso)) === entry.sha256;
}

/** The manifest in a folder of ISOs, or `undefined` where there is none that can be read. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/**
 * Compiles every chapter that has a checkpoint and writes its ISO and the manifest into `folder`, with our loader.
 * Rejects with the whole output of cargo or xorriso when one of them fails; the manifest is then as it was.
 */
export async function buildIsos(folder: string = isosFolder): Promise<void> {
  const loader = await step('compiling the loader', (onOutput) => buildLoader({ onOutput }));
  await withScratch(async (scratch) => {
    writeStandIn(`${scratch}/limine`, loader);
    await buildAll(folder, {
      loader: 'onko',
      files: new Map([
        [biosImage, loader.bios],
        [uefiImage, loader.uefi],
      ]),
      configuration: 'limine.conf',
      arguments: ourBoot,
      install: (iso) => {
        const bytes = readFileSync(iso);
        installBootSector(bytes);
        writeFileSync(iso, bytes);
      },
      folder: `${scratch}/limine`,
      versions: {},
      scratch,
    });
  });
}

/**
 * The same with the boot files of the real Limine that lie in `limineFolder`, never into {@link isosFolder}.
 * Rejects with the name of each file that is missing.
 */
export async function buildLimineIsos(limineFolder: string, folder: string = limineIsosFolder): Promise<void> {
  const limine = findLimine(limineFolder);
  const versions = await limineVersion(limine);
  await withScratch((scratch) =>
    buildAll(folder, {
      loader: 'limine',
      files: limine.files,
      configuration: limine.configuration,
      arguments: limine.arguments,
      folder: resolve(limineFolder),
      versions,
      install: (iso) => limineInstall(limine, iso),
      scratch,
    }),
  );
}

/** Two runs at once, as of tests, must not write into each other's folders. */
async function withScratch(work: (folder: string) => Promise<void>): Promise<void> {
  await mkdir(buildFolder, { recursive: true });
  const folder = await mkdtemp(`${buildFolder}/isos-`);
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What makes an ISO boot, whichever kernel is on it. */
interface Boot {
  loader: Manifest['loader'];
  files: IsoFiles;
  /** Where the loader looks for its configuration on the ISO. */
  configuration: string;
  /** xorriso's. */
  arguments: readonly string[];
  /** What a reader's Makefile is told as LIMINE_DIR. */
  folder: string;
  versions: Record<string, string>;
  /** The last step: makes the ISO bootable from a disk by BIOS. */
  install: (iso: string) => void | Promise<void>;
  /** A folder for what is needed only while the ISOs are made. */
  scratch: string;
}

async function buildAll(folder: string, boot: Boot): Promise<void> {
  await mkdir(folder, { recursive: true });
  const isos: IsoEntry[] = [];
  for (const chapter of chapters) isos.push(await buildOne(folder, chapter, boot));
  const { versions } = await bareToolchain();
  const tools = { ...versions, ...(await hostedVersions()), xorriso: await xorrisoVersion(), ...boot.versions };
  const manifest: Manifest = { version: 1, loader: boot.loader, tools, isos, draw: await buildDrawIso(folder, boot) };
  writeFileSync(`${folder}/manifest.json.unfinished`, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(`${folder}/manifest.json.unfinished`, `${folder}/manifest.json`);
}

async function buildOne(folder: string, { id, build, checkpoint }: Chapter, boot: Boot): Promise<IsoEntry> {
  const file = `${id}.iso`;
  const iso = `${folder}/${file}`;
  const kernel = await (composeChapter(id).has(readersMakefile) ? makeIso : assembleIso)(id, iso, boot);
  const bytes = readFileSync(iso);
  const [size, source] = [bytes.length, await sourceHash(id)];
  const entry = { chapter: id, file, size, sha256: sha256(bytes), sourceHash: source, checkpoint };
  if (kernel === undefined) return entry;
  const described = describeKernel(readFileSync(kernel), build);
  if (id !== colorChapter) return { ...entry, kernel: described };
  const colors =
    (boot.loader === 'limine' ? knownColors(source, described.sha256) : undefined) ??
    (await step('finding where the colour lies in the kernel', () => colorShapes(readFileSync(kernel))));
  return { ...entry, kernel: { ...described, colors } };
}

/** What was found in the same kernel by the same means when the ISO with our own loader was made: it is a hundred compilations. */
function knownColors(source: string, kernel: string): KernelEntry['colors'] {
  const isos = readManifest(isosFolder)?.isos ?? [];
  return isos.find((iso) => iso.sourceHash === source && iso.kernel?.sha256 === kernel)?.kernel?.colors;
}

/** Puts what a chapter's folder gives on an ISO. Returns the path of the ELF file, if there is one yet. */
async function assembleIso(id: string, iso: string, boot: Boot): Promise<string | undefined> {
  const kernel =
    findChapter(id).build === 'none'
      ? undefined
      : await step(`compiling ${id}`, (onOutput) => buildChapter(id, { onOutput }));
  const configuration = composeChapter(id).get(readersConfiguration)?.text ?? readText(defaultConfiguration);
  await step(`writing ${id}.iso`, () => writeBootable(iso, boot, kernel, configuration));
  return kernel;
}

async function writeBootable(iso: string, boot: Boot, kernel: string | undefined, configuration: string) {
  await writeIso(
    iso,
    new Map<string, string | Uint8Array>([
      ...boot.files,
      ...(kernel === undefined ? [] : [['kernel.elf', kernel] as const]),
      [boot.configuration, new TextEncoder().encode(configuration)],
    ]),
    boot.arguments,
  );
  await boot.install(iso);
}

/** The ISO for the reader's own pictures: its kernel has room for their code. */
async function buildDrawIso(folder: string, boot: Boot): Promise<DrawEntry> {
  const file = 'draw.iso';
  const path = await step('compiling the kernel that draws', (onOutput) => buildSlotKernel({ onOutput }));
  await step(`writing ${file}`, () => writeBootable(`${folder}/${file}`, boot, path, readText(defaultConfiguration)));
  const [iso, kernel] = [readFileSync(`${folder}/${file}`), readFileSync(path)];
  return {
    file,
    size: iso.length,
    sha256: sha256(iso),
    sourceHash: await treeHash(slotTree()),
    kernel: describeKernel(kernel, findChapter(drawChapter).build),
    slot: findSlot(kernel),
  };
}

/** Lets the chapter's own Makefile make the ISO, and records what its options do. Returns the path of the ELF file. */
async function makeIso(id: string, iso: string, boot: Boot): Promise<string> {
  const tree = `${boot.scratch}/${id}`;
  const composed = composeChapter(id);
  await writeTree(composed, tree);
  const cargo = await cargoCall(await bareToolchain(), { folder: tree });
  await step(`making ${id}.iso`, (onOutput) =>
    make({ folder: tree, programs: `${boot.scratch}/programs`, cargo, limine: boot.folder, onOutput }),
  );
  await copyFile(`${tree}/${madeIso}`, iso);
  // The page shows this of the committed ISO.
  if (boot.loader === 'onko') {
    const makefile = composed.get(readersMakefile)?.text ?? '';
    await step('running xorriso without each of its options', () =>
      recordXorrisoOptions(tree, makefile, iso, `${dirname(iso)}/${xorrisoRecordFile}`),
    );
  }
  return `${tree}/${madeKernel}`;
}

/** What the page has to know of a kernel. Of a program for Linux the symbols are thousands, and say nothing of a kernel. */
export function describeKernel(bytes: Uint8Array, build: Chapter['build']): KernelEntry {
  const elf = parseElf(bytes);
  return {
    size: bytes.length,
    sha256: sha256(bytes),
    entry: address(elf.entry),
    symbols: build === 'bare' ? kernelSymbols(elf) : [],
  };
}

/** SHA-256 over all that a chapter's ISO with our loader is made of, tools apart. */
function sourceHash(id: string): Promise<string> {
  return treeHash(
    composeChapter(id),
    id === colorChapter ? ['kernel/pipeline/colors.ts', 'src/lib/color-patch.ts'] : [],
  );
}

function treeHash(tree: Tree, probing: readonly string[] = []): Promise<string> {
  const texts = [...tree].flatMap(([path, { text }]) => [path, text]);
  const recipe = [...ourBoot, sourceDate];
  const makers = ['make', 'efi-image', 'pe-checksum', 'bios-install'].map((name) => `kernel/pipeline/${name}.ts`);
  return fingerprint([...loaderSources(), defaultConfiguration, ...makers, ...probing], [...texts, ...recipe]);
}

/** The files that the loader is compiled from, relative to the checkout's top. */
export function loaderSources(folder = 'kernel/loader'): string[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return ['target', 'tests'].includes(entry.name) ? [] : loaderSources(path);
      return entry.name.endsWith('.md') ? [] : [path];
    });
}

/** What the program of chapter 2 depends on besides its source, as it is one for the machine that builds it. */
export async function hostedVersions(): Promise<Record<string, string>> {
  const firstLine = async (program: string, ...args: string[]) =>
    (await tryRun(program, args)).output.split('\n')[0] ?? '';
  return {
    'hosted rustc': (await hostedToolchain()).versions['rustc'] ?? '',
    'hosted cc': await firstLine('cc', '--version'),
    'hosted ld': await firstLine('ld', '--version'),
    'hosted libc': await firstLine('ldd', '--version'),
  };
}

function readText(path: string): string {
  return readFileSync(`${root}/${path}`, 'utf8');
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
