import type { Command } from '../command.ts';
import { buildAll } from './build.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import { say } from '../../tools/steps.ts';

/** Reads `--port N`; 4321 is Astro's own choice, too. */
function portFrom(args: readonly string[]): number {
  if (args.length === 0) return 4321;
  const port = Number(args[1]);
  if (args.length !== 2 || args[0] !== '--port' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UserError(
      `"${args.join(' ')}" is not what start takes.`,
      'Use ./onko start, or ./onko start --port N (1 to 65535).',
    );
  }
  return port;
}

/** `onko start [--port N]`: installs and builds what is missing, then serves the site until Ctrl+C. */
export const start: Command = async (args) => {
  const port = portFrom(args);
  await buildAll();
  const { serve } = await import('../serve.ts'); // it needs node_modules, which buildAll has just made sure of
  const { url } = await serve(`${root}/dist`, port);
  say(`\nOnko is ready: ${url}   (Ctrl+C ends it)`);
  await new Promise<never>(() => {}); // the server keeps the process alive
  return 0;
};
