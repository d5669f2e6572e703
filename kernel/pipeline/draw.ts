import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { parse } from 'smol-toml';
import { withExpression } from '../../src/lib/draw/drawing.ts';
import { parseElf } from '../../src/lib/elf.ts';
import { address, type DrawEntry } from '../../src/lib/manifest.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import { buildTree, writeTree, type BuildOptions } from './build.ts';
import { findChapter } from './chapters.ts';
import { composeChapter, replaceOnce, type Tree } from './compose.ts';
import { buildFolder } from './toolchain.ts';

/** The chapter whose kernel learns to draw. */
export const drawChapter = '05-main-rs';

export const drawEdits = 'kernel/draw/edits.toml';

const main = 'src/main.rs';

/** The chapter's folder with a kernel that paints each pixel as an expression says, in Rust. */
export function drawTree(expression: string): Tree {
  const tree = edited(composeChapter(drawChapter), 'draw');
  const text = withExpression(tree.get(main)?.text ?? '', expression);
  return tree.set(main, { text, regions: new Map() });
}

/** The same with room for machine code in the place of the expression. */
export function slotTree(): Tree {
  return edited(edited(composeChapter(drawChapter), 'draw'), 'slot');
}

function edited(tree: Tree, step: 'draw' | 'slot'): Tree {
  const steps = parse(readFileSync(`${root}/${drawEdits}`, 'utf8'))[step];
  if (!Array.isArray(steps)) throw new UserError(`${drawEdits} has no [[${step}]].`);
  for (const edit of steps) {
    const { find, replace } = edit as Record<string, unknown>;
    if (typeof find !== 'string' || typeof replace !== 'string')
      throw new UserError(`${drawEdits}: a [[${step}]] needs find and replace.`);
    replaceOnce(tree, drawEdits, { file: main, find, replace });
  }
  return tree;
}

/** Compiles the kernel with the slot. Returns the path of the ELF file. */
export async function buildSlotKernel(options: BuildOptions = {}): Promise<string> {
  const folder = `${buildFolder}/trees/draw`;
  await writeTree(slotTree(), folder);
  return buildTree(findChapter(drawChapter), folder, `${buildFolder}/output/draw`, options);
}

/** Compiles the kernel with each expression as Rust, as a reader's cargo would. Returns the ELF files in their order. */
export async function compileDrawings(expressions: readonly string[]): Promise<Uint8Array[]> {
  await mkdir(buildFolder, { recursive: true });
  const scratch = await mkdtemp(`${buildFolder}/drawings-`);
  const kernels: Uint8Array[] = [];
  try {
    for (const expression of expressions) {
      await writeTree(drawTree(expression), `${scratch}/tree`);
      const kernel = await buildTree(findChapter(drawChapter), `${scratch}/tree`, `${scratch}/output`);
      kernels.push(new Uint8Array(await readFile(kernel)));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return kernels;
}

/** Where the slot lies in the kernel. Throws a {@link UserError} where it has none. */
export function findSlot(kernel: Uint8Array): DrawEntry['slot'] {
  const { sections, symbols } = parseElf(kernel);
  const find = (name: string) => {
    const symbol = symbols.find((each) => each.name === name && each.type === 'function');
    if (symbol === undefined) throw new UserError(`The drawing kernel has no function ${name}.`, `See ${drawEdits}.`);
    return symbol;
  };
  const [pixel, zero] = [find('pixel'), find('division_by_zero')];
  const text = sections.find(
    (section) =>
      section.name === '.text' && section.address <= pixel.value && pixel.value < section.address + section.size,
  );
  if (text === undefined) throw new UserError('The slot of the drawing kernel is not in .text.', `See ${drawEdits}.`);
  return {
    offset: Number(pixel.value - text.address + text.offset),
    address: address(pixel.value),
    size: Number(pixel.size),
    divisionByZero: address(zero.value),
  };
}
