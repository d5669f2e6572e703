/**
 * The offline pack: a service worker that keeps the whole site, fetched once when the reader asks for it. It is registered by
 * the button of the offline page and by nothing else. workbox keeps the book: a new edition of the site fetches only the files
 * whose hash has changed, and waits until no page of the old one is open, so that a page never mixes the two.
 */
import {
  addPlugins,
  cleanupOutdatedCaches,
  matchPrecache,
  precacheAndRoute,
  type PrecacheEntry,
} from 'workbox-precaching';
import { setCatchHandler, setDefaultHandler } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;
/** Every file of this edition; put in by the build (src/integrations/offline-pack.ts). */
declare const __ONKO_PACK__: PrecacheEntry[];

cleanupOutdatedCaches();
// Firefox hands a file over before its hash has been compared, and keeps nothing of one that then turns out to be another, without a
// word. Read to its end first, such a file is an error, and so is one that did not come.
addPlugins([
  {
    cacheWillUpdate: async ({ response }) => {
      await response.clone().arrayBuffer();
      return response.status === 200 ? response : null;
    },
  },
]);
// A page is the same whatever its address says behind the question mark.
precacheAndRoute(__ONKO_PACK__, { ignoreURLParametersMatching: [/./], cleanURLs: false });

// What is not in the pack comes from the network while there is one; a page that is neither there nor here is said so.
setDefaultHandler(({ request }) => fetch(request));
setCatchHandler(async ({ request }) => {
  const notFound = request.mode === 'navigate' ? await matchPrecache('404.html') : undefined;
  return notFound ?? Response.error();
});

self.addEventListener('message', ({ data }) => {
  if (data === 'use-now') void self.skipWaiting();
});
