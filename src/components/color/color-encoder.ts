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
import { WidgetElement, type Field } from '../widget-element.ts';

/**
 * `<onko-color>`: one colour, shown and changed in every form it takes on its way into a framebuffer.
 * The markup comes from ColorEncoder.astro, already filled in for the colour of Part 1.
 */
class ColorEncoder extends WidgetElement<Setting> {
  protected readonly initial: Setting = { color: onkoColor, order: 'rgb' };

  override connectedCallback(): void {
    super.connectedCallback();
    const copy = this.one('[data-action=copy]', HTMLButtonElement);
    copy.addEventListener('click', () => void this.#copyRustLine(copy));
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
