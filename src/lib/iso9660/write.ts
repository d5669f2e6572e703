/**
 * Writes ISO 9660 images with Rock Ridge names and boot entries of El Torito, as xorriso does: the same contents give the
 * same bytes.
 *
 * Sources: ECMA-119 (4th edition), chapters 6 to 9; SUSP 1.12 and RRIP 1.12; El Torito 1.0; the boot information table as
 * mkisofs documents it.
 */
import { block, fileBytes, IsoError, readContent, type BootEntry } from './content.ts';
import { backupBytes, readHybrid, writeHybrid, type Hybrid } from './hybrid.ts';

/** What a firmware is to start. */
export interface BootImage extends Pick<BootEntry, 'platform' | 'bootable' | 'emulation' | 'sectors'> {
  /** A file of the disc, or bytes that no directory names. */
  image: string | Uint8Array;
  /** Whether the copy on the disc is told where it lies, in its bytes 8 to 63. */
  infoTable: boolean;
}

export interface NewIso {
  volumeId: string;
  /** Path (`boot/limine.conf`) → bytes. */
  files: ReadonlyMap<string, Uint8Array>;
  /** The first is what a BIOS looks at. Empty for a disc that does not boot. */
  boot: readonly BootImage[];
  /** Where the boot catalogue appears among the files. */
  cataloguePath?: string;
  /** Makes it a disk as well, if there are boot images for a BIOS and for UEFI. */
  hybrid?: Hybrid;
}

/** El Torito's number of UEFI. */
const efiPlatform = 0xef;

/**
 * Another image with the same contents but for some files, which replace those of the same path or are new. What it boots
 * from stays, as a CD and, with our loader, as a disk or stick. Throws {@link IsoError} for a source that cannot
 * be read and for names that do not fit.
 */
export function rewriteIso(source: Uint8Array, changes: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const content = readContent(source);
  const files = new Map<string, Uint8Array>();
  let cataloguePath: string | undefined;
  for (const file of content.files) {
    if (file.lba === content.catalogue && file.size > 0) cataloguePath = file.path;
    else files.set(file.path, fileBytes(source, file));
  }
  for (const [path, bytes] of changes) files.set(path, bytes);
  const boot = content.boot.map(({ lba, ...entry }): BootImage => {
    const file = content.files.find((each) => each.lba === lba && each.size > 0);
    const size = file?.size ?? strayBytes(source, lba, content.files, entry.sectors);
    return {
      ...entry,
      image: file?.path ?? fileBytes(source, { lba, size }),
      infoTable: hasInfoTable(source, lba, size),
    };
  });
  const efi = content.boot.find(({ platform }) => platform === efiPlatform);
  const hybrid = efi && readHybrid(source, efi.lba * block);
  return writeIso({
    volumeId: content.volumeId,
    files,
    boot,
    ...(cataloguePath !== undefined && { cataloguePath }),
    ...(hybrid && { hybrid }),
  });
}

/** Bytes of a boot image that is no file: as many as the entry says, or up to the next file where that is more. */
function strayBytes(source: Uint8Array, lba: number, files: readonly { lba: number }[], sectors: number): number {
  const next = Math.min(
    Math.ceil(source.length / block),
    ...files.map((file) => file.lba).filter((start) => start > lba),
  );
  return Math.min(Math.max(sectors * 512, (next - lba) * block), source.length - lba * block);
}

/** Whether a boot image was told where it lies: the table says the truth about it. */
function hasInfoTable(source: Uint8Array, lba: number, size: number): boolean {
  if (size < 64) return false;
  const view = new DataView(source.buffer, source.byteOffset + lba * block, size);
  return view.getUint32(8, true) === 16 && view.getUint32(12, true) === lba && view.getUint32(16, true) === size;
}

/** A file or a directory on its way to the disc. */
interface Node {
  name: string;
  /** ISO 9660's own name, in its few letters. */
  plainName: string;
  parent: Node;
  /** By plain name; undefined for a file. */
  children?: Node[];
  bytes?: Uint8Array;
  lba: number;
  size: number;
}

/** Sectors 0 to 15 belong to the system; then come the volume's own descriptor, the boot record and the last one. */
const firstDescriptor = 16;

