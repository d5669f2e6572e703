/**
 * What a Limine loader refuses in a kernel's file. The checks, their order and their words are those of our own loader
 * (kernel/loader/core/src/elf.rs, protocol.rs and error.rs), which tests hold against this.
 */
import * as layouts from './layouts.ts';
import { Reader } from './reader.ts';
import { hex, readWishes, type Wishes } from './requests.ts';

/** A reason not to boot a file, and the bytes that are to blame. */
export interface Refusal {
  /** Our loader's sentence about it, without its beginning and full stop. */
  text: string;
  /** Why a loader cannot do otherwise, or what would mend it, where that is not said yet. */
  advice?: string;
  offset: number;
  /** 0 where the bytes to blame are missing. */
  length: number;
}

/** The lowest address at which a kernel may be linked (Limine boot protocol, "Entry memory layout"). */
const lowestAddress = 0xffffffff80000000n;
const endOfLowerHalf = 0x8000_0000_0000n;
const pageSize = 0x1000n;
const lastAddress = 2n ** 64n - 1n;
const segmentLimit = 32;
const [load, dynamic, interpreter] = [1, 2, 3];

const least = (one: bigint, other: bigint) => (one < other ? one : other);

/** Offsets as our loader counts them, which stops at the largest 64-bit number. */
const added = (offset: bigint, length: bigint) => least(offset + length, lastAddress);

interface Segment {
  number: number;
  /** Where its program header lies in the file. */
  at: number;
  type: number;
  flags: number;
  offset: bigint;
  address: bigint;
  fileSize: bigint;
  memorySize: bigint;
}

/**
 * Every reason why a Limine loader does not boot this file, in the order in which ours checks: it says the first one and
 * stops. Empty for a file that it calls. After a reason that leaves the rest unreadable there is no other.
 */
export function whyNotBootable(file: Uint8Array): Refusal[] {
  const kind = wrongKind(file);
  if (kind !== undefined) return [kind];
  const reader = new Reader(file, 64, true);
  const row = reader.row(layouts.header[64], layouts.identificationSize);
  const entry = row.big('e_entry');
  const entryField = { offset: row.offset('e_entry'), length: 8 };

  const found = programHeaders(reader);
  if (!Array.isArray(found)) return [found];
  const refusals: Refusal[] = [];
  const asks = found.find(({ type }) => type === interpreter);
  if (asks !== undefined) refusals.push(hasInterpreter(file, asks));
  const type = row.number('e_type');
  if (type !== 2) {
    const place = { offset: row.offset('e_type'), length: 2 };
    refusals.push({ ...wrongType(type, found, entry), ...place });
  }

  const segments: Segment[] = [];
  for (const segment of found) {
    if (segment.type !== load || segment.memorySize === 0n) continue;
    const wrong = wrongSegment(file, segment, entry);
    if (wrong !== undefined) refusals.push(wrong);
    segments.push(segment);
    if (segments.length === segmentLimit + 1) {
      refusals.push({
        text: `it has more than ${segmentLimit} segments to load`,
        offset: segment.at,
        length: layouts.programHeader[64].size,
      });
      return refusals;
    }
  }
  if (segments.length === 0) {
    refusals.push({
      text: `it has no segment to load (no PT_LOAD); its entry point is ${hex(entry)}`,
      advice: 'Nothing was linked in: is there an ENTRY in the linker script, and does its symbol exist?',
      ...entryField,
    });
    return refusals;
  }
  segments.sort((one, other) =>
    one.address < other.address ? -1 : one.address > other.address ? 1 : one.number - other.number,
  );
  refusals.push(...betweenSegments(segments));
  // Only what can be loaded can be searched for requests.
  const wishes: Wishes = refusals.length === 0 ? readWishes(reader, segments) : { problems: [], modules: [] };
  refusals.push(...wishes.problems);
  const called = wishes.entry?.address ?? entry;
  if (!segments.some((segment) => isExecutable(segment, called))) {
    const { offset, length } = wishes.entry ?? entryField;
    refusals.push({ ...outsideEntry(called, wishes.entry !== undefined), offset, length });
  }
  refusals.push(...wishes.modules);
  return refusals;
}

