/** What an ELF file is, in a few words: what explorers say of it before anybody looks at a byte. */
import { elfFields } from './fields.ts';
import type { Field } from '../fields.ts';
import { encodings, fileTypes, machines, nameOf } from './names.ts';
import { readElf, type Elf } from './read.ts';
import { ElfError, type ElfProblem } from './error.ts';
import { whyNotBootable, type Refusal } from './bootable.ts';

/** Anything that was given to the explorer, and what can be said of it. */
export interface ElfView {
  bytes: Uint8Array;
  root: Field;
  /** Undefined where it is no ELF file. */
  elf: Elf | undefined;
  problems: readonly ElfProblem[];
  refusals: readonly Refusal[];
}

/** Looks at any bytes. Never throws. */
export function viewElf(bytes: Uint8Array): ElfView {
  const refusals = whyNotBootable(bytes);
  try {
    const elf = readElf(bytes);
    return { bytes, root: elfFields(elf), elf, problems: elf.problems, refusals };
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    const root = { name: 'the file', offset: 0, length: bytes.length };
    return { bytes, root, elf: undefined, problems: [error], refusals };
  }
}

/** A label and what it says. */
export type Fact = readonly [label: string, text: string];

/** The facts about a file that come first. */
export function elfFacts({ elf, bytes }: Pick<ElfView, 'elf' | 'bytes'>): Fact[] {
  const size: Fact = ['Size', `${bytes.length.toLocaleString('en-US')} bytes`];
  if (elf === undefined) return [['Kind', 'no ELF file'], size];
  const { reader, header, segments, sections, interpreter } = elf;
  const named = (names: typeof fileTypes, value: number) => names[value]?.[1] ?? nameOf(names, value);
  return [
    ['Kind', `${nameOf(fileTypes, header.type)}: ${named(fileTypes, header.type).split(':')[0]}`],
    ['For', named(machines, header.machine)],
    ['Numbers', `${reader.bits}-bit, ${(encodings[reader.littleEndian ? 1 : 2]?.[1] ?? '').split(':')[0]}`],
    ['Entry point', `0x${header.entry.toString(16)}`],
    ['Interpreter', interpreter ?? 'none'],
    ['Segments and sections', `${segments.length} and ${sections.length}`],
    size,
  ];
}
