/**
 * `/downloads/onko.mjs`: the widgets' models in a terminal, without the project. The site's build makes one file of this
 * and all it imports (src/integrations/onko-command.ts).
 */
import { runCommandLine } from './command-line.ts';
import { models } from './models/list.ts';
import { UserError } from '../tools/errors.ts';

await runCommandLine(process.argv.slice(2), [{ title: 'For your own numbers and files', commands: models }], (error) =>
  error instanceof UserError
    ? `onko: ${error.message}\n${error.fixes.map((fix) => `      ${fix}\n`).join('')}`
    : undefined,
);
