import { confCheckpoint } from '../../lib/conf-checkpoint.ts';
import { onkoColor } from '../../lib/onko-color.ts';
import { rewriteIso } from '../../lib/iso9660/write.ts';
import { readConf } from '../../lib/limine-conf.ts';
import { download, fetchFile } from '../download.ts';
import { claimDrive, machinePanel } from '../machine/panel.ts';

const file = 'limine.conf';

/** Writes the machine's own ISO anew with another limine.conf, and boots it. The keyboard goes to its menu. */
export async function bootConf(text: string): Promise<void> {
  const isLast = claimDrive();
  const panel = await machinePanel();
  const iso = await panel.ownIso();
  if (!isLast()) return;
  const changed = rewriteIso(iso, new Map([[file, new TextEncoder().encode(text)]]));
  const { red: r, green: g, blue: b } = onkoColor;
  await panel.boot(
    {
      iso: changed,
      name: 'onko-my-menu.iso',
      checkpoint: confCheckpoint(readConf(text), { r, g, b }),
      symbols: panel.ownSymbols,
    },
    { focus: 'screen' },
  );
}

/** Gives the reader the chapter's folder with this limine.conf. */
export async function downloadConf(text: string, sourceUrl: string): Promise<void> {
  const [zip, { editZip }] = await Promise.all([fetchFile(sourceUrl), import('../../lib/source-zip.ts')]);
  download(await editZip(zip, file, () => text), 'onko-my-menu.zip');
}
