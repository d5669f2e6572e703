/** What the main thread and the machine's worker say to each other, and the types of the public interface. */
import type { Fault, Registers } from './engine.ts';
import type { MachineError } from './errors.ts';
import type { Screen } from './screen.ts';
import type { Snapshot } from './snapshot.ts';

/** Where the two files of the engine are served; `buildEngine` makes them together and they fit only each other. */
export interface EngineUrls {
  wasm: string;
  snapshot: string;
  /** SHA-256 of both files, in hexadecimal: others are refused. Left out where nobody knows them beforehand. */
  sha256?: { wasm: string; snapshot: string };
}

/** The files of the 32-bit PC: v86's WebAssembly, and the BIOS images that it runs. */
export interface V86Urls {
  v86: string;
  bios: string;
  vgaBios: string;
  /** SHA-256 of the files, in hexadecimal: others are refused. Left out where nobody knows them beforehand. */
  sha256?: { v86: string; bios: string; vgaBios: string };
  /** A floppy disc will come: the PC gets to where it waits for one before it is switched on. */
  floppy?: boolean;
}

/**
 * - `off`: nothing runs; perhaps prepared
 * - `loading`: power is on, the engine is not there yet
 * - `running`: the guest runs, or waits for an interrupt that will come
 * - `halted`: the CPU executed `hlt` with interrupts off, so only reset (or an NMI) wakes it; costs nothing
 * - `paused`: between two instructions, by request or at a breakpoint
 * - `stopped`: switched off by request, by the guest, or shut down by a triple fault
 * - `failed`: could not start or broke; the `error` event said why
 */
export type MachineState = 'off' | 'loading' | 'running' | 'halted' | 'paused' | 'stopped' | 'failed';

/** Something went wrong that a reader can understand: one sentence, and what to do about it. */
export interface MachineFailure {
  message: string;
  fix: string;
}

/** Which CPU is in Bochs's socket: one with long mode, or one from before 2003. v86 has one of the latter kind only. */
export type Cpu = '64-bit' | '32-bit';

export interface ScreenMode {
  mode: 'text' | 'graphics';
  /** Pixels in graphics modes, characters in text modes. */
  width: number;
  height: number;
  /** Bits per pixel; 0 in text modes. */
  bpp: number;
}

/** One instruction in Intel syntax. */
export interface Instruction {
  address: bigint;
  bytes: Uint8Array;
  text: string;
}

/** Events of a {@link Machine}; `detail` of the CustomEvent. */
export interface MachineEvents {
  state: MachineState;
  /** The guest set another mode. */
  screen: ScreenMode;
  /** A new picture is on the canvas; `instructions` is the instruction count at that moment. */
  frame: { width: number; height: number; instructions: number };
  /** What the guest sent over COM1 since the last event, read as UTF-8. */
  serial: string;
  /** What the guest wrote to port 0xE9, likewise. */
  debug: string;
  breakpoint: { address: bigint };
  /** A triple fault: the CPU has shut down. `message` says it in words. */
  fault: Fault & { message: string };
  /** What the emulator complains about without stopping, such as "No bootable device." */
  warning: { message: string };
  /** The machine could not start, or broke; its state is `failed` right after. */
  error: MachineError;
}

/** What the worker can be asked for. Every call is answered with its result or a {@link MachineFailure}. */
export interface Calls {
  prepare(engine: EngineUrls | V86Urls): void;
  powerOn(iso: Uint8Array, cpu: Cpu): void;
  pause(): void;
  resume(): void;
  reset(): void;
  key(codes: readonly string[], press: boolean, release: boolean): void;
  type(text: string): void;
  screen(): Screen;
  textScreen(): string[];
  readPhysical(address: bigint, length: number): Uint8Array;
  readLinear(address: bigint, length: number): Uint8Array;
  writePhysical(address: bigint, bytes: Uint8Array): void;
  disassemble(address: bigint, count: number): Instruction[];
  registers(): Registers;
  instructionCount(): number;
  memoryUsage(): number;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  step(count: number): void;
  setBreakpoints(addresses: readonly bigint[]): void;
}

export type CallName = keyof Calls;

export type ToWorker =
  | { [K in CallName]: { id: number; call: K; with: Parameters<Calls[K]> } }[CallName]
  /** The last `picture` is on the canvas: the next one may come. */
  | { drawn: true }
  /** Asks for a sign of life, which is `{ alive: true }`. */
  | { ping: true };

/** Events that the worker sends; the main thread makes `frame` from `picture`. */
export type WorkerEvents = Omit<MachineEvents, 'frame' | 'error'> & {
  error: MachineFailure;
  /** RGBA bytes, row by row without gaps. */
  picture: { pixels: ArrayBuffer; width: number; height: number; instructions: number };
};

export type FromWorker =
  | { id: number; result: unknown }
  | { id: number; failure: MachineFailure }
  | { alive: true }
  | { [K in keyof WorkerEvents]: { event: K; detail: WorkerEvents[K] } }[keyof WorkerEvents];
