/**
 * Reads a CD image: ISO 9660 with Rock Ridge and Joliet, the boot catalogue of El Torito, partition tables. Every byte gets the
 * name of what it belongs to. Damage becomes problems beside what could still be read; nothing throws, whatever the bytes.
 */
import { listed, type Field, type Parts } from '../fields.ts';
import { grouped, ImageBytes, Problems, sector, type IsoProblem, type Piece } from './bytes.ts';
import { readDescriptors, type Descriptor } from './descriptors.ts';
import {
  everyNode,
  pathOf,
  readPathTables,
  readTree,
  type IsoNode,
  type IsoTree,
  type WalkLimits,
} from './directories.ts';
import { bootFileFields, readCatalogue, type BootCatalogue, type BootEntry } from './el-torito.ts';
import { readPartitions, type Partitions } from './partitions.ts';

export interface IsoImage {
  /** Bytes in all. */
  size: number;
  descriptors: Descriptor[];
  /** The file tree of each descriptor that names one. */
  trees: IsoTree[];
  /** The tree with the names that people gave: Rock Ridge's, or Joliet's, or else ISO 9660's own. */
  tree?: IsoTree;
  catalogue?: BootCatalogue;
  partitions: Partitions;
  problems: IsoProblem[];
  /** Problems beyond those listed. */
  furtherProblems: number;
  /** Stretches that nothing refers to. */
  unclaimed: Gap[];
  /** All bytes by name, from the first to the last. */
  root: Field;
}

/** Bytes that nothing in the image refers to. */
export interface Gap {
  offset: number;
  length: number;
  zero: boolean;
}

/** The smallest directory record, whose name has one letter. */
const smallestRecord = 34;

export function readIso(bytes: Uint8Array): IsoImage {
  const image = new ImageBytes(bytes);
  const problems = new Problems();
  const { partitions, pieces } = readPartitions(image, problems);
  const found = readDescriptors(image, problems);
  const { descriptors } = found;
  pieces.push(...found.pieces);

  const limits: WalkLimits = { records: Math.ceil(image.length / smallestRecord), bytes: image.length };
  const trees: IsoTree[] = [];
  for (const { volume } of descriptors) {
    if (volume === undefined) continue;
    const { tree, pieces: own, blocks } = readTree(image, volume, { problems, limits });
    trees.push(tree);
    pieces.push(...own, ...readPathTables(image, tree, blocks, problems));
  }
  const tree =
    trees.find(({ rockRidge }) => rockRidge) ?? trees.find(({ volume }) => volume.kind === 'joliet') ?? trees[0];

  const files = filesByPlace(tree === undefined ? trees : [tree, ...trees.filter((each) => each !== tree)]);
  const record = descriptors.find(({ catalogue }) => catalogue !== undefined);
  const at = { at: (record?.sector ?? 0) * sector + 71, number: record?.catalogue ?? 0 };
  const boot = record === undefined ? undefined : readCatalogue(image, at, bootFiles(files), problems);
  const catalogue = boot?.catalogue;
  pieces.push(...(boot?.pieces ?? []), ...filePieces(image, files, catalogue));

  const unclaimed = gapsBetween(image, pieces);
  pieces.push(...unclaimed.map((gap): Piece => ({ ...gap, field: () => gapField(gap) })));
  pieces.sort((one, other) => one.offset - other.offset || other.length - one.length);
  return {
    size: image.length,
    descriptors,
    trees,
    ...(tree !== undefined && { tree }),
    ...(catalogue !== undefined && { catalogue }),
    partitions,
    problems: problems.list,
    furtherProblems: problems.further,
    unclaimed,
    root: { name: 'image', offset: 0, length: image.length, parts: pieceParts(pieces) },
  };
}

/** The pieces of an image as parts, each made when it is looked at. */
function pieceParts(pieces: readonly Piece[]): Parts {
  return {
    count: pieces.length,
    at: (index) => {
      const piece = pieces[index];
      if (piece === undefined) throw new RangeError(`there is no part ${index}`);
      return piece.field();
    },
    touching: (first, last) => {
      const found: number[] = [];
      for (const [index, { offset, length }] of pieces.entries()) {
        if (offset <= last && offset + length > first) found.push(index);
      }
      return found;
    },
  };
}

