/** Whether firmware would start an image, and why not: from a CD or from a USB stick, by BIOS or by UEFI. */
import { bootRecordSector } from './descriptors.ts';
import { diskBlock, grouped, hex, raw, ImageBytes, sector } from './bytes.ts';
import { pathOf, type Extent } from './directories.ts';
import { floppySizes, mediaNames, platforms, type BootEntry } from './el-torito.ts';
import { bootPrograms, readFat } from './fat.ts';
import { efiSystemPartition, type Gpt } from './partitions.ts';
import type { IsoImage } from './read.ts';

/** One of the four ways into an image. */
export interface BootWay {
  medium: 'CD' | 'USB stick';
  firmware: 'BIOS' | 'UEFI';
  /** Nothing is missing that can be seen from outside. Whether the loader then works, only a boot tells. */
  boots: boolean;
  /** What the firmware does; or every reason why it does not, as sentences. */
  says: string[];
}

/** What firmware looks at. */
type BootParts = Pick<IsoImage, 'descriptors' | 'catalogue' | 'partitions'>;

/** Looks at the four ways into an image that has been read, as firmware would. */
export function bootWays(bytes: Uint8Array, parts: BootParts): BootWay[] {
  const image = new ImageBytes(bytes);
  const way = (medium: BootWay['medium'], firmware: BootWay['firmware'], look: Look): BootWay =>
    look.reasons.length > 0
      ? { medium, firmware, boots: false, says: look.reasons }
      : { medium, firmware, boots: true, says: look.does };
  return [
    way('CD', 'BIOS', cdByBios(image, parts)),
    way('CD', 'UEFI', cdByUefi(image, parts)),
    way('USB stick', 'BIOS', stickByBios(parts)),
    way('USB stick', 'UEFI', stickByUefi(image, parts)),
  ];
}

/** What firmware does, or why it cannot. */
interface Look {
  does: string[];
  reasons: string[];
}

const no = (...reasons: string[]): Look => ({ does: [], reasons });

/** What stands between firmware and the entries of the catalogue. */
function catalogueReasons(image: ImageBytes, { descriptors, catalogue }: BootParts): string[] {
  const record = descriptors.find(({ catalogue: number }) => number !== undefined);
  if (descriptors.length === 0) return ['The image has no volume descriptor of ISO 9660 in sector 16.'];
  if (record === undefined) return ['There is no boot record of El Torito among the volume descriptors.'];
  if (record.sector !== bootRecordSector) {
    return [
      `The boot record stands in sector ${record.sector}; firmware looks for it in sector ${bootRecordSector} only.`,
    ];
  }
  if (catalogue === undefined) return [`The boot catalogue, sector ${record.catalogue}, lies behind the image’s end.`];
  const reasons: string[] = [];
  if (image.u8(catalogue.offset) !== 1) reasons.push('The boot catalogue does not begin with the number 1.');
  if (image.u16(catalogue.offset + 30) !== 0xaa55) {
    reasons.push(`The boot catalogue’s key bytes are ${raw(image, catalogue.offset + 30, 2)}, not 55 aa.`);
  }
  if (catalogue.sum !== 0) {
    reasons.push(`The checksum of the boot catalogue is wrong: its words make ${hex(catalogue.sum)}, not 0.`);
  }
  return reasons;
}

const fileName = ({ file, sector: number }: BootEntry) => (file === undefined ? `sector ${number}` : pathOf(file));

function entryReasons(image: ImageBytes, entry: BootEntry): string[] {
  const reasons: string[] = [];
  if (!entry.bootable)
    reasons.push(`The entry’s boot indicator is ${hex(image.u8(entry.offset))}, not 0x88: not bootable.`);
  if (!image.has(entry.sector * sector, 1)) {
    reasons.push(`The boot image is said to lie in sector ${entry.sector}; the image ends before.`);
  }
  return reasons;
}

