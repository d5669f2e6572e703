/**
 * Where the fields of ELF's structures lie, for both sizes of file.
 *
 * Source: System V Application Binary Interface, generic part, chapters 4 and 5 (ELF-32 and ELF-64 tables).
 */

/** Bytes of an address, an offset or a size: 4 in a 32-bit file, 8 in a 64-bit one. */
export type Bits = 32 | 64;

/** Where a field lies in its structure, and how many bytes it has. */
export interface Slot {
  at: number;
  size: 1 | 2 | 4 | 8;
}

export interface Layout<Name extends string> {
  /** Bytes of the whole structure. */
  size: number;
  slots: Readonly<Record<Name, Slot>>;
}

/** The layout of a structure in files of both sizes. */
export type Layouts<Name extends string> = Readonly<Record<Bits, Layout<Name>>>;

/** 1, 2 and 4 are bytes; `w` is as wide as an address. */
type Width = 1 | 2 | 4 | 'w';

function layout<Name extends string>(bits: Bits, fields: readonly (readonly [Name, Width])[]): Layout<Name> {
  const slots: Partial<Record<Name, Slot>> = {};
  let at = 0;
  for (const [name, width] of fields) {
    const size = width === 'w' ? (bits === 64 ? 8 : 4) : width;
    slots[name] = { at, size };
    at += size;
  }
  return { size: at, slots: slots as Record<Name, Slot> };
}

/** The same order of fields in both sizes. */
function alike<Name extends string>(fields: readonly (readonly [Name, Width])[]): Layouts<Name> {
  return { 32: layout(32, fields), 64: layout(64, fields) };
}

/** Where the identification ends and the header's numbers begin. */
export const identificationSize = 16;

/** `Elf32_Ehdr` and `Elf64_Ehdr` behind the identification, whose size is not in these offsets. */
export const header = alike([
  ['e_type', 2],
  ['e_machine', 2],
  ['e_version', 4],
  ['e_entry', 'w'],
  ['e_phoff', 'w'],
  ['e_shoff', 'w'],
  ['e_flags', 4],
  ['e_ehsize', 2],
  ['e_phentsize', 2],
  ['e_phnum', 2],
  ['e_shentsize', 2],
  ['e_shnum', 2],
  ['e_shstrndx', 2],
]);

/** `Elf32_Phdr` and `Elf64_Phdr`; the flags lie in different places. */
export const programHeader = {
  32: layout(32, [
    ['p_type', 4],
    ['p_offset', 'w'],
    ['p_vaddr', 'w'],
    ['p_paddr', 'w'],
    ['p_filesz', 'w'],
    ['p_memsz', 'w'],
    ['p_flags', 4],
    ['p_align', 'w'],
  ]),
  64: layout(64, [
    ['p_type', 4],
    ['p_flags', 4],
    ['p_offset', 'w'],
    ['p_vaddr', 'w'],
    ['p_paddr', 'w'],
    ['p_filesz', 'w'],
    ['p_memsz', 'w'],
    ['p_align', 'w'],
  ]),
} as const;

/** `Elf32_Shdr` and `Elf64_Shdr`. */
export const sectionHeader = alike([
  ['sh_name', 4],
  ['sh_type', 4],
  ['sh_flags', 'w'],
  ['sh_addr', 'w'],
  ['sh_offset', 'w'],
  ['sh_size', 'w'],
  ['sh_link', 4],
  ['sh_info', 4],
  ['sh_addralign', 'w'],
  ['sh_entsize', 'w'],
]);

/** `Elf32_Sym` and `Elf64_Sym`; value and size lie in different places. */
export const symbol = {
  32: layout(32, [
    ['st_name', 4],
    ['st_value', 'w'],
    ['st_size', 'w'],
    ['st_info', 1],
    ['st_other', 1],
    ['st_shndx', 2],
  ]),
  64: layout(64, [
    ['st_name', 4],
    ['st_info', 1],
    ['st_other', 1],
    ['st_shndx', 2],
    ['st_value', 'w'],
    ['st_size', 'w'],
  ]),
} as const;

/** `Elf32_Rel` and `Elf64_Rel`: what is added stands in the place itself. */
export const relocation = alike([
  ['r_offset', 'w'],
  ['r_info', 'w'],
]);

/** `Elf32_Rela` and `Elf64_Rela`. */
export const relocationWithAddend = alike([
  ['r_offset', 'w'],
  ['r_info', 'w'],
  ['r_addend', 'w'],
]);

/** `Elf32_Dyn` and `Elf64_Dyn`. */
export const dynamicEntry = alike([
  ['d_tag', 'w'],
  ['d_val', 'w'],
]);

/** `Elf32_Nhdr` and `Elf64_Nhdr`: 4-byte numbers in both. */
export const note = alike([
  ['n_namesz', 4],
  ['n_descsz', 4],
  ['n_type', 4],
]);
