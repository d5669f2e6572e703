/**
 * A file as a tree of named bytes: what an explorer shows beside the bytes themselves. A format's model makes the tree
 * (src/lib/elf/fields.ts); nothing here knows any format.
 */

/** Bytes that belong together under one name: a field, or a structure of further ones. */
export interface Field {
  /** As the format's standard calls it: `e_entry`. */
  name: string;
  /** Its first byte in the file. */
  offset: number;
  /** How many bytes it has; 0 for what has none in the file. */
  length: number;
  /** What stands there, as it is usually written: `0x3e`. */
  value?: string;
  /** What that means, in words. */
  meaning?: string;
  /** What it consists of; absent where no byte within it has a name of its own. */
  parts?: Parts;
}

/** The fields within a field. They are made when they are looked at: a table of a million entries costs nothing before. */
export interface Parts {
  readonly count: number;
  /** Part number `index`, from 0 to `count - 1`. */
  at(index: number): Field;
  /** Numbers of the parts that have a byte from `first` to `last`, both included, in rising order. */
  touching(first: number, last: number): number[];
}

/** Parts that are there already, in any order; they may leave bytes out, and share some. */
export function listed(fields: readonly Field[]): Parts {
  return {
    count: fields.length,
    at: (index) => existing(fields[index], index),
    touching: (first, last) => {
      const found: number[] = [];
      for (const [index, { offset, length }] of fields.entries()) {
        if (offset <= last && offset + length > first && length > 0) found.push(index);
      }
      return found;
    },
  };
}

/** `count` parts of `size` bytes each, one behind the other from `start`. */
export function repeated(
  { start, size, count }: { start: number; size: number; count: number },
  make: (index: number, offset: number) => Field,
): Parts {
  return {
    count,
    at: (index) => make(index, start + index * size),
    touching: (first, last) => {
      const from = Math.max(0, Math.floor((first - start) / size));
      const to = Math.min(count - 1, Math.floor((last - start) / size));
      return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
    },
  };
}

/** Parts of different sizes one behind the other: each ends where the next begins, the last at `end`. */
export function consecutive(
  starts: ArrayLike<number>,
  end: number,
  make: (index: number, offset: number, length: number) => Field,
): Parts {
  const startOf = (index: number) => (index < starts.length ? (starts[index] ?? end) : end);
  /** How many parts begin at or before this byte. */
  const beginning = (byte: number) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (startOf(middle) <= byte) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    count: starts.length,
    at: (index) => make(index, startOf(index), startOf(index + 1) - startOf(index)),
    touching: (first, last) => {
      const from = Math.max(0, beginning(first) - 1);
      const to = last < end ? beginning(last) : starts.length;
      const found = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
      return found.filter((index) => startOf(index + 1) > first);
    },
  };
}

/** Parts that take work to find: they are looked for when they are first asked for. */
export function later(find: () => Parts): Parts {
  let found: Parts | undefined;
  const parts = () => (found ??= find());
  return {
    get count() {
      return parts().count;
    },
    at: (index) => parts().at(index),
    touching: (first, last) => parts().touching(first, last),
  };
}

function existing(field: Field | undefined, index: number): Field {
  if (field === undefined) throw new RangeError(`there is no part ${index}`);
  return field;
}

/** The way from a tree's root to one of its fields: the number of the part to take at each step. */
export type FieldPath = readonly number[];

/** The fields along a way, the root first. Ends early where the way leads out of the tree. */
export function fieldsAlong(root: Field, path: FieldPath): Field[] {
  const fields = [root];
  let parts = root.parts;
  for (const index of path) {
    if (parts === undefined || !Number.isInteger(index) || index < 0 || index >= parts.count) break;
    const field = parts.at(index);
    fields.push(field);
    parts = field.parts;
  }
  return fields;
}

/** The field at the end of a way. */
export function fieldAt(root: Field, path: FieldPath): Field {
  return fieldsAlong(root, path).at(-1) ?? root;
}

/**
 * The way to the innermost field that has all of these bytes. Of several on the same level the smallest one is taken, as
 * it says most. The way is empty where only the root has them.
 */
export function pathTo(root: Field, offset: number, length = 1): number[] {
  const last = offset + length - 1;
  const path: number[] = [];
  for (let parts = root.parts; parts !== undefined;) {
    let chosen: { index: number; field: Field } | undefined;
    for (const index of parts.touching(offset, last)) {
      const field = parts.at(index);
      if (field.offset > offset || field.offset + field.length <= last) continue;
      if (chosen === undefined || field.length < chosen.field.length) chosen = { index, field };
    }
    if (chosen === undefined) break;
    path.push(chosen.index);
    parts = chosen.field.parts;
  }
  return path;
}

/** For each of `count` bytes from `offset`: the innermost field that has it, or undefined where only the root does. */
export function ownersOf(root: Field, offset: number, count: number): (Field | undefined)[] {
  const owners = new Array<Field | undefined>(count).fill(undefined);
  const own = (parts: Parts, first: number, last: number): void => {
    // Smaller ones are painted over larger ones.
    const fields = parts.touching(first, last).map((index) => parts.at(index));
    for (const field of fields.sort((one, other) => other.length - one.length)) {
      const from = Math.max(first, field.offset);
      const to = Math.min(last, field.offset + field.length - 1);
      owners.fill(field, from - offset, to - offset + 1);
      if (field.parts !== undefined) own(field.parts, from, to);
    }
  };
  if (root.parts !== undefined && count > 0) own(root.parts, offset, offset + count - 1);
  return owners;
}

/** A line of the outline: a field, or a button towards more of a long table. */
export type OutlineRow =
  | {
      kind: 'field';
      path: FieldPath;
      field: Field;
      /** How many fields it has around it on its level, and which of them it is, from 1. */
      siblings: number;
      position: number;
      open: boolean;
      chosen: boolean;
    }
  | {
      kind: 'more';
      /** The field to go to. */
      path: FieldPath;
      /** How many fields are left out here. */
      count: number;
      before: boolean;
    };

/**
 * The lines of an outline in which the chosen field, and what it lies in, are open. Of a longer table only the page of
 * `page` fields that the chosen one is on is shown, so no file makes more lines than a person can go through.
 */
export function outline(root: Field, chosen: FieldPath, page = 48): OutlineRow[] {
  const rows: OutlineRow[] = [];
  const list = (parts: Parts, above: FieldPath): void => {
    const next = chosen[above.length] ?? 0;
    const first = Math.floor(next / page) * page;
    const end = Math.min(parts.count, first + page);
    if (first > 0) rows.push({ kind: 'more', path: [...above, first - 1], count: first, before: true });
    for (let index = first; index < end; index += 1) {
      const field = parts.at(index);
      const path = [...above, index];
      const onTheWay = above.length < chosen.length && index === chosen[above.length];
      const open = onTheWay && field.parts !== undefined;
      rows.push({
        kind: 'field',
        path,
        field,
        siblings: parts.count,
        position: index + 1,
        open,
        chosen: onTheWay && path.length === chosen.length,
      });
      if (open && field.parts !== undefined) list(field.parts, path);
    }
    if (end < parts.count) rows.push({ kind: 'more', path: [...above, end], count: parts.count - end, before: false });
  };
  if (root.parts !== undefined) list(root.parts, []);
  return rows;
}

/** A stretch of bytes in words: `bytes 0x18 to 0x1f`. */
export function extentInWords({ offset, length }: Pick<Field, 'offset' | 'length'>): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  if (length === 0) return 'no bytes in the file';
  return length === 1 ? `byte ${hex(offset)}` : `bytes ${hex(offset)} to ${hex(offset + length - 1)}`;
}
