/** The machine as the page sees it: one object, whose PC runs in a worker of its own. */
import type { Registers } from './engine.ts';
import { asFailure, MachineError, noWebAssembly } from './errors.ts';
import type {
  CallName,
  Calls,
  Cpu,
  EngineUrls,
  FromWorker,
  Instruction,
  MachineEvents,
  MachineFailure,
  MachineState,
  ToWorker,
  V86Urls,
  WorkerEvents,
} from './protocol.ts';
import type { Screen } from './screen.ts';
import type { Snapshot } from './snapshot.ts';
import { Watchdog } from './watchdog.ts';

export type { Registers } from './engine.ts';
export { MachineError } from './errors.ts';
export type { Cpu, EngineUrls, Instruction, MachineEvents, MachineFailure, MachineState, V86Urls } from './protocol.ts';
export type { Screen } from './screen.ts';
export type { Snapshot } from './snapshot.ts';

export interface MachineOptions {
  /** Bochs, a 64-bit PC; or v86, a 32-bit one. */
  engine: EngineUrls | V86Urls;
  /** Shows the guest's screen; it gets a 2D context and the size of the guest's mode. */
  canvas?: HTMLCanvasElement;
}

export type MachineListener<K extends keyof MachineEvents> = (event: CustomEvent<MachineEvents[K]>) => void;

type ListenerOptions = AddEventListenerOptions | boolean;

interface Pending {
  resolve: (value: never) => void;
  reject: (error: MachineError) => void;
}

/** The worker is gone, and nobody has said why. */
const died = (): MachineError =>
  new MachineError(
    'The machine does not answer any more: the browser has ended its worker, perhaps because memory ran out.',
    'Press power to start it again.',
  );

/** Some calls mean nothing before there is a PC. */
const notOn = (call: string): MachineError =>
  new MachineError(`The machine is off, so it cannot answer "${call}".`, 'Press power first.');

/**
 * A PC with a 64-bit CPU, 64 MiB of memory, a CD drive, a keyboard, a serial port and a screen; or, where the engine is v86,
 * one with a 32-bit CPU and a floppy drive besides.
 *
 * Every method that asks the PC something rejects with a {@link MachineError} in words. A machine can be powered on again
 * whatever happened before. One that is `stopped` by {@link stop} or `failed` holds no memory.
 */
export class Machine extends EventTarget {
  readonly #engine: EngineUrls | V86Urls;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #watchdog: Watchdog | undefined;
  #prepared: Promise<void> | null = null;
  #state: MachineState = 'off';
  #lastId = 0;
  /** Counts power-ons: one that was given up must not speak for the next. */
  #attempt = 0;

  constructor({ engine, canvas }: MachineOptions) {
    super();
    // The worker's own address is another one, so relative addresses are resolved here.
    const absolute = (url: string): string => new URL(url, globalThis.document?.baseURI).href;
    this.#engine =
      'v86' in engine
        ? { ...engine, v86: absolute(engine.v86), bios: absolute(engine.bios), vgaBios: absolute(engine.vgaBios) }
        : { ...engine, wasm: absolute(engine.wasm), snapshot: absolute(engine.snapshot) };
    this.#context = canvas?.getContext('2d', { alpha: false }) ?? null;
  }

  get state(): MachineState {
    return this.#state;
  }

