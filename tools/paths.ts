import { fileURLToPath } from 'node:url';

/** The checkout's top folder, without a trailing slash. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** Everything that can be made again and is not committed, except what npm and Astro keep themselves. */
export const cache = `${root}/.cache`;
