/** Sections that somebody wrote down, in JSON: a list of sections, or an object like the recorded kernels of src/data. */
import { InputError, quote } from '../input.ts';
import { sectionTypes, type Inputs, type InputSection, type InputSymbol, type SectionType } from './inputs.ts';

/** More than any kernel is linked from. */
const mostSections = 10_000;

/** Reads sections from a file's text. Throws {@link InputError} that names the section and the field. */
export function parseInputs(text: string): Inputs {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`This is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return readInputs(value);
}

/** Reads sections from what JSON says. */
export function readInputs(value: unknown): Inputs {
  const whole = Array.isArray(value) ? { sections: value } : asObject(value, 'The file');
  const list = asList(whole['sections'], 'sections');
  if (list.length > mostSections)
    throw new InputError(`At most ${mostSections} sections can be laid out, not ${list.length}.`);
  const sections = list.map((each, index) => readSection(each, index, list.length));
  const symbols = asList(whole['symbols'] ?? [], 'symbols').map((each) => readSymbol(each, sections.length));
  const wanted = asList(whole['undefined'] ?? [], 'undefined').map((each) => asText(each, 'undefined'));
  const made = asObject(whole['made'] ?? {}, 'made');
  const frames = made['frames'] === undefined ? undefined : asObject(made['frames'], 'made.frames');
  return {
    sections,
    symbols,
    undefined: wanted,
    made: {
      ...(frames && {
        frames: {
          size: asSize(frames['size'], 'made.frames.size'),
          count: asSize(frames['count'], 'made.frames.count'),
        },
      }),
      ...(made['got'] === undefined ? {} : { got: asSize(made['got'], 'made.got') }),
    },
    collectGarbage: whole['collectGarbage'] === true,
    frameHeader: whole['frameHeader'] === true,
    bindNow: whole['bindNow'] === true,
  };
}

function readSection(value: unknown, index: number, count: number): InputSection {
  const fields = asObject(value, `Section ${index}`);
  const called = `Section ${index}${typeof fields['name'] === 'string' ? `, ${quote(fields['name'])},` : ''}`;
  const field = (name: string) => `${called} field ${name}`;
  const flags = asText(fields['flags'] ?? 'A', field('flags'));
  if (!/^[WAXR]*$/.test(flags))
    throw new InputError(`${field('flags')} is ${quote(flags)}; the letters are W, A, X and R.`);
  const type = asText(fields['type'] ?? 'PROGBITS', field('type'));
  if (!isType(type)) {
    throw new InputError(`${field('type')} is ${quote(type)}; types are ${Object.keys(sectionTypes).join(', ')}.`);
  }
  const alignment = asSize(fields['alignment'] ?? 1, field('alignment'));
  if (!Number.isInteger(Math.log2(alignment)) || alignment > 2 ** 31) {
    throw new InputError(`${field('alignment')} is ${alignment}; an alignment is a power of two up to 2147483648.`);
  }
  const needs = asList(fields['needs'] ?? [], field('needs')).map((each) => asIndex(each, count, field('needs')));
  return {
    file: asText(fields['file'] ?? 'main.o', field('file')) || 'main.o',
    name: asText(fields['name'], field('name')),
    ...{ type, flags, alignment, size: asSize(fields['size'], field('size')) },
    ...(needs.length > 0 && { needs }),
  };
}

function readSymbol(value: unknown, count: number): InputSymbol {
  const fields = asObject(value, 'A symbol');
  const name = asText(fields['name'], 'A symbol’s name');
  const section = fields['section'] ?? null;
  return {
    name,
    section: section === null ? null : asIndex(section, count, `The section of ${quote(name)}`),
    value: asSize(fields['value'] ?? 0, `The value of ${quote(name)}`),
  };
}

const isType = (text: string): text is SectionType => Object.hasOwn(sectionTypes, text);

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InputError(`${what} must be an object in braces.`);
}

function asList(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new InputError(`${what} must be a list in brackets.`);
}

function asText(value: unknown, what: string): string {
  if (typeof value === 'string' && value.length <= 1000) return value;
  throw new InputError(`${what} must be a text of at most 1000 characters.`);
}

function asSize(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InputError(`${what} must be a whole number, 0 or more.`);
}

function asIndex(value: unknown, count: number, what: string): number {
  const index = asSize(value, what);
  if (index < count) return index;
  throw new InputError(`${what} names section ${index}, but there are ${count}, counted from 0.`);
}
