import { formatAddress } from '../../lib/address.ts';
import {
  codeFlags,
  flagsExpression,
  flagsFromEntry,
  flagsFromFragment,
  flagsMeaning,
  flagsNumber,
  flagsToFragment,
  pageBits,
  parseFlags,
  permissions,
  readelfLetters,
  type SegmentFlags,
} from '../../lib/segment-flags.ts';
import { WidgetElement, type Field } from '../widget-element.ts';

/**
 * `<onko-flags>`: a segment's permissions, in every way of writing them, each of which can be edited.
 * The markup comes from SegmentFlags.astro.
 */
class SegmentFlagsElement extends WidgetElement<SegmentFlags> {
  protected readonly initial = codeFlags;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null;
      const flags = button?.dataset['setting'];
      if (flags !== undefined) this.change(parseFlags(flags));
    });
  }

  protected read(field: Field): SegmentFlags {
    const permission = permissions.find((name) => name === field.name);
    if (field.name === 'entry') return flagsFromEntry(field.value);
    if (permission === undefined) return parseFlags(field.value);
    return { ...this.setting, [permission]: field instanceof HTMLInputElement && field.checked };
  }

  protected toFragment(flags: SegmentFlags): string {
    return flagsToFragment(flags);
  }

  protected fromFragment(fragment: string): SegmentFlags | undefined {
    return flagsFromFragment(fragment);
  }

  protected show(flags: SegmentFlags, edited?: Field): void {
    const bits = pageBits(flags);
    for (const name of permissions) this.one(`[name=${name}]`, HTMLInputElement).checked = flags[name];
    for (const [name, text] of [
      ['expression', flagsExpression(flags)],
      ['number', String(flagsNumber(flags))],
      ['letters', readelfLetters(flags).trimEnd()],
      ['entry', formatAddress(bits.entry)],
    ] as const) {
      const field = this.one(`[name=${name}]`, HTMLInputElement);
      if (field !== edited) field.value = text;
    }
    this.write('[name=writable]', String(Number(bits.writable)));
    this.write('[name=no-execute]', String(Number(bits.noExecute)));
    const { text, warning = '' } = flagsMeaning(flags);
    this.write('[data-meaning]', text);
    this.write('[data-warning]', warning);
  }
}

customElements.define('onko-flags', SegmentFlagsElement);
