import recorded from '../../data/targets.json' with { type: 'json' };
import { InputError } from '../../lib/input.ts';
import {
  type Target,
  UnknownTarget,
  facts,
  findTarget,
  kernelNotes,
  nameFromFragment,
  nameParts,
  onkoTarget,
  purpose,
  targetFromRow,
  targetToFragment,
} from '../../lib/triple.ts';

const targets = recorded.rows.map(targetFromRow);

/** How long a name that more typing may complete is left alone, in milliseconds. */
const patience = 1200;

/**
 * `<onko-triple>`: a target's name taken apart, and what rustc decides for it.
 * The markup comes from TripleDecoder.astro, already filled in for the target of the tutorial.
 */
class TripleDecoder extends HTMLElement {
  #complaint: ReturnType<typeof setTimeout> | undefined;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    const names = targets.map(({ name }) => Object.assign(document.createElement('option'), { value: name }));
    this.#one('datalist', HTMLDataListElement).replaceChildren(...names);
    const field = this.#field();
    field.addEventListener('input', () => this.#edit(field.value));
    field.addEventListener('change', () => this.#choose(field.value));
    this.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null;
      if (button?.dataset['action'] === 'reset') this.#reset();
      else if (button?.dataset['target'] !== undefined) this.#pick(button.dataset['target'], button);
    });
    window.addEventListener('hashchange', this.#followFragment);
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
    clearTimeout(this.#complaint);
  }

  /** Takes the name that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    const name = nameFromFragment(location.hash.slice(1));
    if (name === undefined) return;
    this.#field().value = name;
    this.#try(name, (target) => this.#show(target));
    this.scrollIntoView({ block: 'center' });
  };

  /** A name is being typed: once it is one, everything follows; while it is not, nobody is scolded. */
  #edit(text: string): void {
    clearTimeout(this.#complaint);
    const found = targets.find(({ name }) => name === text.trim().toLowerCase());
    if (found !== undefined) this.#show(found);
    else this.#complaint = setTimeout(() => this.#try(text, (target) => this.#show(target)), patience);
  }

  /** A name is final: the address of the page keeps it. */
  #choose(text: string): void {
    clearTimeout(this.#complaint);
    this.#try(text, (target) => {
      this.#field().value = target.name;
      this.#show(target);
      history.replaceState(history.state, '', `#${targetToFragment(target)}`);
    });
  }

  /** A suggestion vanishes once it is taken, and the focus with it: it goes back to the field. */
  #pick(name: string, button: HTMLButtonElement): void {
    const vanishes = button.closest('[data-suggestions]') !== null;
    this.#choose(name);
    if (vanishes) this.#field().focus();
  }

  #reset(): void {
    clearTimeout(this.#complaint);
    this.#field().value = onkoTarget;
    this.#try(onkoTarget, (target) => this.#show(target));
    history.replaceState(history.state, '', location.pathname + location.search);
  }

  #try(text: string, use: (target: Target) => void): void {
    try {
      use(findTarget(text, targets));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#complain(error);
    }
  }

  #complain(error: InputError): void {
    this.#field().setAttribute('aria-invalid', 'true');
    this.#one('[role=alert]', HTMLElement).textContent = error.message;
    const suggestions = error instanceof UnknownTarget ? error.suggestions : [];
    this.#one('[data-suggestions]', HTMLElement).replaceChildren(
      ...suggestions.map((name) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'button';
        button.dataset['target'] = name;
        button.textContent = name;
        return button;
      }),
    );
  }

  /** Writes the target into every result. */
  #show(target: Target): void {
    this.#field().removeAttribute('aria-invalid');
    this.#one('[role=alert]', HTMLElement).textContent = '';
    this.#one('[data-suggestions]', HTMLElement).replaceChildren();
    for (const button of this.querySelectorAll<HTMLElement>('button[aria-pressed]')) {
      button.setAttribute('aria-pressed', String(button.dataset['target'] === target.name));
    }
    for (const { role, text, meaning } of nameParts(target)) {
      const place = this.#one(`[data-part=${role}]`, HTMLElement);
      place.toggleAttribute('data-empty', text === '');
      for (const [name, words] of [
        ['text', text || '–'],
        ['meaning', meaning],
      ] as const) {
        const line = place.querySelector(`.${name}`);
        if (line !== null) line.textContent = words;
      }
    }
    this.#one('[name=purpose]', HTMLOutputElement).textContent = purpose(target);
    for (const { name, value } of facts(target)) this.#one(`[name=${name}]`, HTMLOutputElement).textContent = value;
    this.#one('[data-notes]', HTMLElement).replaceChildren(
      ...kernelNotes(target).map(({ mark, text }) => {
        const line = document.createElement('li');
        line.dataset['mark'] = mark;
        const [sign, words] = [document.createElement('span'), document.createElement('span')];
        sign.className = 'mark';
        sign.textContent = mark;
        words.textContent = text;
        line.append(sign, ' ', words);
        return line;
      }),
    );
  }

  #field(): HTMLInputElement {
    return this.#one('[name=triple]', HTMLInputElement);
  }

  #one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<onko-triple> has no ${selector}`);
    return found;
  }
}

customElements.define('onko-triple', TripleDecoder);
