import type english from '../../content/i18n/en.json';

type Phrase = Extract<keyof typeof english, `isoLayout.${string}`>;

export interface IsoRegion {
  /** Where it lies, if that is not only behind the region before it. */
  at?: Phrase;
  /** Of the byte or sector that it begins at; sectors have 2,048 bytes. */
  number?: number;
  what: Phrase;
  /** The option of xorriso, or the command, that makes it; empty for what every ISO 9660 image has. */
  by: string;
}

/** In the order of their bytes. tests/kernel/makefile-disc.test.ts looks for each in an image made by the chapter's Makefile. */
export const isoRegions: readonly IsoRegion[] = [
  { at: 'isoLayout.byte', number: 0, what: 'isoLayout.bootCode', by: 'bios-install' },
  { at: 'isoLayout.byte', number: 446, what: 'isoLayout.partitions', by: '-efi-boot-part' },
  { at: 'isoLayout.byte', number: 512, what: 'isoLayout.gpt', by: '-efi-boot-part' },
  { at: 'isoLayout.sector', number: 16, what: 'isoLayout.primary', by: '' },
  { at: 'isoLayout.sector', number: 17, what: 'isoLayout.bootRecord', by: '-b' },
  { at: 'isoLayout.sector', number: 18, what: 'isoLayout.joliet', by: '-J' },
  { at: 'isoLayout.sector', number: 19, what: 'isoLayout.end', by: '' },
  { at: 'isoLayout.afterIt', what: 'isoLayout.folders', by: '' },
  { what: 'isoLayout.jolietFolders', by: '-J' },
  { what: 'isoLayout.uefiCd', by: '--efi-boot' },
  { what: 'isoLayout.catalogue', by: '-b' },
  { what: 'isoLayout.biosCd', by: '-boot-info-table' },
  { what: 'isoLayout.files', by: '' },
  { at: 'isoLayout.atEnd', what: 'isoLayout.gptAgain', by: '-efi-boot-part' },
];
