/** What is worth knowing of a layout: what a loader would refuse, what a kernel will regret, and what it costs. */
import { formatAddress } from '../address.ts';
import { flagsFromNumber, flagsInLetters } from '../segment-flags.ts';
import { flagBits, pageSize } from './inputs.ts';
import type { LaidSection, LaidSegment, Layout } from './layout.ts';

export interface Lesson {
  /** A fault keeps the kernel from running, or from being safe; a note only tells. */
  weight: 'fault' | 'note';
  /** The script's line that it is about; 0 where there is none. */
  line: number;
  text: string;
}

const load = 1;
/** Where the Limine protocol wants kernels. */
const kernelSpace = 0xffff_ffff_8000_0000n;
const lowerHalfEnd = 0x0000_8000_0000_0000n;

/** The segments that a loader loads, by address. */
export const loadedSegments = ({ segments }: Layout): LaidSegment[] =>
  segments
    .filter(({ type, memorySize }) => type === load && memorySize > 0n)
    .toSorted((one, other) => (one.virtualAddress < other.virtualAddress ? -1 : 1));

/** The first address behind a segment. */
export const endOf = ({ virtualAddress, memorySize }: LaidSegment): bigint => virtualAddress + memorySize;

/** A segment's name in a sentence. */
export const segmentTitle = ({ name, flags }: LaidSegment): string =>
  name === '' ? `the ${flagsInLetters(flagsFromNumber(flags))} segment` : `the segment ${name}`;

/** Everything that is worth saying, faults first. */
export function lessonsOf(layout: Layout): Lesson[] {
  const segments = loadedSegments(layout);
  const lessons = [
    ...addressLessons(segments),
    ...entryLessons(layout, segments),
    ...segments.flatMap(permissionLessons),
    ...segments.flatMap((segment, index) => pageLessons(segment, segments[index + 1])),
    ...layout.sections.flatMap((section) => sectionLessons(section, layout)),
    ...orphanLessons(layout),
    ...costLessons(layout, segments),
  ];
  return lessons.toSorted((one, other) => Number(one.weight === 'note') - Number(other.weight === 'note'));
}

function addressLessons(segments: readonly LaidSegment[]): Lesson[] {
  const [first] = segments;
  if (first === undefined) {
    return [
      { weight: 'fault', line: 0, text: 'Nothing is left to load: no section with bytes is in a PT_LOAD segment.' },
    ];
  }
  const at = first.virtualAddress;
  const { line } = first;
  if (at >= kernelSpace) return [];
  const where = formatAddress(at);
  if (at < lowerHalfEnd) {
    const text = `The kernel begins at ${where}, in the lower half. A Limine loader refuses it: kernels begin at ${formatAddress(kernelSpace)} or above.`;
    return [{ weight: 'fault', line, text }];
  }
  const text = `The kernel begins at ${where}, below the last 2 GiB. Addresses there do not fit in 32 signed bits, so code with an address in it does not link, and a Limine loader wants it higher.`;
  return [{ weight: 'fault', line, text }];
}

function entryLessons({ entry }: Layout, segments: readonly LaidSegment[]): Lesson[] {
  const [first] = segments;
  if (first === undefined) return [];
  const holder = segments.find((segment) => entry >= segment.virtualAddress && entry < endOf(segment));
  const where = `The entry point is ${formatAddress(entry)}`;
  if (holder === undefined) {
    return [{ weight: 'fault', line: 0, text: `${where}, where nothing is loaded: the first jump goes nowhere.` }];
  }
  if ((holder.flags & 1) !== 0) return [];
  return [{ weight: 'fault', line: holder.line, text: `${where}, in ${segmentTitle(holder)}, where nothing may run.` }];
}

function permissionLessons(segment: LaidSegment): Lesson[] {
  if ((segment.flags & 3) !== 3) return [];
  const title = capital(segmentTitle(segment));
  const text = `${title} is writable and executable at once: a stray write can change your code. Keep W and X apart.`;
  return [{ weight: 'fault', line: segment.line, text }];
}

/** Why two segments share a page, or do not. */
function pageLessons(segment: LaidSegment, next: LaidSegment | undefined): Lesson[] {
  if (next === undefined) return [];
  const lastPage = (endOf(segment) - 1n) / pageSize;
  const [one, other] = [segment, next].map((each) => flagsInLetters(flagsFromNumber(each.flags)));
  const names = `${capital(segmentTitle(segment))} ends at ${formatAddress(endOf(segment))}`;
  if (next.virtualAddress / pageSize > lastPage) {
    const text = `${names}, and ${segmentTitle(next)} begins on a page of its own, at ${formatAddress(next.virtualAddress)}.`;
    return [{ weight: 'note', line: next.line, text }];
  }
  const page = formatAddress(lastPage * pageSize);
  if (segment.flags === next.flags) {
    const text = `${names}, and ${segmentTitle(next)} goes on in the same page, ${page}. Both are ${one}, so the page can serve both.`;
    return [{ weight: 'note', line: next.line, text }];
  }
  const text =
    `${names}, and ${segmentTitle(next)} begins in the same page, ${page}. One page cannot be ${one} and ${other}: ` +
    'a loader refuses this. Put . = ALIGN(0x1000); before the section that opens the second.';
  return [{ weight: 'fault', line: next.line, text }];
}

