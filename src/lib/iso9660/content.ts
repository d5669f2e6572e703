/**
 * What is on an ISO 9660 image, as far as it takes to change a file and to write the image anew: its files with their
 * places, and what a PC may boot from it.
 *
 * Sources: ECMA-119 (4th edition), sections 8.4 and 9.1; SUSP 1.12 and RRIP 1.12 for the long names; El Torito 1.0.
 */

/** Bytes of a logical block; the only size that CDs use. */
export const block = 2048;

/** An image that cannot be read: what lies at which byte, and what is wrong with it. */
export class IsoError extends Error {
  /** Byte of the image. */
  readonly offset: number;

  constructor(what: string, offset: number, problem: string) {
    super(`${what} at byte ${offset} of the ISO: ${problem}.`);
    this.name = 'IsoError';
    this.offset = offset;
  }
}

export interface IsoFile {
  /** Names joined by slashes, without one in front: `boot/limine.conf`. Rock Ridge's where there are such. */
  path: string;
  /** First block. */
  lba: number;
  /** Bytes. */
  size: number;
}

/** Something a firmware can start: an entry of the boot catalogue. */
export interface BootEntry {
  /** `platform` of El Torito: 0 is a BIOS, 0xEF is EFI. */
  platform: number;
  /** Whether the entry says that it can be booted. */
  bootable: boolean;
  /** 0: no emulation of a floppy or a hard disk. */
  emulation: number;
  /** First block of the boot image. */
  lba: number;
  /** How much a BIOS loads, in units of 512 bytes. */
  sectors: number;
}

export interface IsoContent {
  volumeId: string;
  /** Blocks that the volume descriptor announces. */
  blocks: number;
  /** Every regular file, in the order of the directories. */
  files: IsoFile[];
  /** In the order of the catalogue; empty without El Torito. */
  boot: BootEntry[];
  /** The boot catalogue's block; undefined without El Torito. */
  catalogue: number | undefined;
}

/** More than anybody's ISO of Part 1 has, and little enough to be looked through at once. */
const mostEntries = 20_000;
const deepest = 32;

/** Reads an image. Throws an {@link IsoError} that names the first thing that is wrong. */
export function readContent(image: Uint8Array): IsoContent {
  const iso = new Image(image);
  const descriptor = 16 * block;
  if (iso.text(descriptor + 1, 5, 'the volume descriptor') !== 'CD001' || image[descriptor] !== 1) {
    throw new IsoError('The volume descriptor', descriptor, 'it should begin with 1 and the text CD001');
  }
  const blocks = iso.u32(descriptor + 80, 'the volume’s size');
  if (blocks * block > image.length) {
    throw new IsoError(
      'The volume’s size',
      descriptor + 80,
      `it says ${blocks * block} bytes, but the image ends after ${image.length}`,
    );
  }
  return {
    volumeId: iso.text(descriptor + 40, 32, 'the volume’s name').trimEnd(),
    blocks,
    files: readFiles(iso, descriptor + 156),
    ...readBoot(iso),
  };
}

/** The bytes of a file, as a view of the image. */
export function fileBytes(image: Uint8Array, { lba, size }: Pick<IsoFile, 'lba' | 'size'>): Uint8Array {
  return image.subarray(lba * block, lba * block + size);
}

/** The file with this path. Throws an {@link IsoError} where there is none. */
export function findFile(content: IsoContent, path: string): IsoFile {
  const found = content.files.find((file) => file.path === path);
  if (found === undefined)
    throw new IsoError(`The file ${path}`, 16 * block, 'there is none in the directories of this volume');
  return found;
}

function readFiles(iso: Image, rootRecord: number): IsoFile[] {
  const root = readRecord(iso, rootRecord);
  const first = readRecord(iso, root.lba * block);
  const skip = systemUseSkip(iso, first);
  const files: IsoFile[] = [];
  const seen = new Set<number>();
  let entries = 0;
  const walk = (directory: Record, prefix: string, depth: number): void => {
    if (depth > deepest || seen.has(directory.lba)) {
      throw new IsoError('The directory', directory.lba * block, 'it lies within itself');
    }
    seen.add(directory.lba);
    iso.need(directory.lba * block, directory.size, `the directory /${prefix}`);
    const end = directory.lba * block + directory.size;
    for (let at = directory.lba * block; at < end;) {
      // A record never crosses a block; a length of zero says that the rest of the block is unused.
      if (iso.u8(at, 'a directory record') === 0) {
        at = (Math.floor(at / block) + 1) * block;
        continue;
      }
      const record = readRecord(iso, at);
      at += record.length;
      if (record.plainName === '\0' || record.plainName === '\x01') continue;
      if (++entries > mostEntries) {
        throw new IsoError('The directory', directory.lba * block, `the volume has more than ${mostEntries} entries`);
      }
      const path = prefix + nameOf(iso, record, skip);
      if (record.flags & 2) walk(record, `${path}/`, depth + 1);
      else {
        iso.need(record.lba * block, record.size, `the file /${path}`);
        files.push({ path, lba: record.lba, size: record.size });
      }
    }
  };
  walk(root, '', 0);
  return files;
}

/** A directory record (ECMA-119, 9.1). */
interface Record {
  at: number;
  length: number;
  lba: number;
  size: number;
  flags: number;
  plainName: string;
  /** Where its system use field begins. */
  systemUse: number;
}

