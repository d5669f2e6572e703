import {
  addressFromFragment,
  addressToFragment,
  describeAddress,
  formatAddress,
  kernelSpace,
  parseAddress,
  parseLevels,
  symbolAt,
  type AddressSetting,
} from '../../lib/address.ts';
import type { KernelSymbol } from '../../lib/manifest.ts';
import { WidgetElement, type Field } from '../widget-element.ts';
import { wordsOf } from '../words/words.ts';
import { bitsHtml } from './address-markup.ts';

const say = wordsOf('address');

/**
 * `<onko-address>`: a 64-bit address taken apart the way the CPU does. The markup comes from AddressExplorer.astro;
 * `data-symbols` holds the symbols of the chapter's kernel, as the manifest lists them.
 */
class AddressExplorer extends WidgetElement<AddressSetting> {
  protected readonly initial: AddressSetting = { address: kernelSpace, levels: 4 };

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null;
      const address = button?.dataset['setting'];
      if (address !== undefined) this.change({ ...this.setting, address: parseAddress(address) });
    });
  }

  protected read(): AddressSetting {
    return {
      address: parseAddress(this.one('[name=address]', HTMLInputElement).value),
      levels: parseLevels(this.one('[name=levels]', HTMLSelectElement).value),
    };
  }

  protected toFragment(setting: AddressSetting): string {
    return addressToFragment(setting);
  }

  protected fromFragment(fragment: string): AddressSetting | undefined {
    return addressFromFragment(fragment);
  }

  protected show(setting: AddressSetting, edited?: Field): void {
    const { canonical, why, region, borders } = describeAddress(setting.address, setting.levels);
    const field = this.one('[name=address]', HTMLInputElement);
    if (field !== edited) field.value = formatAddress(setting.address);
    this.one('[name=levels]', HTMLSelectElement).value = String(setting.levels);
    this.one('.parts', HTMLOListElement).innerHTML = bitsHtml(setting, say);
    this.write('[name=canonical]', say(canonical ? 'yes' : 'no'));
    this.write('[data-why]', why);
    this.write('[name=region]', region.name);
    this.write('[data-first]', formatAddress(region.first));
    this.write('[data-last]', formatAddress(region.last));
    this.write('[data-borders]', borders);
    this.write('[name=symbol]', symbolAt(setting.address, this.#symbols()) ?? say('none'));
  }

  #symbols(): KernelSymbol[] {
    return JSON.parse(this.dataset['symbols'] ?? '[]') as KernelSymbol[];
  }
}

customElements.define('onko-address', AddressExplorer);
