import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { extentInWords, fieldsAlong, pathTo } from '../../src/lib/fields.ts';
import { InputError, parseInteger } from '../../src/lib/input.ts';
import { diskBlock, grouped, problemInWords, sector } from '../../src/lib/iso9660/bytes.ts';
import { bootWays, type BootWay } from '../../src/lib/iso9660/boot.ts';
import { pathOf, type IsoNode, type IsoTree } from '../../src/lib/iso9660/directories.ts';
import { mediaNames, platforms, type BootEntry } from '../../src/lib/iso9660/el-torito.ts';
import { gptTypeName, mbrTypes, type Partitions } from '../../src/lib/iso9660/partitions.ts';
import { readIso, type IsoImage } from '../../src/lib/iso9660/read.ts';
import { modeInLetters } from '../../src/lib/iso9660/rock-ridge.ts';
import { UserError } from '../../tools/errors.ts';
import { onko } from '../invocation.ts';

const usage = `Try: ${onko} iso onko-os.iso   or, for one byte of it: ${onko} iso onko-os.iso --at 0x8847`;

/** `onko iso`: what is on a CD image, and whether a PC would boot it. 1 when something is wrong with it. */
export function iso(args: readonly string[]): number {
  try {
    const { file, at } = parseArguments(args);
    const bytes = read(file);
    const image = readIso(bytes);
    if (at !== undefined) {
      process.stdout.write(describeByte(image, at));
      return 0;
    }
    process.stdout.write(describeIso(image, file, bootWays(bytes, image)));
    return image.problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof InputError) throw new UserError(error.message, usage);
    throw error;
  }
}

function parseArguments(args: readonly string[]): { file: string; at?: string } {
  const { values, positionals } = readArguments(args);
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0)
    throw new InputError(`onko iso takes one file; ${positionals.length} came.`);
  return { file, ...(values.at !== undefined && { at: values.at }) };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { at: { type: 'string' } } });
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error) throw new UserError(`${file} cannot be read: ${error.message}.`, usage);
    throw error;
  }
}

/** Text from an image, without what could steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
}

/** What `onko iso FILE --at OFFSET` prints: the field of a byte, and what that lies in. */
export function describeByte({ root, size }: IsoImage, text: string): string {
  const offset = parseInteger(text, { name: '--at', min: 0, max: Math.max(0, size - 1) });
  const fields = fieldsAlong(root, pathTo(root, offset)).slice(1);
  const lines = fields.map((field, depth) => {
    const says = [field.value, field.meaning].filter((words) => words !== undefined && words !== '').join(': ');
    return `${'  '.repeat(depth)}${field.name}, ${extentInWords(field)}${says === '' ? '' : `: ${says}`}`;
  });
  return printableLines(lines);
}

/** What `onko iso FILE` prints. */
export function describeIso(image: IsoImage, name: string, ways: readonly BootWay[]): string {
  const { size, descriptors, catalogue, partitions, problems, furtherProblems } = image;
  const sections: [title: string, lines: string[]][] = [
    [`${name}: ${grouped(size)} bytes`, []],
    [
      'Volume descriptors',
      descriptors.map((each) => row([`sector ${each.sector}`, 12], [each.name, 34], [each.summary])),
    ],
    filesSection(image),
    [
      `Boot catalogue${catalogue === undefined ? '' : `, sector ${catalogue.sector}`}`,
      (catalogue?.entries ?? []).map(entryLine),
    ],
    ['Partition tables', partitionLines(partitions)],
    [
      'Would a PC boot it?',
      ways.flatMap(({ medium, firmware, boots, says }) =>
        says.map((sentence, index) =>
          row(
            [index === 0 ? `${medium}, ${firmware}` : '', 18],
            [index > 0 ? '' : boots ? 'yes' : 'no', 5],
            [sentence],
          ),
        ),
      ),
    ],
    [
      'Not as it should be',
      [...problems.map(problemInWords), ...(furtherProblems > 0 ? [`And ${grouped(furtherProblems)} more.`] : [])],
    ],
  ];
  const shown = sections.filter(([, lines], index) => index === 0 || lines.length > 0);
  return shown.map(([title, lines]) => printableLines([title, ...lines.map((line) => `  ${line}`)])).join('\n');
}

