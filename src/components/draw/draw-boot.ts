/** What compiles a picture and boots it. `<onko-draw>` fetches it with the first expression that the page was not made with. */
import { checkIntegrity } from '../../../machine/integrity.ts';
import { drawingCheckpoint } from '../../lib/draw/checkpoint.ts';
import { discName, withExpression } from '../../lib/draw/drawing.ts';
import { codeFor, fillSlot } from '../../lib/draw/slot.ts';
import type { Program } from '../../lib/draw/syntax.ts';
import { parseElf } from '../../lib/elf.ts';
import { block, fileBytes, findFile, readContent } from '../../lib/iso9660/content.ts';
import { kernelSymbols, type DrawEntry } from '../../lib/manifest.ts';
import { download, fetchFile } from '../download.ts';
import { claimDrive, machinePanel } from '../machine/panel.ts';

export { listCode } from './listing.ts';

/** The ISO with the slot, and what the build knows of it. */
export interface DrawDisc {
  url: string;
  sha256: string;
  slot: DrawEntry['slot'];
}

let fetched: Promise<Uint8Array<ArrayBuffer>> | undefined;

/** Fetched once; after a failure the next call fetches again. */
function fetchDisc({ url, sha256 }: DrawDisc): Promise<Uint8Array<ArrayBuffer>> {
  fetched ??= fetchFile(url)
    .then(async (iso) => {
      await checkIntegrity(iso, sha256, `The ISO ${url}`);
      return iso;
    })
    .catch((error: unknown) => {
      fetched = undefined;
      throw error;
    });
  return fetched;
}

/** Compiles a program into the kernel's slot, and boots it in the page's machine. Rejects with words where it does not fit. */
export async function bootDrawing(program: Program, disc: DrawDisc): Promise<void> {
  const isLast = claimDrive();
  const panel = await machinePanel();
  const iso = (await fetchDisc(disc)).slice();
  if (!isLast()) return;
  const file = findFile(readContent(iso), 'kernel.elf');
  const kernel = fillSlot(fileBytes(iso, file), disc.slot, codeFor(program, disc.slot));
  iso.set(kernel, file.lba * block);
  await panel.boot({
    iso,
    name: discName,
    checkpoint: drawingCheckpoint(program),
    symbols: kernelSymbols(parseElf(kernel)),
  });
}

/** Gives the reader the folder of the kernel that draws, with this expression in its main.rs. */
export async function downloadDrawing(text: string, sourceUrl: string): Promise<void> {
  const [zip, { editZip }] = await Promise.all([fetchFile(sourceUrl), import('../../lib/source-zip.ts')]);
  download(await editZip(zip, 'src/main.rs', (main) => withExpression(main, text)), 'onko-my-picture.zip');
}