function sectionLessons(section: LaidSection, layout: Layout): Lesson[] {
  const { name, flags, size, orphan, line } = section;
  if ((flags & flagBits.A) === 0 || size === 0n) return [];
  const holder = holderOf(section, layout);
  if (holder === undefined) {
    return [{ weight: 'fault', line, text: `${name} is in no PT_LOAD segment, so no loader puts it into memory.` }];
  }
  if (!orphan && (flags & flagBits.X) !== 0 && (holder.flags & 1) === 0) {
    return [
      { weight: 'fault', line, text: `${name} holds code and lies in ${segmentTitle(holder)}, where nothing may run.` },
    ];
  }
  if ((flags & flagBits.W) !== 0 && (holder.flags & 2) === 0) {
    const text = `${name} holds data that changes and lies in ${segmentTitle(holder)}, which must not be written.`;
    return [{ weight: 'fault', line, text }];
  }
  return [];
}

const holderOf = ({ segments }: LaidSection, layout: Layout): LaidSegment | undefined =>
  segments.map((index) => layout.segments[index]).find((segment) => segment?.type === load);

/** What became of sections that no pattern takes, said once for those that share a fate. */
function orphanLessons(layout: Layout): Lesson[] {
  const groups = new Map<string, { lesson: (names: string, bytes: bigint) => Lesson; orphans: LaidSection[] }>();
  for (const section of layout.sections) {
    const holder = holderOf(section, layout);
    if (!section.orphan || section.size === 0n || holder === undefined) continue;
    const isCode = (section.flags & flagBits.X) !== 0;
    const runs = (holder.flags & 1) !== 0;
    const where = segmentTitle(holder);
    const lesson = (names: string, bytes: bigint): Lesson => {
      const found = `No pattern takes ${names}, so the linker put ${bytes === 1n ? 'its byte' : `these ${bytes} bytes`} into ${where}.`;
      if (isCode && !runs) {
        return {
          weight: 'fault',
          line: 0,
          text: `${found} It is code, and nothing may run there. Take it with *(.text .text.*).`,
        };
      }
      const accident = !isCode && runs ? ' They are no code, but can be executed now, by accident.' : '';
      return { weight: 'note', line: 0, text: `${found}${accident}` };
    };
    const key = `${section.segments.join()} ${isCode}`;
    const group = groups.get(key) ?? { lesson, orphans: [] };
    groups.set(key, group);
    group.orphans.push(section);
  }
  return [...groups.values()].map(({ lesson, orphans }) => {
    const named = orphans.slice(0, 2).map(({ name }) => (name.length > 40 ? `${name.slice(0, 40)}…` : name));
    const others = orphans.length - named.length;
    const names = others > 0 ? `${named.join(', ')} and ${others} more` : named.join(' and ');
    return lesson(
      names,
      orphans.reduce((sum, { size }) => sum + size, 0n),
    );
  });
}

function costLessons(layout: Layout, segments: readonly LaidSegment[]): Lesson[] {
  const lessons: Lesson[] = [];
  for (const segment of segments) {
    const zeroes = layout.sections.find(
      (section) =>
        section.type === 'NOBITS' &&
        section.size > 0n &&
        section.segments.some((index) => layout.segments[index] === segment) &&
        section.address + section.size < segment.virtualAddress + segment.fileSize,
    );
    if (zeroes === undefined) continue;
    const text = `${zeroes.name} holds only zeroes, but something follows it in its segment: its ${zeroes.size} bytes are written into the file. Put it last.`;
    lessons.push({ weight: 'note', line: zeroes.line, text });
  }
  const { used, reserved } = paddingOf(layout);
  if (reserved > used && used > 0n) {
    const text = `${used} bytes are spread over ${reserved / pageSize} page${reserved === pageSize ? '' : 's'}: ${reserved - used} bytes of memory stay empty.`;
    lessons.push({ weight: 'note', line: 0, text });
  }
  return lessons;
}

/** Bytes that sections fill in memory, and bytes of the pages they need. */
export function paddingOf(layout: Layout): { used: bigint; reserved: bigint } {
  let [used, reserved, nextPage] = [0n, 0n, 0n];
  for (const segment of loadedSegments(layout)) {
    const index = layout.segments.indexOf(segment);
    for (const section of layout.sections) if (section.segments.includes(index)) used += section.size;
    const first = segment.virtualAddress / pageSize;
    const last = (endOf(segment) - 1n) / pageSize;
    const from = first > nextPage ? first : nextPage;
    if (last >= from) reserved += (last - from + 1n) * pageSize;
    nextPage = last + 1n;
  }
  return { used, reserved };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
