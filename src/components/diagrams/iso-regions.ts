export interface IsoRegion {
  /** Where it lies; sectors have 2,048 bytes. */
  at: string;
  what: string;
  /** The option of xorriso, or the command, that makes it; empty for what every ISO 9660 image has. */
  by: string;
}

/** In the order of their bytes. tests/kernel/makefile.test.ts looks for each in an image made by the chapter's Makefile. */
export const isoRegions: readonly IsoRegion[] = [
  { at: 'byte 0', what: 'boot code', by: 'bios-install' },
  { at: 'byte 446', what: 'partition table: one, type EE', by: '-efi-boot-part' },
  { at: 'byte 512', what: 'GPT: header and entries', by: '-efi-boot-part' },
  { at: 'sector 16', what: 'primary volume descriptor', by: '' },
  { at: 'sector 17', what: 'boot record → catalogue', by: '-b' },
  { at: 'sector 18', what: 'Joliet volume descriptor', by: '-J' },
  { at: 'sector 19', what: 'end of the descriptors', by: '' },
  { at: 'after it', what: 'folders: ISO names, Rock Ridge', by: '' },
  { at: '', what: 'the same folders for Joliet', by: '-J' },
  { at: '', what: 'limine-uefi-cd.bin', by: '--efi-boot' },
  { at: '', what: 'boot catalogue', by: '-b' },
  { at: '', what: 'limine-bios-cd.bin, its table', by: '-boot-info-table' },
  { at: '', what: 'the other files', by: '' },
  { at: 'the end', what: 'GPT once more', by: '-efi-boot-part' },
];
