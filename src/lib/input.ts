/** What a person typed cannot be used. The message is a sentence for that person: it names the input and what it takes. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InputError';
  }
}

/** The typed text as it appears in a message: quoted, shortened when long. */
export function quote(text: string): string {
  const shown = text.trim();
  return `“${shown.length > 24 ? `${shown.slice(0, 24)}…` : shown}”`;
}

/** A whole number's name and its range, both ends included. */
export interface IntegerField {
  /** As in “Red must be …”. */
  name: string;
  min: number;
  max: number;
}

/**
 * Reads a whole number the way Rust writes one: decimal or `0x` hexadecimal, with `_` anywhere after the first digit.
 * Throws {@link InputError} for anything else, and for a number outside the field's range.
 */
export function parseInteger(text: string, field: IntegerField): number {
  const match = /^(?:0x([0-9a-f][0-9a-f_]*)|([0-9][0-9_]*))$/i.exec(text.trim());
  const [, hexadecimal, decimal] = match ?? [];
  const range = `a whole number from ${field.min} to ${field.max}`;
  if (hexadecimal === undefined && decimal === undefined) {
    const found = text.trim() === '' ? 'it is empty' : `${quote(text)} is not one`;
    throw new InputError(`${field.name} must be ${range}, and ${found}.`);
  }
  const value =
    hexadecimal === undefined
      ? Number((decimal ?? '').replaceAll('_', ''))
      : Number.parseInt(hexadecimal.replaceAll('_', ''), 16);
  if (value < field.min || value > field.max) {
    throw new InputError(`${field.name} must be ${range}, and ${quote(text)} is outside it.`);
  }
  return value;
}