/** Writes an image. Throws {@link IsoError} for names that do not fit and boot images that are not there. */
export function writeIso({ volumeId, files, boot, cataloguePath, hybrid }: NewIso): Uint8Array<ArrayBuffer> {
  const all = new Map(files);
  if (cataloguePath !== undefined && boot.length > 0) all.set(cataloguePath, new Uint8Array(block));
  const root = makeTree(all);
  const directories = inPathTableOrder(root);
  const tables = pathTable(directories);

  // The places of everything: descriptors, catalogue, path tables, directories, files.
  let next = firstDescriptor + (boot.length > 0 ? 3 : 2);
  const take = (bytes: number) => {
    const lba = next;
    next += Math.ceil(bytes / block);
    return lba;
  };
  const catalogue = boot.length > 0 ? take(block) : 0;
  const [littleTable, bigTable] = [take(tables.size), take(tables.size)];
  for (const directory of directories) {
    directory.size = directorySize(directory);
    directory.lba = take(directory.size);
  }
  const nodes = new Map<string, Node>();
  for (const directory of directories) {
    for (const child of directory.children ?? []) if (child.bytes !== undefined) nodes.set(pathOf(child), child);
  }
  for (const [path, node] of nodes) {
    node.size = node.bytes?.length ?? 0;
    node.lba = path === cataloguePath && catalogue > 0 ? catalogue : take(node.size);
  }
  const images = boot.map((entry) => {
    if (typeof entry.image !== 'string') return { entry, bytes: entry.image, lba: take(entry.image.length) };
    const node = nodes.get(entry.image);
    if (node?.bytes === undefined)
      throw new IsoError(`The boot image ${entry.image}`, 0, 'there is no such file to write');
    return { entry, bytes: node.bytes, lba: node.lba };
  });

  if (hybrid) take(backupBytes);
  const iso = new Uint8Array(next * block);
  const put = (bytes: Uint8Array, lba: number) => iso.set(bytes, lba * block);
  put(
    volumeDescriptor(volumeId, next, root, { size: tables.size, little: littleTable, big: bigTable }),
    firstDescriptor,
  );
  if (boot.length > 0) put(bootRecord(catalogue), firstDescriptor + 1);
  put(terminator(), firstDescriptor + (boot.length > 0 ? 2 : 1));
  put(tables.bytes(true), littleTable);
  put(tables.bytes(false), bigTable);
  for (const directory of directories) put(directoryBytes(directory), directory.lba);
  for (const { bytes, lba } of nodes.values()) if (bytes !== undefined) put(bytes, lba);
  for (const { entry, bytes, lba } of images) put(entry.infoTable ? withInfoTable(bytes, lba) : bytes, lba);
  if (boot.length > 0) put(catalogueBytes(images), catalogue);
  const place = (efi: boolean) => images.find(({ entry }) => (entry.platform === efiPlatform) === efi);
  const [bios, efi] = [place(false), place(true)];
  if (hybrid && bios && efi) {
    writeHybrid(iso, hybrid, bios.lba * block, { at: efi.lba * block, size: efi.bytes.length });
  }
  return iso;
}

// ------------------------------------------------------------------------------------------------------------- tree

/** The longest name whose directory record, Rock Ridge entries included, still fits into its one length byte. */
const longestName = 160;

function makeTree(files: ReadonlyMap<string, Uint8Array>): Node {
  const directory = (name: string, parent?: Node): Node => {
    const node = { name, plainName: '', children: [] as Node[], lba: 0, size: 0 } as unknown as Node;
    node.parent = parent ?? node;
    return node;
  };
  const root = directory('');
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = path.split('/');
    let at = root;
    for (const [index, name] of names.entries()) {
      const length = utf8.encode(name).length;
      if (length === 0 || length > longestName) {
        throw new IsoError(
          `The name “${name.slice(0, 40)}”`,
          0,
          `it has ${length} bytes; from 1 to ${longestName} fit`,
        );
      }
      const siblings = at.children ?? [];
      let child = siblings.find((each) => each.name === name);
      if (child !== undefined && (index === names.length - 1 || child.children === undefined)) {
        throw new IsoError(
          `The path ${path}`,
          0,
          'there is a file of this name already, or a file where it needs a directory',
        );
      }
      if (child === undefined) {
        child = directory(name, at);
        if (index === names.length - 1) {
          delete child.children;
          child.bytes = bytes;
        }
        child.plainName = freePlainName(child, siblings);
        siblings.push(child);
      }
      at = child;
    }
  }
  sortChildren(root);
  return root;
}

function sortChildren(directory: Node): void {
  directory.children?.sort((a, b) => (a.plainName < b.plainName ? -1 : 1));
  for (const child of directory.children ?? []) sortChildren(child);
}

