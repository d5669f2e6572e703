import { shapeReasons } from '../../lib/color-patch.ts';
import type { ColorInstruction } from '../../lib/color-patch.ts';
import {
  type Channel,
  type Layout,
  type Setting,
  bitGroups,
  byteOwners,
  channels,
  checkLayout,
  cssHex,
  decode,
  encode,
  formats,
  hexByte,
  hexWord,
  layoutOf,
  memoryBytes,
  nameOf,
  onkoColor,
  orderOf,
  parseChannel,
  parseHexColor,
  parseLayoutName,
  parseOrder,
  parseShift,
  parseSize,
  roundingInWords,
  rustLine,
  settingFromFragment,
  settingToFragment,
  shownInWords,
  terms,
} from '../../lib/color.ts';
import type { Disc, Judged } from '../machine/machine-element.ts';
import { claimDrive, machinePanel, onJudged } from '../machine/panel.ts';
import type { Painted } from './color-boot.ts';
import { WidgetElement, type Field } from '../widget-element.ts';
import { wordsOf } from '../words/words.ts';

const say = wordsOf('color');

/**
 * `<onko-color>`: one colour, shown and changed in every form it takes on its way into a framebuffer.
 * The markup comes from ColorEncoder.astro, already filled in for the colour of Part 1.
 */
class ColorEncoder extends WidgetElement<Setting> {
  protected readonly initial: Setting = { color: onkoColor, layout: layoutOf('32', 'rgb') };
  protected override readonly keptAs = 'color';
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
    const isLast = claimDrive();
    const { paintDisc } = await import('./color-boot.ts');
    const painted = await paintDisc(color, chapter, manifest);
    if (!isLast()) return;
    this.#booted = painted.disc;
    this.write('[data-patch-summary]', patchSummary(painted));
    this.write('[data-patch-why]', shapeReasons(color).join(' '));
    this.write('[data-read-back]', '');
    this.one('[data-patch-before]', HTMLTableSectionElement).replaceChildren(
      ...instructionRows(say('onIso'), painted.before),
    );
    this.one('[data-patch-after]', HTMLTableSectionElement).replaceChildren(
      ...instructionRows(say('asBooted'), painted.after),
    );
    this.one('[data-patch]', HTMLElement).hidden = false;
    const panel = await machinePanel();
    await panel.boot(painted.disc);
  }

  async #forgetBoot(): Promise<void> {
    this.one('[data-patch]', HTMLElement).hidden = true;
    if (this.#booted === undefined) return;
    const { name } = this.#booted;
    this.#booted = undefined;
    (await machinePanel()).useOwnDisc(name);
  }

  #showReadBack({ disc, seen, verdict }: Judged): void {
    if (disc === undefined || disc !== this.#booted) return;
    const { mode, width, height, pixels } = seen.screen;
    if (!verdict?.passed || mode !== 'graphics') {
      return this.write('[data-read-back]', say('notBack', { why: verdict?.findings.join(' ') ?? '' }));
    }
    const word = new DataView(pixels.buffer, pixels.byteOffset).getUint32(0, true);
    const { red, green, blue } = decode(word, formats.rgb);
    this.write('[data-read-back]', say('back', { word: hexWord(word), width, height, red, green, blue }));
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
    const { color, layout } = this.setting;
    const channel = channels.find((name) => field.dataset['channel'] === name);
    if (channel !== undefined) return { color: { ...color, [channel]: parseChannel(field.value, channel) }, layout };
    if (field.dataset['mask'] !== undefined) return { color, layout: this.#readMasks(layout) };
    if (field.name === 'layout') return { color, layout: layoutOf(parseLayoutName(field.value), orderOf(layout)) };
    if (field.name === 'order') return { color, layout: reordered(layout, field) };
    return { color: parseHexColor(field.value), layout };
  }

  /** The six fields of sizes and shifts, in a pixel of as many bits as before. */
  #readMasks({ bpp, format }: Layout): Layout {
    const text = (name: string) => this.one(`[name=${name}]`, HTMLInputElement).value;
    const masks = { ...format };
    for (const channel of channels) {
      masks[channel] = {
        size: parseSize(text(`${channel}_mask_size`), channel),
        shift: parseShift(text(`${channel}_mask_shift`), channel),
      };
    }
    const layout = { bpp, format: masks };
    checkLayout(layout);
    return layout;
  }

  /** Writes the setting into every field and result, except the field that is being edited. */
  protected show(setting: Setting, edited?: Field): void {
    const { color, layout } = setting;
    const { bpp, format } = layout;
    const word = encode(color, format);

    for (const field of this.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')) {
      if (field !== edited) field.value = fieldValue(field, setting);
    }
    if (nameOf(layout) === undefined) this.one('.masks', HTMLDetailsElement).open = true;
    for (const term of terms(color, format)) {
      const line = this.one(`[data-term=${term.channel}]`, HTMLElement);
      for (const [part, text] of [
        ['value', String(term.value)],
        ['shift', String(term.shift)],
        ['word', hexWord(term.word, bpp)],
        ['rounding', roundingInWords(color[term.channel], format[term.channel].size)],
      ] as const) {
        const place = line.querySelector(`[data-part=${part}]`);
        if (place !== null) place.textContent = text;
      }
    }
    this.write('[name=u32-hex]', hexWord(word, bpp));
    this.write('[name=u32-dec]', String(word));
    this.write('[name=shown]', shownInWords(color, format));
    this.write('[data-top]', String(bpp - 1));
    const bits = bitGroups(word, format, bpp).map(({ owner, high, low, bits: text }) => ({
      owner,
      label: high === low ? String(high) : `${high}–${low}`,
      text,
    }));
    fill(this.one('[name=bits]', HTMLOutputElement), bits);
    const owners = byteOwners(layout);
    const bytes = memoryBytes(word, bpp).map((byte, index) => ({
      owner: owners[index] ?? 'unused',
      label: `+${index}`,
      text: hexByte(byte),
    }));
    fill(this.one('[name=bytes]', HTMLOutputElement), bytes);
    this.write('[data-rust]', rustLine(color));
    this.style.setProperty('--on-rgb', cssHex(decode(word, swatchFormat(layout, 'rgb'))));
    this.style.setProperty('--on-bgr', cssHex(decode(word, swatchFormat(layout, 'bgr'))));
  }

  async #copyRustLine(button: HTMLButtonElement): Promise<void> {
    const line = this.one('[data-rust]', HTMLElement);
    try {
      await navigator.clipboard.writeText(line.textContent);
      button.textContent = say('copied');
    } catch {
      // Without leave to use the clipboard the line is at least selected, one keystroke away from it.
      getSelection()?.selectAllChildren(line);
      button.textContent = say('selected');
    }
    setTimeout(() => (button.textContent = say('copy')), 2000);
  }
}

