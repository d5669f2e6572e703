/**
 * Kernels' files: 64-bit little-endian ELF, read strictly. Whoever looks into any ELF file, a damaged one even, takes
 * `readElf` of elf/read.ts.
 */
import { ElfError } from './elf/reader.ts';
import { readElf, type ElfSection, type ElfSegment, type SymbolTable } from './elf/read.ts';

export { ElfError, type ElfSection, type ElfSegment };

export interface ElfFile {
  /** Kind of file (`e_type`): 1 relocatable, 2 executable at fixed addresses, 3 position-independent or shared, 4 core. */
  type: number;
  /** Processor (`e_machine`): 62 is x86-64. */
  machine: number;
  /** Virtual address of the first instruction (`e_entry`); 0 where there is none. */
  entry: bigint;
  /** What a loader maps (program headers). */
  segments: ElfSegment[];
  /** What a linker and a debugger know the file by (section headers). */
  sections: ElfSection[];
  /** The entries of `.symtab`, in its order; empty in a stripped file. */
  symbols: ElfSymbol[];
}

export interface ElfSymbol {
  name: string;
  /** Low four bits of `st_info`. */
  type: 'none' | 'object' | 'function' | 'section' | 'file' | 'other';
  /** High four bits of `st_info`. */
  binding: 'local' | 'global' | 'weak' | 'other';
  /** Index of the section it lies in; 0 where it is undefined. */
  section: number;
  value: bigint;
  size: bigint;
}

const symbolTable = 2;

/** Reads the whole file. Throws an {@link ElfError} that names the first field that is wrong. */
export function parseElf(bytes: Uint8Array): ElfFile {
  const elf = readElf(bytes);
  const expect = (offset: number, field: string, expected: number, meaning: string) => {
    const found = bytes[offset];
    if (found !== expected) throw new ElfError(field, BigInt(offset), `is ${found}, not ${expected} (${meaning})`);
  };
  expect(4, 'EI_CLASS', 2, '64-bit');
  expect(5, 'EI_DATA', 1, 'little-endian');
  const [problem] = elf.problems;
  if (problem !== undefined) throw problem;
  const table = elf.symbolTables.find(({ section }) => elf.sections[section]?.type === symbolTable);
  return {
    type: elf.header.type,
    machine: elf.header.machine,
    entry: elf.header.entry,
    segments: elf.segments,
    sections: elf.sections,
    symbols: table === undefined ? [] : readSymbols(table),
  };
}

function readSymbols(table: SymbolTable): ElfSymbol[] {
  return Array.from({ length: table.length }, (_, index) => {
    const { name, nameIndex, type, binding, section, value, size } = table.at(index);
    if (name === undefined) {
      const at = BigInt(table.start + index * table.stride);
      throw new ElfError('st_name', at, `is ${nameIndex}, where its string table has no string`);
    }
    return {
      name,
      type: (['none', 'object', 'function', 'section', 'file'] as const)[type] ?? 'other',
      binding: (['local', 'global', 'weak'] as const)[binding] ?? 'other',
      section,
      value,
      size,
    };
  });
}
