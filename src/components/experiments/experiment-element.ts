/**
 * A card with a deliberate mistake. Opens when a link leads to it, and boots its disc in a machine that is made for it; the
 * page has at most one such machine besides the chapter's own.
 */
class Experiment extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector<HTMLButtonElement>('[data-boot]');
    if (button !== null) {
      button.hidden = false;
      button.addEventListener('click', () => this.#boot(button));
    }
    window.addEventListener('hashchange', this.#openIfMeant);
    this.#openIfMeant();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#openIfMeant);
  }

  readonly #openIfMeant = (): void => {
    if (location.hash !== `#${this.id}`) return;
    const details = this.querySelector('details');
    if (details !== null) details.open = true;
    this.scrollIntoView();
  };

  #boot(button: HTMLButtonElement): void {
    for (const other of document.querySelectorAll('onko-experiment [data-bench]')) other.replaceChildren();
    for (const other of document.querySelectorAll<HTMLElement>('onko-experiment [data-boot]')) other.hidden = false;
    const template = this.querySelector('template');
    const bench = this.querySelector('[data-bench]');
    if (template === null || bench === null) return;
    bench.append(template.content.cloneNode(true));
    button.hidden = true;
    const power = bench.querySelector<HTMLElement>('[data-action="power"]');
    power?.focus();
    power?.click();
  }
}

customElements.define('onko-experiment', Experiment);
