/** In the workbench's worker, `node:path`. */
export { nameOf as basename } from '../../../lib/workbench/disk.ts';
