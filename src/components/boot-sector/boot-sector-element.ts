import type { Registers } from '../../../machine/machine.ts';
import {
  checkSectorText,
  hexColor,
  parseSectorColor,
  patchSector,
  roomForText,
  sectorCheckpoint,
  sectorFromFragment,
  sectorToFragment,
  sixBits,
  sourceSetting,
  type BootSector,
  type SectorSetting,
} from '../../lib/boot-sector.ts';
import { machinePanel, onJudged } from '../machine/panel.ts';
import { WidgetElement, type Field } from '../widget-element.ts';
import { wordsOf } from '../words/words.ts';
import { dumpHtml } from './markup.ts';
import { registerNames, registerText } from './registers.ts';

const say = wordsOf('bootSector');

/**
 * `<onko-boot-sector>`: a boot sector with the reader's text and colour, booted by the page's 32-bit PC, whose registers it
 * shows. The markup comes from BootSector.astro.
 */
class BootSectorElement extends WidgetElement<SectorSetting> {
  protected readonly initial = sourceSetting;
  readonly #sector = JSON.parse(this.dataset['sector'] ?? 'null') as BootSector;

  override connectedCallback(): void {
    super.connectedCallback();
    this.one('[data-action=boot]', HTMLButtonElement).addEventListener('click', () => void this.#boot());
    void machinePanel().then((panel) => onJudged(panel, ({ registers }) => this.#showRegisters(registers)));
  }

  protected read(field: Field): SectorSetting {
    const text = this.one('[name=text]', HTMLInputElement).value;
    checkSectorText(text, roomForText(this.#sector));
    // Two fields say the colour: the one that was edited last, or else the one that can be wrong.
    const color = field.name === 'picker' ? field.value : this.one('[name=color]', HTMLInputElement).value;
    return { text, color: parseSectorColor(color) };
  }

  protected toFragment(setting: SectorSetting): string {
    return sectorToFragment(setting);
  }

  protected fromFragment(fragment: string): SectorSetting | undefined {
    const setting = sectorFromFragment(fragment);
    if (setting !== undefined) checkSectorText(setting.text, roomForText(this.#sector));
    return setting;
  }

  protected show(setting: SectorSetting, edited?: Field): void {
    const { text, color } = setting;
    const shown = { text, color: hexColor(color), picker: `#${hexColor(color)}` };
    for (const [name, value] of Object.entries(shown)) {
      const field = this.one(`[name=${name}]`, HTMLInputElement);
      if (field !== edited) field.value = value;
    }
    this.write('[data-six]', [color.r, color.g, color.b].map(sixBits).join(', '));
    this.write('[data-left]', String(roomForText(this.#sector) - text.length));
    this.one('[data-dump]', HTMLElement).innerHTML = dumpHtml(this.#sector, patchSector(this.#sector, setting), say);
  }

  async #boot(): Promise<void> {
    const { setting } = this;
    const panel = await machinePanel();
    for (const name of registerNames) this.write(`[data-register=${name}]`, '–');
    await panel.boot({
      iso: patchSector(this.#sector, setting),
      name: 'your-512-bytes.img',
      checkpoint: sectorCheckpoint(this.#sector, setting),
    });
  }

  #showRegisters(registers: Registers): void {
    for (const name of registerNames) this.write(`[data-register=${name}]`, registerText(registers, name));
  }
}

customElements.define('onko-boot-sector', BootSectorElement);
