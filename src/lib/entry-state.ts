/**
 * The machine as the loader hands it to `kmain`, by the Limine boot protocol ("x86-64" under "Entry machine state") where
 * it fixes the value, and as both loaders leave it where it does not. tests/kernel/makefile.test.ts reads all of it from a
 * running PC.
 */
export const stateAtKmain = {
  /** Protection enable (0), extension type (4), write protect (16), paging (31). */
  cr0: 0x8001_0011,
  /** Physical address extension (5). */
  cr4: 0x20,
  /** Long mode enable (8) and active (10), no-execute enable (11). */
  efer: 0xd00,
  /** Selector of the 64-bit code segment in the loader's descriptor table. */
  cs: 0x28,
  /** Selector of the 64-bit data segment. */
  ss: 0x30,
  /** Where the higher half direct map begins with 4-level paging. */
  hhdm: 0xffff_8000_0000_0000n,
  /** Where QEMU's video memory (physical 0xfd000000) is seen through that map. */
  framebuffer: 0xffff_8000_fd00_0000n,
} as const;

/** Numbers of the bits that are set, lowest first. `value` is a whole number from 0 to 2^53 - 1. */
export function setBits(value: number): number[] {
  return Array.from({ length: 53 }, (_, bit) => bit).filter((bit) => Math.floor(value / 2 ** bit) % 2 === 1);
}
