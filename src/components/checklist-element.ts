import {
  parseTicked,
  serializeTicked,
  storedTicks,
  tickedInWords,
  type Ticked,
  withTick,
  withoutItems,
} from '../lib/checklist.ts';
import { load, saveOrTell } from './storage.ts';

/** `<onko-checklist>`: gives the list of Checklist.astro its boxes, and keeps the ticks in this browser. */
class Checklist extends HTMLElement {
  /** The ticks of all lists, as last seen. */
  #ticked: Ticked = new Set();
  /** Whether storage took the last change; it may be full or switched off. */
  #stored = true;

  connectedCallback(): void {
    for (const part of this.querySelectorAll<HTMLElement>('[hidden]')) part.hidden = false;
    this.addEventListener('change', this.#tick);
    this.querySelector('[data-action=reset]')?.addEventListener('click', this.#reset);
    window.addEventListener('storage', this.#followOtherTabs);
    this.#ticked = parseTicked(load(storedTicks));
    this.#show();
  }

  disconnectedCallback(): void {
    window.removeEventListener('storage', this.#followOtherTabs);
  }

  readonly #tick = ({ target }: Event): void => {
    if (!(target instanceof HTMLInputElement)) return;
    this.#keep(withTick(this.#current(), target.dataset['item'] ?? '', target.checked));
  };

  readonly #reset = (): void => {
    this.#keep(
      withoutItems(
        this.#current(),
        this.#boxes().map((box) => box.dataset['item'] ?? ''),
      ),
    );
  };

  readonly #followOtherTabs = ({ key }: StorageEvent): void => {
    if (key !== null && key !== storedTicks.key) return;
    this.#ticked = this.#current();
    this.#show();
  };

  /** What is stored now: another tab may have changed it. */
  #current(): Ticked {
    return this.#stored ? parseTicked(load(storedTicks)) : this.#ticked;
  }

  #keep(ticked: Ticked): void {
    this.#ticked = ticked;
    this.#stored = saveOrTell(storedTicks, serializeTicked(ticked));
    this.#show();
  }

  #boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>('input[data-item]')];
  }

  #show(): void {
    const boxes = this.#boxes();
    for (const box of boxes) box.checked = this.#ticked.has(box.dataset['item'] ?? '');
    const status = this.querySelector('[role=status]');
    const ids = boxes.map((box) => box.dataset['item'] ?? '');
    if (status !== null) status.textContent = tickedInWords(this.#ticked, ids);
  }
}

customElements.define('onko-checklist', Checklist);
