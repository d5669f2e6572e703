/** The directories of a volume as a tree, and the bytes that they and their files have (ECMA-119, 6.8 and 9.4). */
import { listed, type Field } from '../fields.ts';
import {
  checkTwice,
  grouped,
  made,
  Problems,
  raw,
  rowsToFields,
  sector,
  text,
  u16,
  u16big,
  u32,
  u32big,
  u8,
  type ImageBytes,
  type Piece,
  type Row,
} from './bytes.ts';
import type { Volume } from './descriptors.ts';
import { directoryFlag, moreExtentsFlag, readRecord, recordName, recordRows, type DirectoryRecord } from './records.ts';
import {
  entriesIn,
  entryField,
  readRockRidge,
  systemUseEntries,
  type Budget,
  type RockRidge,
  type SystemUseEntry,
} from './rock-ridge.ts';

/** Bytes of a file that lie behind each other in the image. */
export interface Extent {
  offset: number;
  length: number;
}

/** A file or directory as a reader of the disc sees it. */
export interface IsoNode {
  /** The name that counts: Rock Ridge's or Joliet's where there is one, or ISO 9660's without its version. */
  name: string;
  /** The name in the record itself. */
  identifier: string;
  /** Where its directory record stands: the first of them, for a file of several extents. */
  record: number;
  parent?: IsoNode;
  /** Of a directory: what it holds, in the order of its records. */
  children?: IsoNode[];
  /** In bytes, of all extents together. */
  size: number;
  extents: Extent[];
  rockRidge?: RockRidge;
}

/** The tree of one volume descriptor. */
export interface IsoTree {
  volume: Volume;
  root: IsoNode;
  /** Names and owners come from Rock Ridge. */
  rockRidge: boolean;
  files: number;
  directories: number;
}

/** What may be read in all directories together; shared by all trees of an image, as each record has its own bytes. */
export interface WalkLimits extends Budget {
  records: number;
}

/** ISO 9660 allows 8 levels, Rock Ridge any number; more than this is no disc for people. */
const deepest = 255;

export const rootName = '/';

/** A node's path from the root: `/boot/limine-bios.sys`. */
export function pathOf(node: IsoNode): string {
  const names: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) names.unshift(at.name);
  return `/${names.join('/')}`;
}

/** Every node below the root, each directory before what it holds. */
export function* everyNode(root: IsoNode): Generator<IsoNode> {
  const waiting = [...(root.children ?? [])].reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    for (const child of [...(node.children ?? [])].reverse()) waiting.push(child);
  }
}

/** What reading a tree finds. */
interface Tree {
  tree: IsoTree;
  pieces: Piece[];
  /** First blocks of the directories. */
  blocks: ReadonlySet<number>;
}

/** Reads the tree that a volume descriptor names. */
export function readTree(
  image: ImageBytes,
  volume: Volume,
  { problems, limits }: { problems: Problems; limits: WalkLimits },
): Tree {
  return new Walk(image, volume, problems, limits).tree();
}

/** A directory that waits to be read. */
interface Task {
  node: IsoNode;
  block: number;
  size: number;
  attributeBlocks: number;
  depth: number;
}

class Walk {
  readonly #image: ImageBytes;
  readonly #volume: Volume;
  readonly #problems: Problems;
  readonly #limits: WalkLimits;
  readonly #pieces: Piece[] = [];
  /** Directories by their first block, so that none is read twice. */
  readonly #seen = new Map<number, IsoNode>();
  /** Nodes that stand for a directory that lies elsewhere, with its block. */
  readonly #moved: { node: IsoNode; block: number }[] = [];
  /** Nodes that were moved, or hold what was. */
  readonly #relocated: IsoNode[] = [];
  /** Bytes to skip before a record's entries, where the root directory says that there are such entries. */
  #skip: number | undefined;

  constructor(image: ImageBytes, volume: Volume, problems: Problems, limits: WalkLimits) {
    this.#image = image;
    this.#volume = volume;
    this.#problems = problems;
    this.#limits = limits;
  }

