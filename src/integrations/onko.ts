import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { serviceOrigin } from '../lib/workbench/container.ts';
import { writePolicies, type Exceptions } from './content-security-policy.ts';
import { generatedFiles } from './generated-files.ts';
import { writeHeaders } from './host-headers.ts';
import { writeOfflinePack } from './offline-pack.ts';
import { nodeStandIns } from './node-stand-ins.ts';
import { noPreloadLinks } from './no-preload-links.ts';
import { searchOnDemand } from './search-on-demand.ts';
import { markCode } from './untranslated-code.ts';
import { virtualModules } from './virtual-modules.ts';
import { workerFolder } from './workbench-files.ts';

/** Pages that may load more than others: the workbench opens a frame of StackBlitz when the reader has agreed to that. */
const policyExceptions: Exceptions = { 'workbench/': { 'frame-src': [serviceOrigin] } };

/**
 * Brings what the kernel's pipeline and the machine's build made into the site: as data for the pages (virtual modules)
 * and as files to download (written by the build, made on request by the development server).
 */
export function onko(): AstroIntegration {
  let base = '/';
  return {
    name: 'onko',
    hooks: {
      'astro:config:setup': ({ updateConfig }) => {
        const worker = {
          plugins: () => [nodeStandIns()],
          // Where the service worker of an isolated workbench has a say about them (offline/isolation-worker.ts).
          rolldownOptions: { output: { entryFileNames: `${workerFolder}/[name]-[hash].js` } },
        };
        updateConfig({ vite: { plugins: [virtualModules(), searchOnDemand(), noPreloadLinks()], worker } });
      },
      'astro:config:done': ({ config }) => {
        base = config.base;
      },
      'astro:server:setup': ({ server }) => {
        server.middlewares.use((request, response, next) => {
          const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname.slice(1));
          generatedFiles()
            .then(async (files) => {
              const file = files.find((candidate) => candidate.path === path);
              if (file === undefined) return next();
              const bytes = await file.bytes();
              response.setHeader('Content-Type', file.type);
              response.setHeader('Content-Length', bytes.byteLength);
              response.end(bytes);
            })
            .catch(next);
        });
      },
      'astro:build:done': async ({ dir, logger }) => {
        for (const file of await generatedFiles()) {
          const target = fileURLToPath(new URL(file.path, dir));
          await mkdir(dirname(target), { recursive: true });
          await writeFile(target, await file.bytes());
          logger.info(file.path);
        }
        const folder = fileURLToPath(dir).replace(/[/\\]$/, '');
        await markCode(folder);
        const pages = await writePolicies(folder, policyExceptions);
        logger.info(`${pages} pages got their Content-Security-Policy`);
        await writeHeaders(folder, base);
        const pack = await writeOfflinePack(folder);
        logger.info(`the offline pack holds ${pack.files} files, ${(pack.bytes / 1e6).toFixed(1)} MB`);
      },
    },
  };
}
