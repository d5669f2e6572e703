import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../tools/errors.ts';
import { dirname } from 'node:path';
import { manifestPath, readManifest } from './manifest.ts';

/** The ELF file that lies on a chapter's ISO. */
export interface KernelFile {
  /** `02-cargo-toml`. */
  chapter: string;
  /** Below the site's base, without a leading slash. */
  path: string;
  bytes: Uint8Array;
}

/** Bytes of a block of an ISO; every file on it begins with one (ECMA-119, 6.1). */
const block = 2048;

/** The ELF files of all chapters that have one, cut out of the committed ISOs and held against the manifest's SHA-256. */
export async function kernelFiles(): Promise<KernelFile[]> {
  const { isos } = await readManifest();
  return Promise.all(
    isos.flatMap(({ chapter, file, kernel }) => {
      if (kernel === undefined) return [];
      const iso = `${dirname(manifestPath)}/${file}`;
      return [
        readFile(iso).then((bytes) => ({
          chapter,
          path: `kernels/${chapter}.elf`,
          bytes: cutOut(bytes, kernel, iso),
        })),
      ];
    }),
  );
}

function cutOut(iso: Uint8Array, { size, sha256 }: { size: number; sha256: string }, name: string): Uint8Array {
  for (let start = 0; start + size <= iso.length; start += block) {
    const candidate = iso.subarray(start, start + size);
    if (candidate[0] !== 0x7f || candidate[1] !== 0x45) continue;
    if (createHash('sha256').update(candidate).digest('hex') === sha256) return candidate;
  }
  throw new UserError(`${name} does not hold the kernel that its manifest names.`, 'Run ./onko isos.');
}
