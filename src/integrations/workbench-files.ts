/** What the workbench needs besides its page's own scripts when it runs in a WebContainer. */
import { build } from 'vite';
import { bundleForNode } from './bundle.ts';
import { root } from '../../tools/paths.ts';

/** Our commands for the container's Node, below the site's base. */
export const commandsPath = 'workbench/commands.mjs';
/** The service worker that isolates the workbench's page. It lies at the top, as one's scope lies below it. */
export const isolationWorkerPath = 'isolation-worker.js';

/**
 * Where the scripts of all workers lie. An isolated page starts a worker only if its script comes with the embedder policy, and a
 * service worker answers for a worker's script only where that lies in its scope (Service Workers, Handle Fetch).
 */
export const workerFolder = 'workbench/workers';

export function workbenchCommands(): Promise<Buffer> {
  return bundleForNode(
    `${root}/cli/workbench-commands.ts`,
    '// Onko: the workbench’s commands in a WebContainer. MIT licence.',
  );
}

export async function isolationWorker(): Promise<Buffer> {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: `${root}/src/offline/isolation-worker.ts`, formats: ['iife'], name: 'onkoIsolationWorker' },
    },
  });
  const [chunk] = [result].flat().flatMap((one) => ('output' in one ? one.output : []));
  if (chunk?.type !== 'chunk') throw new Error('The isolation worker did not become a script.');
  return Buffer.from(chunk.code);
}
