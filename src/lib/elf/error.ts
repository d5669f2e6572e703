/** Something in an ELF file that cannot be: which field, where it lies and what is wrong with it. */
export interface ElfProblem {
  /** The field, its offset and what is wrong. */
  message: string;
  /** Offset of the field in the file, in bytes. */
  offset: bigint;
}

/** A problem that does not stop the reading: an error’s stack would cost more than the rest of a damaged file. */
export function elfProblem(field: string, offset: bigint, problem: string): ElfProblem {
  return { message: `${field} at offset 0x${offset.toString(16)}: ${problem}`, offset };
}

/** A problem behind which nothing can be read. */
export class ElfError extends Error implements ElfProblem {
  readonly offset: bigint;

  constructor(field: string, offset: bigint, problem: string) {
    super(elfProblem(field, offset, problem).message);
    this.name = 'ElfError';
    this.offset = offset;
  }
}
