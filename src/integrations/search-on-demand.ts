import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const standIn = fileURLToPath(new URL('../components/search/search-on-demand.ts', import.meta.url));

/** Puts our stand-in in the place of Pagefind's UI, and the real one under a name for it. */
export function searchOnDemand(): Plugin {
  return {
    name: 'onko:search-on-demand',
    enforce: 'pre',
    resolveId(id) {
      if (id === '@pagefind/default-ui') return standIn;
      if (id !== 'virtual:onko/pagefind-ui') return undefined;
      return this.resolve('@pagefind/default-ui', import.meta.filename, { skipSelf: true });
    },
  };
}
