/**
 * As much of the FAT file system as it takes to find a boot program in it, as firmware for UEFI does.
 *
 * Source: Microsoft FAT Specification (2005), sections 3 (boot sector), 4 (FAT) and 6 (directories).
 */
import type { ImageBytes } from './bytes.ts';
import type { Extent } from './directories.ts';

/** The programs that firmware starts from a removable disk, by processor (UEFI 2.10, 3.5.1.1). */
export const bootPrograms: Readonly<Record<string, string>> = {
  BOOTX64: '64-bit PCs',
  BOOTIA32: '32-bit PCs',
  BOOTAA64: '64-bit Arm',
  BOOTARM: '32-bit Arm',
  BOOTRISCV64: '64-bit RISC-V',
};

const entrySize = 32;
const directoryBit = 0x10;
const longNameBits = 0x0f;

interface Geometry {
  bytes: ImageBytes;
  base: number;
  end: number;
  clusterSize: number;
  fat: number;
  fatBits: 12 | 16 | 32;
  clusters: number;
  data: number;
  root: { extent: Extent } | { cluster: number };
}

/** Why bytes are no FAT file system, or what stands in the one that they are. */
export type FatReading = { problem: string } | { programs: string[]; files: string[] };

/** Looks for boot programs in the FAT file system that these bytes of the image are. */
export function readFat(image: ImageBytes, extent: Extent): FatReading {
  const geometry = readGeometry(image, extent);
  if (typeof geometry === 'string') return { problem: geometry };
  const found = entriesOf(geometry, geometry.root);
  const folder = (entries: FatEntry[], name: string) => entries.find((each) => each.directory && each.name === name);
  const efi = folder(found, 'EFI');
  const boot = efi === undefined ? undefined : folder(entriesOf(geometry, { cluster: efi.cluster }), 'BOOT');
  const files = boot === undefined ? [] : entriesOf(geometry, { cluster: boot.cluster });
  const programs = files.filter((each) => !each.directory && each.name.endsWith('.EFI') && isProgram(geometry, each));
  return { programs: programs.map(({ name }) => name.slice(0, -'.EFI'.length)), files: files.map(({ name }) => name) };
}

function readGeometry(image: ImageBytes, { offset, length }: Extent): Geometry | string {
  if (length < 512) return `it has ${length} bytes, and a FAT file system has at least 512`;
  const sectorSize = image.u16(offset + 11);
  const perCluster = image.u8(offset + 13);
  if (![512, 1024, 2048, 4096].includes(sectorSize) || perCluster === 0 || (perCluster & (perCluster - 1)) !== 0) {
    return 'it does not begin with the boot sector of a FAT file system';
  }
  const reserved = image.u16(offset + 14);
  const copies = image.u8(offset + 16);
  const rootEntries = image.u16(offset + 17);
  const total = image.u16(offset + 19) || image.u32(offset + 32);
  const fatSectors = image.u16(offset + 22) || image.u32(offset + 36);
  const rootStart = reserved + copies * fatSectors;
  const rootSectors = Math.ceil((rootEntries * entrySize) / sectorSize);
  const clusters = Math.floor((total - rootStart - rootSectors) / perCluster);
  if (reserved === 0 || copies === 0 || fatSectors === 0 || clusters < 1) {
    return 'the numbers in its boot sector give no FAT file system';
  }
  if (rootStart * sectorSize >= length) return 'its table of clusters reaches behind its end';
  const fatBits = clusters < 4085 ? 12 : clusters < 65_525 ? 16 : 32;
  return {
    bytes: image,
    base: offset,
    end: offset + length,
    clusterSize: perCluster * sectorSize,
    fat: offset + reserved * sectorSize,
    fatBits,
    clusters,
    data: offset + (rootStart + rootSectors) * sectorSize,
    root:
      fatBits === 32
        ? { cluster: image.u32(offset + 44) }
        : { extent: { offset: offset + rootStart * sectorSize, length: rootEntries * entrySize } },
  };
}

interface FatEntry {
  name: string;
  directory: boolean;
  cluster: number;
}

/** More entries than a folder of boot programs has, and few enough to be read at once. */
const mostEntries = 4096;

function entriesOf(geometry: Geometry, place: Geometry['root']): FatEntry[] {
  const { bytes } = geometry;
  const entries: FatEntry[] = [];
  let seen = 0;
  for (const { offset, length } of 'extent' in place ? [place.extent] : chain(geometry, place.cluster)) {
    for (let at = offset; at + entrySize <= Math.min(offset + length, geometry.end); at += entrySize) {
      const first = bytes.u8(at);
      if (first === 0 || ++seen > mostEntries) return entries;
      const attributes = bytes.u8(at + 11);
      if (first === 0xe5 || attributes === longNameBits || (attributes & 8) !== 0) continue;
      const [stem, ending] = [bytes.latin(at, 8).trimEnd(), bytes.latin(at + 8, 3).trimEnd()];
      const cluster = bytes.u16(at + 26) + (geometry.fatBits === 32 ? bytes.u16(at + 20) * 0x10000 : 0);
      const name = ending === '' ? stem : `${stem}.${ending}`;
      entries.push({ name, directory: (attributes & directoryBit) !== 0, cluster });
    }
  }
  return entries;
}

/** The clusters of a file, each after the one before; a chain that goes in circles ends when it is as long as the table. */
function* chain(geometry: Geometry, first: number): Generator<Extent> {
  const longest = Math.ceil((mostEntries * entrySize) / geometry.clusterSize) + 1;
  let cluster = first;
  for (let step = 0; step < longest && cluster >= 2 && cluster < geometry.clusters + 2; step++) {
    yield { offset: geometry.data + (cluster - 2) * geometry.clusterSize, length: geometry.clusterSize };
    cluster = nextCluster(geometry, cluster);
  }
}

function nextCluster({ bytes, fat, fatBits }: Geometry, cluster: number): number {
  if (fatBits === 32) return bytes.u32(fat + cluster * 4) & 0x0fffffff;
  if (fatBits === 16) return bytes.u16(fat + cluster * 2);
  const pair = bytes.u16(fat + Math.floor((cluster * 3) / 2));
  return cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
}

/** Whether a file begins as programs for UEFI do. */
function isProgram(geometry: Geometry, { cluster }: FatEntry): boolean {
  const [start] = chain(geometry, cluster);
  return start !== undefined && geometry.bytes.is(start.offset, 'MZ');
}
