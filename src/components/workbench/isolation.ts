import { wordsOf } from '../words/words.ts';
import { patience } from './bench.ts';

const say = wordsOf('workbench');

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
  const failure = (why: string) => new Error(say('notIsolated', { why }));
  if (reloaded) throw failure(say('refused'));
  if (!('serviceWorker' in navigator)) throw failure(say('notAsked'));
  await activated(await navigator.serviceWorker.register(worker, { scope })).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw failure(say('noWorker', { why }));
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
      if (worker?.state === 'redundant') reject(new Error(say('givenUp')));
    };
    worker?.addEventListener('statechange', look);
    look();
    setTimeout(() => reject(new Error(say('notReady', { seconds: patience / 1000 }))), patience);
  });
}
