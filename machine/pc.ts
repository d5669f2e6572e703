/** The PC itself, without worker or page: the same in Node and in the browser. Nothing happens unless `run` is called. */
import { checkDisc } from './disc.ts';
import {
  decodeExceptions,
  decodeRegisters,
  stopReasons,
  type Engine,
  type Fault,
  type Registers,
  type StopReason,
} from './engine.ts';
import { MachineError, noMemory } from './errors.ts';
import { Files } from './files.ts';
import { keyCount, keyNumber, released } from './keys.ts';
import type { PostBiosSnapshot } from './post-bios.ts';
import type { Instruction, ScreenMode } from './protocol.ts';
import { readLayout, readPicture, readScreen, type Picture, type Screen } from './screen.ts';
import { changedPages, copyPages, pageBytes, putPages, type Snapshot } from './snapshot.ts';
import { decodeTextScreen } from './text-screen.ts';

/** Instructions in a second of the guest's time (`ips` in bochsrc): what turns ticks into time. */
export const ticksPerSecond = 100e6;

/** Called with output as it happens, during {@link Pc.run} and {@link Pc.step}. */
export interface PcOutputs {
  serial?: (bytes: Uint8Array) => void;
  debug?: (bytes: Uint8Array) => void;
  /** A line of the emulator's own log, such as a complaint of the BIOS. */
  log?: (line: string) => void;
}

/** Files that the engine reads when it starts from nothing. */
export interface FirstFiles {
  bochsrc: Uint8Array<ArrayBuffer>;
  bios: Uint8Array<ArrayBuffer>;
  vgaBios: Uint8Array<ArrayBuffer>;
}

const unmapped = 0xffff_ffff_ffff_ffffn;
const longestInstruction = 15;

/** What one `instantiate` needs besides the module. */
async function instantiate(module: WebAssembly.Module, files: Files): Promise<Engine> {
  try {
    const { exports } = await WebAssembly.instantiate(module, files.imports);
    if (!('engine_run' in exports)) throw new Error('it is another program');
    return exports as unknown as Engine;
  } catch (error) {
    if (error instanceof RangeError) throw noMemory(error);
    throw new MachineError(
      `The engine does not fit this page: ${error instanceof Error ? error.message : String(error)}.`,
      'Reload the page; if it stays so, build the engine again with ./onko build.',
      error,
    );
  }
}

/** The memory of an engine that nothing has run in: what the post-BIOS snapshot is compared with. */
export async function freshMemory(module: WebAssembly.Module): Promise<ArrayBuffer> {
  const nothing = (): void => {};
  const engine = await instantiate(module, new Files({ serial: nothing, debug: nothing, log: nothing }));
  return engine.memory.buffer as ArrayBuffer;
}

export class Pc {
  readonly #engine: Engine;
  readonly #files: Files;
  #breakpoints: readonly bigint[] = [];
  #disc = new Uint8Array(0);
  #countedFrom = 0;
  #atBreakpoint = false;

  private constructor(engine: Engine, files: Files) {
    this.#engine = engine;
    this.#files = files;
  }

  /** A PC whose BIOS is about to look for a disc; the drive is empty and the clock is right. */
  static async fromSnapshot(
    module: WebAssembly.Module,
    snapshot: PostBiosSnapshot,
    outputs: PcOutputs = {},
  ): Promise<Pc> {
    const files = Pc.#filesFor(outputs);
    const engine = await instantiate(module, files);
    files.attach(engine);
    Pc.#growTo(engine, snapshot.memoryBytes);
    snapshot.writeTo(engine.memory.buffer as ArrayBuffer);
    files.reopen(snapshot.files);
    const pc = new Pc(engine, files);
    pc.#countedFrom = pc.#executed();
    return pc;
  }

