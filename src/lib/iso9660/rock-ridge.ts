/**
 * Rock Ridge: what Unix knows of a file and ISO 9660 does not, kept in entries behind the name in a directory record.
 *
 * Sources: SUSP 1.12 (System Use Sharing Protocol, IEEE P1281), RRIP 1.12 (Rock Ridge Interchange Protocol, IEEE P1282).
 */
import type { Field } from '../fields.ts';
import {
  both32,
  date17,
  date7,
  hex8,
  made,
  raw,
  rowsToFields,
  text,
  u8,
  utf8Text,
  type Format,
  type ImageBytes,
  type Problems,
  type Row,
} from './bytes.ts';

/** An entry of the system use area: two letters, its length, a version, and what they stand for. */
export interface SystemUseEntry {
  signature: string;
  offset: number;
  length: number;
}

/** More entries of the same record, elsewhere in the image (SUSP 1.12, 5.1). */
export interface Continuation {
  offset: number;
  length: number;
}

/** What Rock Ridge says of one file. */
export interface RockRidge {
  name?: string;
  /** Type and permissions, as Unix has them in one number. */
  mode?: number;
  user?: number;
  group?: number;
  /** Where a symbolic link leads. */
  link?: string;
  modified?: string;
  /** Block in which the directory really begins that this record stands for (CL). */
  childBlock?: number;
  /** The directory was moved here because of the eight levels that ISO 9660 allows; its place in the tree is elsewhere (RE). */
  relocated: boolean;
}

const continues = 1;

/** How many bytes of entries may be read in all: no image has more of them than bytes. */
export interface Budget {
  bytes: number;
}

/** The entries from `offset` to `end`, as far as they can be some: zeros or a length that cannot be end an area. */
export function entriesIn(image: ImageBytes, offset: number, end: number, budget?: Budget): SystemUseEntry[] {
  const entries: SystemUseEntry[] = [];
  for (let at = offset; at + 4 <= end;) {
    const length = image.u8(at + 2);
    const signature = image.latin(at, 2);
    if (!/^[A-Z]{2}$/.test(signature) || length < 4 || at + length > end) break;
    if (budget !== undefined && (budget.bytes -= length) < 0) break;
    entries.push({ signature, offset: at, length });
    if (signature === 'ST') break;
    at += length;
  }
  return entries;
}

/** The entries from `offset` to `end`, and those in the areas that they continue in. */
export function systemUseEntries(
  image: ImageBytes,
  offset: number,
  end: number,
  { problems, budget, blockSize }: { problems: Problems; budget: Budget; blockSize: number },
): { entries: SystemUseEntry[]; continuations: Continuation[] } {
  const entries: SystemUseEntry[] = [];
  const continuations: Continuation[] = [];
  const areas = [{ offset, length: end - offset }];
  for (let area = areas.pop(); area !== undefined; area = areas.pop()) {
    const found = entriesIn(image, area.offset, area.offset + area.length, budget);
    if (budget.bytes < 0) {
      problems.add(area.offset, 'system use entries', 'are more than fit into the image');
      break;
    }
    entries.push(...found);
    const more = found.findLast(({ signature, length }) => signature === 'CE' && length >= 28);
    if (more === undefined) continue;
    const next = {
      offset: image.u32(more.offset + 4) * blockSize + image.u32(more.offset + 12),
      length: image.u32(more.offset + 20),
    };
    if (!image.has(next.offset, next.length)) {
      problems.add(
        more.offset,
        'CE',
        `continues at byte ${next.offset} with ${next.length} more, where there is no image`,
      );
    } else if (next.offset === offset || continuations.some((each) => each.offset === next.offset)) {
      problems.add(more.offset, 'CE', 'continues in a circle');
    } else {
      continuations.push(next);
      areas.push(next);
    }
  }
  return { entries, continuations };
}

/** What a record's entries say together. */
export function readRockRidge(image: ImageBytes, entries: readonly SystemUseEntry[]): RockRidge {
  const found: RockRidge = { relocated: false };
  let nameGoesOn = false;
  const link = new LinkText();
  for (const { signature, offset, length } of entries) {
    switch (signature) {
      case 'NM': {
        if (length < 5 || (image.u8(offset + 4) & 6) !== 0) break;
        const piece = image.utf8(offset + 5, length - 5);
        found.name = nameGoesOn ? (found.name ?? '') + piece : piece;
        nameGoesOn = (image.u8(offset + 4) & continues) !== 0;
        break;
      }
      case 'PX':
        if (length < 36) break;
        found.mode = image.u32(offset + 4);
        found.user = image.u32(offset + 20);
        found.group = image.u32(offset + 28);
        break;
      case 'SL':
        for (const component of linkComponents(image, offset, length)) link.add(image, component);
        break;
      case 'TF': {
        const modified = timesOf(image, offset, length).find(({ name }) => name === 'modification');
        if (modified !== undefined) found.modified = modified.format(image, modified.offset, modified.length);
        break;
      }
      case 'CL':
        if (length >= 12) found.childBlock = image.u32(offset + 4);
        break;
      case 'RE':
        found.relocated = true;
        break;
    }
  }
  if (link.text !== '') found.link = link.text;
  return found;
}

interface Component {
  offset: number;
  flags: number;
  length: number;
}

/** The parts of a path in an SL entry. */
function linkComponents(image: ImageBytes, offset: number, length: number): Component[] {
  const components: Component[] = [];
  for (let at = offset + 5; at + 2 <= offset + length;) {
    const size = Math.min(image.u8(at + 1), offset + length - at - 2);
    components.push({ offset: at, flags: image.u8(at), length: size });
    at += 2 + size;
  }
  return components;
}

