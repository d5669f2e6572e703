/**
 * What a kernel asks of a Limine loader, found in its file as our loader finds it in the loaded image, and what is wrong with
 * it (kernel/loader/core/src/protocol.rs).
 *
 * Source: Limine boot protocol, "Features" and "Requests Delimiters".
 */
import type { Extent, Reader } from './reader.ts';

/** A segment to load: `fileSize` bytes of the file from `offset`, and zeroes up to `memorySize`. */
interface ImageSegment {
  offset: bigint;
  address: bigint;
  fileSize: bigint;
  memorySize: bigint;
}

/** Something that is wrong with a request, and the bytes of the file that say so. */
interface RequestProblem {
  text: string;
  offset: number;
  length: number;
}

/** What a kernel's requests come to. */
export interface Wishes {
  /** The entry point asked for, and the bytes that ask; undefined where the ELF header's is called. */
  entry?: { address: bigint } & Omit<RequestProblem, 'text'>;
  /** What is wrong with the requests themselves. */
  problems: RequestProblem[];
  /** What is wrong with the kernel's own list of modules, which a loader comes to last. */
  modules: readonly RequestProblem[];
}

const baseRevisionMark = [0xf9562b2d5c95a6c8n, 0x6a7b384944536bdcn];
const requestMark = [0xc7b1dd30df4c8b88n, 0x0a82e883a194f07bn];
const startMark = [0xf6b8f4b39de7d1aen, 0xfab91a6940fcb9cfn, 0x785c6ed015d3e316n, 0x181e920a7852b9d9n];
const endMark = [0xadc0e0531bb10d03n, 0x9572709f31764c62n];
const firstWords = new Set([baseRevisionMark, requestMark, startMark, endMark].map(([word]) => word));

/** Requests by the third and fourth word of their ID, in hexadecimal, under the names that the loader gives them. */
const names = new Map(
  `f55038d8e2a1202f279426fcf5f59740 bootloader info
8c2f75d90bef28a87045a4688eac00c3 firmware type
224ef0460a8e8926e1cb0fc25f46ea3d stack size
48dcf1cb8ad2b85263984e959a98244b HHDM
9d5827dcd881dd75a3148604f6fab11b framebuffer
95c1a0edab0944cba4e5cb3842f7488a paging mode
67cf3d9d378a806fe304acdfc50c3c62 memory map
13d86c035a1cd3e12b0caa89d8f3026a entry point
ad97e90e83f1ed6731eb5d1c5ff23b69 executable file
4b161536e598651eb390ad4a2f1f303a executable command line
3e7e279702be32afca1c4f3bd1280cee module
c5e77b6b397e7b4327637845accdcf3c RSDP
9e9046f11e095391aa4a520fefbde5ee SMBIOS
502746e184c088aafbc5ec83e6327893 date at boot
71ba76863cc55f63b2644a48c516a487 executable address
5ceba5163eaaf6d60a6981610cf65fcc EFI system table
7df62a431d6872d5a4fcdfb3e57306c8 EFI memory map`
    .split('\n')
    .map((line) => [line.slice(0, 32), line.slice(33)] as const),
);

/** Where a request has its revision, and the first of its own members. */
const [revisionPlace, membersPlace] = [32, 48];

export const hex = (value: bigint) => `0x${value.toString(16)}`;

/** A kernel's image as it is once it is loaded, without a byte of it being copied. */
class Image {
  readonly base: bigint;
  readonly size: bigint;
  readonly segments: readonly ImageSegment[];
  readonly #reader: Reader;

  /** The segments must be in order of address, lie in the file and not overlap. */
  constructor(reader: Reader, segments: readonly ImageSegment[]) {
    const [first, last] = [segments[0], segments.at(-1)];
    this.#reader = reader;
    this.segments = segments;
    this.base = (first?.address ?? 0n) & ~0xfffn;
    this.size = (((last?.address ?? 0n) + (last?.memorySize ?? 0n) + 0xfffn) & ~0xfffn) - this.base;
  }

  /** Where in the file an address has its byte; undefined where the image has a zero, or ends. */
  place(address: bigint): { offset: number; left: number } | undefined {
    const segment = this.segments.find((each) => address >= each.address && address - each.address < each.fileSize);
    if (segment === undefined) return undefined;
    const within = address - segment.address;
    return { offset: Number(segment.offset + within), left: Number(segment.fileSize - within) };
  }

