/**
 * The program that stands in for Limine's tool where a Makefile builds an ISO with our loader (see make.ts):
 * `limine bios-install FILE`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { UserError } from '../../tools/errors.ts';
import { installBootSector } from './bios-install.ts';

const [command, file, ...rest] = process.argv.slice(2);
try {
  if (command !== 'bios-install' || file === undefined || rest.length > 0) {
    throw new UserError('This stand-in for Limine’s tool knows one command: bios-install FILE.');
  }
  const iso = readFileSync(file);
  installBootSector(iso);
  writeFileSync(file, iso);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
