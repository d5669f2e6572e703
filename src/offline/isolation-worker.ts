/**
 * Isolates the workbench's page on hosts that send no headers: a WebContainer needs SharedArrayBuffer, which a page gets only with
 * these. It is registered for that page alone, when the reader has agreed to a WebContainer, and keeps nothing itself. Where the
 * offline pack is kept, what the network does not give comes from there, as it would without this worker.
 */
declare const self: ServiceWorkerGlobalScope;
// A module of its own to TypeScript, for which the whole program has one `self`.
export {};

/** HTML Standard, section 7.1: opener and embedder policy. A worker's script has to come with the latter, too. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

self.addEventListener('install', () => void self.skipWaiting());

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && new URL(request.url).origin === self.location.origin) {
    event.respondWith(answer(request));
  }
});

async function answer(request: Request): Promise<Response> {
  const response = await fetch(request).catch(
    async () => (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? Response.error(),
  );
  const wanted = request.mode === 'navigate' || request.destination === 'worker';
  // Redirects of a navigation and errors are for the browser to follow, and have no headers to change.
  if (!wanted || response.type === 'opaqueredirect' || response.type === 'error') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(isolation)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
