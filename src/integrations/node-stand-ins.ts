import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const standIns: Readonly<Record<string, string>> = { 'node:fs': 'fs', 'node:util': 'util', 'node:path': 'path' };

/**
 * For workers: the modules of Node that the onko command uses are others there, over the workbench's disk in memory. Only what
 * cli/ imports is meant; anything else that asks for Node has its own reasons.
 */
export function nodeStandIns(): Plugin {
  return {
    name: 'onko:node-stand-ins',
    enforce: 'pre',
    resolveId(id, importer) {
      const name = standIns[id];
      if (name === undefined || !importer?.includes('/cli/')) return undefined;
      return fileURLToPath(new URL(`../components/workbench/stand-ins/${name}.ts`, import.meta.url));
    },
  };
}
