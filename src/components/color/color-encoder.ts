import {
  type Channel,
  type Color,
  type Order,
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
import { InputError } from '../../lib/input.ts';

/** How long an entry that more typing may mend is left alone, in milliseconds. */
const patience = 800;

/**
 * `<onko-color>`: one colour, shown and changed in every form it takes on its way into a framebuffer.
 * The markup comes from ColorEncoder.astro, already filled in for the colour of Part 1.
 */
class ColorEncoder extends HTMLElement {
  #color: Color = onkoColor;
  #order: Order = 'rgb';
  #complaint: ReturnType<typeof setTimeout> | undefined;

  connectedCallback(): void {
    for (const control of this.querySelectorAll('[disabled]')) control.removeAttribute('disabled');
    this.addEventListener('input', (event) => this.#edit(event));
    this.addEventListener('change', (event) => this.#commit(event));
    this.#one('[data-action=reset]', HTMLButtonElement).addEventListener('click', () => this.#reset());
    const copy = this.#one('[data-action=copy]', HTMLButtonElement);
    copy.addEventListener('click', () => void this.#copyRustLine(copy));
    window.addEventListener('hashchange', this.#followFragment);
    this.#followFragment();
  }

  disconnectedCallback(): void {
    window.removeEventListener('hashchange', this.#followFragment);
    clearTimeout(this.#complaint);
  }

  /** Takes the setting that a link carries, and shows itself. */
  readonly #followFragment = (): void => {
    try {
      const setting = settingFromFragment(location.hash.slice(1));
      if (setting === undefined) return;
      this.#color = setting.color;
      this.#order = setting.order;
      this.#clearError();
      this.#show();
    } catch (error) {
      this.#complain(error);
    }
    this.scrollIntoView({ block: 'center' });
  };

  /** A value changes while a hand is on it: everything else follows. */
  #edit(event: Event): void {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
    clearTimeout(this.#complaint);
    try {
      this.#read(field);
      this.#clearError();
      this.#show(field);
    } catch (error) {
      const unfinished = field.value.trim().length < (field.name === 'hex' ? 6 : 1);
      if (unfinished) this.#complaint = setTimeout(() => this.#complain(error, field), patience);
      else this.#complain(error, field);
    }
  }

  /** A value is final: it is written in its usual form, and the address of the page keeps the setting. */
  #commit(event: Event): void {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
    clearTimeout(this.#complaint);
    try {
      this.#read(field);
      this.#show();
      this.#keep();
    } catch (error) {
      this.#complain(error, field);
    }
  }

  #read(field: HTMLInputElement | HTMLSelectElement): void {
    const channel = channels.find((name) => field.dataset['channel'] === name);
    if (channel !== undefined) this.#color = { ...this.#color, [channel]: parseChannel(field.value, channel) };
    else if (field.name === 'order') this.#order = parseOrder(field.value);
    else this.#color = parseHexColor(field.value);
  }

  #reset(): void {
    this.#color = onkoColor;
    this.#order = 'rgb';
    clearTimeout(this.#complaint);
    this.#clearError();
    this.#show();
    history.replaceState(history.state, '', location.pathname + location.search);
  }

  #keep(): void {
    const fragment = settingToFragment({ color: this.#color, order: this.#order });
    history.replaceState(history.state, '', `#${fragment}`);
  }

  #complain(error: unknown, field?: HTMLElement): void {
    if (!(error instanceof InputError)) throw error;
    this.#clearError();
    field?.setAttribute('aria-invalid', 'true');
    this.#one('[role=alert]', HTMLElement).textContent = error.message;
  }

  #clearError(): void {
    for (const field of this.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
    this.#one('[role=alert]', HTMLElement).textContent = '';
  }

  /** Writes the state into every field and result, except the field that is being edited. */
  #show(edited?: HTMLElement): void {
    const format = formats[this.#order];
    const word = encode(this.#color, format);

    for (const field of this.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')) {
      if (field !== edited) field.value = this.#fieldValue(field);
    }
    for (const term of terms(this.#color, format)) {
      const line = this.#one(`[data-term=${term.channel}]`, HTMLElement);
      for (const [part, text] of [
        ['value', String(term.value)],
        ['shift', String(term.shift)],
        ['word', hexWord(term.word)],
      ] as const) {
        const place = line.querySelector(`[data-part=${part}]`);
        if (place !== null) place.textContent = text;
      }
    }
    this.#one('[name=u32-hex]', HTMLOutputElement).textContent = hexWord(word);
    this.#one('[name=u32-dec]', HTMLOutputElement).textContent = String(word);
    const groups = bitGroups(word, format);
    const bits = groups.map((group) => ({ owner: group.owner, label: `${group.high}–${group.low}`, text: group.bits }));
    fill(this.#one('[name=bits]', HTMLOutputElement), bits);
    const bytes = memoryBytes(word).map((byte, index) => ({
      owner: groups.find((group) => group.low <= index * 8 && index * 8 <= group.high)?.owner ?? 'unused',
      label: `+${index}`,
      text: hexByte(byte),
    }));
    fill(this.#one('[name=bytes]', HTMLOutputElement), bytes);
    this.#one('[data-rust]', HTMLElement).textContent = rustLine(this.#color);
    this.style.setProperty('--on-rgb', cssHex(decode(word, formats.rgb)));
    this.style.setProperty('--on-bgr', cssHex(decode(word, formats.bgr)));
  }

  #fieldValue(field: HTMLInputElement | HTMLSelectElement): string {
    const channel = channels.find((name) => field.dataset['channel'] === name);
    if (channel !== undefined) return String(this.#color[channel]);
    return field.name === 'order' ? this.#order : cssHex(this.#color);
  }

  async #copyRustLine(button: HTMLButtonElement): Promise<void> {
    const line = this.#one('[data-rust]', HTMLElement);
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

  #one<T extends Element>(selector: string, type: new () => T): T {
    const found = this.querySelector(selector);
    if (!(found instanceof type)) throw new Error(`<onko-color> has no ${selector}`);
    return found;
  }
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