/** One extent of a file. The same bytes may be several files: hard links, and the trees of Rock Ridge and Joliet. */
interface FileExtent {
  node: IsoNode;
  /** Which of the file's extents it is. */
  index: number;
  offset: number;
  length: number;
  /** How many other names these bytes have in the tree of the first. */
  otherNames: number;
}

function filesByPlace(trees: readonly IsoTree[]): Map<string, FileExtent> {
  const files = new Map<string, FileExtent>();
  for (const [order, { root }] of trees.entries()) {
    for (const node of everyNode(root)) {
      if (node.children !== undefined) continue;
      for (const [index, { offset, length }] of node.extents.entries()) {
        if (length === 0) continue;
        const known = files.get(`${offset},${length}`);
        if (known === undefined) files.set(`${offset},${length}`, { node, index, offset, length, otherNames: 0 });
        else if (order === 0) known.otherNames += 1;
      }
    }
  }
  return files;
}

/** Files by their first byte, as a boot catalogue names them. */
function bootFiles(files: ReadonlyMap<string, FileExtent>): Map<number, IsoNode> {
  const byPlace = new Map<number, IsoNode>();
  for (const { node, index, offset } of files.values())
    if (index === 0 && !byPlace.has(offset)) byPlace.set(offset, node);
  return byPlace;
}

function filePieces(
  image: ImageBytes,
  files: ReadonlyMap<string, FileExtent>,
  catalogue: BootCatalogue | undefined,
): Piece[] {
  const entries = catalogue?.entries ?? [];
  const own = [...files.values()].filter(({ offset }) => offset !== catalogue?.offset);
  const pieces = own.map(({ node, index, offset, length, otherNames }): Piece => ({
    offset,
    length,
    field: () => {
      const part = node.extents.length > 1 ? `, extent ${index + 1} of ${node.extents.length}` : '';
      const inside = entries
        .filter(({ sector: number }) => number * sector === offset)
        .flatMap((entry) => bootFileFields(image, entry));
      const names = otherNames > 0 ? `, under ${otherNames + 1} names` : '';
      return {
        name: `file ${pathOf(node)}${part}`,
        offset,
        length,
        meaning: `${grouped(length)} bytes${names}`,
        ...(inside.length > 0 && { parts: listed(inside) }),
      };
    },
  }));
  const strays = entries.filter(({ file, extent }) => file === undefined && extent.length > 0);
  return [...pieces, ...strays.map((entry) => strayPiece(image, entry))];
}

/** A boot image that is no file of the disc. */
function strayPiece(image: ImageBytes, entry: BootEntry): Piece {
  const { offset, length } = entry.extent;
  const inside = bootFileFields(image, entry);
  const meaning = 'the boot catalogue names it, and no directory does';
  const field: Field = {
    name: 'boot image',
    offset,
    length,
    meaning,
    ...(inside.length > 0 && { parts: listed(inside) }),
  };
  return { offset, length, field: () => field };
}

function gapsBetween(image: ImageBytes, pieces: readonly Piece[]): Gap[] {
  const gaps: Gap[] = [];
  let end = 0;
  const leave = (until: number) => {
    if (until > end) gaps.push({ offset: end, length: until - end, zero: image.isZero(end, until - end) });
  };
  for (const { offset, length } of pieces.toSorted((one, other) => one.offset - other.offset)) {
    leave(offset);
    end = Math.max(end, offset + length);
  }
  leave(image.length);
  return gaps;
}

function gapField({ offset, length, zero }: Gap): Field {
  const fills = zero && length < sector && (offset + length) % sector === 0;
  const meaning = fills ? 'zeros that fill up the sector' : zero ? 'zeros' : 'nothing in the image refers to them';
  return { name: fills ? 'padding' : 'unclaimed bytes', offset, length, meaning };
}