/** A name of ISO 9660's level 1: eight letters, a dot, three; upper case, digits and underscores; not taken yet. */
function freePlainName({ name, children }: Node, siblings: readonly Node[]): string {
  const clean = (text: string, length: number) =>
    text
      .toUpperCase()
      .replace(/[^A-Z0-9_]/g, '_')
      .slice(0, length);
  const dot = children === undefined ? name.lastIndexOf('.') : -1;
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), clean(name.slice(dot + 1), 3)] : [name, ''];
  for (let number = 0; ; number++) {
    const suffix = number === 0 ? '' : String(number);
    const base = clean(stem, 8 - suffix.length) + suffix;
    const plain = children === undefined ? `${base}.${extension};1` : base;
    if (!siblings.some(({ plainName }) => plainName === plain)) return plain;
  }
}

function pathOf(node: Node): string {
  return node.parent.parent === node.parent ? node.name : `${pathOf(node.parent)}/${node.name}`;
}

/** Level by level, as the path table wants it (ECMA-119, 6.9.1). */
function inPathTableOrder(root: Node): Node[] {
  const order = [root];
  for (let index = 0; index < order.length; index++) {
    order.push(...(order[index]?.children ?? []).filter(({ children }) => children !== undefined));
  }
  return order;
}

function pathTable(directories: readonly Node[]): { size: number; bytes: (little: boolean) => Uint8Array } {
  const names = directories.map(({ plainName }) => (plainName === '' ? '\0' : plainName));
  const lengths = names.map((name) => 8 + name.length + (name.length % 2));
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const bytes = (little: boolean) => {
    const table = new Uint8Array(size);
    const view = new DataView(table.buffer);
    let at = 0;
    for (const [index, directory] of directories.entries()) {
      const name = names[index] ?? '';
      table[at] = name.length;
      view.setUint32(at + 2, directory.lba, little);
      view.setUint16(at + 6, directories.indexOf(directory.parent) + 1, little);
      table.set(latin(name), at + 8);
      at += lengths[index] ?? 0;
    }
    return table;
  };
  return { size, bytes };
}

// ------------------------------------------------------------------------------------------------------ directories

function directoryRecords(directory: Node): Uint8Array[] {
  return [
    record('\0', directory, rockRidge(directory, undefined, directory.parent === directory)),
    record('\x01', directory.parent, rockRidge(directory.parent, undefined, false)),
    ...(directory.children ?? []).map((child) => record(child.plainName, child, rockRidge(child, child.name, false))),
  ];
}

/** Records never cross a block. */
function directorySize(directory: Node): number {
  let at = 0;
  for (const { length } of directoryRecords(directory)) {
    if ((at % block) + length > block) at = Math.ceil(at / block) * block;
    at += length;
  }
  return Math.ceil(at / block) * block;
}

function directoryBytes(directory: Node): Uint8Array {
  const bytes = new Uint8Array(directory.size);
  let at = 0;
  for (const each of directoryRecords(directory)) {
    if ((at % block) + each.length > block) at = Math.ceil(at / block) * block;
    bytes.set(each, at);
    at += each.length;
  }
  return bytes;
}

/** A directory record (ECMA-119, 9.1), with its system use field. */
function record(name: string, { lba, size, children }: Node, systemUse: Uint8Array): Uint8Array {
  const start = 33 + name.length + ((name.length + 1) % 2);
  const bytes = new Uint8Array(start + systemUse.length + (systemUse.length % 2));
  const view = new DataView(bytes.buffer);
  bytes[0] = bytes.length;
  both32(view, 2, lba);
  both32(view, 10, size);
  bytes.set(shortDate, 18);
  bytes[25] = children === undefined ? 0 : 2;
  both16(view, 28, 1);
  bytes[32] = name.length;
  bytes.set(latin(name), 33);
  bytes.set(systemUse, start);
  return bytes;
}

