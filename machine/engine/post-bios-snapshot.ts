import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { root } from '../../tools/paths.ts';
import { freshMemory, Pc, type FirstFiles } from '../pc.ts';
import { encodePostBios } from '../post-bios.ts';
import { readImage } from './bios-image.ts';

/** The images that Debian's packages install. */
const biosFiles = {
  bios: { path: '/usr/share/bochs/BIOS-bochs-legacy', debian: 'bochsbios' },
  vgaBios: { path: '/usr/share/vgabios/vgabios-stdvga.bin', debian: 'vgabios' },
} as const;

/** Where the BIOS calls interrupt 19h, having found its devices: nothing of a disc is read before. */
const bootAddress = 0xfe6f2n;
/** POST takes under a million instructions. */
const patience = 100e6;

/** The files that a PC starts with. */
export async function readFirstFiles(): Promise<FirstFiles> {
  return {
    bochsrc: new Uint8Array(await readFile(`${root}/machine/engine/bochsrc`)),
    bios: await readImage(biosFiles.bios),
    vgaBios: await readImage(biosFiles.vgaBios),
  };
}

/** Runs a PC from reset to where its BIOS looks for a disc, and returns the contents of snapshot.bin. */
export async function makePostBiosSnapshot(wasm: Uint8Array<ArrayBuffer>, first: FirstFiles): Promise<Uint8Array> {
  const module = await WebAssembly.compile(wasm);
  const complaints: string[] = [];
  const pc = await Pc.fromReset(module, first, { log: (line) => complaints.push(line) });
  pc.setBreakpoints([bootAddress]);
  let reason = pc.run(1e6, 1e6);
  while (reason !== 'breakpoint' && reason !== 'shutdown' && pc.ticks() < patience) reason = pc.run(1e6, 1e6);
  if (reason !== 'breakpoint') throw new Error(`the BIOS did not come to its boot code\n${complaints.join('\n')}`);
  pc.setBreakpoints([]);
  const { memory, files } = pc.trimmedMemory();
  return encodePostBios(createHash('sha256').update(wasm).digest(), memory, await freshMemory(module), files);
}
