import { readFile } from 'node:fs/promises';
import { UserError } from '../../tools/errors.ts';

/** A BIOS image that a package of Debian installs. */
export interface BiosImage {
  path: string;
  debian: string;
}

/** Reads it. Rejects with a {@link UserError} that says which package has it. */
export async function readImage({ path, debian }: BiosImage): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch {
    throw new UserError(
      `The BIOS image ${path} is missing.`,
      `Debian and Ubuntu: apt-get install ${debian}`,
      `Other systems: copy the file from Debian’s package ${debian} to that place.`,
    );
  }
}
