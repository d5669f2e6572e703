import { crc32 } from './crc32.ts';
import { InputError } from './input.ts';

/**
 * Changes a file of a zip and leaves all others as they are packed. Few bytes of code instead of a library's, since pages
 * fetch it for one button.
 *
 * Source: .ZIP File Format Specification 6.3.10, sections 4.3 and 4.4.
 */

const localHeader = { signature: 0x04034b50, size: 30 };
const centralHeader = { signature: 0x02014b50, size: 46 };
const endRecord = { signature: 0x06054b50, size: 22 };
const stored = 0;
const deflated = 8;

/** A file as the central directory tells of it, with its packed bytes. */
interface Packed {
  name: string;
  /** The central header, which the local one is made from. */
  header: Uint8Array<ArrayBuffer>;
  packed: Uint8Array;
}

/**
 * A copy of a zip in which the text at `path`, below the zip's one folder, is another; a path that is not there yet is
 * added, with `edit` told an empty text. Rejects with {@link InputError} for bytes that are no such zip.
 */
export async function editZip(
  zip: Uint8Array<ArrayBuffer>,
  path: string,
  edit: (text: string) => string,
): Promise<Uint8Array<ArrayBuffer>> {
  const files = readZip(zip);
  const [first] = files;
  if (first === undefined) throw notAZip('it holds no file');
  const name = `${first.name.split('/')[0]}/${path}`;
  let file = files.find((each) => each.name === name);
  const text = file === undefined ? '' : await unpack(file);
  const edited = edit(text);
  if (edited === text) return zip;
  if (file === undefined) {
    file = { name, header: renamed(first.header, name), packed: new Uint8Array() };
    files.push(file);
  }
  file.packed = new TextEncoder().encode(edited);
  const header = new DataView(file.header.buffer);
  header.setUint16(10, stored, true);
  header.setUint32(16, crc32(file.packed), true);
  header.setUint32(20, file.packed.length, true);
  header.setUint32(24, file.packed.length, true);
  return writeZip(files);
}

function notAZip(why: string): InputError {
  return new InputError(`The source is no zip that can be read: ${why}. Reload the page to fetch it again.`);
}

function readZip(zip: Uint8Array<ArrayBuffer>): Packed[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - endRecord.size;
  if (end < 0 || view.getUint32(end, true) !== endRecord.signature) throw notAZip('its end record is missing');
  const files: Packed[] = [];
  try {
    let at = view.getUint32(end + 16, true);
    for (let count = view.getUint16(end + 10, true); count > 0; count--) {
      if (view.getUint32(at, true) !== centralHeader.signature) throw notAZip(`byte ${at} begins no file`);
      const nameLength = view.getUint16(at + 28, true);
      const length = centralHeader.size + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
      const local = view.getUint32(at + 42, true);
      const start = local + localHeader.size + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const header = zip.slice(at, at + length);
      const name = new TextDecoder().decode(header.subarray(centralHeader.size, centralHeader.size + nameLength));
      files.push({ name, header, packed: zip.subarray(start, start + view.getUint32(at + 20, true)) });
      at += length;
    }
  } catch (error) {
    if (error instanceof RangeError) throw notAZip('it ends too early');
    throw error;
  }
  return files;
}

async function unpack({ header, packed }: Packed): Promise<string> {
  const method = new DataView(header.buffer).getUint16(10, true);
  if (method === stored) return new TextDecoder().decode(packed);
  if (method !== deflated) throw notAZip(`a file is packed by method ${method}`);
  const stream = new Blob([new Uint8Array(packed)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).text().catch(() => {
    throw notAZip('a file in it is damaged');
  });
}

/** The header of a file like another, with its own name and nothing else that varies in length. */
function renamed(header: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const letters = new TextEncoder().encode(name);
  const copy = new Uint8Array(centralHeader.size + letters.length);
  copy.set(header.subarray(0, centralHeader.size));
  copy.set(letters, centralHeader.size);
  const view = new DataView(copy.buffer);
  view.setUint16(28, letters.length, true);
  view.setUint32(30, 0, true);
  return copy;
}

function writeZip(files: readonly Packed[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  };
  for (const { name, header, packed } of files) {
    new DataView(header.buffer).setUint32(42, length, true);
    const letters = new TextEncoder().encode(name);
    const local = new Uint8Array(localHeader.size + letters.length);
    const view = new DataView(local.buffer);
    view.setUint32(0, localHeader.signature, true);
    // Version, flags, method, time, date, check, sizes: the same in both headers.
    local.set(header.subarray(6, 28), 4);
    view.setUint16(26, letters.length, true);
    local.set(letters, localHeader.size);
    put(local);
    put(packed);
  }
  const start = length;
  for (const { header } of files) put(header);
  const end = new Uint8Array(endRecord.size);
  const view = new DataView(end.buffer);
  view.setUint32(0, endRecord.signature, true);
  view.setUint16(8, files.length, true);
  view.setUint16(10, files.length, true);
  view.setUint32(12, length - start, true);
  view.setUint32(16, start, true);
  put(end);
  const zip = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    zip.set(part, at);
    at += part.length;
  }
  return zip;
}
