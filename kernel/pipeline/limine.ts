import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../../tools/errors.ts';
import { run } from '../../tools/process.ts';
import { hybridBoot } from './iso.ts';
import type { IsoFiles } from './iso.ts';

/** The real Limine, as its binary releases bring it. */
export interface Limine {
  files: IsoFiles;
  /** Where it looks for its configuration, among other places. */
  configuration: string;
  /** What xorriso is told. */
  arguments: readonly string[];
  /** The program that makes an ISO bootable from a USB stick as well, where it has been compiled. */
  installer?: string;
}

const onIso = 'boot/limine';
const biosImage = 'limine-bios-cd.bin';
const uefiImage = 'limine-uefi-cd.bin';

/** Looks for Limine's boot files. Throws a {@link UserError} that names each missing one. */
export function findLimine(folder: string): Limine {
  const source = resolve(folder);
  const names = ['limine-bios.sys', biosImage, uefiImage];
  const missing = names.filter((name) => !existsSync(`${source}/${name}`));
  if (missing.length > 0) {
    throw new UserError(
      `LIMINE_DIR is ${source}, and there is no ${missing.join(', no ')} in it.`,
      'Get a binary release of Limine 9 or newer: git clone https://github.com/limine-bootloader/limine --branch=v10.x-binary --depth=1',
      'Or unset LIMINE_DIR to use the loader of this project.',
    );
  }
  const installer = `${source}/limine`;
  return {
    files: new Map(names.map((name) => [`${onIso}/${name}`, `${source}/${name}`])),
    configuration: `${onIso}/limine.conf`,
    arguments: hybridBoot(`${onIso}/${biosImage}`, `${onIso}/${uefiImage}`),
    ...(existsSync(installer) && { installer }),
  };
}

/** Lets the ISO boot from a USB stick by BIOS too, if Limine's own program for it is there. */
export async function limineInstall({ installer }: Limine, iso: string): Promise<void> {
  if (installer !== undefined) await run(installer, ['bios-install', iso]);
}

/** Limine's version, for the manifest; nothing without its program, since the boot files do not tell. */
export async function limineVersion({ installer }: Limine): Promise<Record<string, string>> {
  if (installer === undefined) return {};
  const { stdout } = await run(installer, ['version']);
  return { limine: stdout.split('\n')[0] ?? '' };
}
