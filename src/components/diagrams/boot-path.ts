import { wordsOf } from '../words/words.ts';

const say = wordsOf('bootPath');

/** Steps through the boot paths of BootPath.astro: Back, Next, arrow keys, and a choice of firmware and medium. */
class BootPath extends HTMLElement {
  #path = '';
  #step = 0;

  connectedCallback(): void {
    this.classList.add('stepped');
    for (const controls of this.querySelectorAll<HTMLElement>('[data-controls]')) controls.hidden = false;
    for (const radio of this.querySelectorAll<HTMLInputElement>('input[name="boot-path"]')) {
      radio.addEventListener('change', () => {
        this.#show(radio.value, 0);
      });
    }
    for (const button of this.querySelectorAll<HTMLButtonElement>('[data-step]')) {
      button.addEventListener('click', () => {
        this.#go(Number(button.dataset['step']));
      });
    }
    this.querySelector('.controls')?.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[(event as KeyboardEvent).key];
      if (by === undefined) return;
      event.preventDefault();
      this.#go(by);
    });
    this.#show(this.querySelector<HTMLInputElement>('input[name="boot-path"]:checked')?.value ?? 'bios', 0);
  }

  #steps(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(`[data-path="${this.#path}"] li`)];
  }

  #go(by: number): void {
    const step = this.#step + by;
    if (step >= 0 && step < this.#steps().length) this.#show(this.#path, step);
  }

  #show(path: string, step: number): void {
    this.#path = path;
    this.#step = step;
    const steps = this.#steps();
    const current = steps[step];
    for (const each of this.querySelectorAll('[data-path], li')) {
      each.classList.toggle('current', each === current || each.contains(current ?? null));
    }
    const lit = current?.dataset['lit']?.split(' ') ?? [];
    for (const part of this.querySelectorAll<SVGElement>('[data-part]')) {
      part.classList.toggle('lit', lit.includes(part.dataset['part'] ?? ''));
    }
    for (const button of this.querySelectorAll<HTMLButtonElement>('[data-step]')) {
      const goal = step + Number(button.dataset['step']);
      // Not disabled: that would take the focus away from whoever steps with the keyboard.
      button.setAttribute('aria-disabled', String(goal < 0 || goal >= steps.length));
    }
    const position = this.querySelector('[data-position]');
    if (position) position.textContent = say('position', { step: step + 1, steps: steps.length });
  }
}

customElements.define('onko-boot-path', BootPath);
