import { basename } from 'node:path';

const [, started = ''] = process.argv;

/** How the command is typed: `./onko` in the checkout, `node onko.mjs` where only the one file is. */
export const onko = started.endsWith('.mjs') ? `node ${basename(started)}` : './onko';
