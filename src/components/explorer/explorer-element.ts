import { fieldAt, fieldsAlong, pathTo, type FieldPath } from '../../lib/fields.ts';
import { InputError, parseInteger } from '../../lib/input.ts';
import {
  chosenHtml,
  hex,
  hexColumns,
  hexHtml,
  hexRows,
  outlineHtml,
  type Explored,
  type Mark,
} from './explorer-markup.ts';
import { wordsOf } from '../words/words.ts';

const say = wordsOf('explorer');

/** The largest file that a reader can drop in, in bytes. It is held in memory whole. */
const largestFile = 64 * 1024 * 1024;

/** Which keys walk through the bytes, and how far: in bytes, rows and whole views. */
const byteSteps: Readonly<Record<string, readonly [bytes: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  PageUp: [0, -hexRows],
  PageDown: [0, hexRows],
};

/**
 * What explorers of binary files have in common: the outline of named fields and the bytes, each leading to the other; a
 * choice of the site's own files, fetched when first touched; a reader's own file, which never leaves the page; a link to
 * the chosen bytes. Whoever extends it names the format and reads it; the markup comes from ExplorerParts.astro, filled
 * in for the file that is chosen first.
 */
export abstract class ExplorerElement<Model extends Explored> extends HTMLElement {
  /** What its setting is called in the page's address: `elf` as in `#elf=02-cargo-toml&at=0x18`. */
  protected abstract readonly key: string;
  /** Reads a file, however damaged it is. Rejects only where what reads it cannot be fetched. */
  protected abstract explore(bytes: Uint8Array): Promise<Model>;
  /** Writes what the format has to say of the file as a whole. */
  protected abstract report(model: Model): void;

  #model: Model | undefined;
  /** The name of the site's file that is shown or on its way; undefined for a reader's own. */
  #name: string | undefined;
  #initial = '';
  #path: FieldPath = [0];
  #top = 0;
  #cursor = 0;
  #marks: { name?: string; marks: readonly Mark[] } = { marks: [] };
  /** Counts what was asked for, so that a file which arrives late does not replace a later one. */
  #requests = 0;

