/** Whether an image is worth putting into the drive: said in words before the BIOS says it in its own. */
import { MachineError } from './errors.ts';

/** CD sectors (logical blocks), ECMA-119 section 6.1. */
const sector = 2048;

function textAt(image: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...image.subarray(offset, offset + length));
}

/** Whether a volume descriptor of ISO 9660 is where CDs have their first one. */
export function isCd(image: Uint8Array): boolean {
  return textAt(image, 16 * sector + 1, 5) === 'CD001';
}

/**
 * Throws a {@link MachineError} unless `image` begins as a bootable CD does: with a volume descriptor of ISO 9660 in
 * sector 16 (ECMA-119, 8.4, whose Volume Space Size it must reach) and the El Torito boot record in sector 17 (El Torito 1.0, section 2.0).
 */
export function checkDisc(image: Uint8Array): void {
  const damaged = (what: string): MachineError =>
    new MachineError(
      `The ISO cannot be booted: ${what}.`,
      'Reload the page to fetch it again, or build it again with ./onko isos.',
    );
  if (image.length === 0) throw damaged('it is empty');
  if (image.length < 18 * sector) {
    throw damaged(`it ends after ${image.length} bytes, before the boot record at byte ${17 * sector}`);
  }
  if (!isCd(image)) {
    throw damaged(`byte ${16 * sector + 1} should begin the text "CD001" of an ISO 9660 volume descriptor`);
  }
  if (
    textAt(image, 17 * sector + 1, 5) !== 'CD001' ||
    textAt(image, 17 * sector + 7, 23) !== 'EL TORITO SPECIFICATION'
  ) {
    throw damaged(`it has no El Torito boot record at byte ${17 * sector}`);
  }
  const announced = new DataView(image.buffer, image.byteOffset).getUint32(16 * sector + 80, true) * sector;
  if (image.length < announced) {
    throw damaged(`it ends after ${image.length} of the ${announced} bytes that its volume descriptor announces`);
  }
}
