import { marksEvent, type MarksDetail } from './events.ts';

/**
 * `<onko-xorriso>`: the options of the chapter's command, one chosen at a time by pointing, touching or the keyboard. The
 * markup comes from XorrisoDecoder.astro, which has a panel for each; the ISO explorer marks the bytes of the chosen one.
 */
class XorrisoDecoder extends HTMLElement {
  #initial = '';

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    this.#initial = this.querySelector<HTMLElement>('[aria-selected=true]')?.dataset['option'] ?? '';
    this.addEventListener('click', (event) => this.#click(event.target));
    this.addEventListener('focusin', (event) => this.#choose(optionOf(event.target), true));
    this.addEventListener('pointerover', (event) => {
      if (event.pointerType === 'mouse') this.#choose(optionOf(event.target), false);
    });
    this.addEventListener('keydown', (event) => this.#walk(event));
    window.addEventListener('hashchange', this.#followFragment);
    this.#choose(this.#initial, false);
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
  }

  /** Takes the option that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    const option = new URLSearchParams(location.hash.slice(1)).get('xorriso');
    if (option === null || !this.#tabs().some((tab) => tab.dataset['option'] === option)) return;
    this.#choose(option, false);
    this.scrollIntoView({ block: 'start' });
  };

  #tabs(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role=tab]')];
  }

  #click(target: EventTarget | null): void {
    const option = optionOf(target);
    const bytes = target instanceof Element ? target.closest<HTMLElement>('[data-bytes]')?.dataset['bytes'] : undefined;
    if (option !== undefined) this.#choose(option, true);
    else if (bytes !== undefined) location.hash = bytes;
    else if (target instanceof Element && target.closest('[data-action=reset]') !== null) {
      this.#choose(this.#initial, false);
      history.replaceState(history.state, '', location.pathname + location.search);
    }
  }

  /** Shows the panel of an option. What is only pointed at does not get into the page's address. */
  #choose(option: string | undefined, keep: boolean): void {
    if (option === undefined) return;
    for (const tab of this.#tabs()) {
      const isChosen = tab.dataset['option'] === option;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    let marks = '';
    for (const panel of this.querySelectorAll<HTMLElement>('[role=tabpanel]')) {
      panel.hidden = panel.dataset['panel'] !== option;
      if (!panel.hidden) marks = panel.dataset['marks'] ?? '';
    }
    const detail: MarksDetail = { name: this.dataset['disc'] ?? '', marks: parseMarks(marks) };
    document.dispatchEvent(new CustomEvent(marksEvent, { detail }));
    if (keep) history.replaceState(history.state, '', `#${new URLSearchParams({ xorriso: option })}`);
  }

  #walk(event: KeyboardEvent): void {
    const tabs = this.#tabs();
    const current = tabs.findIndex((tab) => tab === event.target);
    const goals: Readonly<Record<string, number>> = {
      ArrowLeft: current - 1,
      ArrowUp: current - 1,
      ArrowRight: current + 1,
      ArrowDown: current + 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const goal = goals[event.key];
    if (current < 0 || goal === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    tabs[Math.max(0, Math.min(tabs.length - 1, goal))]?.focus();
  }
}

/** The option whose tab something lies in. */
function optionOf(target: EventTarget | null): string | undefined {
  const tab = target instanceof Element ? target.closest<HTMLElement>('[role=tab]') : null;
  return tab?.dataset['option'];
}

/** `36864+2048,51200+278` as stretches of bytes. */
function parseMarks(text: string): MarksDetail['marks'] {
  if (text === '') return [];
  return text.split(',').map((stretch) => {
    const [offset = 0, length = 0] = stretch.split('+').map(Number);
    return { offset, length };
  });
}

customElements.define('onko-xorriso', XorrisoDecoder);
