import { InputError } from '../lib/input.ts';

import type { KeptId } from '../lib/kept.ts';
import { keep, kept } from './kept.ts';

export type Field = HTMLInputElement | HTMLSelectElement;

/** How long an entry that more typing may mend is left alone, in milliseconds. */
const patience = 800;

/**
 * What widgets have in common: fields that are read while they are edited, errors in words, a setting that a link can
 * carry, and a way back to the start. Whoever extends it brings a model's functions; the markup comes from its `.astro`
 * shell, in a WidgetFrame with one `[role=alert]`, one `[data-action=reset]` and its controls disabled.
 */
export abstract class WidgetElement<Setting> extends HTMLElement {
  /** What the shell shows before any JavaScript, and what reset goes back to. */
  protected abstract readonly initial: Setting;
  /** Where the setting is kept from visit to visit; undefined for one that is not. */
  protected readonly keptAs: KeptId | undefined = undefined;
  #setting: Setting | undefined;
  #complaint: ReturnType<typeof setTimeout> | undefined;

  /** The setting that the fields say, `field` being the one that was edited last. Throws InputError. */
  protected abstract read(field: Field): Setting;
  /** Writes the setting into every field and result, except the field that is being edited. */
  protected abstract show(setting: Setting, edited?: Field): void;
  /** The setting as a URL fragment without the `#`. */
  protected abstract toFragment(setting: Setting): string;
  /** The setting that a fragment carries; undefined for one about something else. Throws InputError. */
  protected abstract fromFragment(fragment: string): Setting | undefined;

  /** Whether more typing may mend an entry that is wrong so far. */
  protected unfinished(field: Field): boolean {
    return /^(0x)?$/i.test(field.value.trim());
  }

  /** The setting that is shown. */
  protected get setting(): Setting {
    return this.#setting ?? this.initial;
  }

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    this.addEventListener('input', (event) => this.#edit(event.target));
    this.addEventListener('change', (event) => this.#commit(event.target));
    this.one('[data-action=reset]', HTMLButtonElement).addEventListener('click', () => this.#reset());
    window.addEventListener('hashchange', this.#followFragment);
    this.#recall();
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
    clearTimeout(this.#complaint);
  }

  /** Shows a setting that came from something else than a field, and keeps it in the page's address. */
  protected change(setting: Setting): void {
    this.#accept(setting);
    this.#keep();
  }

  /** The one element that a selector names within the widget. */
  protected one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<${this.localName}> has no ${selector}`);
    return found;
  }

  protected write(selector: string, text: string): void {
    this.one(selector, HTMLElement).textContent = text;
  }

  /** Takes the setting that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    try {
      const setting = this.fromFragment(location.hash.slice(1));
      if (setting === undefined) return;
      this.#accept(setting);
    } catch (error) {
      this.#complain(error);
    }
    this.scrollIntoView({ block: 'center' });
  };

  /** Shows what an earlier visit has left. A setting that can no longer be read is none. */
  #recall(): void {
    const own = this.keptAs && kept(this.keptAs);
    if (own === undefined) return;
    try {
      const setting = this.fromFragment(own);
      if (setting !== undefined) this.#accept(setting);
    } catch {
      if (this.keptAs) keep(this.keptAs, undefined);
    }
  }

  /** A value changes while a hand is on it: everything else follows. */
  #edit(target: EventTarget | null): void {
    const field = asField(target);
    if (field === undefined) return;
    clearTimeout(this.#complaint);
    try {
      this.#accept(this.read(field), field);
    } catch (error) {
      if (this.unfinished(field)) this.#complaint = setTimeout(() => this.#complain(error, field), patience);
      else this.#complain(error, field);
    }
  }

  /** A value is final: it is written in its usual form, and the address of the page keeps the setting. */
  #commit(target: EventTarget | null): void {
    const field = asField(target);
    if (field === undefined) return;
    clearTimeout(this.#complaint);
    try {
      this.change(this.read(field));
    } catch (error) {
      this.#complain(error, field);
    }
  }

  #accept(setting: Setting, edited?: Field): void {
    this.#setting = setting;
    this.#clearError();
    this.show(setting, edited);
  }

  #reset(): void {
    clearTimeout(this.#complaint);
    this.#accept(this.initial);
    if (this.keptAs) keep(this.keptAs, undefined);
    history.replaceState(history.state, '', location.pathname + location.search);
  }

  #keep(): void {
    const fragment = this.toFragment(this.setting);
    if (this.keptAs) keep(this.keptAs, fragment);
    history.replaceState(history.state, '', `#${fragment}`);
  }

  /** While a field is wrong, the results are of the last setting that was right, and look it. */
  #complain(error: unknown, field?: Field): void {
    if (!(error instanceof InputError)) throw error;
    this.#clearError();
    field?.setAttribute('aria-invalid', 'true');
    this.toggleAttribute('data-stale', true);
    this.one('[role=alert]', HTMLElement).textContent = error.message;
  }

  #clearError(): void {
    for (const field of this.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
    this.toggleAttribute('data-stale', false);
    this.one('[role=alert]', HTMLElement).textContent = '';
  }
}

function asField(target: EventTarget | null): Field | undefined {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target : undefined;
}
