import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatAddress } from '../../src/lib/address.ts';
import { filePieces } from '../../src/lib/linker-script/file.ts';
import { parseInputs, readInputs } from '../../src/lib/linker-script/given.ts';
import { layOut, type Layout } from '../../src/lib/linker-script/layout.ts';
import { lessonsOf } from '../../src/lib/linker-script/lessons.ts';
import { segmentTypeName } from '../../src/lib/linker-script/syntax.ts';
import type { Inputs } from '../../src/lib/linker-script/inputs.ts';
import { InputError } from '../../src/lib/input.ts';
import { flagsFromNumber, flagsInLetters } from '../../src/lib/segment-flags.ts';
import { UserError } from '../../tools/errors.ts';
import { onko } from '../invocation.ts';
import recorded from '../../src/data/layout-inputs.json' with { type: 'json' };

const usage = `Try: ${onko} layout linker.ld   or: ${onko} layout linker.ld --sections sections.json`;

/** `onko layout`: where a linker script puts sections, and what is wrong with it. 1 when something is. */
export function layout(args: readonly string[]): number {
  const { values, positionals } = readArguments(args);
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new UserError('onko layout takes one linker script.', usage);
  const inputs = values.sections === undefined ? recordedInputs(values.kernel) : readSections(values.sections);
  const { report, errors } = describeScript(read(file), file === '-' ? 'standard input' : file, inputs);
  process.stdout.write(report);
  return errors === 0 ? 0 : 1;
}

function readArguments(args: readonly string[]) {
  try {
    const options = { sections: { type: 'string' }, kernel: { type: 'string' } } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error), usage);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    if (error instanceof Error) throw new UserError(`${file} cannot be read: ${error.message}.`, usage);
    throw error;
  }
}

function recordedInputs(kernel = '05-main-rs-debug'): Inputs {
  const kernels = new Map(Object.entries(recorded.kernels));
  const inputs = kernels.get(kernel);
  if (inputs !== undefined) return readInputs(inputs);
  throw new UserError(`There is no kernel "${kernel}".`, `There are ${[...kernels.keys()].join(', ')}.`);
}

function readSections(file: string): Inputs {
  try {
    return parseInputs(read(file));
  } catch (error) {
    if (error instanceof InputError) throw new UserError(`${file}: ${error.message}`, usage);
    throw error;
  }
}

/** The lines that `onko layout` prints, and how many errors they tell of; `name` is what they call the script. */
export function describeScript(text: string, name: string, inputs: Inputs): { report: string; errors: number } {
  const { layout: found, problems } = layOut(text, inputs);
  const said = problems.map(
    ({ severity, line, column, text: what, fix }) => `${name}:${line}:${column}: ${severity}: ${what}. ${fix}\n`,
  );
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const lessons =
    found === undefined
      ? []
      : lessonsOf(found).map(({ weight, line, text: what }) => `${place(name, line)}${weight}: ${what}\n`);
  const report = [...said, ...(found === undefined ? [] : [describeLayout(found)]), ...lessons].join('');
  return { report, errors };
}

const place = (name: string, line: number): string => (line === 0 ? '' : `${name}:${line}: `);

function describeLayout(layout: Layout): string {
  const { entry, sections, segments, discarded, unused, emptySegments } = layout;
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  const title = (index: number) => segments[index]?.name || String(index);
  const rows = sections.map((section) => [
    section.name + (section.orphan ? ' (orphan)' : ''),
    formatAddress(section.address),
    (section.flags & 2) === 0 ? '' : hex(section.offset),
    hex(section.size),
    `${(section.flags & 1) !== 0 ? 'W' : ''}${(section.flags & 2) !== 0 ? 'A' : ''}${(section.flags & 4) !== 0 ? 'X' : ''}`,
    section.segments.map(title).join(' '),
  ]);
  const headers = segments.map(({ name, type, flags, virtualAddress, offset, fileSize, memorySize }) => [
    name || segmentTypeName(type),
    formatAddress(virtualAddress),
    hex(offset),
    hex(fileSize),
    hex(memorySize),
    flagsInLetters(flagsFromNumber(flags)),
  ]);
  const pieces = filePieces(layout).map(({ name, offset, size }) => [hex(offset), hex(size), name]);
  const count = (list: readonly unknown[], what: string) =>
    list.length === 0 ? '' : `${list.length} ${list.length === 1 ? 'section' : 'sections'} ${what}.\n`;
  return [
    `\n${table([['section', 'address', 'file', 'size', 'flags', 'segments'], ...rows])}`,
    `\n${table([['segment', 'address', 'file', 'in file', 'in memory', 'flags'], ...headers])}`,
    `\n${table([['file', 'size', 'what lies there'], ...pieces])}`,
    `\nentry ${formatAddress(entry)}\n`,
    count(discarded, 'discarded'),
    count(unused, 'left out, as nobody refers to them'),
    emptySegments.length === 0 ? '' : `Nothing to load, so not in the file: ${emptySegments.join(', ')}.\n`,
  ].join('');
}

/** Columns side by side, two blanks between them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
    .concat('\n');
}