function cdByBios(image: ImageBytes, parts: BootParts): Look {
  const reasons = catalogueReasons(image, parts);
  const entry = parts.catalogue?.entries[0];
  if (reasons.length > 0 || entry === undefined) return no(...reasons);
  if (entry.platform !== 0) {
    const platform = platforms[entry.platform] ?? `platform ${hex(entry.platform)}`;
    return no(`The catalogue’s first entry is for ${platform}. A BIOS goes by this entry.`);
  }
  reasons.push(...entryReasons(image, entry));
  const start = entry.sector * sector;
  const name = fileName(entry);
  const address = hex((entry.segment || 0x7c0) * 16);
  const floppy = floppySizes[entry.media];
  const bytes = entry.count * diskBlock;
  if (entry.media === 0) {
    if (entry.count === 0) reasons.push('The entry asks for 0 blocks to be loaded.');
    else if (!image.has(start, bytes))
      reasons.push(`The entry asks for ${grouped(bytes)} bytes, more than follow in the image.`);
    else if (image.isZero(start, Math.min(bytes, sector)))
      reasons.push(`${name} begins with zeros; there is no code to start.`);
  } else if (floppy !== undefined && !image.has(start, floppy)) {
    reasons.push(`A ${mediaNames[entry.media]} has ${grouped(floppy)} bytes, more than follow ${name} in the image.`);
  } else if (entry.media === 4 && image.u16(start + 510) !== 0xaa55) {
    reasons.push(`${name} is to be a hard disk, and has no MBR.`);
  } else if (mediaNames[entry.media] === undefined) {
    reasons.push(`The boot media type is ${entry.media}, which nobody knows.`);
  }
  if (reasons.length > 0) return no(...reasons);
  const kind = mediaNames[entry.media];
  if (entry.media === 0)
    return { does: [`It loads ${grouped(bytes)} bytes of ${name} to ${address} and jumps there.`], reasons };
  return { does: [`It takes ${name} for a ${kind}, loads its first sector to ${address} and jumps there.`], reasons };
}

function cdByUefi(image: ImageBytes, parts: BootParts): Look {
  const reasons = catalogueReasons(image, parts);
  if (reasons.length > 0 || parts.catalogue === undefined) return no(...reasons);
  const entry = parts.catalogue.entries.find(({ platform }) => platform === 0xef);
  if (entry === undefined) return no('The boot catalogue has no entry for UEFI (platform 0xef).');
  reasons.push(...entryReasons(image, entry));
  if (reasons.length > 0) return no(...reasons);
  return programLook(image, entry.extent, fileName(entry));
}

/** A FAT file system with a boot program, as UEFI wants it. */
function programLook(image: ImageBytes, extent: Extent, name: string): Look {
  const fat = readFat(image, extent);
  if ('problem' in fat) return no(`The boot image, ${name}, is no FAT file system: ${fat.problem}.`);
  const known = fat.programs.filter((program) => program in bootPrograms);
  if (known.length === 0) {
    const found = fat.files.filter((file) => !file.startsWith('.'));
    const instead =
      found.length === 0 ? 'there is no such folder, or nothing in it' : `there is ${found.slice(0, 5).join(', ')}`;
    return no(`The FAT file system in ${name} has no program EFI/BOOT/BOOTX64.EFI; ${instead}.`);
  }
  const list = known.map((program) => `EFI/BOOT/${program}.EFI (${bootPrograms[program]})`);
  return { does: [`It finds the FAT file system in ${name} and starts ${list.join(' or ')}.`], reasons: [] };
}

function stickByBios({ partitions: { mbr } }: BootParts): Look {
  if (mbr === undefined) {
    return no('The image does not begin with an MBR: bytes 510 and 511 are not 55 aa.');
  }
  if (!mbr.code) return no('There is an MBR, but no code in it: its first 440 bytes are zeros.');
  return { does: [`It loads the first ${diskBlock} bytes of the image to 0x7c00 and jumps there.`], reasons: [] };
}

/** No disk has more partitions to boot from than a person can remember. */
const mostPlaces = 8;

function stickByUefi(image: ImageBytes, { partitions: { mbr, gpt, backup } }: BootParts): Look {
  const table: Gpt | undefined = gpt?.sound === true ? gpt : backup?.sound === true ? backup : undefined;
  const places: { extent: Extent; name: string }[] = [];
  const add = (start: number, blocks: number, name: string) => {
    const offset = start * diskBlock;
    places.push({ extent: { offset, length: image.present(offset, blocks * diskBlock) }, name });
  };
  for (const { type, number, first, last } of table?.partitions ?? []) {
    if (type === efiSystemPartition) add(Number(first), Number(last - first + 1n), `GPT partition ${number}`);
  }
  if (table === undefined) {
    for (const { type, number, start, blocks } of mbr?.partitions ?? []) {
      if (type === 0xef) add(start, blocks, `MBR partition ${number}`);
    }
  }
  if (places.length === 0) {
    const unsound = [gpt, backup].some((each) => each?.sound === false);
    if (table === undefined && unsound) return no('There is a GPT, but what it says does not fit its checksums.');
    if (table === undefined && mbr === undefined)
      return no('There is no partition table at the beginning of the image.');
    return no('The partition table has no EFI system partition.');
  }
  const looks = places.slice(0, mostPlaces).map(({ extent, name }) => programLook(image, extent, name));
  return looks.find(({ reasons }) => reasons.length === 0) ?? no(...looks.flatMap(({ reasons }) => reasons));
}
