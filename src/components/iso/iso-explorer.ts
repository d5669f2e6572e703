import { ExplorerElement } from '../explorer/explorer-element.ts';
import type { Explored } from '../explorer/explorer-markup.ts';
import { wordsOf } from '../words/words.ts';
import type { IsoReport } from './iso-report.ts';
import { marksEvent, type MarksDetail } from './events.ts';

const say = wordsOf('iso');

/** `<onko-iso>`: the bytes of a CD image by name, its files, and whether a PC would boot it. */
class IsoExplorer extends ExplorerElement<Explored & IsoReport> {
  protected readonly key = 'iso';

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener(marksEvent, this.#mark);
  }

  override disconnectedCallback(): void {
    document.removeEventListener(marksEvent, this.#mark);
    super.disconnectedCallback();
  }

  /** The decoder of the command line speaks of bytes: they are marked here. */
  readonly #mark = (event: Event): void => {
    if (!(event instanceof CustomEvent)) return;
    const { name, marks } = event.detail as MarksDetail;
    this.mark(name, marks);
  };

  /** What can read images is fetched with the first one: most readers of a page never touch it. */
  protected async explore(bytes: Uint8Array): Promise<Explored & IsoReport> {
    const { reportIso } = await import('./iso-report.ts');
    return reportIso(bytes, say);
  }

  protected report({ ways, tables, files, problems }: IsoReport): void {
    this.one('[data-ways]', HTMLElement).innerHTML = ways;
    this.one('[data-tables]', HTMLElement).innerHTML = tables;
    this.one('[data-files]', HTMLElement).innerHTML = files;
    this.one('[data-problems]', HTMLElement).innerHTML = problems;
  }
}

customElements.define('onko-iso', IsoExplorer);