/** A symbolic link's path, put together from its parts. */
class LinkText {
  text = '';
  #started = false;
  #partGoesOn = false;

  add(image: ImageBytes, { offset, flags, length }: Component): void {
    if (this.#started && !this.#partGoesOn && !this.text.endsWith('/')) this.text += '/';
    this.#started = true;
    this.#partGoesOn = (flags & continues) !== 0;
    if ((flags & 8) !== 0) this.text = '/';
    else if ((flags & 2) !== 0) this.text += '.';
    else if ((flags & 4) !== 0) this.text += '..';
    else this.text += image.utf8(offset + 2, length);
  }
}

const timeNames = [
  'creation',
  'modification',
  'access',
  'attributes changed',
  'backup',
  'expiration',
  'effective',
] as const;

/** The times in a TF entry: which of the seven there are says a byte of flags, and how long they are. */
function timesOf(image: ImageBytes, offset: number, length: number) {
  const flags = image.u8(offset + 4);
  const long = (flags & 0x80) !== 0;
  const size = long ? 17 : 7;
  const format: Format = long ? date17 : date7;
  const present = timeNames.filter((_, bit) => (flags & (1 << bit)) !== 0);
  return present
    .map((name, index) => ({ name, offset: offset + 5 + index * size, length: size, format }))
    .filter(({ offset: at }) => at + size <= offset + length);
}

const entryMeanings: Readonly<Record<string, string>> = {
  SP: 'entries begin here',
  ER: 'which extension the entries are of',
  CE: 'where the entries continue',
  PX: 'owner and permissions',
  SL: 'where the symbolic link leads',
  NM: 'the true name',
  CL: 'where the directory was moved to',
  PL: 'where it belongs',
  RE: 'it belongs elsewhere',
  TF: 'times',
};

/** The field of a system use entry, with those in it. */
export function entryField(image: ImageBytes, { signature, offset, length }: SystemUseEntry): Field {
  const meaning = entryMeanings[signature];
  return {
    name: signature,
    offset,
    length,
    ...(meaning !== undefined && { meaning }),
    parts: made(() => [
      ...rowsToFields(image, offset, [
        ['signature', 2, text],
        ['length', 1, u8],
        ['version', 1, u8],
        ...fits(entryRows(image, signature, offset, length), length - 4),
      ]),
    ]),
  };
}

/** Rows as far as they fit into an entry; what they leave of it is data. */
function fits(rows: readonly Row[], length: number): Row[] {
  const kept: Row[] = [];
  for (const row of rows) {
    if (row[1] > length) break;
    kept.push(row);
    length -= row[1];
  }
  return length > 0 ? [...kept, ['data', length, raw]] : kept;
}

function entryRows(image: ImageBytes, signature: string, offset: number, length: number): readonly Row[] {
  switch (signature) {
    case 'SP':
      return [
        ['check bytes', 2, raw, 'BE EF'],
        ['bytes skipped', 1, u8, 'before the entries of every record'],
      ];
    case 'CE':
      return [
        ['block', 8, both32],
        ['offset', 8, both32],
        ['length', 8, both32],
      ];
    case 'ER': {
      const [name, description, source] = [image.u8(offset + 4), image.u8(offset + 5), image.u8(offset + 6)];
      return [
        ['length of the identifier', 1, u8],
        ['length of the descriptor', 1, u8],
        ['length of the source', 1, u8],
        ['extension version', 1, u8],
        ['identifier', name, text],
        ['descriptor', description, text],
        ['source', source, text],
      ];
    }
    case 'PX':
      return [
        ['mode', 8, mode, 'type and permissions'],
        ['links', 8, both32],
        ['user', 8, both32],
        ['group', 8, both32],
        ['serial number', 8, both32],
      ];
    case 'NM':
      return [
        ['flags', 1, hex8],
        ['name', Math.max(0, length - 5), utf8Text],
      ];
    case 'CL':
    case 'PL':
      return [['block', 8, both32]];
    case 'SL':
      return [
        ['flags', 1, hex8],
        ...linkComponents(image, offset, length).flatMap(({ length: size }): Row[] => [
          ['component flags', 1, hex8],
          ['component length', 1, u8],
          ['component', size, utf8Text],
        ]),
      ];
    case 'TF':
      return [
        ['flags', 1, hex8],
        ...timesOf(image, offset, length).map(({ name, length: size, format }): Row => [name, size, format]),
      ];
    default:
      return [];
  }
}

const mode: Format = (image, offset) => `0${image.u32(offset).toString(8)}, ${modeInLetters(image.u32(offset))}`;

const types: Readonly<Record<number, string>> = { 1: 'p', 2: 'c', 4: 'd', 6: 'b', 8: '-', 10: 'l', 12: 's' };

/** A file's type and permissions as `ls -l` writes them: `-r-xr-xr-x`. */
export function modeInLetters(mode: number): string {
  const letters = 'rwxrwxrwx';
  const rights = [...letters].map((letter, index) => ((mode & (0o400 >> index)) !== 0 ? letter : '-'));
  for (const [bit, at, name] of [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const) {
    if ((mode & bit) !== 0) rights[at] = rights[at] === '-' ? name.toUpperCase() : name;
  }
  return `${types[(mode >> 12) & 15] ?? '?'}${rights.join('')}`;
}
