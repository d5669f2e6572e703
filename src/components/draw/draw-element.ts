import { discName, drawingFromFragment, drawingToFragment, readDrawing, type Drawing } from '../../lib/draw/drawing.ts';
import { previewRows } from '../../lib/draw/preview.ts';
import type { Program } from '../../lib/draw/syntax.ts';
import type { DrawEntry } from '../../lib/manifest.ts';
import { keep, kept } from '../kept.ts';
import { machinePanel } from '../machine/panel.ts';
import { sayFailure } from '../say-failure.ts';
import { numberLines, placeButton, selectPlace } from '../text-editor.ts';
import { wordsOf } from '../words/words.ts';

const say = wordsOf('draw');

/** How long an expression that more typing may mend is left alone, in milliseconds. */
const patience = 800;

/** How long the page may be busy at a stretch (ms); it has 16 for a frame. */
const sliceMilliseconds = 8;

/**
 * `<onko-draw>`: an expression for each pixel, the picture it makes, and the machine code it becomes. The markup comes from
 * DrawPixels.astro, already filled in for the first preset.
 */
class DrawPixels extends HTMLElement {
  #initial = '';
  #shown: Program | undefined;
  /** What the listing shows the code of. */
  #listed = '';
  #complaint: ReturnType<typeof setTimeout> | undefined;
  /** Counts pictures, so that one under way stops when the next begins. */
  #picture = 0;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    const editor = this.#editor();
    // Some browsers fill in what was typed before a reload.
    this.#initial = this.#listed = editor.defaultValue;
    editor.value = kept('draw') ?? this.#initial;
    editor.addEventListener('input', () => this.#edit());
    editor.addEventListener('change', () => this.#keep());
    this.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null;
      if (button !== null) this.#press(button);
    });
    window.addEventListener('hashchange', this.#followFragment);
    this.#read(true);
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
    clearTimeout(this.#complaint);
    this.#picture++;
  }

  /** Takes the picture that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    const text = drawingFromFragment(location.hash.slice(1));
    if (text === undefined) return;
    this.#editor().value = text;
    this.#read(true);
    this.scrollIntoView({ block: 'start' });
  };

  #press(button: HTMLButtonElement): void {
    const { action, preset, line, column, length } = button.dataset;
    if (preset !== undefined) this.#replace(preset);
    else if (line !== undefined) selectPlace(this.#editor(), Number(line), Number(column), Number(length));
    else if (action === 'reset') void this.#reset();
    else if (action === 'boot') this.#try(async ({ bootDrawing }) => this.#boot(bootDrawing));
    else if (action === 'source') {
      this.#try(({ downloadDrawing }) => downloadDrawing(this.#editor().value, this.dataset['source'] ?? ''));
    }
  }

  async #boot(boot: (typeof import('./draw-boot.ts'))['bootDrawing']): Promise<void> {
    this.#read(true);
    if (this.#shown === undefined) throw new Error(say('nothing'));
    await boot(this.#shown, {
      url: this.dataset['iso'] ?? '',
      sha256: this.dataset['isoSha256'] ?? '',
      slot: this.#slot,
    });
  }

  /** What takes files that may not come, or code that may not fit, says so. */
  #try(work: (boot: typeof import('./draw-boot.ts')) => Promise<void>): void {
    sayFailure(this.#one('[data-boot-problem]', HTMLElement), import('./draw-boot.ts').then(work));
  }

  get #slot(): DrawEntry['slot'] {
    return JSON.parse(this.dataset['slot'] ?? '') as DrawEntry['slot'];
  }

  async #reset(): Promise<void> {
    this.#editor().value = this.#initial;
    this.#read(true);
    this.#one('[data-boot-problem]', HTMLElement).textContent = '';
    keep('draw', undefined);
    history.replaceState(history.state, '', location.pathname + location.search);
    (await machinePanel()).useOwnDisc(discName);
  }

  #replace(text: string): void {
    this.#editor().value = text;
    this.#read(true);
    this.#keep();
  }

  /** The expression changes while a hand is on it: a picture follows at once, a complaint when the hand rests. */
  #edit(): void {
    clearTimeout(this.#complaint);
    this.#read(false);
    this.#complaint = setTimeout(() => this.#read(true), patience);
  }

  #keep(): void {
    const { value } = this.#editor();
    keep('draw', value === this.#initial ? undefined : value);
    history.replaceState(history.state, '', `#${drawingToFragment(value)}`);
  }

  #read(complain: boolean): void {
    const editor = this.#editor();
    const drawing = readDrawing(editor.value);
    const { program, problem } = drawing;
    const wrong = complain && problem ? [problem.line] : [];
    editor.rows = numberLines(this.#one('[data-gutter]', HTMLElement), editor.value, wrong);
    this.#shown = program;
    if (program === undefined && !complain) return;
    editor.setAttribute('aria-invalid', String(program === undefined));
    this.toggleAttribute('data-stale', program === undefined);
    this.#complain(drawing);
    if (program === undefined) return;
    if (program.text !== this.#listed) sayFailure(this.#one('[data-boot-problem]', HTMLElement), this.#list(program));
    void this.#draw(program);
  }

  /** The problem in words, with a button that goes there, and the line with a mark under the place. */
  #complain({ problem }: Drawing): void {
    const said = this.#one('[data-problems]', HTMLElement);
    if (problem === undefined) return said.replaceChildren();
    const { line, column, length, text, fix } = problem;
    const sentence = document.createElement('p');
    sentence.append(placeButton(line, column, Math.max(1, length)), `: ${text}. ${fix}`);
    const shown = document.createElement('pre');
    shown.ariaHidden = 'true';
    shown.translate = false;
    const whole = this.#editor().value.split('\n')[line - 1] ?? '';
    const marks = '^'.repeat(Math.max(1, Math.min(length, whole.length - column + 1)));
    shown.textContent = `${whole}\n${' '.repeat(column - 1)}${marks}`;
    said.replaceChildren(sentence, shown);
  }

  /** Shows the machine code. */
  async #list(program: Program): Promise<void> {
    const { listCode } = await import('./draw-boot.ts');
    if (program !== this.#shown) return;
    const { size, rows } = listCode(program, this.#slot, say);
    this.#listed = program.text;
    this.#one('[data-code-size]', HTMLElement).textContent = size;
    this.#one('[data-listing]', HTMLTableSectionElement).replaceChildren(...rows.map(tableRow));
  }

  /** Paints the preview a few rows at a time, so that the page answers meanwhile. */
  async #draw(program: Program): Promise<void> {
    const picture = ++this.#picture;
    const canvas = this.#one('canvas', HTMLCanvasElement);
    const context = canvas.getContext('2d');
    if (context === null) return;
    const image = context.createImageData(canvas.width, canvas.height);
    const rows = previewRows(program, image.data, canvas.width, canvas.height);
    for (let done = false; !done;) {
      const end = performance.now() + sliceMilliseconds;
      do done = rows.next().done === true;
      while (!done && performance.now() < end);
      if (!done) await new Promise((resolve) => setTimeout(resolve));
      if (picture !== this.#picture) return;
    }
    context.putImageData(image, 0, 0);
    canvas.dataset['drawn'] = String(picture);
  }

  #editor(): HTMLTextAreaElement {
    return this.#one('[name=picture]', HTMLTextAreaElement);
  }

  #one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<onko-draw> has no ${selector}`);
    return found;
  }
}

function tableRow(cells: readonly string[]): HTMLTableRowElement {
  const row = document.createElement('tr');
  for (const cell of cells) row.insertCell().textContent = cell;
  return row;
}

customElements.define('onko-draw', DrawPixels);
