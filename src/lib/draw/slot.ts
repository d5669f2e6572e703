import type { DrawEntry } from '../manifest.ts';
import { InputError } from '../input.ts';
import type { Code } from './assembler.ts';
import { generate } from './generate.ts';
import type { Program } from './syntax.ts';

/** What stands behind the code: an instruction that stops whoever gets there. */
const int3 = 0xcc;

/** A program's code for the kernel's slot. */
export function codeFor(program: Program, { address, divisionByZero }: DrawEntry['slot']): Code {
  return generate(program, Number(BigInt(divisionByZero) - BigInt(address)));
}

/**
 * A copy of the kernel with the code in its slot, and nothing of what was there before. Throws {@link InputError} for code
 * that does not fit.
 */
export function fillSlot(kernel: Uint8Array, { offset, size }: DrawEntry['slot'], { bytes }: Code): Uint8Array {
  if (bytes.length > size) {
    throw new InputError(
      `The picture’s code has ${bytes.length} bytes, and the kernel has room for ${size}. Make the expression shorter; with let, what stands there twice is computed once.`,
    );
  }
  const filled = new Uint8Array(kernel);
  filled.fill(int3, offset, offset + size);
  filled.set(bytes, offset);
  return filled;
}
