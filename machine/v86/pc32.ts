/** The 32-bit PC: v86 without page or worker. Its internals, where its interface tells too little, are in internals.ts. */
import { V86 } from 'v86';
import { checkDisc, isCd } from '../disc.ts';
import type { Registers } from '../engine.ts';
import { MachineError } from '../errors.ts';
import type { ScreenMode } from '../protocol.ts';
import type { Screen } from '../screen.ts';
import { decodeTextScreen } from '../text-screen.ts';
import { readRegisters, type Internals, type Layer, type Vga } from './internals.ts';
import { scanCodes } from './scan-codes.ts';
import { TextPicture } from './text-picture.ts';

/** What the PC is made of: v86's engine, compiled, and the BIOS images. */
export interface Parts {
  module: WebAssembly.Module;
  bios: ArrayBuffer;
  vgaBios: ArrayBuffer;
}

export interface Pc32Outputs {
  serial(bytes: Uint8Array): void;
  debug(bytes: Uint8Array): void;
  /** The CPU executed `hlt` with interrupts off. It is between two instructions of a slice still. */
  halted(): void;
}

/** Guest RAM. What boots here, loader or boot sector, needs little. */
const memoryBytes = 32 * 2 ** 20;
const videoBytes = 8 * 2 ** 20;
/** A 3½-inch disc with high density. */
const floppyBytes = 1440 * 1024;
const sectorBytes = 512;
/** The byte of the sector below, as the BIOS has loaded it, that lets it go on. */
const goOn = 0x7dfd;
/**
 * A boot sector that waits until another disc is in the drive, and then has the BIOS boot anew: whatever boots next finds the
 * PC as if it had come first. BIOS calls as in Ralf Brown's Interrupt List.
 */
const waitingSector = Uint8Array.of(
  ...[0xb0, 0x2e], //                     mov al, '.'
  ...[0xe6, 0xe9], //                     out 0xe9, al       ; says that it waits
  ...[0xfb], //                     wait: sti
  ...[0xf4], //                           hlt                ; until the next interrupt: the timer's comes 18 times a second
  ...[0x80, 0x3e, 0xfd, 0x7d, 0x00], //   cmp byte [0x7dfd], 0
  ...[0x74, 0xf7], //                     je wait
  ...[0xb4, 0x03], //                     mov ah, 3          ; where the cursor is
  ...[0x30, 0xff], //                     xor bh, bh
  ...[0xcd, 0x10], //                     int 0x10
  ...[0xfe, 0xce], //                     dec dh             ; "Booting from Floppy..." comes again, in the same line
  ...[0xb4, 0x02], //                     mov ah, 2          ; move it
  ...[0xcd, 0x10], //                     int 0x10
  ...[0xcd, 0x19], //                     int 0x19           ; boot
);
/** Video memory and ROMs as the CPU sees them: v86 keeps them elsewhere. */
const videoWindow = { from: 0xa0000, to: 0xc0000 };
/** Where Bochs's BIOS and ours write to be read by whoever runs the emulator. */
const debugPort = 0xe9;
/** Where v86's graphics card has its linear video memory. */
const linearAddress = 0xe0000000n;
/** CR0: paging. */
const paging = 1n << 31n;

/** Whether the image is one of a floppy disc: its first sector is a boot sector. CDs may have one, too, for sticks. */
export function isFloppy(image: Uint8Array): boolean {
  const signed = image[sectorBytes - 2] === 0x55 && image[sectorBytes - 1] === 0xaa;
  return signed && image.length <= floppyBytes && image.length % sectorBytes === 0 && !isCd(image);
}

/** A floppy disc with the image at its beginning, as v86 takes it. */
function floppy(image: Uint8Array): { buffer: ArrayBuffer } {
  const disc = new Uint8Array(floppyBytes);
  disc.set(image);
  return { buffer: disc.buffer };
}

/** A disc to boot from, as v86 takes it. Throws a {@link MachineError} for an image that no BIOS would boot. */
function drive(image: Uint8Array): { fda: { buffer: ArrayBuffer } } | { cdrom: { buffer: ArrayBuffer } } {
  if (!isFloppy(image)) {
    checkDisc(image);
    return { cdrom: { buffer: image.slice().buffer } };
  }
  return { fda: floppy(image) };
}

export class Pc32 {
  readonly #emulator: Internals;
  readonly #exports: WebAssembly.Exports;
  readonly #text = new TextPicture();
  #outputs: Pc32Outputs;
  /** As it was when it began to wait for a floppy disc; undefined for a PC that was switched on with its disc. */
  #waiting: ArrayBuffer | undefined;
  /** It waits: nothing has happened since. */
  #waits = false;
  /** Instructions from before it was switched on with this disc: those of the BIOS, and of other discs. */
  #instructionsBefore = 0;
  #layers: readonly Layer[] = [];
  /** Of a graphics mode; `null` in text modes. */
  #graphics: { width: number; height: number; bpp: number } | null = null;
  #dirty = true;

