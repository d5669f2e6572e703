import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { Pc, ticksPerSecond } from '../../machine/pc.ts';
import { decodePostBios } from '../../machine/post-bios.ts';
import { readExperimentsManifest } from '../../kernel/pipeline/experiments.ts';
import { cache, root } from '../../tools/paths.ts';
import { engineFiles } from './engine.ts';
import { readManifest } from './manifest.ts';
import { encodePng } from './png.ts';

/** The last picture of an ISO, recorded in the machine that the page runs. */
export interface Frame {
  /** The chapter's id, or the experiment's name. */
  name: string;
  /** Below the site's base. */
  path: string;
  /** Where the recording is kept. */
  source: string;
  width: number;
  height: number;
}

const folder = `${cache}/frames`;

/** A guest that has not come to rest by then (seconds of its own time) is recorded as it stands. */
const longestBoot = 20;

/** The discs whose picture is shown: every chapter's, and those of experiments that leave more than one colour. */
async function discsWithPictures(): Promise<{ name: string; file: string; sha256: string }[]> {
  const { isos } = await readManifest();
  const { experiments } = readExperimentsManifest();
  return [
    ...isos.map(({ chapter, file, sha256 }) => ({ name: chapter, file, sha256 })),
    ...experiments.flatMap(({ name, iso, page }) =>
      iso && page?.screen.mode === 'graphics' && page.screen.distinct > 1
        ? [{ name, file: `experiments/${iso.file}`, sha256: iso.sha256 }]
        : [],
    ),
  ];
}

/** Boots the discs in Node and keeps what they leave on the screen. Recorded once for each ISO and engine. */
export async function recordedFrames(): Promise<Frame[]> {
  const { wasm, snapshot } = await engineFiles();
  const frames: Frame[] = [];
  for (const { name, file, sha256 } of await discsWithPictures()) {
    const key = createHash('sha256').update(`${sha256} ${wasm.path} ${snapshot.path}`).digest('hex').slice(0, 16);
    const source = `${folder}/${key}.png`;
    if (!existsSync(source)) await record(`${root}/public/isos/${file}`, wasm.source, snapshot.source, source);
    const png = await readFile(source);
    // Width and height stand at fixed places of a PNG's first chunk.
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    frames.push({ name, path: `frames/${name}.${key}.png`, source, width, height });
  }
  return frames;
}

async function record(iso: string, wasm: string, snapshot: string, target: string): Promise<void> {
  const module = await WebAssembly.compile(new Uint8Array(await readFile(wasm)));
  const pc = await Pc.fromSnapshot(module, decodePostBios(new Uint8Array(await readFile(snapshot))));
  pc.insertDisc(new Uint8Array(await readFile(iso)));
  runToRest(pc);

  const picture = pc.changedPicture();
  if (!picture) throw new Error(`${iso} showed nothing at all.`);
  await mkdir(folder, { recursive: true });
  // Renamed into place, so that an interrupted build leaves no half picture.
  await writeFile(`${target}.part`, encodePng(picture.width, picture.height, picture.rgba));
  await rename(`${target}.part`, target);
}

/** Runs until the CPU waits with interrupts off or has shut down, which is for ever. */
function runToRest(pc: Pc): void {
  const interruptFlag = 0x200n;
  const slice = ticksPerSecond / 10;
  const end = pc.ticks() + longestBoot * ticksPerSecond;
  while (pc.ticks() < end) {
    const reason = pc.run(slice, slice);
    if (reason === 'shutdown') return;
    const { halted, rflags } = pc.registers();
    if (halted && (rflags & interruptFlag) === 0n) return;
  }
}
