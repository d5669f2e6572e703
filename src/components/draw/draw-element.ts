import type { Code } from '../../lib/draw/assembler.ts';
import {
  discName,
  drawingFromFragment,
  drawingToFragment,
  presets,
  readDrawing,
  type Drawing,
} from '../../lib/draw/drawing.ts';
import { previewRows } from '../../lib/draw/preview.ts';
import { codeFor } from '../../lib/draw/slot.ts';
import type { Program } from '../../lib/draw/syntax.ts';
import type { DrawEntry } from '../../lib/manifest.ts';
import { keep, kept } from '../kept.ts';
import { machinePanel } from '../machine/panel.ts';
import { inWords, listingRows } from './listing.ts';

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
  #shown: { program: Program; code: Code } | undefined;
  #complaint: ReturnType<typeof setTimeout> | undefined;
  /** Counts pictures, so that one under way stops when the next begins. */
  #picture = 0;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    const editor = this.#editor();
    // Some browsers fill in what was typed before a reload.
    this.#initial = editor.defaultValue;
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
    const { action, preset, start, length } = button.dataset;
    if (preset !== undefined) this.#replace(presets.find(({ name }) => name === preset)?.text ?? this.#initial);
    else if (start !== undefined) this.#select(Number(start), Number(length));
    else if (action === 'reset') void this.#reset();
    else if (action === 'boot') this.#try(async ({ bootDrawing }) => this.#boot(bootDrawing));
    else if (action === 'source') {
      this.#try(({ downloadDrawing }) => downloadDrawing(this.#editor().value, this.dataset['source'] ?? ''));
    }
  }

  async #boot(boot: (typeof import('./draw-boot.ts'))['bootDrawing']): Promise<void> {
    this.#read(true);
    if (this.#shown === undefined) throw new Error('There is nothing to boot yet: mend the expression first.');
    const { program, code } = this.#shown;
    await boot(program, code, {
      url: this.dataset['iso'] ?? '',
      sha256: this.dataset['isoSha256'] ?? '',
      slot: this.#slot,
    });
  }

  /** What takes files that may not come, or code that may not fit, says so. */
  #try(work: (boot: typeof import('./draw-boot.ts')) => Promise<void>): void {
    const said = this.#one('[data-boot-problem]', HTMLElement);
    said.textContent = '';
    const worked = import('./draw-boot.ts').then(work);
    worked.catch((error: unknown) => {
      said.textContent = error instanceof Error ? error.message : String(error);
    });
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
    editor.rows = editor.value.split('\n').length;
    this.#drawGutter(complain ? drawing.problem?.line : undefined);
    const { program } = drawing;
    this.#shown = program && { program, code: codeFor(program, this.#slot) };
    if (this.#shown === undefined && !complain) return;
    editor.setAttribute('aria-invalid', String(program === undefined));
    this.toggleAttribute('data-stale', program === undefined);
    this.#complain(drawing);
    if (this.#shown === undefined) return;
    this.#list(this.#shown.program, this.#shown.code);
    void this.#draw(this.#shown.program);
  }

  /** The problem in words, with a button that goes there, and the line with a mark under the place. */
  #complain({ problem }: Drawing): void {
    const said = this.#one('[data-problems]', HTMLElement);
    if (problem === undefined) return said.replaceChildren();
    const { line, column, length, text, fix } = problem;
    const lines = this.#editor().value.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
    const place = document.createElement('button');
    place.type = 'button';
    place.textContent = `Line ${line}, column ${column}`;
    Object.assign(place.dataset, { start, length: Math.max(1, length) });
    const sentence = document.createElement('p');
    sentence.append(place, `: ${text}. ${fix}`);
    const shown = document.createElement('pre');
    shown.ariaHidden = 'true';
    const whole = lines[line - 1] ?? '';
    const marks = '^'.repeat(Math.max(1, Math.min(length, whole.length - column + 1)));
    shown.textContent = `${whole}\n${' '.repeat(column - 1)}${marks}`;
    said.replaceChildren(sentence, shown);
  }

  #drawGutter(wrongLine: number | undefined): void {
    this.#one('[data-gutter]', HTMLElement).replaceChildren(
      ...Array.from({ length: this.#editor().rows }, (_, index) => {
        const number = document.createElement('span');
        number.textContent = String(index + 1);
        number.toggleAttribute('data-wrong', index + 1 === wrongLine);
        return number;
      }),
    );
  }

  /** Marks what a problem is about. */
  #select(start: number, length: number): void {
    const editor = this.#editor();
    editor.focus();
    editor.setSelectionRange(start, start + length);
  }

  #list({ text }: Program, { bytes, lines }: Code): void {
    this.#one('[data-code-size]', HTMLElement).textContent = inWords(bytes.length, this.#slot.size);
    const rows = listingRows(text, lines);
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