/** What Rock Ridge adds: that it is there (once, in the root), rights as `-r` of xorriso sets them, the real name. */
function rockRidge(node: Node, name: string | undefined, isRoot: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  if (isRoot) parts.push(Uint8Array.of(0x53, 0x50, 7, 1, 0xbe, 0xef, 0));
  const rights = new Uint8Array(36);
  const view = new DataView(rights.buffer);
  rights.set([0x50, 0x58, 36, 1]);
  both32(view, 4, node.children === undefined ? 0o100444 : 0o040555);
  both32(view, 12, node.children === undefined ? 1 : 2 + node.children.filter((each) => each.children).length);
  parts.push(rights);
  if (isRoot) parts.push(Uint8Array.of(0x45, 0x52, 18, 1, 10, 0, 0, 1, ...latin('RRIP_1991A')));
  if (name !== undefined) {
    const letters = utf8.encode(name);
    parts.push(Uint8Array.of(0x4e, 0x4d, 5 + letters.length, 1, 0, ...letters));
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

// ------------------------------------------------------------------------------------------------------ descriptors

/** 2000-01-01 00:00:00 UTC, the date of all ISOs here (ECMA-119, 9.1.5 and 8.4.26.1). */
const shortDate = [100, 1, 1, 0, 0, 0, 0];
const longDate = '2000010100000000';
const noDate = '0000000000000000';

/** The primary volume descriptor (ECMA-119, 8.4). */
function volumeDescriptor(
  volumeId: string,
  blocks: number,
  root: Node,
  tables: { size: number; little: number; big: number },
): Uint8Array {
  const bytes = new Uint8Array(block);
  const view = new DataView(bytes.buffer);
  const text = (at: number, length: number, value: string) =>
    bytes.set(latin(value.slice(0, length).padEnd(length)), at);
  bytes.set([1, ...latin('CD001'), 1]);
  text(8, 32, '');
  text(40, 32, volumeId);
  both32(view, 80, blocks);
  both16(view, 120, 1);
  both16(view, 124, 1);
  both16(view, 128, block);
  both32(view, 132, tables.size);
  view.setUint32(140, tables.little, true);
  view.setUint32(148, tables.big, false);
  bytes.set(record('\0', root, new Uint8Array()), 156);
  text(190, 623, '');
  for (const [at, date] of [
    [813, longDate],
    [830, longDate],
    [847, noDate],
    [864, noDate],
  ] as const)
    text(at, 16, date);
  bytes[881] = 1;
  return bytes;
}

/** The boot record (El Torito, figure 7): always the second descriptor. */
function bootRecord(catalogue: number): Uint8Array {
  const bytes = new Uint8Array(block);
  bytes.set([0, ...latin('CD001'), 1, ...latin('EL TORITO SPECIFICATION')]);
  new DataView(bytes.buffer).setUint32(71, catalogue, true);
  return bytes;
}

function terminator(): Uint8Array {
  const bytes = new Uint8Array(block);
  bytes.set([255, ...latin('CD001'), 1]);
  return bytes;
}

/** The boot catalogue (El Torito, 2.0 to 2.3): the first image is the initial entry, each other a section of its own. */
function catalogueBytes(images: readonly { entry: BootImage; lba: number }[]): Uint8Array {
  const bytes = new Uint8Array(block);
  const view = new DataView(bytes.buffer);
  bytes.set([1, images[0]?.entry.platform ?? 0]);
  bytes.set([0x55, 0xaa], 30);
  let sum = 0;
  for (let at = 0; at < 32; at += 2) sum += view.getUint16(at, true);
  view.setUint16(28, -sum & 0xffff, true);
  let at = 32;
  for (const [index, { entry, lba }] of images.entries()) {
    if (index > 0) {
      bytes.set([index === images.length - 1 ? 0x91 : 0x90, entry.platform, 1, 0], at);
      at += 32;
    }
    bytes.set([entry.bootable ? 0x88 : 0, entry.emulation], at);
    view.setUint16(at + 6, entry.sectors, true);
    view.setUint32(at + 8, lba, true);
    at += 32;
    if (at + 64 > block) throw new IsoError('The boot catalogue', at, 'it has no room for so many entries');
  }
  return bytes;
}

/** A boot image that knows where it lies: bytes 8 to 63 as mkisofs's `-boot-info-table` writes them. */
function withInfoTable(image: Uint8Array, lba: number): Uint8Array {
  const bytes = new Uint8Array(image);
  const view = new DataView(bytes.buffer);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const words = new DataView(padded.buffer);
  let sum = 0;
  for (let at = 64; at < padded.length; at += 4) sum = (sum + words.getUint32(at, true)) >>> 0;
  bytes.fill(0, 8, 64);
  view.setUint32(8, firstDescriptor, true);
  view.setUint32(12, lba, true);
  view.setUint32(16, bytes.length, true);
  view.setUint32(20, sum, true);
  return bytes;
}

// ---------------------------------------------------------------------------------------------------------- numbers

const utf8 = new TextEncoder();

/** Characters as bytes of the same number; those that have none as question marks. */
function latin(text: string): number[] {
  return [...text].map((letter) => (letter.charCodeAt(0) < 256 ? letter.charCodeAt(0) : 0x3f));
}

/** Both byte orders after each other (ECMA-119, 7.2.3 and 7.3.3). */
function both16(view: DataView, at: number, value: number): void {
  view.setUint16(at, value, true);
  view.setUint16(at + 2, value, false);
}

function both32(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value, false);
}
