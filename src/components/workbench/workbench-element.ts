import { unzipSync } from 'fflate';
import type { Checkpoint, KernelSymbol } from '../../lib/manifest.ts';
import { decodeAgreement, encodeAgreement, storedAgreement, type Agreement } from '../../lib/workbench/agreement.ts';
import type { Path } from '../../lib/workbench/disk.ts';
import {
  applyEdits,
  decodeEdits,
  editsBetween,
  encodeEdits,
  sameBytes,
  storedEdits,
} from '../../lib/workbench/edits.ts';
import type { Effect } from '../../lib/workbench/shell.ts';
import type { TerminalChange } from '../../lib/workbench/terminal-text.ts';
import { download } from '../download.ts';
import { machinePanel } from '../machine/panel.ts';
import { load, save } from '../storage.ts';
import { wordsOf } from '../words/words.ts';
import { patience, type Bench, type BenchHost, type Files } from './bench.ts';
import type { ContainerBench } from './container-bench.ts';
import { endIsolation, isolate } from './isolation.ts';
import { LocalBench } from './local-bench.ts';
import { removeServiceFrame } from './service-frame.ts';

/** What the page says of a chapter: where its files are, and what its ISO has to show. Addresses are ready to be fetched. */
export interface WorkbenchChapter {
  id: string;
  source: string;
  kernel?: string;
  iso: { url: string; name: string };
  checkpoint: Checkpoint;
  symbols: readonly KernelSymbol[];
}

/** What a WebContainer needs of this site: our commands, and the service worker that isolates the page. */
export interface ContainerParts {
  onko: string;
  commands: string;
  isolation: string;
  /** The page's path, which is all that the service worker is for. */
  scope: string;
}

const say = wordsOf('workbench');

/** A pause in typing (ms) after which what stands in the editor is saved. */
const pause = 400;

/** Lines of a terminal that stay to be read. */
const mostLines = 2000;

/**
 * `<onko-workbench>`: a terminal, a file tree and an editor over a chapter's files, which live in a worker of this page or, when
 * the reader has agreed to contact StackBlitz, in a WebContainer. What the reader changes is kept in the browser. The markup comes
 * from Workbench.astro.
 */