  tree(): Tree {
    const { rootRecord } = this.#volume;
    const record = readRecord(this.#image, rootRecord);
    const root: IsoNode = { name: rootName, identifier: '', record: rootRecord, size: 0, extents: [], children: [] };
    if (record === undefined) {
      this.#problems.add(rootRecord, 'root directory record', 'is none, so there are no files to be found');
    } else {
      root.size = record.size;
      const { block, size, attributeBlocks } = record;
      const queue: Task[] = [{ node: root, block, size, attributeBlocks, depth: 0 }];
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) this.#read(next, queue);
      this.#putMovedBack();
    }
    let [files, directories] = [0, 0];
    for (const { children } of everyNode(root)) children === undefined ? (files += 1) : (directories += 1);
    const tree = { volume: this.#volume, root, rockRidge: this.#skip !== undefined, files, directories };
    return { tree, pieces: this.#pieces, blocks: new Set(this.#seen.keys()) };
  }

  #read({ node, block, size, attributeBlocks, depth }: Task, queue: Task[]): void {
    const { blockSize } = this.#volume;
    const start = (block + attributeBlocks) * blockSize;
    const known = this.#seen.get(block);
    const refuse = (field: string, what: string) => this.#problems.add(node.record + 2, field, what);
    if (known !== undefined) return refuse('location of the extent', `is that of ${pathOf(known)}, read already`);
    if (depth > deepest) return refuse('location of the extent', `is more than ${deepest} directories deep`);
    this.#seen.set(block, node);
    const length = this.#image.present(start, size);
    if (length < size)
      refuse('location of the extent', `${node.name} reaches behind the image, to byte ${grouped(start + size)}`);
    node.extents = [{ offset: start, length }];
    if (length === 0) return;
    const records = this.#records(start, start + length, node);
    this.#pieces.push({ offset: start, length, field: () => this.#directoryField(node, start, length, records) });
    if (node.parent === undefined && records[0] !== undefined) this.#findRockRidge(records[0]);
    this.#adopt(node, records, depth, queue);
  }

  /** Where the records of a directory stand. None goes over the end of a sector; zeros fill what is left of one. */
  #records(start: number, end: number, node: IsoNode): number[] {
    const records: number[] = [];
    for (let at = start; at < end;) {
      const length = this.#image.u8(at);
      const sectorEnd = start + (Math.floor((at - start) / sector) + 1) * sector;
      if (length === 0) {
        at = sectorEnd;
        continue;
      }
      if (readRecord(this.#image, at) === undefined || at + length > Math.min(end, sectorEnd)) {
        this.#problems.add(at, 'directory record', `cannot be one; the rest of its sector of ${node.name} is not read`);
        at = sectorEnd;
        continue;
      }
      if (--this.#limits.records < 0) {
        this.#problems.add(at, 'directory record', 'are more than fit into the image');
        break;
      }
      records.push(at);
      at += length;
    }
    return records;
  }

  /** The first record of the root directory says whether there are system use entries (SUSP 1.12, 5.3). */
  #findRockRidge(offset: number): void {
    if (this.#volume.kind === 'joliet') return;
    const record = readRecord(this.#image, offset);
    if (record === undefined) return;
    // CDs of the XA kind have 14 bytes of their own before.
    for (const skip of [0, 14]) {
      const at = offset + record.systemUse + skip;
      if (!this.#image.is(at, 'SP') || this.#image.u16(at + 4, true) !== 0xbeef) continue;
      this.#skip = this.#image.u8(at + 6);
      return;
    }
  }

  /** Makes nodes of a directory's records. */
  #adopt(directory: IsoNode, records: readonly number[], depth: number, queue: Task[]): void {
    let unfinished: IsoNode | undefined;
    for (const at of records) {
      const record = readRecord(this.#image, at);
      if (record === undefined || record.self !== undefined) {
        if (record !== undefined) this.#entries(record);
        continue;
      }
      const extent = this.#extent(record);
      if (unfinished !== undefined) {
        unfinished.extents.push(extent);
        unfinished.size += record.size;
      } else {
        const node = this.#node(record, directory);
        if ((record.flags & directoryFlag) !== 0) {
          node.children = [];
          const { block, size, attributeBlocks } = record;
          queue.push({ node, block, size, attributeBlocks, depth: depth + 1 });
        } else {
          node.extents.push(extent);
        }
        if (node.rockRidge?.childBlock !== undefined) {
          node.children = [];
          node.extents = [];
          this.#moved.push({ node, block: node.rockRidge.childBlock });
        }
        if (node.rockRidge?.relocated === true) this.#relocated.push(node);
        directory.children?.push(node);
        unfinished = node;
      }
      if ((record.flags & moreExtentsFlag) === 0) unfinished = undefined;
      this.#check(record);
    }
  }

  #check({ offset, flags, interleaved }: DirectoryRecord): void {
    checkTwice(this.#image, offset + 2, 'location of the extent', this.#problems);
    if (interleaved && (flags & directoryFlag) === 0) {
      this.#problems.add(offset + 26, 'file unit size', 'the file lies in pieces; shown as if it did not');
    }
  }

  #node(record: DirectoryRecord, parent: IsoNode): IsoNode {
    const identifier = recordName(this.#image, record, this.#volume.kind === 'joliet');
    const node: IsoNode = {
      name: withoutVersion(identifier),
      identifier,
      record: record.offset,
      parent,
      size: record.size,
      extents: [],
    };
    if (this.#skip === undefined) return node;
    const rockRidge = readRockRidge(this.#image, this.#entries(record));
    if (rockRidge.name !== undefined && rockRidge.name !== '') node.name = rockRidge.name;
    node.rockRidge = rockRidge;
    return node;
  }

  /** Where a record's data lies, and no byte of it behind the image. */
  #extent(record: DirectoryRecord): Extent {
    const offset = (record.block + record.attributeBlocks) * this.#volume.blockSize;
    const length = this.#image.present(offset, record.size);
    if (length < record.size) {
      this.#problems.add(
        record.offset + 2,
        'location of the extent',
        `the file ends at byte ${grouped(offset + record.size)}, behind the image of ${grouped(this.#image.length)} bytes`,
      );
    }
    return { offset, length };
  }

  /** A record's system use entries; the areas that they continue in become pieces. */
  #entries(record: DirectoryRecord): SystemUseEntry[] {
    if (this.#skip === undefined) return [];
    const { entries, continuations } = systemUseEntries(
      this.#image,
      entriesBegin(this.#image, record, this.#skip),
      record.offset + record.length,
      { problems: this.#problems, budget: this.#limits, blockSize: this.#volume.blockSize },
    );
    for (const { offset, length } of continuations) {
      const image = this.#image;
      const parts = made(() => entriesIn(image, offset, offset + length).map((entry) => entryField(image, entry)));
      const field = {
        name: 'continuation area',
        offset,
        length,
        meaning: 'Rock Ridge entries that had no room',
        parts,
      };
      this.#pieces.push({ offset, length, field: () => field });
    }
    return entries;
  }

  /** Puts what was moved out of too deep directories back where Rock Ridge says that it belongs. */
  #putMovedBack(): void {
    for (const { node, block } of this.#moved) {
      const target = this.#seen.get(block);
      const complain = (what: string) => this.#problems.add(node.record, 'CL', what);
      if (target?.parent === undefined) {
        complain(`refers to block ${block}, where no directory was found`);
        continue;
      }
      if (isWithin(node, target)) {
        complain(`makes ${pathOf(target)} a part of itself`);
        continue;
      }
      const { children = [] } = target.parent;
      const index = children.indexOf(target);
      if (index < 0) {
        complain(`refers to ${pathOf(target)}, which belongs elsewhere already`);
        continue;
      }
      children.splice(index, 1);
      node.children = target.children ?? [];
      node.extents = target.extents;
      node.size = target.size;
      for (const child of node.children) child.parent = node;
      target.children = [];
    }
    // What is left is the folder in which the moved ones were kept; Rock Ridge says that it is not to be shown.
    for (const node of this.#relocated) {
      const siblings = node.parent?.children ?? [];
      const index = siblings.indexOf(node);
      if (index >= 0 && node.children?.length === 0) siblings.splice(index, 1);
    }
  }

  #directoryField(node: IsoNode, offset: number, length: number, records: readonly number[]): Field {
    const kind = this.#volume.kind === 'joliet' ? 'Joliet directory' : 'directory';
    return {
      name: `${kind} ${pathOf(node)}`,
      offset,
      length,
      meaning: `${records.length} records`,
      parts: made(() => records.map((at) => this.#recordField(at))),
    };
  }

  /** A record's name as people gave it. */
  #trueName(record: DirectoryRecord): string {
    const identifier = recordName(this.#image, record, this.#volume.kind === 'joliet');
    if (this.#skip === undefined) return identifier;
    const { entries } = systemUseEntries(
      this.#image,
      entriesBegin(this.#image, record, this.#skip),
      record.offset + record.length,
      { problems: new Problems(), budget: { bytes: sector }, blockSize: this.#volume.blockSize },
    );
    return readRockRidge(this.#image, entries).name ?? identifier;
  }

  #recordField(at: number): Field {
    const image = this.#image;
    const record = readRecord(image, at);
    const { kind } = this.#volume;
    if (record === undefined) return { name: 'directory record', offset: at, length: image.u8(at) };
    const names = { itself: 'this directory', above: 'the directory above' };
    const name = record.self === undefined ? this.#trueName(record) : names[record.self];
    return {
      name: `record of ${name}`,
      offset: at,
      length: record.length,
      parts: made(() => {
        const fields = rowsToFields(image, at, recordRows(image, at, kind));
        if (this.#skip === undefined) return fields;
        const entries = entriesIn(image, entriesBegin(image, record, this.#skip), at + record.length);
        return [...fields, ...entries.map((entry) => entryField(image, entry))];
      }),
    };
  }
}

/** Where a record's entries begin. The very first has the entry that says how much to skip; there it does not count. */
function entriesBegin(image: ImageBytes, record: DirectoryRecord, skip: number): number {
  const start = record.offset + record.systemUse;
  return image.is(start, 'SP') ? start : start + skip;
}

/** Whether a node is this directory or lies below it. */
function isWithin(node: IsoNode, directory: IsoNode): boolean {
  let steps = 0;
  for (let at: IsoNode | undefined = node; at !== undefined; at = at.parent) {
    // More steps than any disc has levels: as good as a circle.
    if (at === directory || ++steps > 4 * deepest) return true;
  }
  return false;
}

/** `KERNEL.ELF;1` as people write it: `KERNEL.ELF`; and `NAME.` without its empty ending. */
function withoutVersion(identifier: string): string {
  return identifier.replace(/;[0-9]{1,5}$/, '').replace(/\.$/, '');
}

/** An entry of a path table: a directory, and the number of the entry that it lies in (ECMA-119, 9.4). */
function pathTableRows(image: ImageBytes, offset: number, bigEndian: boolean): readonly Row[] {
  const length = image.u8(offset);
  return [
    ['length of the identifier', 1, u8],
    ['extended attribute length', 1, u8],
    ['location of the extent', 4, bigEndian ? u32big : u32],
    ['parent directory number', 2, bigEndian ? u16big : u16],
    ['directory identifier', length, text],
    ...(length % 2 === 1 ? [['padding', 1, raw] as const] : []),
  ];
}

/** Reads a volume's two path tables, and compares them with each other and with the directories. */
export function readPathTables(
  image: ImageBytes,
  { volume }: IsoTree,
  directories: ReadonlySet<number>,
  problems: Problems,
): Piece[] {
  const { size, little, big } = volume.pathTable;
  const tables = [
    { name: 'type L path table', block: little, bigEndian: false, place: 140 },
    { name: 'type M path table', block: big, bigEndian: true, place: 148 },
  ];
  const blocks: number[][] = [];
  const pieces: Piece[] = [];
  for (const { name, block, bigEndian, place } of tables) {
    const offset = block * volume.blockSize;
    if (block === 0) continue;
    if (!image.has(offset, size)) {
      problems.add(
        volume.offset + place,
        name,
        `lies at byte ${grouped(offset)} with ${grouped(size)} more, where there is no image`,
      );
      continue;
    }
    const starts: number[] = [];
    for (let at = offset; at + 8 < offset + size && image.u8(at) > 0;) {
      starts.push(at);
      const length = image.u8(at);
      at += 8 + length + (length % 2);
    }
    blocks.push(starts.map((at) => image.u32(at + 2, bigEndian)));
    const field: Field = {
      name: volume.kind === 'joliet' ? `Joliet ${name}` : name,
      offset,
      length: size,
      meaning: `${starts.length} directories`,
      parts: made(() =>
        starts.map((at, index) => {
          const parts = rowsToFields(image, at, pathTableRows(image, at, bigEndian));
          return {
            name: `entry ${index + 1}`,
            offset: at,
            length: parts.reduce((sum, part) => sum + part.length, 0),
            parts: listed(parts),
          };
        }),
      ),
    };
    pieces.push({ offset, length: size, field: () => field });
    const wrong = starts.find((at) => !directories.has(image.u32(at + 2, bigEndian)));
    if (wrong !== undefined) {
      problems.add(
        wrong + 2,
        name,
        `sends to block ${image.u32(wrong + 2, bigEndian)}, where the tree has no directory`,
      );
    }
  }
  const [first, second] = blocks;
  if (first !== undefined && second !== undefined && first.join() !== second.join()) {
    problems.add(volume.offset + 140, 'path tables', 'the two name different directories');
  }
  return pieces;
}
