/** Something in an ELF file that cannot be: which field, where it lies and what is wrong with it. */
export interface ElfProblem {
  /** The field, its offset and what is wrong: {@link problemText}. */
  message: string;
  /** Offset of the field in the file, in bytes. */
  offset: bigint;
}

/** What is said of a field at an offset of the file. */
export const problemText = (field: string, offset: bigint, problem: string): string =>
  `${field} at offset 0x${offset.toString(16)}: ${problem}`;

/**
 * A problem behind which nothing can be read. Those that do not stop the reading are no errors: the stack of each would
 * cost more than the rest of a damaged file.
 */
export class ElfError extends Error implements ElfProblem {
  readonly offset: bigint;

  constructor(field: string, offset: bigint, problem: string) {
    super(problemText(field, offset, problem));
    this.name = 'ElfError';
    this.offset = offset;
  }
}