function printableLines(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line).trimEnd()}\n`).join('');
}

/** Cells of a line, each as wide as it says or wider. */
function row(...cells: readonly [text: string, width?: number][]): string {
  return cells.map(([text, width = 0]) => text.padEnd(width)).join('');
}

function filesSection({ tree, trees }: IsoImage): [string, string[]] {
  if (tree === undefined) return ['Files', []];
  const names = tree.rockRidge ? 'Rock Ridge' : tree.volume.kind === 'joliet' ? 'Joliet' : 'ISO 9660';
  const others =
    trees.filter((each) => each !== tree && each.volume.kind === 'joliet').length > 0 ? '; Joliet has them, too' : '';
  const count = (number: number, one: string, many: string) => `${grouped(number)} ${number === 1 ? one : many}`;
  const title = `${count(tree.files, 'file', 'files')}, ${count(tree.directories, 'directory', 'directories')}, named by ${names}${others}`;
  return [title, treeLines(tree)];
}

function treeLines({ root }: IsoTree): string[] {
  const lines: string[] = [];
  const waiting = (root.children ?? []).map((node) => ({ node, depth: 0 })).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next;
    lines.push(nodeLine(node, depth));
    for (const child of (node.children ?? []).toReversed()) waiting.push({ node: child, depth: depth + 1 });
  }
  return lines;
}

function nodeLine({ name, children, size, extents, rockRidge }: IsoNode, depth: number): string {
  const title = `${'  '.repeat(depth)}${name}${children === undefined ? '' : '/'}`;
  const mode = rockRidge?.mode === undefined ? '' : `${modeInLetters(rockRidge.mode)}  `;
  if (rockRidge?.link !== undefined) return row([mode], [title, 36], [` → ${rockRidge.link}`]);
  const bytes = children === undefined ? `${grouped(size)} bytes` : '';
  const first = extents[0];
  const place = first === undefined || size === 0 ? '' : `sector ${Math.floor(first.offset / sector)}`;
  const pieces = extents.length > 1 ? `, in ${extents.length} extents` : '';
  return row([mode], [title, 36], [bytes.padStart(18), 20], [place + pieces]);
}

function entryLine({ platform, bootable, media, count, file, sector: number, info }: BootEntry, index: number): string {
  const what = file === undefined ? 'no file of the disc' : pathOf(file);
  const notes = [
    ...(bootable ? [] : ['not bootable']),
    ...(info === undefined ? [] : [`boot info table${info.sum === info.checksum ? '' : ' with a wrong checksum'}`]),
  ].map((note) => `, ${note}`);
  return row(
    [String(index + 1), 3],
    [platforms[platform] ?? `platform ${platform}`, 8],
    [mediaNames[media] ?? `media ${media}`, 17],
    [`${grouped(count * diskBlock)} bytes of sector ${number}: ${what}${notes.join('')}`],
  );
}

function partitionLines({ mbr, gpt, backup }: Partitions): string[] {
  const lines: string[] = [];
  if (mbr !== undefined) {
    lines.push(`MBR, ${mbr.kind}, ${mbr.code ? 'with' : 'without'} boot code`);
    for (const { number, type, start, blocks, active } of mbr.partitions) {
      const kind = mbrTypes[type] ?? 'unknown';
      lines.push(
        row(
          [`  ${number}`, 5],
          [`blocks ${start} to ${start + blocks - 1}`, 24],
          [`type 0x${type.toString(16).padStart(2, '0')}, ${kind}${active ? ', active' : ''}`],
        ),
      );
    }
  }
  if (gpt !== undefined) {
    const sound = (each: typeof gpt) => (each.sound ? 'sound' : 'damaged');
    lines.push(`GPT, ${sound(gpt)}; its backup ${backup === undefined ? 'is missing' : `is ${sound(backup)}`}`);
  } else if (backup !== undefined) {
    lines.push('No GPT, but a backup of one in the last block');
  }
  for (const { number, type, name, first, last } of (gpt ?? backup)?.partitions ?? []) {
    lines.push(
      row(
        [`  ${number}`, 5],
        [`blocks ${first} to ${last}`, 24],
        [`${gptTypeName(type)}${name === '' ? '' : `, “${name}”`}`],
      ),
    );
  }
  return lines;
}
