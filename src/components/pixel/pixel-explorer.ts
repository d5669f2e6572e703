import { bytesPerPixel } from '../../lib/depth.ts';
import {
  landingInWords,
  laptopPixel,
  parsePixelSetting,
  pixelFieldValue,
  pixelFields,
  pixelFromFragment,
  pixelPlace,
  pixelToFragment,
  rowBytes,
  shearedPlace,
  type FramebufferShape,
  type PixelSetting,
} from '../../lib/framebuffer.ts';
import { WidgetElement, type Field } from '../widget-element.ts';
import { wordsOf } from '../words/words.ts';
import { gridHtml, stripHtml, thumbnail } from './pixel-markup.ts';

const say = wordsOf('pixel');

const steps: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * `<onko-pixel>`: where one pixel lies in a framebuffer, and what becomes of a picture whose painter took the width for
 * the pitch. The markup comes from PixelExplorer.astro.
 */
class PixelExplorer extends WidgetElement<PixelSetting> {
  protected readonly initial = laptopPixel;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('click', (event) => this.#choose(event.target));
    this.one('.grid', HTMLTableElement).addEventListener('keydown', (event) => this.#walk(event));
    this.#paint(this.setting.shape);
  }

  protected read(): PixelSetting {
    return parsePixelSetting((field) => this.one(`[name=${field}]`, HTMLInputElement).value);
  }

  protected toFragment(setting: PixelSetting): string {
    return pixelToFragment(setting);
  }

  protected fromFragment(fragment: string): PixelSetting | undefined {
    return pixelFromFragment(fragment);
  }

  protected show(setting: PixelSetting, edited?: Field): void {
    const { shape, x, y } = setting;
    const { offset, last, rowStart } = pixelPlace(shape, x, y);
    const size = bytesPerPixel(shape.bpp);
    for (const name of pixelFields) {
      const field = this.one(`[name=${name}]`, HTMLInputElement);
      if (field !== edited) field.value = String(pixelFieldValue(setting, name));
    }
    this.write('[data-numbers]', `${y} * ${shape.pitch} + ${x} * ${size}`);
    this.write('[data-terms]', `${rowStart} + ${offset - rowStart}`);
    this.write('[name=offset]', String(offset));
    this.write('[name=offset-hex]', `0x${offset.toString(16)}`);
    this.write('[data-bytes]', say('range', { first: offset, last }));
    this.write('[data-padding]', say('bytes', { count: shape.pitch - rowBytes(shape) }));
    this.write(
      '[data-mistake]',
      `${y} * ${shape.width} * ${size} + ${x} * ${size} = ${shearedPlace(shape, x, y).offset}`,
    );
    this.write('[data-landing]', landingInWords(shape, x, y));
    this.one('.grid', HTMLTableElement).innerHTML = gridHtml(setting, say);
    this.one('.strip', HTMLOListElement).innerHTML = stripHtml(setting, say);
    this.#paint(shape);
  }

  #painted = '';

  /** Paints both pictures, unless they are already of this shape. */
  #paint(shape: FramebufferShape): void {
    const key = JSON.stringify(shape);
    if (key === this.#painted) return;
    this.#painted = key;
    for (const [name, pitch] of [
      ['right', shape.pitch],
      ['wrong', rowBytes(shape)],
    ] as const) {
      const canvas = this.one(`canvas[data-picture=${name}]`, HTMLCanvasElement);
      const { columns, rows, rgba } = thumbnail(shape, pitch);
      // What the build drew behind the canvas may be of another shape.
      canvas.removeAttribute('style');
      canvas.width = columns;
      canvas.height = rows;
      canvas.getContext('2d')?.putImageData(new ImageData(rgba, columns, rows), 0, 0);
    }
  }

  /** A click on a pixel of the grid, or on one of the screens to try. */
  #choose(target: EventTarget | null): void {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button === null) return;
    const { x, y, setting } = button.dataset;
    if (x !== undefined && y !== undefined) this.#go(Number(x), Number(y));
    const preset = setting === undefined ? undefined : pixelFromFragment(setting);
    if (preset !== undefined) this.change(preset);
  }

  /** Arrow keys walk through the grid, which follows. */
  #walk(event: KeyboardEvent): void {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const { shape, x, y } = this.setting;
    this.#go(Math.max(0, Math.min(shape.width - 1, x + step[0])), Math.max(0, Math.min(shape.height - 1, y + step[1])));
  }

  #go(x: number, y: number): void {
    this.change({ ...this.setting, x, y });
    this.one('.grid [aria-pressed=true]', HTMLButtonElement).focus();
  }
}

customElements.define('onko-pixel', PixelExplorer);
