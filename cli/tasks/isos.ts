import type { Command } from '../command.ts';
import { forIsos } from '../setup/requirements.ts';
import { ensureRust } from '../setup/rust.ts';
import { ensureInstalled } from '../setup/system-packages.ts';
import {
  buildIsos,
  buildLimineIsos,
  isosAreCurrent,
  isosFolder,
  limineIsosFolder,
} from '../../kernel/pipeline/isos.ts';
import { findLimine } from '../../kernel/pipeline/limine.ts';
import { UserError } from '../../tools/errors.ts';
import { say } from '../../tools/steps.ts';

/** `onko isos`, or with the real Limine `LIMINE_DIR=folder onko isos` */
export const isos: Command = async (args) => {
  if (args.length > 0) throw new UserError(`isos takes no arguments, but got "${args.join(' ')}".`);
  const limine = process.env['LIMINE_DIR'];
  if (limine !== undefined && limine !== '') findLimine(limine);
  else if (await isosAreCurrent()) {
    say(`The ISOs in ${isosFolder} are up to date.`);
    return 0;
  }

  await ensureInstalled(forIsos);
  await ensureRust({ checks: false });
  if (limine !== undefined && limine !== '') {
    await buildLimineIsos(limine);
    say(`The ISOs with Limine are in ${limineIsosFolder}; those in ${isosFolder} are as they were.`);
  } else {
    await buildIsos();
    say(`The ISOs are in ${isosFolder}.`);
  }
  return 0;
};
