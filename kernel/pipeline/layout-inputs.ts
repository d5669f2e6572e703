import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import type { Inputs, InputSection } from '../../src/lib/linker-script/inputs.ts';
import { UserError } from '../../tools/errors.ts';
import { fingerprint } from '../../tools/fingerprint.ts';
import { root } from '../../tools/paths.ts';
import { run } from '../../tools/process.ts';
import { writeTree } from './build.ts';
import { composeChapter } from './compose.ts';
import { bareToolchain, buildFolder, cargoCall } from './toolchain.ts';

/** What the linker of each kernel is given, for the layout explorer. It is committed, as the recorded transcripts are. */
export const layoutInputsFile = `${root}/src/data/layout-inputs.json`;

export interface LayoutInputsFile {
  /** SHA-256 over the sources of the kernels. */
  sourceHash: string;
  tools: Record<string, string>;
  kernels: Record<string, Inputs>;
}

/** The kernels whose sections are recorded: a chapter, and how it is built. */
export const recordedKernels = [
  { name: '04-linker-script', chapter: '04-linker-script', debug: false },
  { name: '05-main-rs-debug', chapter: '05-main-rs', debug: true },
] as const;

const everything = '.text .text.* .rodata .rodata.* .data .data.* .bss .bss.* .got .got.* COMMON';

/** All sections in one, in the order in which the linker looks at them, and the tables for unwinding apart. */
const recordingScript = (entry: string) => `${entry}
SECTIONS {
    . = 0xffffffff80000000;
    .all : { *(${everything}) }
    .eh_frame : { *(.eh_frame) }
    .eh_frame_hdr : { *(.eh_frame_hdr) }
}
`;

/** What stands in the file now; undefined where there is none. */
export function readLayoutInputs(): LayoutInputsFile | undefined {
  if (!existsSync(layoutInputsFile)) return undefined;
  return JSON.parse(readFileSync(layoutInputsFile, 'utf8')) as LayoutInputsFile;
}

/** Whether the sections were recorded from the sources as they are now. */
export async function layoutInputsAreCurrent(): Promise<boolean> {
  return readLayoutInputs()?.sourceHash === (await sourceHash());
}

/** Links each kernel once more, with a map, and writes the file. */
export async function recordLayoutInputs(): Promise<void> {
  const kernels: Record<string, Inputs> = {};
  for (const kernel of recordedKernels) kernels[kernel.name] = await recordKernel(kernel);
  const file: LayoutInputsFile = { sourceHash: await sourceHash(), tools: (await bareToolchain()).versions, kernels };
  await mkdir(`${root}/src/data`, { recursive: true });
  writeFileSync(`${layoutInputsFile}.unfinished`, `${JSON.stringify(file, null, 2)}\n`);
  renameSync(`${layoutInputsFile}.unfinished`, layoutInputsFile);
}

/**
 * The sections that the linker takes for a kernel, in its order. What nobody needs is left out already; of the rest, the
 * section with the entry point is said to need all that vanishes without it.
 */
export async function recordKernel(kernel: (typeof recordedKernels)[number]): Promise<Inputs> {
  const { sections, entry, frames } = readMap(await linkMap(kernel, recordingScript('ENTRY(kmain)')));
  const kept = readMap(await linkMap(kernel, recordingScript('')));
  const isKept = (section: InputSection) =>
    kept.sections.some((each) => each.name === section.name && each.file === section.file);
  const given = sections.filter(({ name }) => name !== '.got');
  const start = given.findIndex((section) => section === entry);
  if (start < 0) throw new UserError(`The link map of ${kernel.name} names no section with kmain.`);
  const needed = given.flatMap((section, index) => (index === start || isKept(section) ? [] : [index]));
  const table = sections.find(({ name }) => name === '.got');
  return {
    sections: given.map((section, index) => ({
      ...section,
      flags: isKept(section) ? `${section.flags}R` : section.flags,
      ...(index === start ? { needs: needed } : {}),
    })),
    symbols: [{ name: 'kmain', section: start, value: 0 }],
    made: { frames, ...(table && { got: table.size }) },
    ...{ collectGarbage: true, frameHeader: true, bindNow: true },
  };
}

