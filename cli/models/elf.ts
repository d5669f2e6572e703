import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  noteContent,
  noteName,
  relocationTarget,
  sectionLetters,
  segmentLetters,
  symbolName,
} from '../../src/lib/elf/fields.ts';
import {
  dynamicTag,
  nameOf,
  sectionTypes,
  segmentTypes,
  specialSections,
  symbolBindings,
  symbolTypes,
} from '../../src/lib/elf/names.ts';
import { relocationName } from '../../src/lib/elf/relocations.ts';
import type { Elf } from '../../src/lib/elf/read.ts';
import { elfFacts, viewElf, type ElfView } from '../../src/lib/elf/summary.ts';
import { onko } from '../invocation.ts';
import { UserError } from '../../tools/errors.ts';

const usage = `Try: ${onko} elf kernel.elf   or: ${onko} elf kernel.elf --why-not-bootable`;

/** The parts of a file that can be asked for, each with what lists it. */
const parts = {
  segments: listSegments,
  sections: listSections,
  symbols: listSymbols,
  dynamic: listDynamic,
  relocations: listRelocations,
  notes: listNotes,
} as const;
type Part = keyof typeof parts;

/** `onko elf`: what is in an ELF file. 1 when a part of it is damaged, or with --why-not-bootable when a loader refuses it. */
export function elf(args: readonly string[]): number {
  const { file, wanted, bootable } = readArguments(args);
  const view = viewElf(read(file));
  if (bootable) {
    process.stdout.write(describeBootable(view));
    return view.refusals.length === 0 ? 0 : 1;
  }
  for (const text of describeElf(view, wanted)) process.stdout.write(text);
  return view.problems.length === 0 ? 0 : 1;
}

function readArguments(args: readonly string[]): { file: string; wanted: Part[]; bootable: boolean } {
  const flag = { type: 'boolean' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'why-not-bootable': flag,
        segments: flag,
        sections: flag,
        symbols: flag,
        dynamic: flag,
        relocations: flag,
        notes: flag,
        all: flag,
      },
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UserError('onko elf takes one file.', usage);
    const names = Object.keys(parts) as Part[];
    const wanted = names.filter((part) => values.all === true || values[part] === true);
    return { file, wanted, bootable: values['why-not-bootable'] === true };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(error instanceof Error ? error.message : String(error), usage);
  }
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    if (error instanceof Error) throw new UserError(`${file} cannot be read: ${error.message}.`, usage);
    throw error;
  }
}

/** The text that `onko elf` prints: the facts, the parts that are wanted (else the segments), and what is damaged. */
export function* describeElf(view: ElfView, wanted: readonly Part[]): Generator<string> {
  yield* elfFacts(view).map(([label, text]) => `${label.padEnd(23)}${printable(text)}\n`);
  const { elf } = view;
  if (elf !== undefined) {
    for (const part of wanted.length === 0 ? (['segments'] as const) : wanted) {
      yield '\n';
      yield* parts[part](elf);
    }
  }
  if (wanted.length === 0) yield `\n${verdict(view)}`;
  if (view.problems.length > 0) yield `\nNot all of it can be read:\n`;
  yield* view.problems.map(({ message }) => `  ${message}\n`);
}

function verdict({ refusals: [first, ...others] }: ElfView): string {
  if (first === undefined) return 'A Limine loader has no objection to it.\n';
  const more = others.length === 0 ? '' : ` ${others.length} more: --why-not-bootable.`;
  return `A Limine loader refuses it: ${first.text}.${more}\n`;
}

/** The text of `onko elf --why-not-bootable`: every reason, and which bytes of the file it is about. */
export function describeBootable({ refusals }: ElfView): string {
  if (refusals.length === 0) {
    return 'A Limine loader has no objection: it loads the segments and calls the entry point.\n';
  }
  const lines = refusals.map(({ text, advice, offset, length }, index) => {
    const place = length === 0 ? '' : ` (bytes ${hex(offset)} to ${hex(offset + length - 1)})`;
    return `${index + 1}. ${text}${place}.${advice === undefined ? '' : `\n   ${advice}`}\n`;
  });
  const more = refusals.length === 1 ? '' : ' Ours stops at the first reason; the others would follow';
  return `A Limine loader refuses it.${more}${more === '' ? '' : '.'}\n${lines.join('')}`;
}

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