  private constructor(emulator: Internals, exports: WebAssembly.Exports, outputs: Pc32Outputs) {
    this.#emulator = emulator;
    this.#exports = exports;
    this.#outputs = outputs;
    emulator.add_listener('serial0-output-byte', (byte) => this.#outputs.serial(Uint8Array.of(byte)));
    emulator.add_listener('cpu-event-halt', () => this.#outputs.halted());
    emulator.v86.cpu.io.register_write(debugPort, this, (byte) => this.#outputs.debug(Uint8Array.of(byte)));
    emulator.add_listener('screen-set-size', ([width, height, bpp]) => {
      this.#graphics = bpp === 0 ? null : { width, height, bpp };
      this.#dirty = true;
    });
    this.#watchScreen();
  }

  /** A PC with a disc in its drive, before its first instruction. Rejects with a {@link MachineError}. */
  static async create({ module, bios, vgaBios }: Parts, image: Uint8Array, outputs: Pc32Outputs): Promise<Pc32> {
    const disc = drive(image);
    return new Promise((resolve, reject) => {
      const emulator = new V86({
        ...disc,
        wasm_fn: async (imports) => {
          try {
            const { exports } = await WebAssembly.instantiate(module, imports);
            emulator.add_listener('emulator-loaded', () => resolve(new Pc32(emulator, exports, outputs)));
            return exports;
          } catch (error) {
            reject(error);
            throw error;
          }
        },
        bios: { buffer: bios },
        vga_bios: { buffer: vgaBios },
        memory_size: memoryBytes,
        vga_memory_size: videoBytes,
        fastboot: true,
        disable_keyboard: true,
        disable_mouse: true,
        disable_speaker: true,
      }) as unknown as Internals;
    });
  }

  /** A PC whose BIOS has done its work and that waits for a floppy disc: {@link bootFloppy}. */
  static async createWaiting(parts: Parts): Promise<Pc32> {
    const image = new Uint8Array(sectorBytes);
    image.set(waitingSector);
    image.set([0x55, 0xaa], sectorBytes - 2);
    let reached = (): void => {};
    const waits = new Promise<void>((resolve) => (reached = resolve));
    const pc = await Pc32.create(parts, image, { serial: () => {}, debug: () => reached(), halted: () => {} });
    pc.run();
    await waits;
    await pc.stop();
    pc.#waiting = await pc.#emulator.save_state();
    pc.#waits = true;
    return pc;
  }

  /** Whether {@link bootFloppy} boots this disc. */
  boots(image: Uint8Array): boolean {
    return this.#waiting !== undefined && isFloppy(image);
  }

  /** Boots a floppy disc on a PC that was made to wait for one, whatever it has done since. It then stands, until {@link run}. */
  async bootFloppy(image: Uint8Array, outputs: Pc32Outputs): Promise<void> {
    await this.stop();
    this.#outputs = outputs;
    if (!this.#waits && this.#waiting) await this.#emulator.restore_state(this.#waiting);
    this.#waits = false;
    this.#instructionsBefore = this.#emulator.get_instruction_counter();
    await this.#emulator.set_fda(floppy(image));
    this.#emulator.write_memory([1], goOn);
  }

  /** v86 tells its screen what it sees; nothing has been drawn yet. */
  #watchScreen(): void {
    const text = this.#text;
    const changed = (): void => {
      this.#dirty = true;
    };
    Object.assign(this.#emulator.screen_adapter, {
      set_size_text(columns: number, rows: number) {
        text.resize(columns, rows);
        changed();
      },
      put_char(row: number, column: number, character: number, _flags: number, background: number, foreground: number) {
        text.put(row, column, { character, background, foreground });
        changed();
      },
      set_font_bitmap(height: number, _nine: boolean, _wide: boolean, _copied: boolean, glyphs: Uint8Array) {
        text.setFont(height, glyphs);
        changed();
      },
      update_cursor(row: number, column: number) {
        text.moveCursor(row, column);
        changed();
      },
      update_cursor_scanline(from: number, to: number, visible: boolean) {
        text.shapeCursor(from, to, visible);
        changed();
      },
      update_buffer: (layers: readonly Layer[]) => {
        this.#layers = layers;
        changed();
      },
    });
  }

  run(): void {
    void this.#emulator.run();
  }

  /** Resolves when it stands between two instructions. */
  stop(): Promise<void> {
    return this.#emulator.stop();
  }

  reset(): void {
    this.#emulator.restart();
  }

  /** Gives everything back. */
  destroy(): Promise<void> {
    return this.#emulator.destroy();
  }

  /** Presses or releases a key; `false` when a PC's keyboard has none of that name. */
  key(code: string, pressed: boolean): boolean {
    const codes = scanCodes(code, pressed);
    if (codes === undefined) return false;
    this.#emulator.keyboard_send_scancodes(codes);
    return true;
  }

  mode(): ScreenMode {
    return this.#graphics
      ? { mode: 'graphics', ...this.#graphics }
      : { mode: 'text', width: this.#text.columns, height: this.#text.rows, bpp: 0 };
  }

  textScreen(): string[] {
    if (this.#graphics) return [];
    return decodeTextScreen(this.#text.cells(), this.#text.columns, this.#text.rows);
  }

  /** The picture, or `null` when it is the one of the last call. */
  changedPicture(): { width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> } | null {
    // In graphics modes v86 looks at what has changed when it is asked for the picture; it may be nothing.
    if (this.#graphics) this.#vga.screen_fill_buffer();
    if (!this.#dirty) return null;
    this.#dirty = false;
    return this.#picture();
  }

  #picture(): { width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> } {
    if (!this.#graphics) return { width: this.#text.width, height: this.#text.height, rgba: this.#text.draw() };
    const { width, height } = this.#graphics;
    const rgba = new Uint8ClampedArray(width * height * 4);
    for (const layer of this.#layers) copyLayer(layer, rgba, width, height);
    return { width, height, rgba };
  }

  screen(): Screen {
    const { svga_enabled, svga_width, svga_height, svga_bpp, svga_offset, svga_memory } = this.#vga;
    if (this.#graphics && svga_enabled) {
      const pitch = svga_width * Math.ceil(svga_bpp / 8);
      const pixels = svga_memory.slice(svga_offset, svga_offset + pitch * svga_height);
      return {
        mode: 'graphics',
        width: svga_width,
        height: svga_height,
        bpp: svga_bpp,
        pitch,
        pixels,
        address: linearAddress,
      };
    }
    if (this.#graphics) this.#vga.screen_fill_buffer();
    const { width, height, rgba } = this.#picture();
    const pixels = new Uint8Array(rgba.length);
    for (let at = 0; at < rgba.length; at += 4) pixels.set([rgba[at + 2] ?? 0, rgba[at + 1] ?? 0, rgba[at] ?? 0], at);
    return { mode: this.mode().mode, width, height, bpp: 32, pitch: width * 4, pixels, address: null };
  }

  get #vga(): Vga {
    return this.#emulator.v86.cpu.devices.vga;
  }

  registers(): Registers {
    return readRegisters(this.#emulator.v86.cpu);
  }

  instructionCount(): number {
    return this.#emulator.get_instruction_counter() - this.#instructionsBefore;
  }

  memoryUsage(): number {
    return (this.#exports['memory'] as WebAssembly.Memory).buffer.byteLength;
  }

  readPhysical(address: bigint, length: number): Uint8Array {
    return this.#emulator.read_memory(this.#ram(address, length), length).slice();
  }

  /** Only while paging is off, when linear addresses are physical ones. */
  readLinear(address: bigint, length: number): Uint8Array {
    if ((this.registers().cr0 & paging) !== 0n) {
      throw new MachineError('The 32-bit PC does not follow page tables.', 'Read physical memory.');
    }
    return this.readPhysical(address, length);
  }

  writePhysical(address: bigint, bytes: Uint8Array): void {
    this.#emulator.write_memory(bytes, this.#ram(address, bytes.length));
  }

  #ram(address: bigint, length: number): number {
    const from = Number(address);
    const to = from + length;
    const outside = address < 0n || to > memoryBytes;
    if (outside || (from < videoWindow.to && to > videoWindow.from)) {
      throw new MachineError(
        `The ${length} bytes at 0x${address.toString(16)} are not all in the 32-bit PC's memory.`,
        'It has 32 MiB, without those from 0xa0000 to 0xbffff, which belong to the graphics card.',
      );
    }
    return from;
  }
}

/** Copies what a layer shows into the picture. */
function copyLayer(layer: Layer, rgba: Uint8ClampedArray, width: number, height: number): void {
  const { image_data, screen_x, screen_y, buffer_x, buffer_y, buffer_width, buffer_height } = layer;
  const left = Math.max(0, screen_x);
  const right = Math.min(width, screen_x + buffer_width);
  for (let row = 0; row < buffer_height && screen_y + row < height; row++) {
    const from = ((buffer_y + row) * image_data.width + buffer_x + left - screen_x) * 4;
    const count = (right - left) * 4;
    if (count > 0) rgba.set(image_data.data.subarray(from, from + count), ((screen_y + row) * width + left) * 4);
  }
}