/** A row for each instruction: where it lies, its bytes with the number's marked, what it says. */
function instructionRows(title: string, instructions: readonly ColorInstruction[]): HTMLTableRowElement[] {
  const heading = document.createElement('tr');
  const cell = document.createElement('th');
  cell.scope = 'rowgroup';
  cell.colSpan = 3;
  cell.textContent = instructions.length === 0 ? say('noNumber', { title }) : title;
  heading.append(cell);
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
  meaning.textContent = `${text} (${owners.map((owner) => say(owner)).join(say('and'))})`;
  return row;
}

function patchSummary({ size, changed }: Painted): string {
  return changed === 0 ? say('unchanged', { size }) : say('changed', { count: changed, size });
}

function fieldValue(field: Field, { color, layout }: Setting): string {
  const { channel, mask, part } = field.dataset;
  for (const each of channels) {
    if (channel === each) return String(color[each]);
    if (mask === each) return String(layout.format[each][part === 'size' ? 'size' : 'shift']);
  }
  if (field.name === 'layout') return nameOf(layout) ?? 'own';
  return field.name === 'order' ? orderOf(layout) : cssHex(color);
}

/** The layout in the order that the field says. */
function reordered(layout: Layout, field: Field): Layout {
  return parseOrder(field.value) === orderOf(layout) ? layout : swapped(layout);
}

/** The layout with red and blue in each other's place. */
function swapped({ bpp, format }: Layout): Layout {
  return { bpp, format: { ...format, red: format.blue, blue: format.red } };
}

/** How a screen of this order reads the layout's words. */
function swatchFormat(layout: Layout, order: 'rgb' | 'bgr') {
  return orderOf(layout) === order ? layout.format : swapped(layout).format;
}

/** Fills a result with its coloured pieces, a space between them, as ColorEncoder.astro does. */
function fill(
  output: HTMLOutputElement,
  pieces: { owner: Channel | 'unused' | 'several'; label: string; text: string }[],
): void {
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
