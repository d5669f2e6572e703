import { UserError } from '../../tools/errors.ts';

/** Bytes of a block on a CD, and of a sector on a disk. */
const block = 2048;
const sector = 512;

/** The code of a boot sector; behind it are the disk's number and the partition table. */
const codeSize = 440;

/** Where the loader's BIOS image carries the boot sector, and what in there (kernel/loader/bios/src/boot.s). */
const inImage = { code: 0x600, name: 420, firstSector: 432 } as const;
const name = 'ONKO';

/**
 * Makes an ISO with our loader bootable from a disk or stick by a BIOS, as `limine bios-install` does for one with Limine:
 * writes the code of a boot sector in front of the partition table. The code comes from the loader's BIOS image on that
 * ISO, and is told where that image lies. Installing twice changes nothing.
 */
export function installBootSector(iso: Uint8Array): void {
  const view = new DataView(iso.buffer, iso.byteOffset, iso.byteLength);
  const image = biosImage(iso, view) * block;
  const code = image + inImage.code;
  if (textAt(iso, code + inImage.name, name.length) !== name) {
    throw new UserError(
      'The ISO boots by BIOS with a loader that has no boot sector for disks.',
      'This tool is for ISOs with the loader of this project; for Limine use its own: limine bios-install.',
    );
  }
  if (view.getUint16(510, true) !== 0xaa55 || textAt(iso, sector, 8) !== 'EFI PART') {
    throw new UserError(
      'The ISO has no partition table (GPT), so it would not boot from a disk.',
      'Write it with xorriso’s options -efi-boot-part --efi-boot-image.',
    );
  }
  iso.copyWithin(0, code, code + codeSize);
  view.setBigUint64(inImage.firstSector, BigInt(image / sector), true);
}

/** The block at which the BIOS's boot image begins, from the boot catalogue (El Torito 1.0, 2.0 and 2.2). */
function biosImage(iso: Uint8Array, view: DataView): number {
  const descriptor = 17 * block;
  if (iso.length < descriptor + block || textAt(iso, descriptor + 7, 23) !== 'EL TORITO SPECIFICATION') {
    throw new UserError('The file is no ISO that boots: there is no boot record in its block 17.');
  }
  const entry = view.getUint32(descriptor + 71, true) * block + 32;
  const image = entry + 32 <= iso.length && iso[entry] === 0x88 ? view.getUint32(entry + 8, true) : 0;
  if (image === 0 || (image + 1) * block > iso.length) {
    throw new UserError('The ISO’s boot catalogue has no entry for a BIOS.', 'Write it with xorriso’s option -b.');
  }
  return image;
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
