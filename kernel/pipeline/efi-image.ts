/** Bytes of a sector; the only size that all firmware can read. */
const sector = 512;

/** Images on an ISO lie in blocks of this size. */
const isoBlock = 2048;

/** Bytes of a directory entry. */
const entrySize = 32;

const attributes = { label: 0x08, directory: 0x10, archive: 0x20 } as const;

/** 1980-01-01, the oldest date that the file system knows, so that every build has the same. */
const date = (1 << 5) | 1;

/** An EFI system partition holds the program for a removable medium at this path (UEFI 2.10, 3.5.1.1). */
export const efiProgram = ['EFI', 'BOOT', 'BOOTX64.EFI'] as const;

/**
 * A file system (FAT12) with one program in it, for UEFI to start: no larger than needed, and the same bytes whenever it is
 * made. Layout by Microsoft's "FAT32 File System Specification", 1.03: boot sector, two allocation tables, root directory
 * of one sector, then clusters of one sector each, of which the folders take the first two.
 */
export function efiImage(program: Uint8Array): Uint8Array {
  const [folder, inner, file] = efiProgram;
  const programClusters = Math.ceil(program.length / sector);
  const clusters = 2 + programClusters;
  // 12 bits for each cluster, and for two numbers that name none.
  const tableSectors = Math.ceil(((clusters + 2) * 12) / 8 / sector);
  const firstTable = 1;
  const root = firstTable + 2 * tableSectors;
  const data = root + 1;
  const length = Math.ceil(((data + clusters) * sector) / isoBlock) * isoBlock;
  if (length / sector - data > 4084) throw new Error(`A program of ${program.length} bytes is too large for FAT12.`);

  const image = new Uint8Array(length);
  const view = new DataView(image.buffer);
  writeBootSector(view, { tableSectors, sectors: length / sector });

  const endOfFile = 0xfff;
  const table = [0xff0 | (media & 0xf), endOfFile, endOfFile, endOfFile];
  const firstOfProgram = table.length;
  for (let number = 1; number < programClusters; number++) table.push(firstOfProgram + number);
  if (programClusters > 0) table.push(endOfFile);
  for (const copy of [0, 1]) writeTable(image, (firstTable + copy * tableSectors) * sector, table);

  const clusterAt = (number: number) => (data + number - 2) * sector;
  writeEntry(view, root * sector, { name: label, attribute: attributes.label, cluster: 0, size: 0 });
  const directory = (at: number, own: number, above: number, entry: Entry) => {
    writeEntry(view, at, { name: '.', attribute: attributes.directory, cluster: own, size: 0 });
    writeEntry(view, at + entrySize, { name: '..', attribute: attributes.directory, cluster: above, size: 0 });
    writeEntry(view, at + 2 * entrySize, entry);
  };
  const subfolder = { attribute: attributes.directory, size: 0 };
  writeEntry(view, root * sector + entrySize, { name: folder, cluster: 2, ...subfolder });
  directory(clusterAt(2), 2, 0, { name: inner, cluster: 3, ...subfolder });
  const size = program.length;
  const cluster = programClusters > 0 ? firstOfProgram : 0;
  directory(clusterAt(3), 3, 2, { name: file, attribute: attributes.archive, cluster, size });
  image.set(program, clusterAt(firstOfProgram));
  return image;
}

/** The volume's name, and its number. */
const label = 'ONKO EFI';
const serialNumber = 0x4f4e4b4f;

/** A medium that is no floppy disk. */
const media = 0xf8;

function writeBootSector(view: DataView, { tableSectors, sectors }: { tableSectors: number; sectors: number }): void {
  // jmp short, nop: nobody executes it, but firmware knows the file system by it.
  writeBytes(view, 0, [0xeb, 0x3c, 0x90]);
  writeText(view, 3, 'ONKO', 8);
  view.setUint16(11, sector, true);
  view.setUint8(13, 1); // sectors of a cluster
  view.setUint16(14, 1, true); // sectors before the tables
  view.setUint8(16, 2); // tables
  view.setUint16(17, sector / entrySize, true); // entries of the root directory
  view.setUint16(19, sectors, true);
  view.setUint8(21, media);
  view.setUint16(22, tableSectors, true);
  view.setUint16(24, 32, true); // sectors of a track and heads: nobody counts in them any more
  view.setUint16(26, 2, true);
  view.setUint8(36, 0x80); // drive
  view.setUint8(38, 0x29); // the next three are there
  view.setUint32(39, serialNumber, true);
  writeText(view, 43, label, 11);
  writeText(view, 54, 'FAT12', 8);
  writeBytes(view, 510, [0x55, 0xaa]);
}

/** Packs numbers of 12 bits, two into three bytes. */
function writeTable(image: Uint8Array, at: number, table: readonly number[]): void {
  for (const [index, value] of table.entries()) {
    const place = at + (index >> 1) * 3;
    if (index % 2 === 0) image.set([value & 0xff, value >> 8], place);
    else image.set([(image[place + 1] ?? 0) | ((value & 0xf) << 4), value >> 4], place + 1);
  }
}

interface Entry {
  name: string;
  attribute: number;
  cluster: number;
  size: number;
}

function writeEntry(view: DataView, at: number, { name, attribute, cluster, size }: Entry): void {
  const dot = attribute === attributes.archive ? name.lastIndexOf('.') : -1;
  writeText(view, at, dot < 0 ? name : name.slice(0, dot), attribute === attributes.label ? 11 : 8);
  if (attribute !== attributes.label) writeText(view, at + 8, dot < 0 ? '' : name.slice(dot + 1), 3);
  view.setUint8(at + 11, attribute);
  for (const place of [16, 18, 24]) view.setUint16(at + place, date, true);
  view.setUint16(at + 26, cluster, true);
  view.setUint32(at + 28, size, true);
}

/** A name in a field that is filled up with blanks. */
function writeText(view: DataView, at: number, text: string, width: number): void {
  writeBytes(
    view,
    at,
    [...text.padEnd(width)].map((letter) => letter.charCodeAt(0)),
  );
}

function writeBytes(view: DataView, at: number, bytes: readonly number[]): void {
  for (const [index, byte] of bytes.entries()) view.setUint8(at + index, byte);
}
