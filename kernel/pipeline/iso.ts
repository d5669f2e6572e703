import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { run } from '../../tools/process.ts';

/** A file of the ISO: its path in there, and where its bytes come from: a file of this machine, or the bytes. */
export type IsoFiles = ReadonlyMap<string, string | Uint8Array>;

/**
 * 2000-01-01 00:00:00 UTC. xorriso takes every date and every identifier that it would draw from the clock from here
 * (https://reproducible-builds.org/specs/source-date-epoch/).
 */
export const sourceDate = '946684800';

/** No padding at its end, and dates of {@link sourceDate} for the files: Rock Ridge would record when they were staged. */
export const smallAndTimeless: readonly string[] = ['-no-pad', '--set_all_file_dates', '2000010100000000'];

/** The same ISO whoever makes it: nobody's user id, no dates. */
const common = ['-R', '-r', '-volid', 'ONKO_OS', ...smallAndTimeless];

/**
 * What xorriso is told for an ISO that boots from CD and disk, by BIOS and UEFI: {@link biosBoot}, a second entry in the
 * boot catalogue for UEFI, and a partition table (GPT) with the same image as EFI partition. What a BIOS needs to boot it
 * from a disk is written afterwards, by {@link installBootSector} or Limine's tool.
 */
export function hybridBoot(biosImage: string, efiImage: string): string[] {
  return [...biosBoot(biosImage), '--efi-boot', efiImage, '-efi-boot-part', '--efi-boot-image'];
}

/**
 * What xorriso is told for an ISO that a BIOS boots without emulating a floppy or hard disk (El Torito, 1995).
 * The BIOS loads the first 4 × 512 bytes of the boot image; xorriso writes into it where the rest lies (boot info
 * table, bytes 8 to 63), which changes the copy on the ISO only.
 */
export function biosBoot(image: string): string[] {
  return [...common, '-b', image, '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'];
}

/**
 * Writes an ISO 9660 image with Rock Ridge names. The same files and arguments give the same bytes.
 * Rejects with xorriso's own words when it fails.
 */
export async function writeIso(iso: string, files: IsoFiles, xorrisoArguments: readonly string[]): Promise<void> {
  const unfinished = `${iso}.unfinished`;
  const staging = mkdtempSync(`${tmpdir()}/onko-iso-`);
  try {
    for (const path of [...files.keys()].sort()) {
      const content = files.get(path) ?? '';
      mkdirSync(dirname(`${staging}/${path}`), { recursive: true });
      if (typeof content === 'string') copyFileSync(content, `${staging}/${path}`);
      else writeFileSync(`${staging}/${path}`, content);
    }
    mkdirSync(dirname(iso), { recursive: true });
    // An image that is there already would be added to.
    rmSync(unfinished, { force: true });
    await run('xorriso', ['-as', 'mkisofs', ...xorrisoArguments, '-o', unfinished, staging], {
      env: { SOURCE_DATE_EPOCH: sourceDate, TZ: 'UTC', LC_ALL: 'C' },
    });
    renameSync(unfinished, iso);
  } finally {
    rmSync(unfinished, { force: true });
    rmSync(staging, { recursive: true, force: true });
  }
}

/** xorriso's version, for the manifest. */
export async function xorrisoVersion(): Promise<string> {
  const { output } = await run('xorriso', ['-version']);
  return /^xorriso version\s*:\s*(\S+)/m.exec(output)?.[1] ?? 'unknown';
}