function readRecord(iso: Image, at: number): Record {
  const length = iso.u8(at, 'a directory record');
  const nameLength = iso.u8(at + 32, 'a directory record');
  if (length < 33 + nameLength)
    throw new IsoError('The directory record', at, `its length is ${length}, too short for its name`);
  iso.need(at, length, 'a directory record');
  return {
    at,
    length,
    lba: iso.u32(at + 2, 'a directory record'),
    size: iso.u32(at + 10, 'a directory record'),
    flags: iso.u8(at + 25, 'a directory record'),
    plainName: iso.text(at + 33, nameLength, 'a name'),
    systemUse: at + 33 + nameLength + ((nameLength + 1) % 2),
  };
}

/** Bytes to skip in every system use field (SUSP 5.3, "SP"); undefined on a volume without Rock Ridge. */
function systemUseSkip(iso: Image, { at, length, systemUse }: Record): number | undefined {
  let skip: number | undefined;
  for (const { signature, start } of systemUseEntries(iso, systemUse, at + length)) {
    if (signature === 'SP') skip = iso.u8(start + 6, 'the entry SP');
  }
  return skip;
}

/** The Rock Ridge name (RRIP 4.1.4, "NM"), else the plain one without its version. */
function nameOf(iso: Image, record: Record, skip: number | undefined): string {
  let name: number[] = [];
  if (skip !== undefined) {
    let [start, end] = [record.systemUse + skip, record.at + record.length];
    // A name of 255 bytes needs one continuation area (SUSP 5.1, "CE"); more than a few are a loop.
    for (let areas = 0; areas < 5 && start < end; areas++) {
      let next: [number, number] = [0, 0];
      for (const entry of systemUseEntries(iso, start, end)) {
        if (entry.signature === 'NM') name = [...name, ...iso.slice(entry.start + 5, entry.length - 5, 'a name')];
        if (entry.signature === 'CE') {
          const at = iso.u32(entry.start + 4, 'the entry CE') * block + iso.u32(entry.start + 12, 'the entry CE');
          next = [at, at + iso.u32(entry.start + 20, 'the entry CE')];
        }
      }
      [start, end] = next;
    }
  }
  if (name.length > 0) return utf8.decode(Uint8Array.from(name));
  return record.plainName.replace(/;.*$/, '').replace(/\.$/, '').toLowerCase();
}

function* systemUseEntries(
  iso: Image,
  from: number,
  end: number,
): Generator<{ signature: string; start: number; length: number }> {
  for (let start = from; start + 4 <= end;) {
    const length = iso.u8(start + 2, 'a system use entry');
    const signature = iso.text(start, 2, 'a system use entry');
    if (length < 4 || start + length > end || signature === 'ST') return;
    yield { signature, start, length };
    start += length;
  }
}

/** The boot catalogue (El Torito, 2.0 to 2.3): the initial entry, then sections for other platforms. */
function readBoot(iso: Image): Pick<IsoContent, 'boot' | 'catalogue'> {
  const record = 17 * block;
  if (
    iso.text(record + 1, 5, 'the boot record') !== 'CD001' ||
    iso.text(record + 7, 23, 'the boot record') !== 'EL TORITO SPECIFICATION'
  ) {
    return { boot: [], catalogue: undefined };
  }
  const catalogue = iso.u32(record + 71, 'the boot catalogue’s place') * block;
  iso.need(catalogue, block, 'the boot catalogue');
  if (iso.u8(catalogue, 'the boot catalogue') !== 1) {
    throw new IsoError('The boot catalogue', catalogue, 'it should begin with a validation entry, a byte of 1');
  }
  const entry = (at: number, platform: number): BootEntry => ({
    platform,
    bootable: iso.u8(at, 'a boot entry') === 0x88,
    emulation: iso.u8(at + 1, 'a boot entry') & 0xf,
    lba: iso.u32(at + 8, 'a boot entry'),
    sectors: iso.u16(at + 6, 'a boot entry'),
  });
  const entries = [entry(catalogue + 32, iso.u8(catalogue + 1, 'the boot catalogue'))];
  let at = catalogue + 64;
  while (at + 32 <= catalogue + block && [0x90, 0x91].includes(iso.u8(at, 'a section header'))) {
    const last = iso.u8(at, 'a section header') === 0x91;
    const platform = iso.u8(at + 1, 'a section header');
    const count = iso.u16(at + 2, 'a section header');
    at += 32;
    for (let n = 0; n < count && at + 32 <= catalogue + block; n++, at += 32) entries.push(entry(at, platform));
    if (last) break;
  }
  return { boot: entries, catalogue: catalogue / block };
}

const utf8 = new TextDecoder();

/** Numbers and texts of an image, every access checked against its end. */
class Image {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  need(offset: number, length: number, what: string): void {
    if (offset + length <= this.#bytes.length) return;
    const name = what.charAt(0).toUpperCase() + what.slice(1);
    throw new IsoError(name, offset, `it ends behind the image, which has ${this.#bytes.length} bytes`);
  }

  u8(offset: number, what: string): number {
    this.need(offset, 1, what);
    return this.#view.getUint8(offset);
  }

  u16(offset: number, what: string): number {
    this.need(offset, 2, what);
    return this.#view.getUint16(offset, true);
  }

  u32(offset: number, what: string): number {
    this.need(offset, 4, what);
    return this.#view.getUint32(offset, true);
  }

  slice(offset: number, length: number, what: string): Uint8Array {
    this.need(offset, length, what);
    return this.#bytes.subarray(offset, offset + length);
  }

  /** Bytes as characters of the same number. */
  text(offset: number, length: number, what: string): string {
    return String.fromCharCode(...this.slice(offset, length, what));
  }
}