function outsideEntry(address: bigint, isRequested: boolean): Pick<Refusal, 'text' | 'advice'> {
  return {
    text:
      `its entry point is ${hex(address)}${isRequested ? ' (from its entry-point request)' : ''}, which is not inside an ` +
      "executable segment; expected the address of the kernel's first function",
    ...(!isRequested && {
      advice: 'ENTRY in the linker script has to name a function that exists: #[unsafe(no_mangle)] keeps its name.',
    }),
  };
}

/** A file that is none of a 64-bit PC's. */
function wrongKind(file: Uint8Array): Refusal | undefined {
  const size = layouts.identificationSize + layouts.header[64].size;
  if (file.length === 0) {
    return { text: 'the file is empty', offset: 0, length: 0 };
  }
  const mark = [...file.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (mark !== '7f 45 4c 46') {
    return {
      text: `it is not an ELF file; it begins with ${mark}, expected 7f 45 4c 46`,
      advice: 'On macOS and Windows the compiler makes another format unless a bare-metal target is chosen.',
      offset: 0,
      length: Math.min(4, file.length),
    };
  }
  if (file.length < size) return truncated('ELF header', BigInt(size), file, { offset: 0, length: file.length });
  const [fileClass = 0, encoding = 0] = file.subarray(4, 6);
  if (fileClass !== 2) {
    const found = fileClass === 1 ? '1 (32-bit)' : String(fileClass);
    return {
      text: `it is not a 64-bit ELF file; its class (byte 4) is ${found}, expected 2 (64-bit)`,
      advice: 'Kernels are entered in 64-bit mode. Build for x86_64-unknown-none.',
      offset: 4,
      length: 1,
    };
  }
  if (encoding !== 1) {
    return {
      text: `it is not a little-endian ELF file; its data encoding (byte 5) is ${encoding}, expected 1`,
      offset: 5,
      length: 1,
    };
  }
  const machine = new Reader(file, 64, true).number(18, 2);
  if (machine === 62) return undefined;
  return {
    text: `it is not for this processor; its machine is ${machine}, expected 62 (x86-64)`,
    advice: 'The first part of the target triple names the processor: x86_64-unknown-none.',
    offset: 18,
    length: 2,
  };
}

function truncated(part: string, end: bigint, file: Uint8Array, place: { offset: number; length: number }): Refusal {
  return {
    text: `the file is truncated; its ${part} ends at byte ${end}, but the file has ${file.length} bytes`,
    advice: 'Copy it again, and compare the sizes.',
    ...place,
  };
}

function programHeaders(reader: Reader): Segment[] | Refusal {
  const row = reader.row(layouts.header[64], layouts.identificationSize);
  const layout = layouts.programHeader[64];
  const [table, size, count] = [row.big('e_phoff'), row.number('e_phentsize'), row.number('e_phnum')];
  if (count === 0) return [];
  if (size !== layout.size) {
    return {
      text: `its program headers have ${size} bytes each, expected ${layout.size}`,
      offset: row.offset('e_phentsize'),
      length: 2,
    };
  }
  const length = BigInt(count * size);
  if (!reader.has(table, length)) {
    const place = { offset: row.offset('e_phoff'), length: 8 };
    return truncated('program header table', added(table, length), reader.bytes, place);
  }
  return Array.from({ length: count }, (_, number) => {
    const at = Number(table) + number * size;
    const header = reader.row(layout, at);
    return {
      number,
      at,
      type: header.number('p_type'),
      flags: header.number('p_flags') & 7,
      offset: header.big('p_offset'),
      address: header.big('p_vaddr'),
      fileSize: header.big('p_filesz'),
      memorySize: header.big('p_memsz'),
    };
  });
}

function hasInterpreter(file: Uint8Array, { at, offset, fileSize }: Segment): Refusal {
  const header = { offset: at, length: layouts.programHeader[64].size };
  const end = offset + fileSize;
  if (end > BigInt(file.length)) return truncated('PT_INTERP segment', added(offset, fileSize), file, header);
  const bytes = file.subarray(Number(offset), Number(end));
  const path = bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length);
  const printable = path.length <= 255 && path.every((byte) => byte >= 0x20 && byte < 0x7f);
  const shown = printable ? String.fromCharCode(...path) : 'an unreadable path';
  return {
    text: `it is a dynamically linked program (PT_INTERP asks for ${shown}); a kernel must be a static executable`,
    advice: 'It wants another program to start it, and there is none yet. Build for a bare-metal target, without std.',
    ...header,
  };
}