class Workbench extends HTMLElement {
  readonly #chapters = JSON.parse(this.dataset['chapters'] ?? '[]') as WorkbenchChapter[];
  readonly #parts = JSON.parse(this.dataset['container'] ?? 'null') as ContainerParts;
  #bench: Bench | undefined;
  /** The one WebContainer of this page, while there is one. */
  #container: ContainerBench | undefined;
  /** Whose files the bench has; the choice may be ahead of it. */
  #openChapter = '';
  #original: Files = new Map();
  /** The chapter's files as they were last seen; they outlive the bench that had them. */
  #files: Files = new Map();
  #editing: Path | undefined;
  /** Whether something stands in the editor that the file does not hold yet. */
  #unsaved = false;
  #typing: ReturnType<typeof setTimeout> | undefined;
  readonly #history: string[] = [];
  #recalled = 0;
  /** The terminal's lines that a program can still change, and the number of the first. */
  #lines: HTMLElement[] = [];
  #firstLine = 0;
  /** Counts openings, so that what belongs to a chapter before is not taken for this one's. */
  #opening = 0;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    this.#part('[data-line-form]').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#enter();
    });
    this.#line.addEventListener('keydown', (event) => {
      this.#recall(event);
      this.#interrupt(event);
    });
    this.#part('[data-tree]').addEventListener('click', ({ target }) => {
      const path = target instanceof Element ? target.closest<HTMLElement>('[data-path]')?.dataset['path'] : undefined;
      if (path !== undefined) void this.#guard(() => this.#edit(path));
    });
    this.#editor.addEventListener('input', () => {
      this.#unsaved = true;
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => void this.#guard(() => this.#save()), pause);
    });
    this.#part<HTMLSelectElement>('[name=chapter]').addEventListener(
      'change',
      () => void this.#guard(() => this.#changeChapter()),
    );
    for (const radio of this.querySelectorAll<HTMLInputElement>('[name=bench]')) {
      radio.addEventListener('change', () => void this.#guard(() => this.#choose(radio.value === 'container')));
    }
    this.addEventListener('click', ({ target }) => {
      const action = target instanceof HTMLElement ? target.dataset['action'] : undefined;
      const work = action === undefined ? undefined : this.#actions[action];
      if (work) void this.#guard(work);
    });
    this.#showAgreement();
    void this.#guard(() => this.#begin());
  }

  disconnectedCallback(): void {
    clearTimeout(this.#typing);
    void this.#bench?.close();
  }

  readonly #actions: Readonly<Record<string, () => Promise<void>>> = {
    zip: () => this.#zip(),
    original: () => this.#putBack(),
    reopen: () => this.#open(),
    agree: () => this.#agree(),
    decline: () => this.#decline(),
    withdraw: () => this.#withdraw(),
    retry: () => this.#choose(true),
    interrupt: async () => {
      await this.#asked().interrupt?.();
      this.#line.focus();
    },
  };

  get #chapter(): WorkbenchChapter {
    const { value } = this.#part<HTMLSelectElement>('[name=chapter]');
    const chapter = this.#chapters.find(({ id }) => id === value);
    if (chapter === undefined) throw new Error(`The page knows no chapter ${value}.`);
    return chapter;
  }

  get #line(): HTMLInputElement {
    return this.#part<HTMLInputElement>('[name=line]');
  }

  get #editor(): HTMLTextAreaElement {
    return this.#part<HTMLTextAreaElement>('[data-editor]');
  }

  /** Where the bench runs; the radio buttons may already say what the reader is still being asked about. */
  get #inContainer(): boolean {
    return this.dataset['bench'] === 'container';
  }

  async #begin(): Promise<void> {
    const agreed = agreement();
    if (agreed?.inUse) return this.#connect();
    // Left over where the agreement has gone with the rest of what the browser kept.
    if (!agreed && (await endIsolation(this.#parts.scope))) return location.reload();
    return this.#open();
  }

  /**
   * Fetches the chapter's files and opens a bench with them, and with what the reader changed before: what is kept in the
   * browser, or the files that are `carried` over from another bench.
   */
  async #open(carried?: Files): Promise<void> {
    const opening = ++this.#opening;
    const chapter = this.#chapter;
    this.dataset['state'] = 'loading';
    const before = this.#bench;
    this.#bench = undefined;
    // A WebContainer stays: another chapter's files go into the same one.
    if (before !== this.#container) await before?.close();
    this.#closeEditor();
    this.#wipe();
    const original = await fetchChapter(chapter);
    if (opening !== this.#opening) return;
    const folder = `/${chapter.id}`;
    this.#original = original;
    this.#files = carried ?? applyEdits(original, decodeEdits(load(storedEdits(chapter.id))));
    this.#openChapter = chapter.id;
    const bench = await this.#openBench(folder, opening);
    if (bench === undefined) return;
    this.#bench = bench;
    this.#showTree();
    this.#part('[data-action=interrupt]').hidden = bench.interrupt === undefined;
    if (!this.#inContainer) this.#print(`${say('here', { chapter: chapter.id })}\n`);
    this.#waiting(this.#inContainer ? say('container', { chapter: chapter.id }) : '');
    this.dataset['state'] = 'ready';
  }

  /** The bench that the reader has chosen; undefined when it is wanted no more, or failed, and the other one is being opened. */
  async #openBench(folder: Path, opening: number): Promise<Bench | undefined> {
    const host = this.#host(opening);
    const current = (): boolean => opening === this.#opening;
    if (!this.#inContainer) {
      const bench = await LocalBench.open(this.#files, folder, host);
      if (current()) return bench;
      await bench.close();
      return undefined;
    }
    try {
      if (this.#container) await this.#container.refill(this.#files, folder, host);
      else {
        const { ContainerBench } = await import('./container-bench.ts');
        const container = await ContainerBench.open(this.#files, folder, host, this.#parts);
        if (!current()) await container.close();
        else this.#container = container;
      }
      return current() ? this.#container : undefined;
    } catch (error) {
      if (current()) await this.#fallBack(inWords(error));
      return undefined;
    }
  }

  /** What a bench may do with this page, as long as it is the one that was opened last. */
  #host(opening: number): BenchHost {
    const current = (): boolean => opening === this.#opening;
    return {
      print: (text, kind) => current() && this.#print(text, kind),
      show: (change) => current() && this.#show(change),
      prompt: (text) => {
        if (current()) this.#part('[data-folder]').textContent = text;
      },
      effect: (effect) => this.#guard(async () => current() && this.#follow(effect)),
      changed: () => this.#guard(async () => current() && this.#bench !== undefined && this.#keep()),
      broken: (why) => {
        if (!current()) return;
        if (this.#inContainer) return void this.#guard(() => this.#fallBack(why));
        this.#bench = undefined;
        this.#part('[data-alert]').textContent = why;
        this.dataset['state'] = 'failed';
      },
    };
  }

  /** The reader has chosen where the bench is to run. */
  async #choose(container: boolean): Promise<void> {
    const agreed = agreement();
    this.#part('[data-consent]').hidden = !container || agreed !== undefined;
    this.#check(container);
    if (container && agreed) await this.#enterContainer(agreed.agreed);
    if (!container) await this.#stayHere();
  }

  async #agree(): Promise<void> {
    this.#part('[data-consent]').hidden = true;
    const status = this.#part('[data-waiting]');
    status.tabIndex = -1;
    status.focus();
    await this.#enterContainer(new Date().toISOString().slice(0, 10));
  }

  async #decline(): Promise<void> {
    this.#part('[data-consent]').hidden = true;
    this.#check(false).focus();
  }

  /** Takes the agreement back: nothing of the third party stays in the page, and nothing of it comes back unasked. */
  async #withdraw(): Promise<void> {
    this.#rememberAgreement(undefined);
    await this.#stayHere();
    this.#check(false).focus();
    // An isolated page without its service worker could start no worker any more, so it comes anew.
    await this.#keepAll();
    if (await endIsolation(this.#parts.scope)) location.reload();
  }

  /** What has been changed is kept first: where that cannot be, the chapter stays. */
  async #changeChapter(): Promise<void> {
    try {
      await this.#keepAll();
    } catch (error) {
      this.#part<HTMLSelectElement>('[name=chapter]').value = this.#openChapter;
      throw error;
    }
    await this.#open();
  }

  async #keepAll(): Promise<void> {
    if (this.#bench === undefined) return;
    await this.#save();
    await this.#keep();
  }

  /** Keeps what there is, since the page may have to be loaded anew, and contacts the service. */
  async #enterContainer(agreed: string): Promise<void> {
    if (this.#inContainer) return;
    try {
      await this.#keepAll();
    } catch (error) {
      this.#check(false);
      throw error;
    }
    this.#rememberAgreement({ agreed, inUse: true });
    const { ContainerBench } = await import('./container-bench.ts');
    if (ContainerBench.used) location.reload();
    else await this.#connect(this.#files);
  }

  async #connect(carried?: Files): Promise<void> {
    this.#part('[data-fallback]').hidden = true;
    this.#waiting(say('waiting', { seconds: patience / 1000 }));
    this.dataset['bench'] = 'container';
    this.#check(true);
    this.dataset['state'] = 'loading';
    try {
      await isolate(this.#parts.isolation, this.#parts.scope);
    } catch (error) {
      return this.#fallBack(inWords(error), carried);
    }
    await this.#open(carried);
  }

  /** The bench in this page, with the files as they are. */
  async #stayHere(): Promise<void> {
    const { agreed } = agreement() ?? {};
    if (agreed !== undefined) this.#rememberAgreement({ agreed, inUse: false });
    if (!this.#inContainer) return;
    const files = await this.#rescue();
    await this.#leaveContainer();
    await this.#open(files.size > 0 ? files : undefined);
  }

  /** There is no WebContainer, or no longer: says why, and goes on in this page with nothing lost. */
  async #fallBack(why: string, carried?: Files): Promise<void> {
    const { agreed } = agreement() ?? {};
    if (agreed !== undefined) this.#rememberAgreement({ agreed, inUse: false });
    const files = carried ?? this.#withEditor(this.#files);
    const { activeElement } = document;
    await this.#leaveContainer();
    this.#part('[data-why]').textContent = say('goesOn', { why });
    this.#part('[data-fallback]').hidden = false;
    await this.#open(files.size > 0 ? files : undefined);
    if (activeElement === this.#part('[data-waiting]')) this.#line.focus();
  }

  async #leaveContainer(): Promise<void> {
    this.dataset['state'] = 'loading';
    const left = new Set([this.#bench, this.#container]);
    this.#container = undefined;
    this.#bench = undefined;
    this.dataset['bench'] = 'local';
    this.#check(false);
    this.#waiting('');
    for (const bench of left) await bench?.close();
    // One that is still being waited for has a frame, too.
    removeServiceFrame();
  }

  /** The files as they are now, if the bench still says so; else as they were last seen. */
  async #rescue(): Promise<Files> {
    try {
      await this.#save();
      if (this.#bench) this.#files = await this.#bench.files();
    } catch {
      // What was seen last is what there is.
    }
    return this.#withEditor(this.#files);
  }

  /** The files, and what stands in the editor and has not been written. */
  #withEditor(files: Files): Files {
    const all: Files = new Map(files);
    if (this.#editing !== undefined && this.#unsaved)
      all.set(this.#editing, new TextEncoder().encode(this.#editor.value));
    return all;
  }

  #rememberAgreement(agreement: Agreement | undefined): void {
    // Where nothing can be stored, the reader is asked again.
    save(storedAgreement, agreement && encodeAgreement(agreement));
    this.#showAgreement();
  }

  #showAgreement(): void {
    const agreed = agreement()?.agreed;
    this.#part('[data-agreed]').hidden = agreed === undefined;
    this.#part('[data-agreed-on]').textContent = agreed ?? '';
  }

  #check(container: boolean): HTMLInputElement {
    const radio = this.#part<HTMLInputElement>(`[name=bench][value=${container ? 'container' : 'local'}]`);
    radio.checked = true;
    return radio;
  }

  #waiting(text: string): void {
    this.#part('[data-waiting]').textContent = text;
  }

  async #enter(): Promise<void> {
    const line = this.#line.value;
    this.#line.value = '';
    if (line.trim() !== '') this.#history.push(line);
    this.#recalled = this.#history.length;
    await this.#run(line);
  }

  /** Runs a line as if it had been typed. */
  #run(line: string): Promise<void> {
    return this.#guard(async () => {
      const bench = this.#asked();
      // What stands in the editor is meant to be there already.
      await this.#save();
      await bench.enter(line);
    });
  }

  async #follow(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'clear':
        this.#wipe();
        break;
      case 'download':
        download(effect.bytes, effect.name);
        break;
      case 'edit':
        await this.#edit(effect.path);
        break;
      case 'boot': {
        const { id, iso, checkpoint, symbols } = this.#chapter;
        const own = this.#original.get(`/${id}/${iso.name}`);
        // Only the chapter's own disc, unchanged, promises what the chapter does.
        const promised = own !== undefined && sameBytes(own, effect.image);
        const panel = await machinePanel();
        await panel.boot({
          iso: effect.image,
          name: effect.name,
          checkpoint: promised ? checkpoint : null,
          ...(promised && { symbols }),
        });
      }
    }
  }

  async #zip(): Promise<void> {
    await this.#save();
    const files = await this.#asked().files();
    const [{ MemoryDisk }, { zipFolder }] = await Promise.all([
      import('../../lib/workbench/disk.ts'),
      import('../../lib/workbench/shell.ts'),
    ]);
    download(await zipFolder(new MemoryDisk(files), '/'), 'workbench.zip');
  }

  async #edit(path: Path): Promise<void> {
    await this.#save();
    const bytes = await this.#asked().read(path);
    if (bytes.includes(0)) return this.#run(`hexdump ${path}`);
    this.#editing = path;
    this.#unsaved = false;
    this.#part('[data-editor-path]').textContent = path;
    this.#editor.value = new TextDecoder().decode(bytes);
    this.#part('[data-editor-box]').hidden = false;
    this.#editor.focus();
  }

  /** Writes what stands in the editor, if it has been touched. */
  async #save(): Promise<void> {
    clearTimeout(this.#typing);
    const path = this.#editing;
    if (path === undefined || !this.#unsaved) return;
    const bench = this.#asked();
    await bench.write(path, new TextEncoder().encode(this.#editor.value));
    this.#unsaved = false;
    await this.#keep();
  }

  /** The editor's file may have been changed by a command, or be gone. */
  #reread(): void {
    if (this.#editing === undefined || this.#unsaved) return;
    const bytes = this.#files.get(this.#editing);
    if (bytes === undefined) return this.#closeEditor();
    const text = new TextDecoder().decode(bytes);
    if (this.#editor.value !== text) this.#editor.value = text;
  }

  #closeEditor(): void {
    clearTimeout(this.#typing);
    this.#editing = undefined;
    this.#unsaved = false;
    this.#part('[data-editor-box]').hidden = true;
  }

  /** Shows the tree, and keeps what differs from the chapter in the browser. */
  async #keep(): Promise<void> {
    const opening = this.#opening;
    const files = await this.#asked().files();
    if (opening !== this.#opening) return;
    this.#files = files;
    this.#showTree();
    this.#reread();
    const edits = editsBetween(this.#original, files);
    const none = edits.files.size === 0 && edits.removed.size === 0;
    if (!save(storedEdits(this.#openChapter), none ? undefined : encodeEdits(edits))) {
      throw new Error(say('notKept'));
    }
  }

  /** The chapter's files as they came. */
  async #putBack(): Promise<void> {
    // Without storage there is nothing kept, and nothing to forget.
    save(storedEdits(this.#chapter.id), undefined);
    await this.#open();
  }

  #showTree(): void {
    this.#part('[data-tree]').replaceChildren(
      ...[...this.#files.keys()].sort().map((path) => {
        const item = document.createElement('li');
        const button = document.createElement('button');
        button.type = 'button';
        button.dataset['path'] = path;
        button.textContent = path.slice(1);
        item.append(button);
        return item;
      }),
    );
  }

  #recall(event: KeyboardEvent): void {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#recalled = Math.min(Math.max(this.#recalled + step, 0), this.#history.length);
    this.#line.value = this.#history[this.#recalled] ?? '';
  }

  /** Control and C, as in a terminal; text that is selected is copied all the same. */
  #interrupt(event: KeyboardEvent): void {
    if (!event.ctrlKey || event.key !== 'c' || this.#bench?.interrupt === undefined) return;
    if (this.#line.selectionStart !== this.#line.selectionEnd) return;
    event.preventDefault();
    void this.#guard(async () => this.#bench?.interrupt?.());
  }

  #print(text: string, kind?: 'typed' | 'wrong'): void {
    const log = this.#part('[data-log]');
    const line = document.createElement('span');
    if (kind !== undefined) line.dataset['kind'] = kind;
    line.textContent = text;
    log.append(line);
    log.scrollTop = log.scrollHeight;
  }

  /** A terminal's lines, each in an element of its own, so that only what is new is read out. */
  #show({ wiped, from, lines }: TerminalChange): void {
    const log = this.#part('[data-log]');
    if (wiped) this.#wipe();
    for (const [index, text] of lines.entries()) {
      const at = from + index - this.#firstLine;
      const line = (this.#lines[at] ??= log.appendChild(document.createElement('span')));
      if (line.textContent !== `${text}\n`) line.textContent = `${text}\n`;
    }
    for (const line of this.#lines.splice(from + lines.length - this.#firstLine)) line.remove();
    for (const line of this.#lines.splice(0, Math.max(0, this.#lines.length - mostLines))) {
      line.remove();
      this.#firstLine++;
    }
    log.scrollTop = log.scrollHeight;
  }

  #wipe(): void {
    this.#part('[data-log]').textContent = '';
    [this.#lines, this.#firstLine] = [[], 0];
  }

  #asked(): Bench {
    if (this.#bench === undefined) throw new Error(say('notOpen'));
    return this.#bench;
  }

  /** Does something; what goes wrong is said, with a way to begin again where there is no bench. */
  async #guard(work: () => Promise<unknown>): Promise<void> {
    const alert = this.#part('[data-alert]');
    alert.textContent = '';
    try {
      await work();
    } catch (error) {
      alert.textContent = inWords(error);
      if (this.#bench === undefined) this.dataset['state'] = 'failed';
    }
  }

  #part<E extends HTMLElement = HTMLElement>(selector: string): E {
    const part = this.querySelector<E>(selector);
    if (!part) throw new Error(`<onko-workbench> has no ${selector}; its markup comes from Workbench.astro.`);
    return part;
  }
}

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function agreement(): Agreement | undefined {
  return decodeAgreement(load(storedAgreement));
}

async function fetchFile(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const sayAnywhere = wordsOf('page');
  const failure = (why: string) => new Error(say('notFetched', { url, why }));
  const response = await fetch(url, { signal: AbortSignal.timeout(patience) }).catch((error: unknown) => {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw failure(late ? say('late', { seconds: patience / 1000 }) : sayAnywhere('noServer'));
  });
  if (!response.ok) throw failure(sayAnywhere('serverAnswers', { status: response.status }));
  return new Uint8Array(await response.arrayBuffer());
}

/** The chapter's source, kernel and ISO, in one folder named by the chapter. */
async function fetchChapter({ id, source, kernel, iso }: WorkbenchChapter): Promise<Files> {
  const [zip, elf, image] = await Promise.all([
    fetchFile(source),
    kernel === undefined ? undefined : fetchFile(kernel),
    fetchFile(iso.url),
  ]);
  const files: Files = new Map();
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const [, ...path] = name.split('/');
    if (path.at(-1)) files.set(`/${id}/${path.join('/')}`, new Uint8Array(bytes));
  }
  if (elf) files.set(`/${id}/kernel.elf`, elf);
  return files.set(`/${id}/${iso.name}`, image);
}

customElements.define('onko-workbench', Workbench);
