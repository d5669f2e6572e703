/** Something in an ELF file that cannot be: which field, where it lies and what is wrong with it. */
export class ElfError extends Error {
  /** Offset of the field in the file, in bytes. */
  readonly offset: bigint;

  constructor(field: string, offset: bigint, problem: string) {
    super(`${field} at offset 0x${offset.toString(16)}: ${problem}`);
    this.name = 'ElfError';
    this.offset = offset;
  }
}
