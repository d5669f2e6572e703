import type { Command } from '../command.ts';
import { buildIsosIfStale } from './build.ts';
import { forIsos } from '../setup/requirements.ts';
import { ensureRust } from '../setup/rust.ts';
import { ensureInstalled } from '../setup/system-packages.ts';
import { buildLimineIsos, isosFolder, limineIsosFolder } from '../../kernel/pipeline/isos.ts';
import { findLimine } from '../../kernel/pipeline/limine.ts';
import { UserError } from '../../tools/errors.ts';
import { say } from '../../tools/steps.ts';

/** `onko isos`, or with the real Limine `LIMINE_DIR=folder onko isos` */
export const isos: Command = async (args) => {
  if (args.length > 0) throw new UserError(`isos takes no arguments, but got "${args.join(' ')}".`);
  const limine = process.env['LIMINE_DIR'];
  if (limine === undefined || limine === '') {
    await buildIsosIfStale();
    say(`The ISOs in ${isosFolder} are those of the sources.`);
    return 0;
  }

  findLimine(limine); // what is missing there is said before anything is installed
  await ensureInstalled(forIsos);
  await ensureRust({ checks: false });
  await buildLimineIsos(limine);
  say(`The ISOs with Limine are in ${limineIsosFolder}; those in ${isosFolder} are as they were.`);
  return 0;
};
