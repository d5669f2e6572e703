import { ExplorerElement } from '../explorer/explorer-element.ts';
import type { Explored } from '../explorer/explorer-markup.ts';
import { wordsOf } from '../words/words.ts';
import type { ElfReport } from './elf-report.ts';

const say = wordsOf('elf');

/** `<onko-elf>`: the bytes of an ELF file by name, and what a Limine loader would say to it. */
class ElfExplorer extends ExplorerElement<Explored & ElfReport> {
  protected readonly key = 'elf';

  /** What can read ELF files is fetched with the first file: most readers of a page never touch it. */
  protected async explore(bytes: Uint8Array): Promise<Explored & ElfReport> {
    const { reportElf } = await import('./elf-report.ts');
    return reportElf(bytes, say);
  }

  protected report({ facts, refusal, problems }: ElfReport): void {
    this.one('[data-facts]', HTMLElement).innerHTML = facts;
    this.one('[data-refusal]', HTMLElement).innerHTML = refusal;
    this.one('[data-problems]', HTMLElement).innerHTML = problems;
  }
}

customElements.define('onko-elf', ElfExplorer);
