import { Machine } from '../../../machine/machine.ts';
import type { Checkpoint, KernelSymbol } from '../../lib/manifest.ts';
import { hexAddress, judge, locate, modeInWords, type Observation, type Verdict } from '../../lib/verdict.ts';
import { recordDone } from '../progress/store.ts';

type State = 'off' | 'loading' | 'running' | 'halted' | 'paused' | 'stopped' | 'failed';

const stateInWords: Record<State, string> = {
  off: 'Off',
  loading: 'Loading the machine',
  running: 'Running',
  halted: 'Halted: the CPU sleeps',
  paused: 'Paused',
  stopped: 'Switched off',
  failed: 'Failed',
};

/** A kernel that still runs after this long is judged as it stands; a halt later on is judged again. */
const patience = 20_000;

/** Two presses of Escape within this time give the keyboard back to the page. */
const escapeWindow = 600;

/**
 * `<onko-machine iso="…">`: a PC that boots an ISO, with its screen, its buttons and its serial output, and the verdict
 * whether it did what the chapter promises. Machine.astro writes the markup and says which attributes there are.
 */
class OnkoMachine extends HTMLElement {
  #machine: Machine | undefined;
  #iso: Promise<Uint8Array> | undefined;
  #poweredAt = 0;
  /** Counts power-ons and resets, so that what was read before one is not taken for what came after. */
  #boot = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #textTimer: ReturnType<typeof setTimeout> | undefined;
  #escapedAt = -Infinity;
  #prewarm: IntersectionObserver | undefined;

  connectedCallback(): void {
    this.addEventListener('click', this.#onClick);
    this.addEventListener('keydown', this.#onKey);
    this.addEventListener('keyup', this.#onKey);
    this.#prewarm = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        this.#prewarm?.disconnect();
        this.#warmUp();
      },
      { rootMargin: '25%' },
    );
    this.#prewarm.observe(this);
  }

  disconnectedCallback(): void {
    this.#prewarm?.disconnect();
    this.#discard();
  }

  get state(): State {
    return (this.dataset['state'] ?? 'off') as State;
  }

  #onClick = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-action]') : null;
    if (!button || button.getAttribute('aria-disabled') === 'true') return;
    switch (button.dataset['action']) {
      case 'power':
        return void this.#powerOn();
      case 'reset':
        return this.#reset();
      case 'pause':
        return this.state === 'paused' ? this.#machine?.resume() : this.#machine?.pause();
      case 'stop':
        return this.#switchOff();
      case 'release':
        return this.#button('power').focus();
    }
  };

