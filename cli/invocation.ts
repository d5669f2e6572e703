import { basename } from 'node:path';

const [, started = ''] = process.argv;
const name = basename(started);

/**
 * How the command is typed: `./onko` in the checkout, `node onko.mjs` where only the one file is, `onko` in the site's
 * workbench, where that is the name of what is started.
 */
export const onko = started.endsWith('.mjs') ? `node ${name}` : name === 'onko' ? name : './onko';
