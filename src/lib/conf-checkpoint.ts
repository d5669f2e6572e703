import { refusal, type Reading } from './limine-conf.ts';
import type { Checkpoint, PixelColor } from './manifest.ts';

/** How the chapters' files name the kernel on their disc. */
const kernelPath = 'boot():/kernel.elf';

/**
 * What an ISO of the chapter has to show when its limine.conf is replaced by this one: the loader's words when the file
 * is wrong; the kernel's colour, and the menu before it, when every entry is the kernel. `null` where an entry names
 * something else, of which nothing is known.
 */
export function confCheckpoint(reading: Reading, color: PixelColor): Checkpoint | null {
  const text = refusal(reading);
  if (text !== undefined) return { kind: 'refused', text };
  const { entries, defaultEntry, timeout } = reading.conf;
  const bootable = entries.filter(({ path }) => path !== '');
  if (!bootable.every(({ path, modules }) => path === kernelPath && modules.length === 0)) return null;
  if (timeout === 0) return { kind: 'painted', color };
  return { kind: 'painted', color, menu: { entry: entries[defaultEntry]?.title ?? '', seconds: timeout } };
}
