import { channels, cssHex, onkoColor, type Color } from '../../lib/color.ts';
import { colorInstructions, findShape, paintKernel, type ColorInstruction } from '../../lib/color-patch.ts';
import { parseElf } from '../../lib/elf.ts';
import { block, fileBytes, findFile, readContent } from '../../lib/iso9660/content.ts';
import { kernelSymbols, type Manifest } from '../../lib/manifest.ts';
import type { Disc } from '../machine/machine-element.ts';
import { machinePanel } from '../machine/panel.ts';
import { download, fetchFile } from '../download.ts';

/** A disc whose kernel paints another colour, and what that took. */
export interface Painted {
  disc: Disc;
  /** Bytes of the kernel, and how many of them are others now. */
  size: number;
  changed: number;
  before: ColorInstruction[];
  after: ColorInstruction[];
}

/**
 * The machine's own ISO with a kernel that the compiler would have made for `color`. `manifestUrl` is where the manifest
 * of ISOs lies; it knows which of the kernel's bytes carry the colour.
 */
export async function paintDisc(color: Color, chapter: string, manifestUrl: string): Promise<Painted> {
  const panel = await machinePanel();
  const [iso, manifest] = await Promise.all([panel.ownIso(), fetchFile(manifestUrl)]);
  const { isos } = JSON.parse(new TextDecoder().decode(manifest)) as Manifest;
  const shapes = isos.find((entry) => entry.chapter === chapter)?.kernel?.colors;
  if (shapes === undefined) throw new Error(`${manifestUrl} knows no colours of the kernel of ${chapter}.`);

  const file = findFile(readContent(iso), 'kernel.elf');
  const kernel = fileBytes(iso, file);
  const painted = paintKernel(kernel, shapes, color);
  const changed = iso.slice();
  changed.set(painted, file.lba * block);

  const { red: r, green: g, blue: b } = color;
  return {
    disc: {
      iso: changed,
      name: `onko-${cssHex(color).slice(1)}.iso`,
      checkpoint: { kind: 'painted', color: { r, g, b } },
      symbols: kernelSymbols(parseElf(painted)),
    },
    size: kernel.length,
    changed: kernel.reduce((count, byte, offset) => count + Number(byte !== painted[offset]), 0),
    before: colorInstructions(kernel, findShape(shapes, onkoColor)),
    after: colorInstructions(painted, findShape(shapes, color)),
  };
}

/** Gives the reader the chapter's folder, with the colour in its main.rs. */
export async function downloadSource(color: Color, sourceUrl: string): Promise<void> {
  const [zip, { editZip }] = await Promise.all([fetchFile(sourceUrl), import('../../lib/source-zip.ts')]);
  const changed = await editZip(zip, 'src/main.rs', (text) => {
    let edited = text;
    for (const channel of channels) {
      edited = edited.replace(`${channel}: ${onkoColor[channel]},`, `${channel}: ${color[channel]},`);
    }
    return edited;
  });
  download(changed, `onko-${cssHex(color).slice(1)}.zip`);
}
