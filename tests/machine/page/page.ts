/** A page with nothing but a machine, for tests: they drive it through `window.onko`. */
import { Machine, type MachineEvents, type MachineState } from '../../../machine/machine.ts';

/** What has happened since the machine was made. */
class Record {
  states: MachineState[] = [];
  serial = '';
  debug = '';
  screens: MachineEvents['screen'][] = [];
  warnings: string[] = [];
  faults: string[] = [];
  errors: { message: string; fix: string }[] = [];
  breakpoints: string[] = [];
  frames = 0;
}

export class Onko {
  readonly canvas = document.querySelector('canvas') as HTMLCanvasElement;
  machine: Machine;
  record = new Record();
  /** Milliseconds of every task of the main thread that took 50 ms or more. */
  readonly longTasks: number[] = [];
  /** The longest time between two pictures of the page. */
  longestGap = 0;

  constructor() {
    this.machine = this.create();
    new PerformanceObserver((list) =>
      this.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({
      type: 'longtask',
    });
  }

  /** Starts to measure the longest time between two pictures; it costs processor time itself. */
  watchFrames(): void {
    this.longTasks.length = 0;
    this.longestGap = 0;
    let previous = 0;
    const onFrame = (now: number): void => {
      if (previous > 0) this.longestGap = Math.max(this.longestGap, now - previous);
      previous = now;
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
  }

  /** Another machine on the same canvas, such as one whose engine is not there. */
  create(engine = { wasm: '/engine/engine.wasm', snapshot: '/engine/snapshot.bin' }): Machine {
    const machine = new Machine({ engine, canvas: this.canvas });
    const record = new Record();
    machine.addEventListener('state', ({ detail }) => record.states.push(detail));
    machine.addEventListener('serial', ({ detail }) => (record.serial += detail));
    machine.addEventListener('debug', ({ detail }) => (record.debug += detail));
    machine.addEventListener('screen', ({ detail }) => record.screens.push(detail));
    machine.addEventListener('warning', ({ detail }) => record.warnings.push(detail.message));
    machine.addEventListener('fault', ({ detail }) => record.faults.push(detail.message));
    machine.addEventListener('error', ({ detail }) => record.errors.push({ message: detail.message, fix: detail.fix }));
    machine.addEventListener('breakpoint', ({ detail }) => record.breakpoints.push(detail.address.toString(16)));
    machine.addEventListener('frame', () => record.frames++);
    this.machine = machine;
    this.record = record;
    return machine;
  }

  async fetchDisc(name: string): Promise<Uint8Array> {
    return new Uint8Array(await (await fetch(`/discs/${name}`)).arrayBuffer());
  }

  async boot(name: string): Promise<void> {
    await this.machine.powerOn(await this.fetchDisc(name));
  }

  /** Resolves when the machine is in one of these states; rejects after `limit` milliseconds. */
  until(states: readonly MachineState[], limit = 20_000): Promise<MachineState> {
    const { machine } = this;
    return new Promise((resolve, reject) => {
      if (states.includes(machine.state)) return resolve(machine.state);
      const timer = setTimeout(() => reject(new Error(`still ${machine.state} after ${limit} ms`)), limit);
      machine.addEventListener('state', ({ detail }) => {
        if (!states.includes(detail)) return;
        clearTimeout(timer);
        resolve(detail);
      });
    });
  }

  /** How many pixels of the canvas have a color (0xRRGGBB), and how many there are. */
  countPixels(color: number): { matching: number; all: number } {
    const { width, height } = this.canvas;
    const data = this.canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray(0);
    let matching = 0;
    for (let at = 0; at < data.length; at += 4) {
      if ((((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0)) === color) matching++;
    }
    return { matching, all: width * height };
  }

  /** Milliseconds from the click (this call) until every pixel of the canvas has a color. */
  async timeToPainted(disc: Uint8Array, color: number): Promise<{ milliseconds: number; instructions: number }> {
    const began = performance.now();
    const painted = new Promise<{ milliseconds: number; instructions: number }>((resolve) => {
      this.machine.addEventListener('frame', ({ detail: { width, height, instructions } }) => {
        const milliseconds = performance.now() - began;
        const context = this.canvas.getContext('2d');
        const [r, g, b] = context?.getImageData(width - 1, height - 1, 1, 1).data ?? [];
        if ((((r ?? 0) << 16) | ((g ?? 0) << 8) | (b ?? 0)) === color) resolve({ milliseconds, instructions });
      });
    });
    await this.machine.powerOn(disc);
    return painted;
  }
}

declare global {
  interface Window {
    onko: Onko;
  }
}

window.onko = new Onko();
