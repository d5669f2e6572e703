import { shapeReasons } from '../../lib/color-patch.ts';
import type { ColorInstruction } from '../../lib/color-patch.ts';
import {
  type Channel,
  type Setting,
  bitGroups,
  channels,
  cssHex,
  decode,
  encode,
  formats,
  hexByte,
  hexWord,
  memoryBytes,
  onkoColor,
  parseChannel,
  parseHexColor,
  parseOrder,
  rustLine,
  settingFromFragment,
  settingToFragment,
  terms,
} from '../../lib/color.ts';
import type { Disc, Judged } from '../machine/machine-element.ts';
import { machinePanel, onJudged } from '../machine/panel.ts';
import type { Painted } from './color-boot.ts';
import { WidgetElement, type Field } from '../widget-element.ts';

/**
 * `<onko-color>`: one colour, shown and changed in every form it takes on its way into a framebuffer.
 * The markup comes from ColorEncoder.astro, already filled in for the colour of Part 1.
 */
class ColorEncoder extends WidgetElement<Setting> {
  protected readonly initial: Setting = { color: onkoColor, order: 'rgb' };
  /** The disc that the machine was last given. */
  #booted: Disc | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const copy = this.one('[data-action=copy]', HTMLButtonElement);
    copy.addEventListener('click', () => void this.#copyRustLine(copy));
    this.#onClick('boot', () => this.#boot());
    this.#onClick('source', async () => {
      const { downloadSource } = await import('./color-boot.ts');
      await downloadSource(this.setting.color, this.dataset['source'] ?? '');
    });
    this.one('[data-action=reset]', HTMLButtonElement).addEventListener('click', () => void this.#forgetBoot());
    void machinePanel().then((panel) => onJudged(panel, (judged) => this.#showReadBack(judged)));
  }

  /** What a button does takes files that may not come. */
  #onClick(action: string, work: () => Promise<void>): void {
    this.one(`[data-action=${action}]`, HTMLButtonElement).addEventListener('click', () => {
      work().catch((error: unknown) =>
        this.write('[role=alert]', error instanceof Error ? error.message : String(error)),
      );
    });
  }

  /** Puts the colour into the kernel, shows what that changes in it, and boots it. */
  async #boot(): Promise<void> {
    const { color } = this.setting;
    const { chapter = '', manifest = '' } = this.dataset;
    const { paintDisc } = await import('./color-boot.ts');
    const painted = await paintDisc(color, chapter, manifest);
    this.#booted = painted.disc;
    this.write('[data-patch-summary]', patchSummary(painted));
    this.write('[data-patch-why]', shapeReasons(color).join(' '));
    this.write('[data-read-back]', '');
    this.one('[data-patch-before]', HTMLTableSectionElement).replaceChildren(
      ...instructionRows('As the ISO has them', painted.before),
    );
    this.one('[data-patch-after]', HTMLTableSectionElement).replaceChildren(
      ...instructionRows('As they boot', painted.after),
    );
    this.one('[data-patch]', HTMLElement).hidden = false;
    const panel = await machinePanel();
    await panel.boot(painted.disc);
  }

  async #forgetBoot(): Promise<void> {
    this.one('[data-patch]', HTMLElement).hidden = true;
    if (this.#booted === undefined) return;
    this.#booted = undefined;
    (await machinePanel()).useOwnDisc();
  }

  #showReadBack({ disc, seen, verdict }: Judged): void {
    if (disc === undefined || disc !== this.#booted) return;
    const { mode, width, height, pixels } = seen.screen;
    if (!verdict?.passed || mode !== 'graphics') {
      return this.write('[data-read-back]', `It did not come back: ${verdict?.findings.join(' ') ?? ''}`);
    }
    const word = new DataView(pixels.buffer, pixels.byteOffset).getUint32(0, true);
    const { red, green, blue } = decode(word, formats.rgb);
    this.write(
      '[data-read-back]',
      `Read back from video memory: ${hexWord(word)} at each of ${width} × ${height} pixels, rgb(${red}, ${green}, ${blue}).`,
    );
  }

  /** A hex colour is not scolded before it has six digits. */
  protected override unfinished(field: Field): boolean {
    return field.name === 'hex' ? field.value.trim().length < 6 : super.unfinished(field);
  }

  protected toFragment(setting: Setting): string {
    return settingToFragment(setting);
  }

  protected fromFragment(fragment: string): Setting | undefined {
    return settingFromFragment(fragment);
  }

  protected read(field: Field): Setting {
    const { color, order } = this.setting;
    const channel = channels.find((name) => field.dataset['channel'] === name);
    if (channel !== undefined) return { color: { ...color, [channel]: parseChannel(field.value, channel) }, order };
    if (field.name === 'order') return { color, order: parseOrder(field.value) };
    return { color: parseHexColor(field.value), order };
  }

  /** Writes the setting into every field and result, except the field that is being edited. */
  protected show(setting: Setting, edited?: Field): void {
    const { color, order } = setting;
    const format = formats[order];
    const word = encode(color, format);

    for (const field of this.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')) {
      if (field !== edited) field.value = fieldValue(field, setting);
    }
    for (const term of terms(color, format)) {
      const line = this.one(`[data-term=${term.channel}]`, HTMLElement);
      for (const [part, text] of [
        ['value', String(term.value)],
        ['shift', String(term.shift)],
        ['word', hexWord(term.word)],
      ] as const) {
        const place = line.querySelector(`[data-part=${part}]`);
        if (place !== null) place.textContent = text;
      }
    }
    this.one('[name=u32-hex]', HTMLOutputElement).textContent = hexWord(word);
    this.one('[name=u32-dec]', HTMLOutputElement).textContent = String(word);
    const groups = bitGroups(word, format);
    const bits = groups.map((group) => ({ owner: group.owner, label: `${group.high}–${group.low}`, text: group.bits }));
    fill(this.one('[name=bits]', HTMLOutputElement), bits);
    const bytes = memoryBytes(word).map((byte, index) => ({
      owner: groups.find((group) => group.low <= index * 8 && index * 8 <= group.high)?.owner ?? 'unused',
      label: `+${index}`,
      text: hexByte(byte),
    }));
    fill(this.one('[name=bytes]', HTMLOutputElement), bytes);
    this.one('[data-rust]', HTMLElement).textContent = rustLine(color);
    this.style.setProperty('--on-rgb', cssHex(decode(word, formats.rgb)));
    this.style.setProperty('--on-bgr', cssHex(decode(word, formats.bgr)));
  }

  async #copyRustLine(button: HTMLButtonElement): Promise<void> {
    const line = this.one('[data-rust]', HTMLElement);
    try {
      await navigator.clipboard.writeText(line.textContent);
      button.textContent = 'Copied';
    } catch {
      // Without leave to use the clipboard the line is at least selected, one keystroke away from it.
      getSelection()?.selectAllChildren(line);
      button.textContent = 'Selected';
    }
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  }
}