  /** Fetches the engine and the ISO and restores the machine to where its BIOS is done, so that a click only starts it. */
  #warmUp(): void {
    // A failure here is not told: the click tries again and tells.
    this.#machine ??= this.#createMachine();
    this.#machine.prepare().catch(() => {});
    this.#fetchIso().catch(() => {});
  }

  #createMachine(): Machine {
    // A canvas can be handed to a worker once only; each machine gets a fresh one.
    const canvas = this.#canvas.cloneNode() as HTMLCanvasElement;
    this.#canvas.replaceWith(canvas);
    const { wasm = '', snapshot = '' } = this.dataset;
    const machine = new Machine({ engine: { wasm, snapshot }, canvas });
    const mine =
      <E>(handle: (event: E) => void) =>
      (event: E) => {
        if (machine === this.#machine) handle(event);
      };
    machine.addEventListener(
      'state',
      mine(({ detail }) => this.#onState(detail)),
    );
    machine.addEventListener(
      'screen',
      mine(({ detail }) => this.#onScreen(detail)),
    );
    machine.addEventListener(
      'serial',
      mine(({ detail }) => this.#print(detail)),
    );
    machine.addEventListener(
      'debug',
      mine(({ detail }) => this.#print(detail)),
    );
    machine.addEventListener(
      'error',
      mine(({ detail }) => this.#fail(detail)),
    );
    return machine;
  }

  /** The ISO's bytes, fetched once; a failed fetch is tried again the next time. */
  #fetchIso(): Promise<Uint8Array> {
    this.#iso ??= fetchBytes(this.getAttribute('iso') ?? '').catch((cause: unknown) => {
      this.#iso = undefined;
      throw cause;
    });
    return this.#iso;
  }

  async #powerOn(): Promise<void> {
    this.#poweredAt = performance.now();
    this.#clear();
    this.#setState('loading');
    const boot = this.#boot;
    this.#machine ??= this.#createMachine();
    const machine = this.#machine;
    try {
      const iso = await this.#fetchIso();
      if (boot === this.#boot) await machine.powerOn(iso);
    } catch (cause) {
      if (boot === this.#boot) this.#fail(cause);
    }
  }

  #reset(): void {
    this.#poweredAt = performance.now();
    this.#clear();
    this.#machine?.reset();
    this.#waitForHalt();
  }

  #switchOff(): void {
    this.#clear();
    this.#discard();
    this.#setState('stopped');
    if (this.contains(document.activeElement)) this.#button('power').focus();
  }

  /** Frees all of the machine's memory. The next power-on makes a new one. */
  #discard(): void {
    this.#machine?.stop();
    this.#machine = undefined;
    this.#stopWaiting();
  }

  #stopWaiting(): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#textTimer);
    this.#textTimer = undefined;
  }

  #waitForHalt(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => void this.#judge(), patience);
  }

  #onState(state: State): void {
    // Warming up is not something the reader asked for: until the click, the machine is off.
    if (this.state !== 'off' && this.state !== 'stopped') this.#setState(state);
    if (state === 'running' && this.#patience === undefined) this.#waitForHalt();
    if (state === 'halted') void this.#judge();
  }

  #onScreen({
    mode,
    width,
    height,
    bpp,
  }: {
    mode: 'text' | 'graphics';
    width: number;
    height: number;
    bpp: number;
  }): void {
    if (width > 0) this.dataset['screen'] = `${width}x${height}x${bpp}`;
    if (mode === 'text') this.#readTextSoon();
    else this.#part('[data-text-screen]').textContent = '';
  }

  /** Text changes with every character; screen readers and tests get it at most four times a second. */
  #readTextSoon(): void {
    this.#textTimer ??= setTimeout(() => {
      this.#textTimer = undefined;
      const boot = this.#boot;
      this.#machine?.textScreen().then(
        (rows) => boot === this.#boot && this.#showText(rows),
        () => {}, // the machine was switched off meanwhile
      );
    }, 250);
  }

  #showText(rows: readonly string[]): void {
    this.#part('[data-text-screen]').textContent = rows.join('\n').trimEnd();
  }

  #print(text: string): void {
    const strip = this.#part('[data-serial]');
    strip.append(text);
    strip.scrollTop = strip.scrollHeight;
  }

  /** Reads the running machine and says whether it did what the chapter promises. */
  async #judge(): Promise<void> {
    const machine = this.#machine;
    const boot = this.#boot;
    if (!machine) return;
    clearTimeout(this.#patience);
    const seconds = (performance.now() - this.#poweredAt) / 1000;
    const [screen, registers, textScreen, instructions] = await Promise.all([
      machine.screen(),
      machine.registers(),
      machine.textScreen(),
      machine.instructionCount(),
    ]);
    if (boot !== this.#boot) return;

    const symbols = this.#data<KernelSymbol[]>('symbols');
    const place = locate(registers.rip, symbols);
    this.#showText(textScreen);
    this.#read('screen', `${screen.width} × ${screen.height}, ${screen.bpp} bpp\npitch ${screen.pitch} bytes`);
    this.#read('cpu', `${modeInWords(registers.cpuMode)}\n${registers.halted ? 'halted' : 'running'}`);
    this.#read('rip', `${hexAddress(registers.rip)}\n${place ? `${place.symbol.name} + ${place.offset}` : ''}`);
    this.#read('instructions', `${(instructions / 1e6).toFixed(1)} million\n${seconds.toFixed(2)} s`);

    const serial = this.#part('[data-serial]').textContent ?? '';
    const seen: Observation = { screen, cpu: registers, textScreen, serial };
    this.#show(judge(this.#data<Checkpoint>('checkpoint'), symbols, seen));
  }

  #show({ passed, findings }: Verdict): void {
    this.dataset['verdict'] = passed ? 'passed' : 'failed';
    this.#part('[data-verdict-text]').textContent = [passed ? 'Passed.' : 'Not yet.', ...findings].join('\n');
    const { chapter } = this.dataset;
    if (passed && chapter) recordDone(chapter, 'booted');
  }

  /** The machine cannot go on. What there is of it is thrown away, so that the power button starts afresh. */
  #fail(cause: unknown): void {
    this.#discard();
    this.#part('[data-fault]').textContent = cause instanceof Error ? cause.message : String(cause);
    this.#setState('failed');
  }

  /** Forgets what the last boot showed. */
  #clear(): void {
    this.#boot++;
    this.#stopWaiting();
    this.#patience = undefined;
    this.dataset['verdict'] = '';
    delete this.dataset['screen'];
    for (const part of ['[data-verdict-text]', '[data-serial]', '[data-text-screen]', '[data-fault]']) {
      this.#part(part).textContent = '';
    }
    for (const reading of ['screen', 'cpu', 'rip', 'instructions']) this.#read(reading, '–');
  }

  #setState(state: State): void {
    if (state === this.state) return;
    this.dataset['state'] = state;
    this.#part('[data-status]').textContent = stateInWords[state];
    const on = state === 'running' || state === 'halted' || state === 'paused';
    this.#allow('power', !on && state !== 'loading');
    this.#allow('reset', on);
    this.#allow('pause', state === 'running' || state === 'paused');
    this.#allow('stop', on || state === 'loading');
    this.#button('pause').textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#part('[data-note]').textContent = this.querySelector('.recorded')
      ? 'a picture, recorded when this site was built'
      : 'the machine is off';
    // Only a running machine takes the keyboard; one that is off is not worth a stop of the Tab key.
    this.#canvas.tabIndex = on ? 0 : -1;
  }

  #allow(action: string, allowed: boolean): void {
    // Not `disabled`: that would throw a keyboard user who has just pressed the button off it.
    this.#button(action).setAttribute('aria-disabled', String(!allowed));
  }

  #onKey = (event: KeyboardEvent): void => {
    if (event.target !== this.#canvas || this.#canvas.tabIndex < 0) return;
    event.preventDefault();
    const press = event.type === 'keydown';
    if (press && event.code === 'Escape' && !event.repeat) {
      if (event.timeStamp - this.#escapedAt < escapeWindow) return this.#button('power').focus();
      this.#escapedAt = event.timeStamp;
    }
    // The machine's own keyboard controller repeats a held key.
    if (!event.repeat) this.#machine?.sendKeys([event.code], press ? { press: true } : { release: true });
  };

  get #canvas(): HTMLCanvasElement {
    return this.#part<HTMLCanvasElement>('canvas');
  }

  #button(action: string): HTMLButtonElement {
    return this.#part<HTMLButtonElement>(`[data-action="${action}"]`);
  }

  #read(reading: string, text: string): void {
    this.#part(`[data-reading="${reading}"]`).textContent = text;
  }

  #data<T>(name: string): T {
    return JSON.parse(this.dataset[name] ?? 'null') as T;
  }

  #part<E extends Element = HTMLElement>(selector: string): E {
    const part = this.querySelector<E>(selector);
    if (!part) throw new Error(`<onko-machine> has no ${selector}; its markup comes from Machine.astro.`);
    return part;
  }
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const hint = 'Check the connection, then press power again.';
  const response = await fetch(url).catch(() => {
    throw new Error(`The ISO ${url} could not be fetched. ${hint}`);
  });
  if (!response.ok)
    throw new Error(`The ISO ${url} could not be fetched: the server answers ${response.status}. ${hint}`);
  return new Uint8Array(await response.arrayBuffer());
}

customElements.define('onko-machine', OnkoMachine);
