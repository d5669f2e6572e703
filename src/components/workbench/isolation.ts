import { patience } from './bench.ts';

/** There only while the page is loaded anew in order to be isolated. */
const reloadedKey = 'onko.isolating';

/**
 * Makes sure that the page is cross-origin isolated. Where the host does not send the headers, a service worker for this page
 * alone adds them, and the page is loaded anew: then this never resolves, and is called again by the page that comes. Rejects
 * with an Error in words where the browser does not isolate the page.
 */
export async function isolate(worker: string, scope: string): Promise<void> {
  const reloaded = sessionStorage.getItem(reloadedKey) !== null;
  sessionStorage.removeItem(reloadedKey);
  if (crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined') return;
  const lacking = 'A WebContainer needs SharedArrayBuffer, and so a page that is cross-origin isolated;';
  if (reloaded) throw new Error(`${lacking} this browser does not isolate this page, though it has been asked to.`);
  if (!('serviceWorker' in navigator)) {
    throw new Error(
      `${lacking} the host of this site does not ask for it, and this browser lets a page ask for it itself only over HTTPS.`,
    );
  }
  await activated(await navigator.serviceWorker.register(worker, { scope })).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${lacking} the service worker that would do it could not be started: ${why}`);
  });
  sessionStorage.setItem(reloadedKey, '');
  location.reload();
  await new Promise(() => {});
}

/** Takes that service worker away again, if there is one: then the page is as its host sends it once it is loaded anew. */
export async function endIsolation(scope: string): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  const registration = await navigator.serviceWorker.getRegistration(scope);
  // The offline pack has a wider scope, and stays.
  if (registration?.scope !== new URL(scope, location.href).href) return false;
  return registration.unregister();
}

function activated({ installing, waiting, active }: ServiceWorkerRegistration): Promise<void> {
  const worker = installing ?? waiting ?? active;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (worker?.state === 'activated') resolve();
      if (worker?.state === 'redundant') reject(new Error('it was given up.'));
    };
    worker?.addEventListener('statechange', look);
    look();
    setTimeout(() => reject(new Error(`it was not ready within ${patience / 1000} seconds.`)), patience);
  });
}
