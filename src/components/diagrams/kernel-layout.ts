/**
 * How a linker script like chapter 4's lays a kernel out: which bytes of the file land on which pages of memory. The
 * diagrams draw what this computes; tests/kernel/linker-script.test.ts compares it with what the linker really did.
 */

/** Where the script's location counter starts. */
export const baseAddress = 0xffff_ffff_8000_0000n;

export const pageSize = 0x1000;

/**
 * The sections of chapter 5's kernel as `cargo build` makes it, in bytes: measured, and measured again by the test. `.got`
 * is a part of `.data`.
 */
export const debugKernel = { compiler: 'rustc 1.96.0', text: 0x10fc, rodata: 0x5e8, data: 0x58, got: 0x10 } as const;

export interface Section {
  name: string;
  /** `R`, `W` and `X`, or `-`. */
  permissions: string;
  /** Bytes. */
  size: number;
}

export interface PlacedSection extends Section {
  /** Virtual address of its first byte. */
  address: bigint;
  /** Where its bytes begin in the ELF file. */
  offset: number;
  /** How many of its bytes lie on each of its pages, in order. */
  pages: number[];
}

/** Rounds up to the next multiple, as `ALIGN` does in a linker script. */
export function alignUp(value: bigint, multiple: bigint): bigint {
  return ((value + multiple - 1n) / multiple) * multiple;
}

/**
 * Places sections one after the other from {@link baseAddress}, each in a segment of its own and on a new page. In the
 * file they follow the headers, at offsets that agree with the addresses modulo the page size, so that a page of the
 * file is a page of memory. An empty section is left out, and its segment with it, as LLD does.
 */
export function placeSections(sections: readonly Section[]): PlacedSection[] {
  let address = baseAddress;
  let offset = BigInt(pageSize);
  return sections
    .filter(({ size }) => size > 0)
    .map((section) => {
      address = alignUp(address, BigInt(pageSize));
      offset = alignUp(offset, BigInt(pageSize));
      const pages = [];
      for (let left = section.size; left > 0; left -= pageSize) pages.push(Math.min(left, pageSize));
      const placed = { ...section, address, offset: Number(offset), pages };
      address += BigInt(section.size);
      offset += BigInt(section.size);
      return placed;
    });
}

/** The three sections of {@link debugKernel} in the order of the script. */
export const debugSections: readonly PlacedSection[] = placeSections([
  { name: '.text', permissions: 'R-X', size: debugKernel.text },
  { name: '.rodata', permissions: 'R--', size: debugKernel.rodata },
  { name: '.data', permissions: 'RW-', size: debugKernel.data },
]);
