import { unzipSync } from 'fflate';
import type { Checkpoint, KernelSymbol } from '../../lib/manifest.ts';
import type { Path } from '../../lib/workbench/disk.ts';
import { applyEdits, decodeEdits, editsBetween, editsKey, encodeEdits } from '../../lib/workbench/edits.ts';
import type { Effect } from '../../lib/workbench/shell.ts';
import { download } from '../download.ts';
import { machinePanel } from '../machine/panel.ts';
import { patience, Session } from './session.ts';

/** What the page says of a chapter: where its files are, and what its ISO has to show. Addresses are ready to be fetched. */
export interface WorkbenchChapter {
  id: string;
  source: string;
  kernel?: string;
  iso: { url: string; name: string };
  checkpoint: Checkpoint;
  symbols: readonly KernelSymbol[];
}

type Files = Map<Path, Uint8Array<ArrayBuffer>>;

/** A pause in typing (ms) after which what stands in the editor is saved. */
const pause = 400;

/**
 * `<onko-workbench>`: a terminal, a file tree and an editor over a chapter's files, which live in a worker. What the reader
 * changes is kept in the browser. The markup comes from Workbench.astro.
 */
class Workbench extends HTMLElement {
  readonly #chapters = JSON.parse(this.dataset['chapters'] ?? '[]') as WorkbenchChapter[];
  #session: Session | undefined;
  #original: Files = new Map();
  #folder: Path = '/';
  #editing: Path | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  readonly #history: string[] = [];
  #recalled = 0;
  /** Counts openings, so that what belongs to a chapter before is not taken for this one's. */
  #opening = 0;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    this.#part('[data-line-form]').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#enter();
    });
    this.#line.addEventListener('keydown', (event) => this.#recall(event));
    this.#part('[data-tree]').addEventListener('click', ({ target }) => {
      const path = target instanceof Element ? target.closest<HTMLElement>('[data-path]')?.dataset['path'] : undefined;
      if (path !== undefined) void this.#guard(() => this.#edit(path));
    });
    this.#editor.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => void this.#guard(() => this.#save()), pause);
    });
    this.#part<HTMLSelectElement>('[name=chapter]').addEventListener(
      'change',
      () => void this.#guard(() => this.#open()),
    );
    this.addEventListener('click', ({ target }) => {
      const action = target instanceof HTMLElement ? target.dataset['action'] : undefined;
      if (action === 'zip') void this.#run('zip /');
      if (action === 'original') void this.#guard(() => this.#putBack());
      if (action === 'reopen') void this.#guard(() => this.#open());
    });
    void this.#guard(() => this.#open());
  }

  disconnectedCallback(): void {
    clearTimeout(this.#typing);
    this.#session?.close();
  }

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

  /** Fetches the chapter's files and starts a worker with them, and with what the reader changed before. */
  async #open(): Promise<void> {
    const opening = ++this.#opening;
    const chapter = this.#chapter;
    this.dataset['state'] = 'loading';
    this.#session?.close();
    this.#session = undefined;
    this.#closeEditor();
    this.#part('[data-log]').textContent = '';
    const original = await fetchChapter(chapter);
    const folder = `/${chapter.id}`;
    const files = applyEdits(original, decodeEdits(stored(editsKey(chapter.id))));
    const session = await Session.open([...files], folder);
    if (opening !== this.#opening) return session.close();
    this.#session = session;
    this.#original = original;
    this.#setFolder(folder);
    await this.#showTree();
    this.#print(`The files of chapter ${chapter.id}, its kernel and its ISO. Type help, or boot.\n`);
    this.dataset['state'] = 'ready';
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
      const session = this.#session;
      if (session === undefined) throw new Error('The workbench is not open.');
      this.#print(`${this.#folder} $ ${line}\n`, 'typed');
      // What stands in the editor is meant to be there already.
      await this.#save();
      const { output, status, effect, changed, folder } = await session.call('run', line);
      if (output !== '') this.#print(output, status === 0 ? undefined : 'wrong');
      this.#setFolder(folder);
      if (changed) await this.#keep();
      if (effect) await this.#follow(effect);
    });
  }

  async #follow(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'clear':
        this.#part('[data-log]').textContent = '';
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

  async #edit(path: Path): Promise<void> {
    await this.#save();
    const bytes = await this.#asked().call('read', path);
    if (bytes.includes(0)) return this.#run(`hexdump ${path}`);
    this.#editing = path;
    this.#part('[data-editor-path]').textContent = path;
    this.#editor.value = new TextDecoder().decode(bytes);
    this.#part('[data-editor-box]').hidden = false;
    this.#editor.focus();
  }

  /** Writes what stands in the editor, if it is not what the file holds. */
  async #save(): Promise<void> {
    clearTimeout(this.#typing);
    const path = this.#editing;
    if (path === undefined) return;
    const bytes = new TextEncoder().encode(this.#editor.value);
    const session = this.#asked();
    if (!(await session.call('paths')).includes(path)) return this.#closeEditor();
    if (sameBytes(await session.call('read', path), bytes)) return;
    await session.call('write', path, bytes);
    await this.#keep();
  }

  #closeEditor(): void {
    clearTimeout(this.#typing);
    this.#editing = undefined;
    this.#part('[data-editor-box]').hidden = true;
  }

  /** Shows the tree, and keeps what differs from the chapter in the browser. */
  async #keep(): Promise<void> {
    const session = this.#asked();
    const paths = await session.call('paths');
    const now: Files = new Map();
    for (const path of paths) now.set(path, await session.call('read', path));
    await this.#showTree();
    const edits = editsBetween(this.#original, now);
    const key = editsKey(this.#chapter.id);
    try {
      if (edits.files.size === 0 && edits.removed.size === 0) localStorage.removeItem(key);
      else localStorage.setItem(key, encodeEdits(edits));
    } catch {
      throw new Error(
        'The browser keeps no more of your changes: its storage is full or switched off. They last until this page is closed. Take them with you: Download as zip.',
      );
    }
  }

  /** The chapter's files as they came. */
  async #putBack(): Promise<void> {
    try {
      localStorage.removeItem(editsKey(this.#chapter.id));
    } catch {
      // Without storage there is nothing kept.
    }
    await this.#open();
  }

  async #showTree(): Promise<void> {
    const paths = await this.#asked().call('paths');
    this.#part('[data-tree]').replaceChildren(
      ...paths.map((path) => {
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

  #setFolder(folder: Path): void {
    this.#folder = folder;
    this.#part('[data-folder]').textContent = folder;
  }

  #recall(event: KeyboardEvent): void {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#recalled = Math.min(Math.max(this.#recalled + step, 0), this.#history.length);
    this.#line.value = this.#history[this.#recalled] ?? '';
  }

  #print(text: string, kind?: 'typed' | 'wrong'): void {
    const log = this.#part('[data-log]');
    const line = document.createElement('span');
    if (kind !== undefined) line.dataset['kind'] = kind;
    line.textContent = text;
    log.append(line);
    log.scrollTop = log.scrollHeight;
  }

  #asked(): Session {
    if (this.#session === undefined) throw new Error('The workbench is not open.');
    return this.#session;
  }

  /** Does something; what goes wrong is said, with a way to begin again where the worker is gone. */
  async #guard(work: () => Promise<void>): Promise<void> {
    const alert = this.#part('[role=alert]');
    alert.textContent = '';
    try {
      await work();
    } catch (error) {
      alert.textContent = error instanceof Error ? error.message : String(error);
      if (this.dataset['state'] !== 'ready' || /stopped|broke|closed/.test(alert.textContent))
        this.dataset['state'] = 'failed';
    }
  }

  #part<E extends HTMLElement = HTMLElement>(selector: string): E {
    const part = this.querySelector<E>(selector);
    if (!part) throw new Error(`<onko-workbench> has no ${selector}; its markup comes from Workbench.astro.`);
    return part;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

async function fetchFile(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const failure = (why: string) =>
    new Error(`${url} could not be fetched: ${why}. Check the connection, then open the workbench again.`);
  const response = await fetch(url, { signal: AbortSignal.timeout(patience) }).catch((error: unknown) => {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw failure(late ? `no answer within ${patience / 1000} seconds` : 'the server cannot be reached');
  });
  if (!response.ok) throw failure(`the server answers ${response.status}`);
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
