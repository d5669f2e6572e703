import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { channels, onkoColor, type Color } from '../../src/lib/color.ts';
import { allShapes, deriveShape, probesOf, type ColorShape, type Probe } from '../../src/lib/color-patch.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import { buildTree, writeTree } from './build.ts';
import { findChapter } from './chapters.ts';
import { composeChapter, type Tree } from './compose.ts';
import { bareToolchain, buildFolder } from './toolchain.ts';

/** The chapter whose kernel the page gives other colours. */
export const colorChapter = '05-main-rs';

/** Folders in which probes are compiled, side by side. */
const lanes = 2;

/** A chapter's tree with another colour in its main.rs. Throws where the colour does not stand there exactly once. */
export function repaintTree(id: string, color: Color): Tree {
  const tree = composeChapter(id);
  const main = tree.get('src/main.rs');
  if (main === undefined) throw new UserError(`Chapter ${id} has no src/main.rs to repaint.`);
  let { text } = main;
  for (const channel of channels) {
    const field = `${channel}: ${onkoColor[channel]},`;
    if (text.split(field).length !== 2) throw new UserError(`src/main.rs of ${id} should say “${field}” once.`);
    text = text.replace(field, `${channel}: ${color[channel]},`);
  }
  return tree.set('src/main.rs', { ...main, text });
}

/** Compiles a chapter's kernel for each colour, several at once. Returns the ELF files in the order of the colours. */
export async function compileColors(id: string, colors: readonly Color[]): Promise<Uint8Array[]> {
  const kernels: Uint8Array[] = [];
  const queue = [...colors.entries()];
  await mkdir(buildFolder, { recursive: true });
  const scratch = await mkdtemp(`${buildFolder}/colors-`);
  try {
    // The crates that the kernel depends on are compiled once, by the first lane.
    await compile(id, onkoColor, `${scratch}/0`);
    for (let lane = 1; lane < lanes; lane++) await cp(`${scratch}/0`, `${scratch}/${lane}`, { recursive: true });
    const work = async (lane: number) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        kernels[next[0]] = await compile(id, next[1], `${scratch}/${lane}`);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return kernels;
}

async function compile(id: string, color: Color, folder: string): Promise<Uint8Array> {
  await writeTree(repaintTree(id, color), `${folder}/tree`);
  return new Uint8Array(await readFile(await buildTree(findChapter(id), `${folder}/tree`, `${folder}/output`)));
}

/**
 * How the bytes of the chapter's kernel depend on its colour: compiled, derived and proved for every shape of colours
 * (src/lib/color-patch.ts). Kept for the same sources and tools, as it takes some hundred compilations.
 */
export async function colorShapes(kernel: Uint8Array): Promise<ColorShape[]> {
  const { versions } = await bareToolchain();
  const key = createHash('sha256')
    .update(kernel)
    .update(JSON.stringify(versions))
    .update(await readFile(`${root}/src/lib/color-patch.ts`))
    .digest('hex');
  const kept = `${buildFolder}/colors-${key.slice(0, 16)}.json`;
  const text = await readFile(kept, 'utf8').catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as ColorShape[];

  const probes = allShapes().map((shape) => ({ shape, colors: probesOf(shape) }));
  const kernels = await compileColors(
    colorChapter,
    probes.flatMap(({ colors }) => colors),
  );
  const shapes = probes.map(({ shape, colors }) => {
    const compiled = kernels.splice(0, colors.length);
    return deriveShape(
      kernel,
      shape,
      colors.map((color, index): Probe => ({ color, kernel: compiled[index] ?? new Uint8Array() })),
    );
  });
  await writeFile(`${kept}.${process.pid}`, JSON.stringify(shapes));
  await rename(`${kept}.${process.pid}`, kept);
  return shapes;
}