  /**
   * Fetches and compiles the engine and sets the PC up to where its BIOS looks for a disc, without running anything:
   * {@link powerOn} is then a matter of milliseconds. Takes the memory of a running machine. Idempotent.
   */
  prepare(): Promise<void> {
    this.#prepared ??= this.#call('prepare', this.#engine).catch((error: unknown) => {
      this.#terminate();
      throw error;
    });
    return this.#prepared;
  }

  /**
   * Switches the PC on with a disc in its drive. A running PC is switched off first. `iso` is copied. The 32-bit PC takes an
   * image of a floppy disc, too.
   */
  async powerOn(iso: Uint8Array, { cpu = '64-bit' as Cpu } = {}): Promise<void> {
    const attempt = ++this.#attempt;
    this.#setState('loading');
    try {
      await this.prepare();
      await this.#call('powerOn', iso, cpu);
    } catch (error) {
      if (attempt === this.#attempt && this.state === 'loading') this.#fail(asFailure(error));
      throw error;
    }
  }

  /** Stops between two instructions; everything can be looked at, and {@link resume} goes on. */
  pause(): Promise<void> {
    return this.#ask('pause');
  }

  resume(): Promise<void> {
    return this.#ask('resume');
  }

  /** Presses the reset button: the BIOS starts over, with the same disc. Also wakes a halted or shut-down CPU. */
  reset(): Promise<void> {
    return this.#ask('reset');
  }

  /** Switches off and gives all memory back. */
  stop(): void {
    this.#terminate();
    this.#setState('stopped');
  }

  /** Presses keys in order, then releases them in reverse order. Codes are those of `KeyboardEvent.code`. */
  sendKeys(codes: readonly string[], { press = true, release = true } = {}): Promise<void> {
    return this.#ask('key', codes, press, release);
  }

  /** Types text on a US keyboard, as fast as the guest takes it. Rejects characters that it does not have. */
  type(text: string): Promise<void> {
    return this.#ask('type', text);
  }

  screen(): Promise<Screen> {
    return this.#ask('screen');
  }

  /** Rows of a text mode, trailing blanks cut; empty in graphics modes. */
  textScreen(): Promise<string[]> {
    return this.#ask('textScreen');
  }

  readPhysical(address: bigint, length: number): Promise<Uint8Array> {
    return this.#ask('readPhysical', address, length);
  }

  /** Reads through the guest's page tables; rejects when a page is not mapped. */
  readLinear(address: bigint, length: number): Promise<Uint8Array> {
    return this.#ask('readLinear', address, length);
  }

  /** Writes guest RAM. */
  writePhysical(address: bigint, bytes: Uint8Array): Promise<void> {
    return this.#ask('writePhysical', address, bytes);
  }

  /** `count` instructions from a linear address, as the CPU would decode them now. */
  disassemble(address: bigint, count: number): Promise<Instruction[]> {
    return this.#ask('disassemble', address, count);
  }

  registers(): Promise<Registers> {
    return this.#ask('registers');
  }

  /** Instructions since power-on or the last reset; a repeated string instruction counts once per repetition. */
  instructionCount(): Promise<number> {
    return this.#ask('instructionCount');
  }

  /** Bytes of the engine's memory, the guest's included. */
  memoryUsage(): Promise<number> {
    return this.#ask('memoryUsage');
  }

  /** The whole PC at this moment, 20 MB or more. */
  snapshot(): Promise<Snapshot> {
    return this.#ask('snapshot');
  }

  /** Puts the PC back to a moment, paused or running as it is now. The snapshot must be of the same engine. */
  restore(snapshot: Snapshot): Promise<void> {
    return this.#ask('restore', snapshot);
  }

  /** Executes `count` instructions of a paused PC. */
  step(count = 1): Promise<void> {
    return this.#ask('step', count);
  }

  /** Pauses whenever the instruction at one of these linear addresses (64 at most) is about to be executed. */
  setBreakpoints(addresses: readonly bigint[]): Promise<void> {
    return this.#ask('setBreakpoints', addresses);
  }

  override addEventListener<K extends keyof MachineEvents>(
    type: K,
    listener: MachineListener<K>,
    options?: ListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: ListenerOptions,
  ): void;
  override addEventListener(type: string, listener: unknown, options?: ListenerOptions): void {
    super.addEventListener(type, listener as EventListener | null, options);
  }

  override removeEventListener<K extends keyof MachineEvents>(
    type: K,
    listener: MachineListener<K>,
    options?: ListenerOptions,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: ListenerOptions,
  ): void;
  override removeEventListener(type: string, listener: unknown, options?: ListenerOptions): void {
    super.removeEventListener(type, listener as EventListener | null, options);
  }

  /** For calls that need a PC; unlike prepare and powerOn they never start one. */
  #ask<K extends CallName>(call: K, ...args: Parameters<Calls[K]>): Promise<ReturnType<Calls[K]>> {
    return this.#worker === null ? Promise.reject(notOn(call)) : this.#call(call, ...args);
  }

  #call<K extends CallName>(call: K, ...args: Parameters<Calls[K]>): Promise<ReturnType<Calls[K]>> {
    return new Promise((resolve, reject) => {
      const worker = (this.#worker ??= this.#startWorker());
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, call, with: args } as ToWorker);
    });
  }

  #startWorker(): Worker {
    if (typeof WebAssembly === 'undefined') throw noWebAssembly();
    // Bundlers look for this very form; each worker is a bundle of its own, fetched when it is started.
    const worker =
      'v86' in this.#engine
        ? new Worker(new URL('./v86/worker.ts', import.meta.url), { type: 'module', name: 'onko-machine-32' })
        : new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'onko-machine' });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (worker === this.#worker) this.#receive(data);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (worker !== this.#worker) return;
      const said = event.message ? `: ${event.message}` : '';
      const failure = new MachineError(
        `The machine's worker could not be loaded or broke${said}.`,
        'Reload the page. If it stays so, the site was not deployed completely.',
      );
      this.#lose(failure);
    });
    this.#watchdog = new Watchdog(
      () => worker.postMessage({ ping: true } satisfies ToWorker),
      () => this.#state === 'running' || this.#pending.size > 0,
      () => this.#lose(died()),
    );
    return worker;
  }

  /** The worker is no more. One that was only prepared is replaced by the next power-on, without a word to the page. */
  #lose(why: MachineError): void {
    if (this.#state === 'off') this.#terminate(why);
    else this.#fail(why);
  }

  #receive(message: FromWorker): void {
    if ('alive' in message) {
      this.#watchdog?.answered();
      return;
    }
    if ('event' in message) {
      this.#handle(message);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (pending === undefined) return;
    if ('failure' in message) pending.reject(new MachineError(message.failure.message, message.failure.fix));
    else pending.resolve(message.result as never);
  }

  #handle(message: Extract<FromWorker, { event: unknown }>): void {
    switch (message.event) {
      case 'picture':
        this.#draw(message.detail);
        break;
      case 'state':
        this.#setState(message.detail);
        break;
      case 'error':
        this.#fail(message.detail);
        break;
      default:
        this.#emit(message.event, message.detail);
    }
  }

  #draw({ pixels, width, height, instructions }: WorkerEvents['picture']): void {
    try {
      this.#paint(new ImageData(new Uint8ClampedArray(pixels), width, height));
    } catch (error) {
      this.#fail(asFailure(error));
      return;
    }
    this.#worker?.postMessage({ drawn: true } satisfies ToWorker);
    this.#emit('frame', { width, height, instructions });
  }

  #paint(picture: ImageData): void {
    const context = this.#context;
    if (context === null) return;
    const { canvas } = context;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    context.putImageData(picture, 0, 0);
  }

  #setState(state: MachineState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit('state', state);
  }

  #fail(failure: MachineFailure): void {
    const error = new MachineError(failure.message, failure.fix);
    this.#terminate(error);
    this.#emit('error', error);
    this.#setState('failed');
  }

  /** Ends the worker, and with it all memory; whoever waits for an answer hears why. */
  #terminate(why = new MachineError('The machine was switched off.', 'Press power to start it again.')): void {
    this.#watchdog?.stop();
    this.#worker?.terminate();
    this.#worker = null;
    this.#prepared = null;
    for (const { reject } of this.#pending.values()) reject(why);
    this.#pending.clear();
  }

  #emit<K extends keyof MachineEvents>(type: K, detail: MachineEvents[K]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
