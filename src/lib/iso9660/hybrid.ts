/**
 * The front and the end of an ISO that is a hard disk or USB stick as well: code for a BIOS in the MBR, and a GPT whose one
 * partition is the boot image for UEFI.
 *
 * Sources: UEFI 2.10, sections 5.2.3 (protective MBR) and 5.3 (GPT); kernel/loader/bios/src/boot.s for our boot sector.
 */
import { crc32 } from '../crc32.ts';

/** Bytes of a sector on a disk. */
const sector = 512;

/** The MBR's code; behind it are the disk's number and the partition table. */
const codeSize = 440;

/** Our boot sector's name, and where it is told the sector in which the loader's BIOS image begins (64 bits, little end first). */
const ours = { nameAt: 420, name: 'ONKO', firstSectorAt: 432 } as const;

const table = { at: 2, entries: 128, entrySize: 128 } as const;
const tableSectors = (table.entries * table.entrySize) / sector;

/** What the copy of the GPT takes at an image's end: its entries, then its header in the last sector. */
export const backupBytes = (tableSectors + 1) * sector;

const efiSystemPartition = [
  0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
];

/** What makes an image a disk. */
export interface Hybrid {
  /** The MBR's code, {@link codeSize} bytes: zeros where a BIOS is not to boot from the disk. */
  code: Uint8Array;
  /** Random numbers that name the disk and its partition, 16 bytes each. */
  disk: Uint8Array;
  partition: Uint8Array;
}

/**
 * What makes this image a disk; undefined where it has no GPT with an EFI system partition that is `efiImage`, the first byte
 * of UEFI's boot image. Code other than our own boot sector's is left out, as it has places of its own in it.
 */
export function readHybrid(image: Uint8Array, efiImage: number): Hybrid | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (image.length < 3 * sector || !isText(image, sector, 'EFI PART')) return undefined;
  const [start, count, size] = [
    Number(view.getBigUint64(sector + 72, true)) * sector,
    view.getUint32(sector + 80, true),
    view.getUint32(sector + 84, true),
  ];
  for (let at = start; at < start + count * size && at + 128 <= image.length && size >= 128; at += size) {
    const isEfi = efiSystemPartition.every((byte, index) => image[at + index] === byte);
    if (!isEfi || Number(view.getBigUint64(at + 32, true)) * sector !== efiImage) continue;
    const known = isText(image, ours.nameAt, ours.name);
    return {
      code: known ? image.slice(0, codeSize) : new Uint8Array(codeSize),
      disk: image.slice(sector + 56, sector + 72),
      partition: image.slice(at + 16, at + 32),
    };
  }
  return undefined;
}

/**
 * Makes an image a disk. Its first 32 KiB belong to this, and so do its last {@link backupBytes}; `biosImage` and `efiImage` are
 * the places of the boot images, in bytes.
 */
export function writeHybrid(
  image: Uint8Array,
  { code, disk, partition }: Hybrid,
  biosImage: number,
  efiImage: { at: number; size: number },
): void {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const last = image.length / sector - 1;
  image.set(code);
  if (isText(code, ours.nameAt, ours.name)) view.setBigUint64(ours.firstSectorAt, BigInt(biosImage / sector), true);

  // One partition of type 0xEE over the whole disk keeps those off who know no GPT.
  image.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff], 446);
  view.setUint32(454, 1, true);
  view.setUint32(458, last, true);
  view.setUint16(510, 0xaa55, true);

  const entries = new Uint8Array(table.entries * table.entrySize);
  const entry = new DataView(entries.buffer);
  entries.set(efiSystemPartition);
  entries.set(partition, 16);
  entry.setBigUint64(32, BigInt(efiImage.at / sector), true);
  entry.setBigUint64(40, BigInt(Math.ceil((efiImage.at + efiImage.size) / sector) - 1), true);
  for (const [index, letter] of [...'EFI boot partition'].entries()) {
    entry.setUint16(56 + 2 * index, letter.charCodeAt(0), true);
  }
  const backupTable = last - tableSectors;
  for (const [here, other, entriesAt] of [
    [1, last, table.at],
    [last, 1, backupTable],
  ] as const) {
    image.set(entries, entriesAt * sector);
    image.set(header(here, other, entriesAt, backupTable - 1, disk, crc32(entries)), here * sector);
  }
}

/** A GPT header (UEFI 2.10, table 5-5); places in sectors. */
function header(
  here: number,
  other: number,
  entriesAt: number,
  lastUsable: number,
  disk: Uint8Array,
  entriesSum: number,
) {
  const bytes = new Uint8Array(92);
  const view = new DataView(bytes.buffer);
  bytes.set([...'EFI PART'].map((letter) => letter.charCodeAt(0)));
  view.setUint32(8, 0x1_0000, true);
  view.setUint32(12, bytes.length, true);
  view.setBigUint64(24, BigInt(here), true);
  view.setBigUint64(32, BigInt(other), true);
  view.setBigUint64(40, BigInt(table.at + tableSectors), true);
  view.setBigUint64(48, BigInt(lastUsable), true);
  bytes.set(disk, 56);
  view.setBigUint64(72, BigInt(entriesAt), true);
  view.setUint32(80, table.entries, true);
  view.setUint32(84, table.entrySize, true);
  view.setUint32(88, entriesSum, true);
  view.setUint32(16, crc32(bytes), true);
  return bytes;
}

function isText(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
}