  /** The 64-bit number at an address; undefined where the image does not have all of it. */
  word(address: bigint): bigint | undefined {
    if (address < this.base || address + 8n > this.base + this.size) return undefined;
    const place = this.place(address);
    if (place !== undefined && place.left >= 8) return this.#reader.big(place.offset, 8);
    let word = 0n;
    for (let byte = 7n; byte >= 0n; byte -= 1n) {
      const at = this.place(address + byte);
      word = (word << 8n) | BigInt(at === undefined ? 0 : this.#reader.number(at.offset, 1));
    }
    return word;
  }

  has(address: bigint, words: readonly bigint[]): boolean {
    return words.every((word, index) => this.word(address + BigInt(index * 8)) === word);
  }

  /** The bytes of the file that are a stretch of the image; none where it has zeroes there. */
  extent(address: bigint, length: number): Omit<RequestProblem, 'text'> {
    const place = this.place(address);
    return { offset: place?.offset ?? 0, length: Math.min(length, place?.left ?? 0) };
  }
}

/** Addresses of the requests by name, and of the base revision tag. */
interface Found {
  requests: Map<string, bigint>;
  revisionTag?: bigint;
  problem?: RequestProblem;
}

/** Reads the requests of a kernel whose segments are in order of address, lie in the file and do not overlap. */
export function readWishes(reader: Reader, segments: readonly ImageSegment[]): Wishes {
  const image = new Image(reader, segments);
  const found = listed(reader, image, search(reader, image));
  const problems = found.problem === undefined ? [] : [found.problem];
  /** A number of a request, counted from its revision; undefined where the kernel does not ask, or its image ends before. */
  const number = (name: string, place: number): Member | undefined => {
    const request = found.requests.get(name);
    const address = request === undefined ? undefined : request + BigInt(place);
    const value = address === undefined ? undefined : image.word(address);
    return address === undefined || value === undefined ? undefined : { address, value };
  };
  const isRevised = (name: string) => (number(name, revisionPlace)?.value ?? 0n) >= 1n;

  const minimum = isRevised('paging mode') ? number('paging mode', membersPlace + 16) : undefined;
  if (minimum !== undefined && minimum.value > 0n) {
    const text = `it asks for paging mode ${minimum.value} or higher; this loader has mode 0 (four levels)`;
    problems.push({ text, ...image.extent(minimum.address, 8) });
  }
  const count = isRevised('module') ? number('module', membersPlace) : undefined;
  const wrong = count && wrongModule(reader, image, count, number('module', membersPlace + 8));
  const entry = number('entry point', membersPlace);
  return {
    ...(entry && { entry: { ...image.extent(entry.address, 8), address: entry.value } }),
    problems,
    modules: wrong === undefined ? [] : [wrong],
  };
}

/** Looks for requests between the last start mark and the first end mark, in what of the segments comes from the file. */
function search(reader: Reader, image: Image): Found {
  let found: Found = { requests: new Map() };
  for (const { offset, address, fileSize } of image.segments) {
    const start = Number(offset);
    const end = start + Number(fileSize);
    for (let at = start + Number(-address & 7n); at + 8 <= end; at += 8) {
      if (!firstWords.has(reader.big(at, 8))) continue;
      const here = address + BigInt(at - start);
      if (image.has(here, requestMark)) note(image, found, here);
      else if (image.has(here, baseRevisionMark)) found.revisionTag ??= here;
      else if (image.has(here, startMark)) found = { requests: new Map() };
      else if (image.has(here, endMark)) return found;
    }
  }
  return found;
}

/** Remembers the request at an address, if it is one that is known. */
function note(image: Image, found: Found, address: bigint): void {
  const [third = 0n, fourth = 0n] = [image.word(address + 16n), image.word(address + 24n)];
  const name = names.get(((third << 64n) | fourth).toString(16).padStart(32, '0'));
  // A request cut off by the image's end cannot be answered.
  if (name === undefined || address + BigInt(membersPlace) > image.base + image.size) return;
  const first = found.requests.get(name);
  if (first === undefined) found.requests.set(name, address);
  else {
    const text = `it has the ${name} request twice, at ${hex(first)} and ${hex(address)}; expected one`;
    found.problem ??= { text, ...image.extent(address, membersPlace) };
  }
}

/** Kernels of base revision 0 may list their requests' addresses in a section of their own, which then counts. */
function listed(reader: Reader, image: Image, found: Found): Found {
  const revision = found.revisionTag === undefined ? 0n : image.word(found.revisionTag + 16n);
  const list = (revision ?? 0n) === 0n && found.problem === undefined ? listSection(reader) : undefined;
  if (list === undefined) return found;
  const instead: Found = { requests: new Map() };
  for (let at = list.start; at + 8 <= list.start + list.size && instead.problem === undefined; at += 8) {
    const address = reader.big(at, 8);
    if (address === 0n) break;
    const isInside = address >= image.base && address - image.base <= image.size - BigInt(membersPlace);
    if (isInside) note(image, instead, address);
    else instead.problem = { text: outside('.limine_reqs', address), offset: at, length: 8 };
  }
  return instead;
}

const outside = (name: string, address: bigint) =>
  `its ${name} request points to ${hex(address)}, which is outside its loaded image`;

/** The bytes of the first section .limine_reqs; undefined without one, or where the section headers are damaged. */
function listSection(reader: Reader): Extent | undefined {
  const size = 64;
  const [table, count, namesIndex] = [reader.big(40, 8), reader.number(60, 2), reader.number(62, 2)];
  if (reader.number(58, 2) !== size) return undefined;
  const header = (index: number) => {
    const at = table + BigInt(index * size);
    return reader.has(at, BigInt(size)) ? Number(at) : undefined;
  };
  const content = (at: number | undefined): Extent | undefined => {
    if (at === undefined) return undefined;
    const [offset, length] = [reader.big(at + 24, 8), reader.big(at + 32, 8)];
    return reader.has(offset, length) ? { start: Number(offset), size: Number(length) } : undefined;
  };
  const strings = content(header(namesIndex));
  for (let index = 0; strings !== undefined && index < count; index += 1) {
    const at = header(index);
    // Where one header ends behind the file, those after it do, too.
    if (at === undefined) break;
    const found = content(at);
    if (reader.string(strings, reader.number(at, 4))?.text === '.limine_reqs' && found !== undefined) return found;
  }
  return undefined;
}

/** A number of the image, and where it stands. */
interface Member {
  address: bigint;
  value: bigint;
}

/** The first pointer of the kernel's own list of modules that leaves the image, or points to what is no text. */
function wrongModule(
  reader: Reader,
  image: Image,
  count: Member,
  { address, value: list }: Member = { address: count.address, value: 0n },
): RequestProblem | undefined {
  const wrong = (place: bigint) => ({ text: outside('module', place), ...image.extent(address, 8) });
  // Modules may share their texts: together those could be much longer than the file.
  let budget = 2 * reader.bytes.length;
  for (let index = 0n; index < count.value && budget > 0; index += 1n) {
    const at = BigInt.asUintN(64, list + index * 8n);
    const module = image.word(at);
    if (module === undefined) return wrong(at);
    for (const member of [0n, 1n, 2n]) {
      const pointer = BigInt.asUintN(64, module + member * 8n);
      const value = image.word(pointer);
      if (value === undefined) return wrong(pointer);
      const length = member === 2n ? 0 : textLength(reader, image, value);
      if (length === undefined) return wrong(value);
      budget -= 8 + length;
    }
  }
  return undefined;
}

/** How many bytes a text has that ends with a zero; undefined where it leaves the image, or is no UTF-8. */
function textLength(reader: Reader, image: Image, start: bigint): number | undefined {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  for (let address = start; image.word(address & ~7n) !== undefined;) {
    const { offset, left } = image.place(address) ?? { offset: 0, left: 0 };
    const bytes = reader.bytes.subarray(offset, offset + left);
    const zero = bytes.indexOf(0);
    const isLast = left === 0 || zero >= 0;
    try {
      utf8.decode(zero < 0 ? bytes : bytes.subarray(0, zero), { stream: !isLast });
    } catch {
      return undefined;
    }
    address += BigInt(left);
    if (isLast) return Number(address - start);
  }
  return undefined;
}