/** A row for each instruction: where it lies, its bytes with the number's marked, what it says. */
function instructionRows(title: string, instructions: readonly ColorInstruction[]): HTMLTableRowElement[] {
  const heading = document.createElement('tr');
  const cell = document.createElement('th');
  cell.scope = 'rowgroup';
  cell.colSpan = 3;
  cell.textContent = title;
  heading.append(cell);
  if (instructions.length === 0) cell.textContent += ': no instruction has a number of the colour';
  return [heading, ...instructions.map(instructionRow)];
}

function instructionRow({ owners, offset, bytes, numberBytes, text }: ColorInstruction): HTMLTableRowElement {
  const row = document.createElement('tr');
  const hex = [...bytes].map(hexByte);
  const opcode = hex.slice(0, hex.length - numberBytes).join(' ');
  const [value = '', ...zeros] = hex.slice(hex.length - numberBytes);
  const owned = document.createElement('span');
  owned.dataset['owner'] = owners[0] ?? 'unused';
  owned.textContent = value;
  const number = document.createElement('span');
  number.className = 'number';
  number.append(owned, ` ${zeros.join(' ')}`);
  const [at, code, meaning] = [row.insertCell(), row.insertCell(), row.insertCell()];
  at.textContent = `0x${offset.toString(16)}`;
  code.append(`${opcode} `, number);
  meaning.textContent = `${text} (${owners.join(' and ')})`;
  return row;
}

function patchSummary({ size, changed }: Painted): string {
  if (changed === 0) return `This is the kernel’s own colour: none of its ${size} bytes changes.`;
  const bytes = changed === 1 ? 'byte differs' : 'bytes differ';
  return `${changed} of the kernel’s ${size} ${bytes}, as if you had compiled it with this colour. In the frames: the number, lowest byte first.`;
}

function fieldValue(field: Field, { color, order }: Setting): string {
  const channel = channels.find((name) => field.dataset['channel'] === name);
  if (channel !== undefined) return String(color[channel]);
  return field.name === 'order' ? order : cssHex(color);
}

/** Fills a result with its coloured pieces, a space between them, as ColorEncoder.astro does. */
function fill(output: HTMLOutputElement, pieces: { owner: Channel | 'unused'; label: string; text: string }[]): void {
  output.replaceChildren(
    ...pieces.flatMap(({ owner, label, text }, index) => {
      const piece = document.createElement('span');
      piece.dataset['owner'] = owner;
      piece.dataset['label'] = label;
      piece.textContent = text;
      return index === 0 ? [piece] : [' ', piece];
    }),
  );
}

customElements.define('onko-color', ColorEncoder);
