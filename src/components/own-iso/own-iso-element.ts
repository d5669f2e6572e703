import { compareFiles, largestIso } from '../../lib/iso9660/compare-files.ts';
import type { IsoCheck } from '../../lib/own-iso.ts';
import { machinePanel } from '../machine/panel.ts';
import { sayFailure } from '../say-failure.ts';
import { wordsOf } from '../words/words.ts';

const say = wordsOf('ownIso');

/** More rows than anybody reads. */
const mostFiles = 500;

/**
 * `<onko-own-iso>`: an ISO of the reader's, looked over, compared with the chapter's, and booted. The markup comes from
 * OwnIso.astro.
 */
class OwnIso extends HTMLElement {
  #iso: Uint8Array<ArrayBuffer> | undefined;
  #check: IsoCheck | undefined;
  #name = '';
  /** Counts the files that were chosen, so that a slow one does not show over a later one. */
  #chosen = 0;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    const input = this.#one('input', HTMLInputElement);
    input.addEventListener('change', () => this.#take(input.files?.[0]));
    const drop = this.#one('[data-drop]', HTMLElement);
    drop.addEventListener('dragover', (event) => {
      event.preventDefault();
      drop.toggleAttribute('data-over', true);
    });
    drop.addEventListener('dragleave', () => drop.removeAttribute('data-over'));
    drop.addEventListener('drop', (event) => {
      event.preventDefault();
      drop.removeAttribute('data-over');
      this.#take(event.dataTransfer?.files[0]);
    });
    this.#one('[data-action=boot]', HTMLButtonElement).addEventListener('click', () => this.#try(this.#boot()));
    this.#one('[data-action=reset]', HTMLButtonElement).addEventListener('click', () => this.#try(this.#reset()));
  }

  #take(file: File | undefined): void {
    if (file !== undefined) this.#try(this.#read(file, ++this.#chosen));
  }

  async #read(file: File, chosen: number): Promise<void> {
    if (file.size > largestIso) {
      throw new Error(say('tooLarge', { name: file.name, size: file.size, most: largestIso }));
    }
    const iso = new Uint8Array(await file.arrayBuffer());
    const { checkIso } = await import('../../lib/own-iso.ts');
    const panel = await machinePanel();
    const own = await panel.ownIso();
    if (chosen !== this.#chosen) return;
    const check = checkIso(iso);
    this.#iso = iso;
    this.#check = check;
    this.#name = file.name;
    const bad = check.findings.filter(({ kind }) => kind === 'bad').length;
    this.#one('[data-summary]', HTMLElement).textContent = say(bad === 0 ? 'sound' : 'wrong', {
      name: file.name,
      size: file.size,
      count: bad,
    });
    this.#one('[data-findings]', HTMLUListElement).replaceChildren(
      ...check.findings.map(({ kind, text }) => {
        const item = document.createElement('li');
        item.dataset['kind'] = kind;
        item.textContent = text;
        return item;
      }),
    );
    const files = compareFiles(iso, own);
    const same = files.filter((each) => each.same).length;
    this.#one('[data-comparison]', HTMLElement).textContent = say('same', { same, total: files.length });
    this.#one('[data-files]', HTMLTableSectionElement).replaceChildren(
      ...files.slice(0, mostFiles).map(({ path, text }) => {
        const row = document.createElement('tr');
        row.insertCell().textContent = path;
        row.insertCell().textContent = text;
        return row;
      }),
    );
    this.#one('[data-action=boot]', HTMLButtonElement).hidden = !check.boots;
    this.#one('[data-report]', HTMLElement).hidden = false;
  }

  /** With the chapter's verdict where the disc is one of the tutorial's kind; of others nothing is promised. */
  async #boot(): Promise<void> {
    if (this.#iso === undefined || this.#check === undefined) return;
    const panel = await machinePanel();
    const { hasConf, symbols, loader } = this.#check;
    const disc = { iso: this.#iso, name: this.#name, symbols };
    if (this.dataset['pc'] === '32-bit') {
      // Only our loader's words are known; another's are for the reader to read.
      const checkpoint = loader === 'Onko' ? panel.refusal : null;
      return panel.boot({ ...disc, checkpoint }, { focus: 'screen', pc: '32-bit' });
    }
    const checkpoint = hasConf ? panel.ownCheckpoint : null;
    await panel.boot({ ...disc, checkpoint }, { focus: 'screen' });
  }

  async #reset(): Promise<void> {
    this.#chosen++;
    this.#iso = undefined;
    this.#check = undefined;
    this.#one('input', HTMLInputElement).value = '';
    this.#one('[data-report]', HTMLElement).hidden = true;
    (await machinePanel()).useOwnDisc();
  }

  #try(work: Promise<void>): void {
    sayFailure(this.#one('[role=alert]', HTMLElement), work);
  }

  #one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<onko-own-iso> has no ${selector}`);
    return found;
  }
}

customElements.define('onko-own-iso', OwnIso);