function wrongType(type: number, segments: readonly Segment[], entry: bigint): Pick<Refusal, 'text' | 'advice'> {
  if (type === 3) {
    const has = segments.some((segment) => segment.type === dynamic) ? 'with' : 'without';
    return {
      text:
        `it is position-independent (type ET_DYN, ${has} PT_DYNAMIC, entry point ${hex(entry)}); expected an ` +
        'executable linked to a fixed address (ET_EXEC), as -C relocation-model=static makes it',
      advice: 'Its addresses are distances from a place that nobody has chosen.',
    };
  }
  return {
    text: `it is not an executable; its ELF type is ${type}, expected 2 (ET_EXEC)`,
    ...(type === 1 && { advice: 'It is an object file: it has not been linked yet.' }),
  };
}

function wrongSegment(file: Uint8Array, segment: Segment, entry: bigint): Refusal | undefined {
  const { number, at, offset, address, fileSize, memorySize } = segment;
  const slots = layouts.programHeader[64].slots;
  const field = (name: keyof typeof slots) => ({ offset: at + slots[name].at, length: slots[name].size });
  if (address < lowestAddress) {
    const where = address < endOfLowerHalf ? ' in the lower half' : '';
    return {
      text:
        `segment ${number} lies at ${hex(address)}${where}, expected ${hex(lowestAddress)} or above; ` +
        `its entry point is ${hex(entry)}`,
      advice: 'The base address in the linker script decides it. Was the script used at all?',
      ...field('p_vaddr'),
    };
  }
  if (address + memorySize - 1n > lastAddress) {
    return {
      text: `segment ${number} at ${hex(address)} with ${hex(memorySize)} bytes runs over the end of the address space`,
      ...field('p_memsz'),
    };
  }
  if (fileSize > memorySize) {
    return {
      text:
        `segment ${number} has ${hex(fileSize)} bytes in the file but only ${hex(memorySize)} in memory; expected no ` +
        'more in the file than in memory',
      ...field('p_filesz'),
    };
  }
  if (offset + fileSize > BigInt(file.length)) {
    return truncated(`segment ${number}`, added(offset, fileSize), file, field('p_filesz'));
  }
  return undefined;
}

const lastOf = ({ address, memorySize }: Segment) => address + memorySize - 1n;
const pageOf = (address: bigint) => address - (address % pageSize);

function betweenSegments(segments: readonly Segment[]): Refusal[] {
  const refusals: Refusal[] = [];
  for (const [index, high] of segments.entries()) {
    const low = segments[index - 1];
    if (low === undefined) continue;
    const place = { offset: high.at, length: layouts.programHeader[64].size };
    if (high.address <= lastOf(low)) {
      refusals.push({
        text: `segments ${low.number} and ${high.number} overlap at ${hex(high.address)}`,
        ...place,
      });
    } else if (pageOf(high.address) === pageOf(lastOf(low)) && low.flags !== high.flags) {
      refusals.push({
        text:
          `segments ${low.number} (${letters(low.flags)}) and ${high.number} (${letters(high.flags)}) share the page at ` +
          `${hex(pageOf(high.address))} with different permissions; expected each to begin on a page of its own, as ` +
          'ALIGN(0x1000) makes it',
        advice: 'A page has one set of permissions. Align before every segment, .data too.',
        ...place,
      });
    }
  }
  return refusals;
}

function letters(flags: number): string {
  return [4, 2, 1].map((bit, index) => ((flags & bit) !== 0 ? 'RWX'[index] : '-')).join('');
}

function isExecutable(segment: Segment, address: bigint): boolean {
  return (segment.flags & 1) !== 0 && address >= segment.address && address <= lastOf(segment);
}
