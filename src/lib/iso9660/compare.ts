/** What two images of the same files, written with different options, do not have in common. */
import type { Field, Parts } from '../fields.ts';
import type { Extent } from './directories.ts';
import { readIso } from './read.ts';

/** Stretches of the first image, each of which ends before the next begins. */
export interface Differences {
  /** Fields that the second image does not have at all. */
  made: Extent[];
  /** Fields that say something else there: as a rule because what they are about lies elsewhere. */
  changed: Extent[];
}

/**
 * Looks for each field of the first image in the second, by its name and those of what it lies in, wherever it lies. Files are
 * compared byte by byte. Zeros that nothing refers to do not count.
 */
export function differences(first: Uint8Array, second: Uint8Array): Differences {
  const others = new Map(leaves(readIso(second).root));
  const made: Extent[] = [];
  const changed: Extent[] = [];
  for (const [name, { offset, length, isFile }] of leaves(readIso(first).root)) {
    const other = others.get(name);
    if (other === undefined) made.push({ offset, length });
    else if (isFile && other.length === length)
      changed.push(...differingBytes(first, offset, second, other.offset, length));
    else if (!sameBytes(first, { offset, length }, second, other)) changed.push({ offset, length });
  }
  return { made: joined(made), changed: joined(changed) };
}

interface Leaf extends Extent {
  isFile: boolean;
}

/** Every field that has no further ones in it, and every file, by a name that no other one has. */
function* leaves(root: Field): Generator<[string, Leaf]> {
  const count = new Map<string, number>();
  const unique = (name: string) => {
    const number = (count.get(name) ?? 0) + 1;
    count.set(name, number);
    return `${name} ${number}`;
  };
  function* within(parts: Parts, above: string): Generator<[string, Leaf]> {
    for (let index = 0; index < parts.count; index++) {
      const field = parts.at(index);
      if (above === '' && (field.name === 'padding' || field.name === 'unclaimed bytes')) continue;
      const { offset, length } = field;
      const name = unique(`${above}/${field.name}`);
      const isFile = above === '' && field.name.startsWith('file ');
      if (field.parts === undefined || isFile) yield [name, { offset, length, isFile }];
      else yield* within(field.parts, name);
    }
  }
  if (root.parts !== undefined) yield* within(root.parts, '');
}

function sameBytes(first: Uint8Array, one: Extent, second: Uint8Array, other: Extent): boolean {
  return (
    one.length === other.length && differingBytes(first, one.offset, second, other.offset, one.length).length === 0
  );
}

function differingBytes(first: Uint8Array, from: number, second: Uint8Array, other: number, length: number): Extent[] {
  const found: Extent[] = [];
  for (let at = 0; at < length; at++) {
    if (first[from + at] === second[other + at]) continue;
    const last = found.at(-1);
    if (last !== undefined && last.offset + last.length === from + at) last.length += 1;
    else found.push({ offset: from + at, length: 1 });
  }
  return found;
}

/** Stretches in the order of their bytes, those that touch or overlap as one. */
function joined(extents: readonly Extent[]): Extent[] {
  const result: Extent[] = [];
  for (const { offset, length } of extents.toSorted((one, other) => one.offset - other.offset)) {
    const last = result.at(-1);
    if (last === undefined || last.offset + last.length < offset) result.push({ offset, length });
    else last.length = Math.max(last.length, offset + length - last.offset);
  }
  return result;
}