/** Rows of text in columns as wide as their longest entry. The last column is not padded. */
function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), title.length),
  );
  return [head, ...rows].map(
    (row) => `${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd() + '\n',
  );
}

function listSegments({ segments }: Elf): string[] {
  if (segments.length === 0) return ['It has no segments.\n'];
  return columns(
    ['segment', 'type', 'offset', 'address', 'in file', 'in memory', 'may'],
    segments.map(({ type, flags, offset, virtualAddress, fileSize, memorySize }, index) => [
      String(index),
      nameOf(segmentTypes, type),
      ...[offset, virtualAddress, fileSize, memorySize].map(hex),
      segmentLetters(flags),
    ]),
  );
}

function listSections({ sections }: Elf): string[] {
  if (sections.length === 0) return ['It has no sections.\n'];
  return columns(
    ['section', 'name', 'type', 'address', 'offset', 'size', 'flags'],
    sections.map(({ name, type, address, offset, size, flags }, index) => [
      String(index),
      printable(name),
      nameOf(sectionTypes, type),
      ...[address, offset, size].map(hex),
      sectionLetters(flags),
    ]),
  );
}

/** A name from a file, without what would move a terminal's cursor. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '�');
}

function* listSymbols(elf: Elf): Generator<string> {
  if (elf.symbolTables.length === 0) yield 'It has no symbols.\n';
  for (const table of elf.symbolTables) {
    yield `${table.length} symbols in ${printable(elf.sections[table.section]?.name ?? '')}\n`;
    for (let index = 0; index < table.length; index += 1) {
      const entry = table.at(index);
      const { value, size, type, binding, section } = entry;
      const short = (names: typeof symbolTypes, number: number) => nameOf(names, number).replace(/^ST[TB]_/, '');
      const place = specialSections[section]?.[0] ?? elf.sections[section]?.name ?? String(section);
      yield (
        `${value.toString(16).padStart(16, '0')} ${String(size).padStart(8)} ${short(symbolTypes, type).padEnd(7)} ` +
        `${short(symbolBindings, binding).padEnd(6)} ${printable(place).padEnd(12)} ${printable(symbolName(elf, entry))}`.trimEnd() +
        '\n'
      );
    }
  }
}

function listDynamic({ dynamic }: Elf): string[] {
  if (dynamic === undefined) return ['It has no dynamic section: it is complete.\n'];
  const rows = Array.from({ length: dynamic.length }, (_, index) => {
    const { tag, value, text } = dynamic.at(index);
    const [name, words] = dynamicTag(tag);
    return [name, text === undefined ? hex(value) : printable(text), words];
  });
  return columns(['tag', 'value', ''], rows);
}

function* listRelocations(elf: Elf): Generator<string> {
  if (elf.relocationTables.length === 0) yield 'It has no relocations: every address is final.\n';
  for (const table of elf.relocationTables) {
    yield `${table.length} relocations in ${printable(elf.sections[table.section]?.name ?? '')}\n`;
    for (let index = 0; index < table.length; index += 1) {
      const { offset, type, symbol, addend } = table.at(index);
      const name = relocationName(elf.header.machine, type).padEnd(22);
      const target = printable(relocationTarget(elf, table.symbols, symbol, addend));
      yield `${offset.toString(16).padStart(16, '0')} ${name} ${target}\n`;
    }
  }
}

function listNotes(elf: Elf): string[] {
  if (elf.notes.length === 0) return ['It has no notes.\n'];
  return elf.notes.flatMap(({ place, notes }) => [
    `Notes of ${printable(place)}\n`,
    ...notes.map((note) => {
      const { value } = noteContent(elf, note);
      return `  ${printable(noteName(note))}, ${note.content.size} bytes${value === undefined ? '' : `: ${value}`}\n`;
    }),
  ]);
}