async function linkMap({ name, chapter, debug }: (typeof recordedKernels)[number], script: string): Promise<string> {
  const folder = `${buildFolder}/trees/layout-${name}`;
  // Cargo looks at Rust files alone: with another argument it links again.
  const map = `${buildFolder}/layout-${name}-${Date.now()}.map`;
  const tree = composeChapter(chapter);
  tree.set('linker.ld', { text: script, regions: new Map() });
  await writeTree(tree, folder);
  const { cargo, env, arguments: common } = await cargoCall(await bareToolchain(), { folder });
  const profile = debug ? [] : ['--release'];
  await run(
    cargo,
    [
      ...['rustc', ...common, '--target-dir', `${buildFolder}/output/layout-${name}`, ...profile, '--'],
      ...['-C', `link-arg=--Map=${map}`],
    ],
    { cwd: folder, env },
  );
  const text = await readFile(map, 'utf8');
  await rm(map);
  return text;
}

/** Reads what `ld.lld --Map` writes: a line for each output section, input section and symbol, indented by kind. */
export function readMap(map: string): {
  sections: InputSection[];
  /** The section that `kmain` is in. */
  entry: InputSection | undefined;
  frames: { size: number; count: number };
} {
  const sections: InputSection[] = [];
  const frames = { size: 0, count: 0 };
  let entry: InputSection | undefined;
  let inMemory = false;
  const files: string[] = [];
  for (const line of map.split('\n')) {
    const [, address, size, alignment, indent, what] =
      /^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +([0-9]+)( +)(.+)$/.exec(line) ?? [];
    if (address === undefined || size === undefined || indent === undefined || what === undefined) continue;
    // What lies in no memory, such as tables for debuggers, begins at 0.
    if (indent.length === 1) inMemory = !/^0+$/.test(address);
    if (!inMemory) continue;
    const bytes = Number.parseInt(size, 16);
    if (indent.length === 1 && what === '.eh_frame') frames.size = bytes;
    if (indent.length === 1 && what === '.eh_frame_hdr') frames.count = (bytes - 12) / 8;
    if (indent.length === 17 && what === 'kmain') entry = sections.at(-1);
    const [, path, name] = /^(.*):\(([^()]+)\)$/.exec(what) ?? [];
    if (indent.length !== 9 || path === undefined || name === undefined) continue;
    // Unwinding tables are joined by the linker, piece by piece.
    if (/^\.eh_frame/.test(name)) continue;
    // Equal strings of all files are joined under the name of the section they land in.
    const joined = path === '<internal>' && name === '.all' ? '.rodata.strings' : name;
    sections.push({
      ...{ file: shortName(path, files), name: joined, ...kindOf(joined) },
      ...{ size: bytes, alignment: Number(alignment) },
    });
  }
  return { sections, entry, frames };
}

/** A file's name as patterns see it, without folders and without the hashes that cargo and rustc put in. */
function shortName(path: string, files: string[]): string {
  if (path === '<internal>') return 'onko_os.o';
  const [, archive, member] = /([^/]+\.rlib)\(([^()]+)\)$/.exec(path) ?? [];
  if (archive !== undefined && member !== undefined) {
    return `${archive.replace(/-[0-9a-f]{16}/, '')}:${member.replace(/[-.].*(?=\.o$)/, '')}`;
  }
  if (!files.includes(path)) files.push(path);
  return `onko_os.${files.indexOf(path)}.o`;
}

/** Type and flags of a section, which the map does not say but the names of compilers do. */
function kindOf(name: string): Pick<InputSection, 'type' | 'flags'> {
  if (/^\.text\b/.test(name)) return { type: 'PROGBITS', flags: 'AX' };
  if (/^\.rodata\b/.test(name)) return { type: 'PROGBITS', flags: 'A' };
  if (/^\.(data|got)\b/.test(name)) return { type: 'PROGBITS', flags: 'WA' };
  if (/^\.bss\b|^COMMON$/.test(name)) return { type: 'NOBITS', flags: 'WA' };
  throw new UserError(
    `A kernel has a section ${name}, whose kind is not known.`,
    'Add it to kernel/pipeline/layout-inputs.ts.',
  );
}

async function sourceHash(): Promise<string> {
  const trees = recordedKernels.flatMap(({ name, chapter, debug }) => [
    ...[name, String(debug)],
    ...[...composeChapter(chapter)].flatMap(([path, { text }]) => (path === 'linker.ld' ? [] : [path, text])),
  ]);
  return fingerprint(['kernel/pipeline/layout-inputs.ts'], trees);
}