  /** A PC at its very first instruction: slower, and how the post-BIOS snapshot is made. */
  static async fromReset(module: WebAssembly.Module, first: FirstFiles, outputs: PcOutputs = {}): Promise<Pc> {
    const files = Pc.#filesFor(outputs);
    const engine = await instantiate(module, files);
    files.put('bochsrc', first.bochsrc);
    files.put('bios.bin', first.bios);
    files.put('vgabios.bin', first.vgaBios);
    files.put('boot.iso', new Uint8Array(2048));
    files.initialize(engine);
    if (engine.engine_init() !== 0) throw new Error('Bochs refused its configuration');
    if (engine.engine_key_count() !== keyCount) throw new Error('machine/keys.ts does not fit this version of Bochs');
    return new Pc(engine, files);
  }

  static #filesFor({ serial, debug, log }: PcOutputs): Files {
    const nothing = (): void => {};
    const decoder = new TextDecoder();
    let line = '';
    const collect = (bytes: Uint8Array): void => {
      const lines = (line + decoder.decode(bytes, { stream: true })).split('\n');
      line = lines.pop() ?? '';
      for (const complete of lines) if (complete.trim() !== '') log?.(complete);
    };
    return new Files({ serial: serial ?? nothing, debug: debug ?? nothing, log: log ? collect : nothing });
  }

  static #growTo(engine: Engine, bytes: number): void {
    const missing = bytes - engine.memory.buffer.byteLength;
    try {
      if (missing > 0) engine.memory.grow(missing / 65536);
    } catch (error) {
      throw noMemory(error);
    }
  }

  /** Puts a disc into the drive. Throws a {@link MachineError} when it cannot be a bootable CD. The image is copied. */
  insertDisc(image: Uint8Array): void {
    checkDisc(image);
    this.#useDisc(image.slice());
    if (this.#engine.engine_change_disc() !== 1) {
      throw new MachineError('The drive did not take the disc: the guest has locked it.', 'Reset the machine first.');
    }
  }

  #useDisc(image: Uint8Array<ArrayBuffer>): void {
    this.#disc = image;
    this.#files.put('boot.iso', image);
  }

  /** Makes the CPU one without 64-bit long mode, as PCs were before 2003, or one with it. Call it before the guest runs. */
  setLongMode(available: boolean): void {
    this.#engine.engine_set_long_mode(available ? 1 : 0);
  }

  /** Sets the battery-backed clock; `date` is what the guest reads as UTC. */
  setClock(date: Date): void {
    this.#engine.engine_set_time(Math.floor(date.getTime() / 1000));
  }

  /**
   * Runs until `ticks` have passed (an instruction takes one), a breakpoint is reached, the CPU shuts down, or the CPU has
   * waited for `idle` ticks. Time passes for a waiting CPU only as far as `idle` allows.
   */
  run(ticks: number, idle: number): StopReason {
    if (this.#atBreakpoint) {
      const reason = this.step();
      if (reason !== 'slice-used') return reason;
    }
    const reason = stopReasons[this.#engine.engine_run(ticks, idle)] ?? 'slice-used';
    this.#atBreakpoint = reason === 'breakpoint';
    return reason;
  }

  /** Executes one instruction, or delivers one interrupt; breakpoints are not looked at. A waiting CPU stays waiting. */
  step(): StopReason {
    this.#atBreakpoint = false;
    if (this.#breakpoints.length === 0) return stopReasons[this.#engine.engine_step()] ?? 'slice-used';
    this.#engine.engine_use_breakpoints(0);
    const reason = stopReasons[this.#engine.engine_step()] ?? 'slice-used';
    this.#engine.engine_use_breakpoints(this.#breakpoints.length);
    return reason;
  }

  reset(): void {
    this.#engine.engine_reset();
    this.#countedFrom = this.#executed();
    this.#atBreakpoint = false;
  }

  /** Stops {@link run} before the instruction at any of these linear addresses. At most 64. */
  setBreakpoints(addresses: readonly bigint[]): void {
    const list = new BigUint64Array(this.#engine.memory.buffer, this.#engine.engine_breakpoints(), 64);
    if (addresses.length > list.length) {
      throw new MachineError(`${addresses.length} breakpoints are too many.`, `Set ${list.length} at most.`);
    }
    list.set(addresses);
    this.#breakpoints = [...addresses];
    this.#engine.engine_use_breakpoints(addresses.length);
  }

  /** Presses or releases a key, named as in `KeyboardEvent.code`; `false` when a PC keyboard does not have it. */
  key(code: string, pressed: boolean): boolean {
    const number = keyNumber(code);
    if (number === undefined) return false;
    this.#engine.engine_key(pressed ? number : (number | released) >>> 0);
    return true;
  }

  /** Instructions since power-on or reset. */
  instructionCount(): number {
    return this.#executed() - this.#countedFrom;
  }

  #executed(): number {
    return this.#engine.engine_ticks() - this.#engine.engine_idle_ticks();
  }

  /** Ticks of the guest's time since power-on, waiting included. */
  ticks(): number {
    return this.#engine.engine_ticks();
  }

  /** Bytes of memory that the engine holds, the guest's 64 MiB included. */
  memoryUsage(): number {
    return this.#engine.memory.buffer.byteLength;
  }

  registers(): Registers {
    return decodeRegisters(new BigUint64Array(this.#engine.memory.buffer, this.#engine.engine_registers(), 48));
  }

  /** The exceptions behind the last triple fault. */
  fault(): Fault {
    const count = this.#engine.engine_exception_count();
    const words = new BigUint64Array(this.#engine.memory.buffer, this.#engine.engine_exceptions(), count * 4);
    return { exceptions: decodeExceptions(words) };
  }

  mode(): ScreenMode {
    const { graphics, width, height, bpp } = readLayout(this.#engine);
    return { mode: graphics ? 'graphics' : 'text', width, height, bpp };
  }

  screen(): Screen {
    return readScreen(this.#engine);
  }

  textScreen(): string[] {
    const { graphics, width, height } = readLayout(this.#engine);
    if (graphics) return [];
    const cells = new Uint8Array(this.#engine.memory.buffer, this.#engine.engine_text_cells(), width * height * 2);
    return decodeTextScreen(cells, width, height);
  }

  /** The picture, if it has changed since the last call. */
  changedPicture(): Picture | null {
    return this.#engine.engine_update_picture() === 1 ? readPicture(this.#engine) : null;
  }

  /** Copies physical memory as the CPU would read it, device memory included. */
  readPhysical(address: bigint, length: number): Uint8Array<ArrayBuffer> {
    return this.#withBuffer(length, (buffer) => {
      if (this.#engine.engine_read_physical(address, length, buffer) === 0) {
        throw new MachineError(
          `There is no memory at physical address 0x${address.toString(16)} to 0x${(address + BigInt(length)).toString(16)}.`,
          'The machine has 64 MiB of RAM from address 0, and its framebuffer.',
        );
      }
      return new Uint8Array(this.#engine.memory.buffer as ArrayBuffer, buffer, length).slice();
    });
  }

  /** Writes RAM. */
  writePhysical(address: bigint, bytes: Uint8Array): void {
    this.#withBuffer(bytes.length, (buffer) => {
      new Uint8Array(this.#engine.memory.buffer, buffer, bytes.length).set(bytes);
      if (this.#engine.engine_write_physical(address, bytes.length, buffer) === 0) {
        throw new MachineError(
          `There is no RAM at physical address 0x${address.toString(16)}.`,
          'The machine has 64 MiB of RAM from address 0.',
        );
      }
    });
  }

  /** Physical address of a linear one, or `null` when it is not mapped. */
  translate(linear: bigint): bigint | null {
    const physical = BigInt.asUintN(64, this.#engine.engine_translate(linear));
    return physical === unmapped ? null : physical;
  }

  /** Copies memory as the guest addresses it now, through its page tables. */
  readLinear(address: bigint, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const linear = BigInt.asUintN(64, address + BigInt(done));
      const inPage = Math.min(length - done, pageBytes - Number(linear % BigInt(pageBytes)));
      const physical = this.translate(linear);
      if (physical === null) {
        throw new MachineError(
          `Linear address 0x${linear.toString(16)} is not mapped.`,
          'Read memory that the guest has mapped, or use physical addresses.',
        );
      }
      bytes.set(this.readPhysical(physical, inPage), done);
      done += inPage;
    }
    return bytes;
  }

  /** Disassembles instructions from a linear address; stops early where memory is not mapped. */
  disassemble(address: bigint, count: number): Instruction[] {
    const { codeBits } = this.registers();
    const instructions: Instruction[] = [];
    let at = address;
    while (instructions.length < count) {
      const bytes = this.#codeAt(at);
      if (bytes.length === 0) break;
      const instruction = this.#disassembleOne(at, bytes, codeBits);
      instructions.push(instruction);
      at = BigInt.asUintN(64, at + BigInt(instruction.bytes.length));
    }
    return instructions;
  }

  /** Up to 15 bytes: fewer at the end of what is mapped. */
  #codeAt(address: bigint): Uint8Array<ArrayBuffer> {
    const inPage = pageBytes - Number(BigInt.asUintN(64, address) % BigInt(pageBytes));
    if (this.translate(address) === null) return new Uint8Array(0);
    const next = inPage < longestInstruction && this.translate(address + BigInt(inPage)) === null;
    return this.readLinear(address, next ? inPage : longestInstruction);
  }

  #disassembleOne(address: bigint, code: Uint8Array<ArrayBuffer>, bits: number): Instruction {
    return this.#withBuffer(longestInstruction + 1, (buffer) => {
      const memory = new Uint8Array(this.#engine.memory.buffer);
      memory.fill(0, buffer, buffer + longestInstruction + 1);
      memory.set(code, buffer);
      const result = this.#engine.engine_disassemble(buffer, bits, address);
      const text = new TextDecoder().decode(memory.subarray(result, memory.indexOf(0, result)));
      const length = Math.max(1, Math.min(memory[result + 511] ?? 1, code.length));
      return { address, bytes: code.slice(0, length), text };
    });
  }

  #withBuffer<T>(bytes: number, use: (buffer: number) => T): T {
    const buffer = this.#engine.engine_allocate(bytes);
    if (buffer === 0 && bytes > 0) throw noMemory();
    try {
      return use(buffer);
    } finally {
      this.#engine.engine_free(buffer);
    }
  }

  snapshot(): Snapshot {
    const memory = this.#engine.memory.buffer as ArrayBuffer;
    const pages = changedPages(memory);
    return {
      memoryBytes: memory.byteLength,
      pages,
      contents: copyPages(memory, pages),
      files: this.#files.openFiles(),
      disc: this.#disc.slice(),
      countedFrom: this.#countedFrom,
    };
  }

  restore(snapshot: Snapshot): void {
    Pc.#growTo(this.#engine, snapshot.memoryBytes);
    putPages(this.#engine.memory.buffer as ArrayBuffer, snapshot.pages, snapshot.contents);
    this.#useDisc(snapshot.disc.slice());
    this.#files.reopen(snapshot.files);
    this.#countedFrom = snapshot.countedFrom;
    this.#atBreakpoint = false;
    this.setBreakpoints(this.#breakpoints);
    this.#engine.engine_redraw();
  }

  /** For the post-BIOS snapshot: the engine's memory without decoded code and address translations. */
  trimmedMemory(): { memory: ArrayBuffer; files: ReturnType<Files['openFiles']> } {
    this.#engine.engine_trim();
    return { memory: this.#engine.memory.buffer as ArrayBuffer, files: this.#files.openFiles() };
  }
}
