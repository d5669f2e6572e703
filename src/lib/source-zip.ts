import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { InputError } from './input.ts';

/**
 * The zip's dates, the oldest that the format knows (.ZIP File Format Specification 6.3.10, 4.4.6). It counts in local
 * time, and so does fflate: this is the same stamp in every time zone.
 */
const date = new Date(1980, 0, 1);

/** Unix, regular file, rw-r--r--: what unpacks as a file that its owner can edit (same, 4.4.2 and 4.4.15). */
const unix = 3;
const regularFile = 0o100644 << 16;

/** A zip of texts, path → text. The same texts give the same bytes. */
export function zipTexts(texts: ReadonlyMap<string, string>): Uint8Array<ArrayBuffer> {
  const files: Zippable = Object.fromEntries([...texts].map(([path, text]) => [path, strToU8(text)]));
  return zipSync(files, { level: 9, mtime: date, os: unix, attrs: regularFile });
}

/**
 * A zip of {@link zipTexts} with one file changed, or added by an `edit` of `undefined`. `path` is within the zip's one
 * folder. Throws {@link InputError} for a file that is no such zip.
 */
export function editZip(
  zip: Uint8Array,
  path: string,
  edit: (text: string | undefined) => string,
): Uint8Array<ArrayBuffer> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(zip);
  } catch (error) {
    throw new InputError(`The source is no zip that can be read: ${String(error)}. Reload the page to fetch it again.`);
  }
  const texts = new Map(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]));
  const folder = [...texts.keys()][0]?.split('/')[0] ?? '';
  const name = `${folder}/${path}`;
  return zipTexts(texts.set(name, edit(texts.get(name))));
}