  connectedCallback(): void {
    this.#enable();
    const select = this.#select();
    this.#initial = select.value;
    this.#name = select.value;
    select.addEventListener('change', () => void this.#goTo(select.value));
    this.addEventListener('click', (event) => this.#click(event.target));
    this.one('[data-outline]', HTMLElement).addEventListener('keydown', (event) => this.#walkOutline(event));
    this.one('[data-hex]', HTMLElement).addEventListener('keydown', (event) => this.#walkBytes(event));
    this.one('[name=offset]', HTMLInputElement).addEventListener('change', () => this.#goToTyped());
    const input = this.one('input[type=file]', HTMLInputElement);
    input.addEventListener('change', () => void this.#take(input.files?.[0]));
    for (const kind of ['dragover', 'dragleave', 'drop'] as const) {
      this.addEventListener(kind, (event) => this.#drag(event));
    }
    window.addEventListener('hashchange', this.#followFragment);
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
  }

  #enable(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
  }

  /** The one element that a selector names within the widget. */
  protected one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<${this.localName}> has no ${selector}`);
    return found;
  }

  /** Marks bytes of one of the site's files; they are marked whenever it is shown. */
  protected mark(name: string, marks: readonly Mark[]): void {
    this.#marks = { name, marks };
    if (this.#name === name) this.#draw();
  }

  #select(): HTMLSelectElement {
    return this.one('select[name=file]', HTMLSelectElement);
  }

  /** Takes the file and the bytes that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    const fields = new URLSearchParams(location.hash.slice(1));
    const name = fields.get(this.key);
    if (name === null) return;
    this.scrollIntoView({ block: 'start' });
    if (!this.#isOffered(name)) return this.#complain(say('unknown', { name }));
    const number = (text: string | null) => (text !== null && /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : 0);
    void this.#goTo(name, ({ root }) =>
      pathTo(root, number(fields.get('at')), Math.max(1, number(fields.get('bytes')))),
    );
  };

  #isOffered(name: string): boolean {
    return [...this.#select().options].some(({ value }) => value === name);
  }

  /** Shows one of the site's files and chooses a field of it. Fetches the file unless it is the one that is shown. */
  async #goTo(name: string, choose: (model: Model) => FieldPath = () => [0]): Promise<void> {
    const request = ++this.#requests;
    const isShown = name === this.#name && this.#model !== undefined;
    this.#name = name;
    this.#select().value = name;
    try {
      const model = isShown ? this.#model : await this.explore(await this.#fetch(name));
      if (model === undefined || request !== this.#requests) return;
      if (!isShown) this.#show(model);
      this.#choose(choose(model));
    } catch {
      if (request === this.#requests) this.#complain(say('notFetched'));
    }
  }

  async #fetch(name: string): Promise<Uint8Array> {
    const option = [...this.#select().options].find(({ value }) => value === name);
    const response = await fetch(option?.dataset['url'] ?? '');
    if (!response.ok) throw new Error(`${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Reads the reader's own file. Nothing of it is sent anywhere. */
  async #take(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    const request = ++this.#requests;
    if (file.size > largestFile) {
      const size = Math.ceil(file.size / 2 ** 20);
      return this.#complain(say('tooLarge', { name: file.name, size, most: largestFile / 2 ** 20 }));
    }
    if (file.size === 0) return this.#complain(say('empty', { name: file.name }));
    try {
      const model = await this.explore(new Uint8Array(await file.arrayBuffer()));
      if (request !== this.#requests) return;
      this.#name = undefined;
      this.#select().selectedIndex = -1;
      this.#show(model);
      this.#choose([0]);
    } catch {
      if (request === this.#requests) this.#complain(say('unreadable', { name: file.name }));
    }
  }

  #show(model: Model): void {
    this.#model = model;
    this.#top = 0;
    this.#cursor = 0;
    this.report(model);
    this.#enable();
  }

  /** Chooses a field: everything shows it, and the page's address keeps it. */
  #choose(path: FieldPath, cursor?: number): void {
    if (this.#model === undefined) return;
    const { root, bytes } = this.#model;
    this.#path = path.slice(0, fieldsAlong(root, path).length - 1);
    const field = fieldAt(root, this.#path);
    this.#cursor = Math.max(0, Math.min(bytes.length - 1, cursor ?? field.offset));
    this.#reveal();
    this.#draw();
    this.#keep(field.offset, field.length);
  }

  /** Moves the view so that the byte under the cursor is in it. */
  #reveal(): void {
    const columns = this.#columns();
    const row = Math.floor(this.#cursor / columns);
    const top = Math.floor(this.#top / columns);
    if (row >= top && row < top + hexRows) this.#top = top * columns;
    else this.#top = Math.max(0, row < top ? row : row - hexRows + Math.floor(hexRows / 2)) * columns;
  }

  #columns(): number {
    return this.clientWidth < 560 ? hexColumns.narrow : hexColumns.wide;
  }

  #draw(): void {
    if (this.#model === undefined) return;
    const { root, bytes } = this.#model;
    const columns = this.#columns();
    const marks = this.#marks.name === this.#name ? this.#marks.marks : [];
    const outline = this.one('[data-outline]', HTMLElement);
    const table = this.one('[data-hex]', HTMLElement);
    const focused = document.activeElement;
    const [wasInOutline, wasInBytes] = [outline.contains(focused), table.contains(focused)];
    outline.innerHTML = outlineHtml(root, this.#path, say, marks);
    table.innerHTML = hexHtml(
      this.#model,
      { top: this.#top, columns, cursor: this.#cursor, marks },
      fieldAt(root, this.#path),
      say,
    );
    this.one('[data-chosen]', HTMLElement).innerHTML = chosenHtml(root, this.#path);
    const last = Math.min(bytes.length, this.#top + hexRows * columns) - 1;
    this.one('[data-window]', HTMLElement).textContent = say('window', {
      first: hex(this.#top),
      last: hex(last),
      size: hex(bytes.length),
    });
    this.one('[data-step="-1"]', HTMLButtonElement).disabled = this.#top === 0;
    this.one('[data-step="1"]', HTMLButtonElement).disabled = last === bytes.length - 1;
    this.one('[role=alert]', HTMLElement).textContent = '';
    this.one('[name=offset]', HTMLInputElement).removeAttribute('aria-invalid');
    this.#keepInSight(outline, outline.querySelector('[tabindex="0"]'));
    if (wasInOutline) outline.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
    if (wasInBytes) table.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  /** Scrolls a list, and not the page, until one of its lines is in sight. */
  #keepInSight(list: HTMLElement, line: Element | null): void {
    if (line === null) return;
    const [outer, inner] = [list.getBoundingClientRect(), line.getBoundingClientRect()];
    if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top;
    else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom;
  }

  #keep(offset: number, length: number): void {
    const fragment =
      this.#name === undefined
        ? ''
        : `#${this.key}=${this.#name}&at=${hex(offset)}${length > 1 ? `&bytes=${length}` : ''}`;
    history.replaceState(history.state, '', `${location.pathname}${location.search}${fragment}`);
  }

  #click(target: EventTarget | null): void {
    const element = target instanceof Element ? target.closest<HTMLElement>('[data-path], [data-at], button') : null;
    if (element === null) return;
    const { path, at, action, step, offset, length } = element.dataset;
    if (path !== undefined) this.#with(() => this.#choose(wayOf(path)), '[data-outline]');
    else if (at !== undefined)
      this.#with(({ root }) => this.#choose(pathTo(root, Number(at)), Number(at)), '[data-hex]');
    else if (offset !== undefined) {
      this.#with(({ root }) => this.#choose(pathTo(root, Number(offset), Math.max(1, Number(length)))));
    } else if (step !== undefined) this.#with(() => this.#turn(Number(step)));
    else if (action === 'reset') void this.#reset();
  }

  /** Does something with the file that is shown, once it is there. */
  #with(act: (model: Model) => void, focus?: string): void {
    if (focus !== undefined) this.querySelector<HTMLElement>(`${focus} [tabindex="0"]`)?.focus({ preventScroll: true });
    if (this.#model !== undefined) act(this.#model);
    else void this.#goTo(this.#name ?? this.#initial).then(() => this.#model !== undefined && act(this.#model));
  }

  async #reset(): Promise<void> {
    this.one('input[type=file]', HTMLInputElement).value = '';
    await this.#goTo(this.#initial);
    this.#top = 0;
    this.#draw();
    history.replaceState(history.state, '', location.pathname + location.search);
  }

  /** Shows the bytes before or behind the ones that are shown; what is chosen stays chosen. */
  #turn(direction: number): void {
    if (this.#model === undefined) return;
    const view = hexRows * this.#columns();
    const last = Math.floor((this.#model.bytes.length - 1) / view) * view;
    this.#top = Math.max(0, Math.min(last, this.#top + direction * view));
    this.#cursor = this.#top;
    this.#draw();
  }

  #goToTyped(): void {
    const field = this.one('[name=offset]', HTMLInputElement);
    this.#with(({ root, bytes }) => {
      try {
        const at = parseInteger(field.value, { name: say('offset'), min: 0, max: bytes.length - 1 });
        this.#choose(pathTo(root, at), at);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        field.setAttribute('aria-invalid', 'true');
        this.#complain(error.message);
      }
    });
  }

  /** Up and down go from line to line, left out of a structure and right into one. */
  #walkOutline(event: KeyboardEvent): void {
    const lines = [...this.querySelectorAll<HTMLElement>('[data-outline] [data-path]')];
    const current = lines.findIndex((line) => line === document.activeElement);
    const path = wayOf(lines[current]?.dataset['path'] ?? '');
    const lineAt = (index: number) =>
      wayOf(lines[Math.max(0, Math.min(lines.length - 1, index))]?.dataset['path'] ?? '');
    const goals: Readonly<Record<string, () => FieldPath>> = {
      ArrowUp: () => lineAt(current - 1),
      ArrowDown: () => lineAt(current + 1),
      Home: () => lineAt(0),
      End: () => lineAt(lines.length - 1),
      ArrowLeft: () => (path.length > 1 ? path.slice(0, -1) : path),
      ArrowRight: () => (lines[current]?.hasAttribute('aria-expanded') ? [...path, 0] : path),
      Enter: () => path,
      ' ': () => path,
    };
    const goal = goals[event.key];
    if (goal === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const to = goal();
    this.#with(() => this.#choose(to));
  }

  #walkBytes(event: KeyboardEvent): void {
    const step = byteSteps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#with(({ root, bytes }) => {
      const to = this.#cursor + step[0] + step[1] * this.#columns();
      if (to < 0 || to >= bytes.length) return;
      this.#choose(pathTo(root, to), to);
    });
  }

  #drag(event: DragEvent): void {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    this.toggleAttribute('data-dragging', event.type === 'dragover');
    if (event.type === 'drop') void this.#take(event.dataTransfer.files[0]);
  }

  #complain(text: string): void {
    this.one('[role=alert]', HTMLElement).textContent = text;
  }
}

function wayOf(path: string): number[] {
  return path === '' ? [] : path.split(',').map(Number);
}
