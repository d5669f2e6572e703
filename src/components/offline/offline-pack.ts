import { missingRoom, packInWords, packSize, type OfflinePackInfo, type PackState } from '../../lib/offline-pack.ts';
import { wordsOf } from '../words/words.ts';

const say = wordsOf('offline');

/** How often the number of files that have arrived is looked up, in milliseconds. */
const pollMilliseconds = 250;

/** Fetching that brings nothing new for this long (ms) is given up. */
const patience = 30_000;

/**
 * `<onko-offline>`: keeps the whole site in the browser when the reader asks for it, takes a newer edition into use, and removes
 * all of it again. `data-state` is the kind of its {@link PackState}. The markup comes from OfflinePack.astro.
 */
class OfflinePack extends HTMLElement {
  #info: OfflinePackInfo | undefined;
  /** Some files of a pack that could not be kept whole are here: the next try goes on from them, and they can be removed. */
  #partial = false;

  connectedCallback(): void {
    this.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null;
      if (button?.dataset['action'] === 'keep') void this.#keep();
      if (button?.dataset['action'] === 'use-now') void this.#useNow();
      if (button?.dataset['action'] === 'remove') void this.#remove();
    });
    void this.#begin();
  }

  async #begin(): Promise<void> {
    if (!('serviceWorker' in navigator)) {
      return this.#show({ kind: 'failed', why: say('insecure') });
    }
    try {
      const response = await fetch(this.dataset['info'] ?? '', { cache: 'no-store' });
      if (!response.ok) throw new Error(wordsOf('page')('serverAnswers', { status: response.status }));
      this.#info = (await response.json()) as OfflinePackInfo;
    } catch (error) {
      // Without a network the numbers come from the pack itself, where there is one.
      this.#info = await this.#keptInfo();
      if (this.#info === undefined) {
        const why = error instanceof Error ? error.message : String(error);
        return this.#show({ kind: 'failed', why: say('unknown', { why }) });
      }
    }
    const registration = await this.#registration();
    // A newer edition is asked for by now, or when the page was opened.
    await registration?.update().catch(() => {});
    if (registration?.installing) return this.#follow(registration.installing);
    this.#show(this.#stateOf(registration));
  }

  #stateOf(registration: ServiceWorkerRegistration | undefined): PackState {
    if (registration?.waiting && registration.active) return { kind: 'outdated' };
    return registration?.active ? { kind: 'kept' } : { kind: 'absent' };
  }

  #registration(): Promise<ServiceWorkerRegistration | undefined> {
    return navigator.serviceWorker.getRegistration(this.dataset['scope']);
  }

  /** The pack's caches; another site at the same host has other scopes, and workbox names its caches by them. */
  async #caches(): Promise<string[]> {
    const scope = new URL(this.dataset['scope'] ?? '/', location.href).href;
    return (await caches.keys()).filter((name) => name.endsWith(scope));
  }

  async #keptFiles(): Promise<number> {
    const counts = (await this.#caches()).map(async (name) => (await (await caches.open(name)).keys()).length);
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async #keptInfo(): Promise<OfflinePackInfo | undefined> {
    const files = await this.#keptFiles();
    const { usage } = await this.#estimate();
    return files > 0 ? { files, bytes: usage ?? 0 } : undefined;
  }

  async #estimate(): Promise<StorageEstimate> {
    return (await navigator.storage?.estimate?.().catch(() => ({}))) ?? {};
  }

  async #keep(): Promise<void> {
    if (this.#info === undefined) return;
    const full = missingRoom(this.#info, await this.#estimate());
    if (full !== undefined) return this.#show({ kind: 'failed', why: full });
    this.#show({ kind: 'fetching', done: 0 });
    try {
      const { worker = '', scope = '/' } = this.dataset;
      const registration = await navigator.serviceWorker.register(worker, { scope });
      // Asked for once, so that the browser does not throw the pack away when it needs room. It may say no, and Firefox asks
      // the reader, who may leave that open: nothing waits for the answer.
      void navigator.storage?.persist?.().catch(() => false);
      if (registration.installing) await this.#follow(registration.installing);
      else this.#show(this.#stateOf(registration));
    } catch (error) {
      await this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Counts the files as they arrive, until the worker has them all or gives up. */
  async #follow(worker: ServiceWorker): Promise<void> {
    const before = worker.state === 'installing' ? performance.now() : 0;
    let [arrived, changed] = [-1, before];
    while (worker.state === 'installing') {
      const done = await this.#keptFiles();
      if (done !== arrived) [arrived, changed] = [done, performance.now()];
      if (performance.now() - changed > patience) return this.#fail(say('stalled'));
      this.#show({ kind: 'fetching', done });
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    }
    if (worker.state === 'redundant') return this.#fail(say('broken'));
    this.#show(this.#stateOf(await this.#registration()));
  }

  async #fail(why: string): Promise<void> {
    this.#partial = (await this.#keptFiles()) > 0;
    this.#show({ kind: 'failed', why: say('notKept', { why }) });
  }

  async #useNow(): Promise<void> {
    const registration = await this.#registration();
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    registration?.waiting?.postMessage('use-now');
  }

  async #remove(): Promise<void> {
    await (await this.#registration())?.unregister();
    for (const name of await this.#caches()) await caches.delete(name);
    this.#show({ kind: 'absent' });
    this.#button('keep').focus();
  }

  #show(state: PackState): void {
    this.dataset['state'] = state.kind;
    const info = this.#info;
    this.#part('[role=status]').textContent =
      info === undefined ? (state.kind === 'failed' ? state.why : '') : packInWords(state, info);
    if (info !== undefined) this.#button('keep').textContent = say('keep', { size: packSize(info) });
    this.#button('keep').hidden = info === undefined || !(state.kind === 'absent' || state.kind === 'failed');
    this.#button('use-now').hidden = state.kind !== 'outdated';
    const here = state.kind === 'kept' || state.kind === 'outdated' || (state.kind === 'failed' && this.#partial);
    this.#button('remove').hidden = !here;
  }

  #button(action: string): HTMLButtonElement {
    return this.#part<HTMLButtonElement>(`[data-action="${action}"]`);
  }

  #part<E extends HTMLElement>(selector: string): E {
    const part = this.querySelector<E>(selector);
    if (part === null) throw new Error(`<onko-offline> has no ${selector}; its markup comes from OfflinePack.astro.`);
    return part;
  }
}

customElements.define('onko-offline', OfflinePack);
