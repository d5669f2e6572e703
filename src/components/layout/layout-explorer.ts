import { alignmentOf, baseOf, mistakes, withAlignment, withBase } from '../../lib/linker-script/edits.ts';
import { layoutFromFragment, layoutToFragment } from '../../lib/linker-script/fragment.ts';
import type { Inputs } from '../../lib/linker-script/inputs.ts';
import { numberLines, selectPlace } from '../text-editor.ts';
import { wordsOf } from '../words/words.ts';
import { reportLayout } from './layout-report.ts';

const say = wordsOf('layout');

/** How long a script that more typing may mend is left alone, in milliseconds. */
const patience = 800;

/** Lines that the editor shows without scrolling. */
const mostRows = 24;

/**
 * `<onko-layout>`: a linker script, what is wrong with it, and where it puts a kernel's sections.
 * The markup comes from LayoutExplorer.astro, already filled in for the chapter's script; the model of the linker is
 * fetched when something is changed. Until it is there, `data-busy` says so.
 */
class LayoutExplorer extends HTMLElement {
  #initial = '';
  #kernels: Record<string, Inputs> = {};
  #complaint: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    this.#kernels = JSON.parse(this.#one('[data-kernels]', HTMLElement).textContent) as Record<string, Inputs>;
    const editor = this.#editor();
    this.#initial = editor.defaultValue;
    editor.value = this.#initial;
    editor.addEventListener('input', () => this.#edit());
    editor.addEventListener('change', () => this.#keep());
    editor.addEventListener('scroll', () => this.#scrollGutter());
    this.#field('base').addEventListener('input', () => this.#change(withBase));
    this.#field('alignment').addEventListener('input', () => this.#change(withAlignment));
    for (const name of ['base', 'alignment']) this.#field(name).addEventListener('change', () => this.#keep());
    this.#one('[name=kernel]', HTMLSelectElement).addEventListener('change', () => {
      void this.#show(true);
      this.#keep();
    });
    this.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null;
      if (button !== null) this.#press(button);
    });
    window.addEventListener('hashchange', this.#followFragment);
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
    clearTimeout(this.#complaint);
  }

  /** Takes the script that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    const linked = layoutFromFragment(location.hash.slice(1));
    if (linked === undefined) return;
    if (linked.kernel in this.#kernels) this.#one('[name=kernel]', HTMLSelectElement).value = linked.kernel;
    this.#editor().value = linked.script;
    void this.#show(true);
    this.scrollIntoView({ block: 'start' });
  };

  #press(button: HTMLButtonElement): void {
    const { action, mistake, line, column, length } = button.dataset;
    if (action === 'reset') this.#reset();
    else if (mistake !== undefined) {
      this.#editor().value = mistakes.find(({ name }) => name === mistake)?.edit(this.#initial) ?? this.#initial;
      void this.#show(true);
      this.#keep();
    } else if (line !== undefined) selectPlace(this.#editor(), Number(line), Number(column), Number(length));
  }

  #reset(): void {
    const kernel = this.#one('[name=kernel]', HTMLSelectElement);
    kernel.selectedIndex = [...kernel.options].findIndex((option) => option.defaultSelected);
    this.#editor().value = this.#initial;
    void this.#show(true);
    history.replaceState(history.state, '', location.pathname + location.search);
  }

  /** The script changes while a hand is on it: the layout follows at once, a complaint when the hand rests. */
  #edit(): void {
    clearTimeout(this.#complaint);
    void this.#show(false);
    this.#complaint = setTimeout(() => void this.#show(true), patience);
  }

  /** A number beside the script goes into it. */
  #change(edit: (script: string, text: string) => string): void {
    const editor = this.#editor();
    const field = document.activeElement;
    if (!(field instanceof HTMLInputElement)) return;
    const text = field.value.trim().replaceAll('_', '');
    const isNumber = /^(0x[0-9a-f]{1,16}|[0-9]{1,19})$/i.test(text);
    field.setAttribute('aria-invalid', String(!isNumber));
    this.#one('[data-entry]', HTMLElement).textContent = isNumber ? '' : say('noNumber');
    if (!isNumber) return;
    editor.value = edit(editor.value, text);
    this.#edit();
  }

  async #show(complain: boolean): Promise<void> {
    clearTimeout(this.#complaint);
    const turn = (this.#turn += 1);
    this.toggleAttribute('data-busy', true);
    const { layOut } = await import('../../lib/linker-script/layout.ts');
    // Something newer is on its way.
    if (turn !== this.#turn) return;
    this.toggleAttribute('data-busy', false);
    const script = this.#editor().value;
    const kernel = this.#kernels[this.#one('[name=kernel]', HTMLSelectElement).value];
    if (kernel === undefined) return;
    const result = layOut(script, kernel);
    const failed = result.layout === undefined;
    this.#drawGutter(complain ? result.problems.map(({ line }) => line) : []);
    this.#writeField('base', baseOf(script));
    this.#writeField('alignment', alignmentOf(script));
    if (failed && !complain) return;
    const report = reportLayout(result, say);
    this.#editor().setAttribute('aria-invalid', String(failed));
    this.#one('[data-problems]', HTMLElement).innerHTML = report.problems;
    this.toggleAttribute('data-stale', failed);
    if (failed) return;
    this.#one('[data-picture]', HTMLElement).innerHTML = report.picture;
    this.#one('[data-tables]', HTMLElement).innerHTML = report.tables;
    this.#one('[data-lessons]', HTMLElement).innerHTML = report.lessons;
  }

  #writeField(name: string, value: string | undefined): void {
    const field = this.#field(name);
    field.disabled = value === undefined;
    if (field === document.activeElement) return;
    field.value = value ?? '';
    field.setAttribute('aria-invalid', 'false');
    this.#one('[data-entry]', HTMLElement).textContent = '';
  }

  #drawGutter(wrong: readonly number[]): void {
    const editor = this.#editor();
    const count = numberLines(this.#one('[data-gutter]', HTMLElement), editor.value, wrong);
    editor.rows = Math.min(count, mostRows);
    this.#scrollGutter();
  }

  #scrollGutter(): void {
    this.#one('[data-gutter]', HTMLElement).style.transform = `translateY(${-this.#editor().scrollTop}px)`;
  }

  #keep(): void {
    const kernel = this.#one('[name=kernel]', HTMLSelectElement).value;
    const fragment = layoutToFragment(this.#editor().value, kernel);
    const address = fragment === undefined ? location.pathname + location.search : `#${fragment}`;
    history.replaceState(history.state, '', address);
  }

  #editor(): HTMLTextAreaElement {
    return this.#one('[name=script]', HTMLTextAreaElement);
  }

  #field(name: string): HTMLInputElement {
    return this.#one(`[name=${name}]`, HTMLInputElement);
  }

  #one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<onko-layout> has no ${selector}`);
    return found;
  }
}

customElements.define('onko-layout', LayoutExplorer);
