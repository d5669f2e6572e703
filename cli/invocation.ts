import { basename } from 'node:path';

const [, started = ''] = process.argv;

/**
 * How the command is typed: `./onko` in the checkout, `node onko.mjs` where only the one file is, `onko` in the site's
 * workbench.
 */
export const onko = started.endsWith('.mjs') ? `node ${basename(started)}` : started === 'onko' ? started : './onko';
