/** What is on the guest's screen, from the engine's memory. */
import type { Engine } from './engine.ts';

/** The guest's screen as raw data. */
export interface Screen {
  mode: 'text' | 'graphics';
  /** Pixels. */
  width: number;
  height: number;
  /** Bits per pixel of `pixels`. */
  bpp: number;
  /** Bytes from the start of one row of `pixels` to the next. */
  pitch: number;
  /**
   * In linear graphics modes (VESA, 8 to 32 bpp) the bytes of video memory, `height` × `pitch` of them, as the guest wrote
   * them. In text and old VGA modes, the picture as 32-bpp bytes blue, green, red, 0.
   */
  pixels: Uint8Array;
  /** Physical address of the first pixel in linear modes, else `null`. */
  address: bigint | null;
}

/** The mode alone. */
export interface Layout {
  graphics: boolean;
  /** Pixels in graphics modes, characters in text modes. */
  width: number;
  height: number;
  /** 0 unless the mode is a linear one. */
  bpp: number;
  pitch: number;
  address: number;
  /** Where the first pixel is in the engine's memory. */
  memory: number;
}

/** The order of the fields is that of `onko_screen_layout` in glue/onko.h. */
export function readLayout(engine: Engine): Layout {
  const words = new Uint32Array(engine.memory.buffer, engine.engine_screen_layout(), 7);
  const [graphics = 0, width = 0, height = 0, bpp = 0, pitch = 0, address = 0, memory = 0] = words;
  return { graphics: graphics === 1, width, height, bpp, pitch, address, memory };
}

export function readScreen(engine: Engine): Screen {
  const { graphics, width, height, bpp, pitch, address, memory } = readLayout(engine);
  if (graphics && bpp > 0) {
    const pixels = new Uint8Array(engine.memory.buffer, memory, pitch * height).slice();
    return { mode: 'graphics', width, height, bpp, pitch, pixels, address: BigInt(address) };
  }
  // Looking must not keep the canvas from being told of the change.
  if (engine.engine_update_picture() === 1) engine.engine_redraw();
  const picture = readPicture(engine);
  const pixels = new Uint8Array(picture.width * picture.height * 4);
  for (let at = 0; at < pixels.length; at += 4) {
    pixels[at] = picture.rgba[at + 2] ?? 0;
    pixels[at + 1] = picture.rgba[at + 1] ?? 0;
    pixels[at + 2] = picture.rgba[at] ?? 0;
  }
  const mode = graphics ? 'graphics' : 'text';
  return {
    mode,
    width: picture.width,
    height: picture.height,
    bpp: 32,
    pitch: picture.width * 4,
    pixels,
    address: null,
  };
}

/** The picture as a canvas wants it. `rgba` is a view of the engine's memory: valid until the engine runs again. */
export interface Picture {
  width: number;
  height: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** The picture as of the last `engine_update_picture`. */
export function readPicture(engine: Engine): Picture {
  const width = engine.engine_picture_width();
  const height = engine.engine_picture_height();
  const memory = engine.memory.buffer as ArrayBuffer;
  return { width, height, rgba: new Uint8ClampedArray(memory, engine.engine_picture(), width * height * 4) };
}
