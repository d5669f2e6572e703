/** Where the 32-bit PC's files are on the machine that builds the site: v86 is an npm package, the BIOS one of Debian's. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readImage } from '../engine/bios-image.ts';

const images = {
  bios: { path: '/usr/share/seabios/bios.bin', debian: 'seabios' },
  vgaBios: { path: '/usr/share/seabios/vgabios-stdvga.bin', debian: 'seabios' },
} as const;

/** The bytes by their names in `V86Urls`. Rejects with a UserError when the BIOS is not installed. */
export async function readV86Files(): Promise<Record<'v86' | 'bios' | 'vgaBios', Uint8Array<ArrayBuffer>>> {
  const engine = fileURLToPath(import.meta.resolve('v86/build/v86.wasm'));
  return {
    v86: new Uint8Array(await readFile(engine)),
    bios: await readImage(images.bios),
    vgaBios: await readImage(images.vgaBios),
  };
}

/** v86's licence, which whoever passes it on passes on too. */
export async function readV86License(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(fileURLToPath(import.meta.resolve('v86/LICENSE'))));
}
