/** In the workbench's worker, `node:util`: the same function of its own package. */
export { parseArgs } from '@pkgjs/parseargs';
