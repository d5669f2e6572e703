import {
  Machine,
  MachineError,
  type Cpu,
  type MachineEvents,
  type MachineFailure,
  type MachineState,
  type Registers,
  type Screen,
  type V86Urls,
} from '../../../machine/machine.ts';
import { checkIntegrity } from '../../../machine/integrity.ts';
import { formatAddress, locate } from '../../lib/address.ts';
import type { Checkpoint, KernelSymbol } from '../../lib/manifest.ts';
import {
  expectation,
  faultInWords,
  judgeInSteps,
  menuIsShown,
  modeInWords,
  type Observation,
  type OwnCheckpoint,
  type Verdict,
} from '../../lib/verdict.ts';
import { recordDone } from '../progress/store.ts';
import { wordsOf } from '../words/words.ts';
import { judgedEvent } from './panel.ts';

const say = wordsOf('machine');
const sayAnywhere = wordsOf('page');

/** An ISO that the page hands to the machine in the place of its own. */
export interface Disc {
  iso: Uint8Array<ArrayBuffer>;
  /** What it is called when it is spoken of and downloaded: `onko-ff8000.iso`. */
  name: string;
  /** What the machine is held against once it has come to rest; `null` for a disc that promises nothing. */
  checkpoint: Checkpoint | OwnCheckpoint | null;
  /** Functions and statics of its kernel, for RIP and the checkpoint. */
  symbols?: readonly KernelSymbol[];
  cpu?: Cpu;
}

export interface BootOptions {
  focus?: 'disc' | 'screen';
  pc?: '64-bit' | '32-bit';
}

/** What a machine that has come to rest was found to be. */
export interface Judged {
  /** The page's disc in the drive; missing while it is the machine's own. */
  disc?: Disc;
  seen: Observation;
  registers: Registers;
  /** Missing where nothing was promised. */
  verdict?: Verdict;
}

/** A kernel that still runs after this long (ms) is judged as it stands; should it halt later, it is judged again. */
const patience = 20_000;

/** The same for one that is known to go on for ever. */
const patienceForMore = 5_000;

/** Two presses of Escape within this time (ms) give the keyboard back to the page. */
const escapeWindow = 600;

/**
 * `<onko-machine iso="…">`: a PC that boots an ISO, with its screen, its buttons and its serial output, and the verdict
 * whether it did what the chapter promises. Machine.astro writes the markup and says which attributes there are.
 */
class OnkoMachine extends HTMLElement {
  #machine: Machine | undefined;
  /** The page's disc in the drive; undefined while it is the machine's own. */
  #disc: Disc | undefined;
  #discUrl: string | undefined;
  /** The keyboard is to go to the screen once there is one, if it has not gone elsewhere by then. */
  #typeSoon = false;
  #iso: Promise<Uint8Array<ArrayBuffer>> | undefined;
  #poweredAt = 0;
  /** Counts power-ons, resets and switching off, so that an answer from before is not taken for one from after. */
  #boot = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #textTimer: ReturnType<typeof setTimeout> | undefined;
  #escapedAt = -Infinity;
  #nearby: IntersectionObserver | undefined;

  connectedCallback(): void {
    this.addEventListener('click', this.#onClick);
    this.addEventListener('change', this.#onChange);
    this.addEventListener('keydown', this.#onKey);
    this.addEventListener('keyup', this.#onKey);
    this.addEventListener('focusin', this.#sayWhoHasTheKeyboard);
    this.addEventListener('focusout', this.#sayWhoHasTheKeyboard);
    this.#nearby = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.#warmUp();
      },
      { rootMargin: '25%' },
    );
    this.#nearby.observe(this);
  }

  disconnectedCallback(): void {
    this.#nearby?.disconnect();
    this.#stopTimers();
    this.#machine?.stop();
    if (this.#discUrl !== undefined) URL.revokeObjectURL(this.#discUrl);
  }

  /**
   * Puts a disc into the drive and switches the PC on with it, off before if need be. It stays in through reset and power
   * until {@link useOwnDisc}. The panel comes into view; `focus` says which part gets the keyboard: the line that names
   * the disc, or the screen, where there is a menu to answer; `pc`, on which of the two, where the panel has both.
   */
  async boot(disc: Disc, { focus = 'disc' as 'disc' | 'screen', pc }: BootOptions = {}): Promise<void> {
    if (pc !== undefined) this.#choosePc(pc);
    // A PC that is still being switched on is given up: two at once would need twice the memory.
    if (this.state === 'loading') this.#machine?.stop();
    this.#insert(disc);
    this.scrollIntoView({ block: 'center' });
    this.#part('[data-disc-line]').focus({ preventScroll: true });
    this.#typeSoon = focus === 'screen';
    await this.#powerOn();
  }

  /**
   * Takes the page's disc out, and switches off what runs from it: the next press of power boots the machine's own. With a
   * name, only the disc of that name: another widget's may be in the drive by now.
   */
  useOwnDisc(name = this.#disc?.name): void {
    if (this.#disc === undefined || this.#disc.name !== name) return;
    const on = this.state !== 'off' && this.state !== 'stopped';
    this.#insert(undefined);
    this.#clear();
    this.#machine?.stop();
    if (on) this.#setState('stopped');
  }

  /** The bytes of the machine's own ISO. Rejects with a {@link MachineError} where they cannot be fetched. */
  ownIso(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#fetchIso();
  }

  /** Says everywhere which disc is in the drive and what it promises. */
  #insert(disc: Disc | undefined): void {
    this.#disc = disc;
    if (this.#discUrl !== undefined) URL.revokeObjectURL(this.#discUrl);
    this.#discUrl = disc && URL.createObjectURL(new Blob([disc.iso], { type: 'application/x-iso9660-image' }));
    this.toggleAttribute('data-other-disc', disc !== undefined);
    const line = this.#part('[data-disc-line]');
    line.hidden = disc === undefined;
    this.#part('[data-disc-name]').textContent = disc?.name ?? '';
    const download = this.#part<HTMLAnchorElement>('[data-disc-download]');
    download.download = disc?.name ?? '';
    if (this.#discUrl === undefined) download.removeAttribute('href');
    else download.href = this.#discUrl;
    this.#showExpected();
  }

  #showExpected(): void {
    const checkpoint = this.#checkpoint;
    this.#part('[data-expected]').textContent = checkpoint === null ? say('promisesNothing') : expectation(checkpoint);
  }

  get state(): MachineState {
    return (this.dataset['state'] ?? 'off') as MachineState;
  }

  get #checkpoint(): Checkpoint | OwnCheckpoint | null {
    if (this.#disc !== undefined) return this.#disc.checkpoint;
    return (this.#is32Bit ? this.refusal : null) ?? this.ownCheckpoint;
  }

  /** What our loader has to say on a 32-bit PC; `null` where the panel has no such choice. */
  get refusal(): Checkpoint | null {
    return JSON.parse(this.dataset['refused'] ?? 'null') as Checkpoint | null;
  }

  /** What the machine's own ISO has to show on a 64-bit PC. */
  get ownCheckpoint(): Checkpoint | null {
    return JSON.parse(this.dataset['checkpoint'] ?? 'null') as Checkpoint | null;
  }

  get #cpu(): Cpu | undefined {
    if (this.#disc !== undefined) return this.#disc.cpu;
    return this.dataset['cpu'] as Cpu | undefined;
  }

  get #symbols(): readonly KernelSymbol[] {
    return this.#disc === undefined ? this.ownSymbols : (this.#disc.symbols ?? []);
  }

  /** Functions and statics of the kernel on the machine's own ISO. */
  get ownSymbols(): readonly KernelSymbol[] {
    return JSON.parse(this.dataset['symbols'] ?? '[]') as KernelSymbol[];
  }

  #onClick = (event: Event): void => {
    const button =
      event.target instanceof Element ? event.target.closest<HTMLElement>('[data-action], [data-key]') : null;
    if (!button || button.getAttribute('aria-disabled') === 'true') return;
    const { key } = button.dataset;
    if (key !== undefined) return this.#ask((machine) => machine.sendKeys([key]));
    switch (button.dataset['action']) {
      case 'power':
        return void this.#powerOn();
      case 'reset':
        return this.#reset();
      case 'pause':
        return this.#ask((machine) => (this.state === 'paused' ? machine.resume() : machine.pause()));
      case 'stop':
        return this.#switchOff();
      case 'own-disc':
        this.useOwnDisc();
        return this.#part('[data-action="power"]').focus();
    }
  };

  get #is32Bit(): boolean {
    return this.dataset['pc'] === '32-bit';
  }

  /** The other PC in the place of this one, with the same disc in its drive, switched off. */
  #onChange = ({ target }: Event): void => {
    if (!(target instanceof HTMLInputElement) || target.closest('.pcs') === null) return;
    this.#usePc(target.value);
  };

  #choosePc(pc: string): void {
    if (this.dataset['pc'] === pc) return;
    this.#part<HTMLInputElement>(`.pcs [value="${pc}"]`).checked = true;
    this.#usePc(pc);
  }

  #usePc(pc: string): void {
    this.#clear();
    this.#machine?.stop();
    this.#machine = undefined;
    this.dataset['pc'] = pc;
    this.#showExpected();
    this.#setState('off');
  }

  /** Fetches the engine and the ISO and restores the machine to where its BIOS is done, so that a click only starts it. */
  #warmUp(): void {
    this.#nearby?.disconnect();
    this.#machine ??= this.#createMachine();
    // A failure here is not told: the click tries again, and tells.
    this.#machine.prepare().catch(() => {});
    this.#fetchIso().catch(() => {});
  }

  #createMachine(): Machine {
    const { wasm = '', snapshot = '', wasmSha256 = '', snapshotSha256 = '' } = this.dataset;
    const engine = this.#is32Bit
      ? (JSON.parse(this.dataset['engine-32'] ?? 'null') as V86Urls)
      : { wasm, snapshot, sha256: { wasm: wasmSha256, snapshot: snapshotSha256 } };
    const machine = new Machine({ engine, canvas: this.#part<HTMLCanvasElement>('canvas') });
    machine.addEventListener('state', ({ detail }) => this.#onState(detail));
    machine.addEventListener('screen', ({ detail }) => this.#onScreen(detail));
    machine.addEventListener('frame', () => this.#readTextSoon());
    machine.addEventListener('serial', ({ detail }) => this.#print('com1', detail));
    machine.addEventListener('debug', ({ detail }) => this.#print('e9', detail));
    machine.addEventListener('fault', ({ detail }) => this.#onFault(machine, detail));
    machine.addEventListener('error', ({ detail }) => this.#fail(detail));
    return machine;
  }

  /** The ISO's bytes, fetched once; after a failure the next call fetches again. */
  #fetchIso(): Promise<Uint8Array<ArrayBuffer>> {
    this.#iso ??= fetchIso(this.getAttribute('iso') ?? '', this.dataset['isoSha256'] ?? '').catch((cause: unknown) => {
      this.#iso = undefined;
      throw cause;
    });
    return this.#iso;
  }

  async #powerOn(): Promise<void> {
    this.#clear();
    this.#setState('loading');
    const boot = this.#boot;
    this.#machine ??= this.#createMachine();
    const handed = this.#disc?.iso;
    const cpu = this.#cpu;
    try {
      const iso = handed ?? (await this.#fetchIso());
      if (boot === this.#boot) await this.#machine.powerOn(iso, cpu && { cpu });
    } catch (cause) {
      // What the machine itself fails at comes as an event, too, and has been shown by now.
      if (boot !== this.#boot || this.state === 'failed') return;
      if (!(cause instanceof MachineError)) throw cause;
      this.#fail(cause);
    }
  }

  #reset(): void {
    this.#clear();
    this.#ask((machine) => machine.reset());
  }

  #switchOff(): void {
    this.#clear();
    this.#machine?.stop();
    this.#setState('stopped');
    this.#part('[data-action="power"]').focus();
  }

  /** Asks the machine for something that fails only when the machine is off or broken, which its events tell. */
  #ask(work: (machine: Machine) => Promise<void>): void {
    if (this.#machine) work(this.#machine).catch(() => {});
  }

  #onState(state: MachineState): void {
    this.#setState(state);
    clearTimeout(this.#patience);
    if (state === 'running') this.#judgeLater();
    if (state === 'halted') this.#ask((machine) => this.#judge(machine));
  }

  /** Most discs should not come to a triple fault; where it is what was recorded, it is held against that. */
  #onFault(machine: Machine, { exceptions }: MachineEvents['fault']): void {
    clearTimeout(this.#patience);
    // Its last picture stays on the screen.
    this.dataset['shutDown'] = '';
    this.#part('[data-status]').textContent = say('shutDown');
    if (this.#checkpoint?.kind === 'outcome') return this.#ask(() => this.#judge(machine, exceptions));
    this.#show({ passed: false, findings: [faultInWords(exceptions, this.#symbols)] });
  }

  /** A menu that waits for the reader is no kernel that hangs: the time starts when it has been answered. */
  #judgeLater(): void {
    const checkpoint = this.#checkpoint;
    const goesOn = checkpoint?.kind === 'outcome' && ['busy', 'waiting'].includes(checkpoint.outcome.end);
    this.#patience = setTimeout(
      () => {
        if (this.#menuWaits) this.#judgeLater();
        else this.#ask((machine) => this.#judge(machine));
      },
      goesOn ? patienceForMore : patience,
    );
  }

  #onScreen({ mode, width, height, bpp }: MachineEvents['screen']): void {
    if (mode === 'graphics') {
      this.dataset['screen'] = `${width}x${height}x${bpp}`;
      this.#showText([]);
    } else {
      delete this.dataset['screen'];
    }
  }

  /** In text mode every character makes a new picture; screen readers get the text four times a second at most. */
  #readTextSoon(): void {
    if (this.dataset['screen'] !== undefined) return;
    this.#textTimer ??= setTimeout(() => {
      this.#textTimer = undefined;
      const boot = this.#boot;
      this.#ask(async (machine) => {
        const rows = await machine.textScreen();
        if (boot === this.#boot) this.#showText(rows);
      });
    }, 250);
  }

  #showText(rows: readonly string[]): void {
    this.#part('[data-text-screen]').textContent = rows.join('\n').trimEnd();
    this.#showMenuKeys(menuIsShown(rows));
  }

  get #menuWaits(): boolean {
    return !this.#part('[data-menu-keys]').hidden;
  }

  /** Keys on the screen for those who have no keyboard, and for those who do not want to click the screen first. */
  #showMenuKeys(shown: boolean): void {
    const keys = this.#part('[data-menu-keys]');
    if (keys.hidden === !shown) return;
    const focused = keys.contains(document.activeElement);
    keys.hidden = !shown;
    if (focused) this.#part('[data-action="reset"]').focus();
  }

  /** Adds to the paper strip. A loader that says the same over both ports, be it with other line ends, is shown once. */
  #print(port: 'com1' | 'e9', text: string): void {
    this.#part(`[data-port="${port}"]`).append(text);
    const debug = this.#part('[data-port="e9"]');
    const words = (text: string | null) => text?.replaceAll('\r', '').trim();
    debug.hidden = words(debug.textContent) === words(this.#serialText());
    const strip = this.#part('[data-serial]');
    strip.scrollTop = strip.scrollHeight;
  }

  #serialText(): string {
    return this.#part('[data-port="com1"]').textContent ?? '';
  }

  /** Reads the machine and says whether it did what the chapter promises. */
  async #judge(machine: Machine, exceptions?: MachineEvents['fault']['exceptions']): Promise<void> {
    const boot = this.#boot;
    const seconds = (performance.now() - this.#poweredAt) / 1000;
    const [screen, registers, textScreen, instructions] = await Promise.all([
      machine.screen(),
      machine.registers(),
      machine.textScreen(),
      machine.instructionCount(),
    ]);
    if (boot !== this.#boot) return;

    const symbols = this.#symbols;
    const place = locate(registers.rip, symbols);
    this.#showText(textScreen);
    const shape = screen.mode === 'text' ? say('textMode') : this.#depthInWords(screen);
    this.#read('screen', `${screen.width} × ${screen.height}, ${shape}`);
    this.#read(
      'cpu',
      `${modeInWords(registers.cpuMode)}\n${say(registers.shutdown ? 'cpuShutDown' : registers.halted ? 'cpuHalted' : 'cpuRuns')}`,
    );
    this.#read('rip', `${formatAddress(registers.rip)}\n${place ? `${place.symbol.name} + ${place.offset}` : ''}`);
    this.#read(
      'instructions',
      say('count', { millions: (instructions / 1e6).toFixed(1), seconds: seconds.toFixed(2) }),
    );

    const serial = this.#serialText();
    const seen: Observation = { screen, cpu: registers, textScreen, serial, ...(exceptions && { exceptions }) };
    const checkpoint = this.#checkpoint;
    const verdict = checkpoint === null ? undefined : await inSlices(judgeInSteps(checkpoint, symbols, seen));
    if (boot !== this.#boot) return;
    if (verdict !== undefined) this.#show(verdict);
    const detail: Judged = { seen, registers, ...(this.#disc && { disc: this.#disc }), ...(verdict && { verdict }) };
    this.dispatchEvent(new CustomEvent<Judged>(judgedEvent, { detail }));
  }

  /** Modes from before VESA come as a picture, whose depth and pitch are not the mode's. */
  #depthInWords({ address, bpp, pitch }: Screen): string {
    if (address === null) return say('depth', { bpp: this.dataset['screen']?.split('x')[2] ?? '' });
    return say('depthAndPitch', { bpp, pitch });
  }

  #show({ passed, findings }: Verdict): void {
    this.dataset['verdict'] = passed ? 'passed' : 'failed';
    const recorded = this.#checkpoint?.kind === 'outcome';
    const outcome = passed
      ? say(recorded ? 'asRecorded' : 'asPromised')
      : say(recorded ? 'notAsRecorded' : 'notAsPromised');
    this.#part('[data-verdict-text]').textContent = [outcome, ...findings].join('\n');
    const { chapter } = this.dataset;
    if (passed && chapter && this.#disc === undefined && !this.#is32Bit) recordDone(chapter, 'booted');
  }

  /** Says what went wrong and what to do. The power button starts afresh. */
  #fail({ message, fix }: MachineFailure): void {
    this.#stopTimers();
    this.#showMenuKeys(false);
    this.#machine?.stop();
    this.#part('[data-fault]').textContent = `${message} ${fix}`;
    this.#setState('failed');
  }

  /** Forgets what the last boot showed. */
  #clear(): void {
    this.#boot++;
    this.#poweredAt = performance.now();
    this.#stopTimers();
    this.#showMenuKeys(false);
    this.dataset['verdict'] = '';
    delete this.dataset['screen'];
    delete this.dataset['shutDown'];
    for (const part of ['[data-verdict-text]', '[data-port="com1"]', '[data-port="e9"]', '[data-text-screen]']) {
      this.#part(part).textContent = '';
    }
    this.#part('[data-fault]').textContent = '';
    for (const reading of ['screen', 'cpu', 'rip', 'instructions']) this.#read(reading, '–');
  }

  #stopTimers(): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#textTimer);
    this.#textTimer = undefined;
  }

  #setState(state: MachineState): void {
    if (state === this.state) return;
    this.dataset['state'] = state;
    // After a triple fault the machine stands as it was then.
    this.#part('[data-status]').textContent = say(
      state === 'stopped' && 'shutDown' in this.dataset ? 'shutDown' : state,
    );
    const on = state === 'running' || state === 'halted' || state === 'paused';
    this.#allow('power', !on && state !== 'loading');
    this.#allow('reset', on);
    this.#allow('pause', state === 'running' || state === 'paused');
    this.#allow('stop', on || state === 'loading');
    this.#part('[data-action="pause"]').textContent = say(state === 'paused' ? 'resume' : 'pause');
    // Only a machine that is on takes the keyboard; one that is off is not worth a stop of the Tab key.
    const canvas = this.#part('canvas');
    canvas.tabIndex = on ? 0 : -1;
    if (!on && document.activeElement === canvas) this.#part('[data-action="power"]').focus();
    if (!on || !this.#typeSoon) return;
    this.#typeSoon = false;
    if (document.activeElement === this.#part('[data-disc-line]')) canvas.focus({ preventScroll: true });
  }

  /** Not `disabled`: that would throw a keyboard user off the button they have just pressed. */
  #allow(action: string, allowed: boolean): void {
    this.#part(`[data-action="${action}"]`).setAttribute('aria-disabled', String(!allowed));
  }

  #onKey = (event: KeyboardEvent): void => {
    const canvas = this.#part('canvas');
    if (event.target !== canvas || canvas.tabIndex < 0) return;
    event.preventDefault();
    // The machine's own keyboard controller repeats a held key.
    if (event.repeat) return;
    const press = event.type === 'keydown';
    if (press && event.code === 'Escape') {
      if (event.timeStamp - this.#escapedAt < escapeWindow) return this.#part('[data-action="power"]').focus();
      this.#escapedAt = event.timeStamp;
    }
    this.#ask((machine) => machine.sendKeys([event.code], { press, release: !press }));
  };

  /** The screen takes every key, the Tab key too: who cannot see where the focus is has to hear it, and the way out. */
  #sayWhoHasTheKeyboard = ({ type, target }: FocusEvent): void => {
    const canvas = this.#part('canvas');
    if (target !== canvas) return;
    this.#part('[data-announced]').textContent = say(
      type === 'focusin' && canvas.tabIndex === 0 ? 'hasKeyboard' : 'pageHasKeyboard',
    );
  };

  #read(reading: string, text: string): void {
    this.#part(`[data-reading="${reading}"]`).textContent = text;
  }

  #part<E extends HTMLElement = HTMLElement>(selector: string): E {
    const part = this.querySelector<E>(selector);
    if (!part) throw new Error(`<onko-machine> has no ${selector}; its markup comes from Machine.astro.`);
    return part;
  }
}

/** How long the page may be busy at a stretch (ms); it has 16 for a frame. */
const sliceMilliseconds = 8;

/** Does work that comes in steps a little at a time, and lets the page breathe in between. */
async function inSlices<T>(steps: Generator<undefined, T, undefined>): Promise<T> {
  for (;;) {
    const end = performance.now() + sliceMilliseconds;
    do {
      const step = steps.next();
      if (step.done) return step.value;
    } while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Fetches an ISO whole and makes sure that it is the right one. Rejects with a {@link MachineError} that names it. */
async function fetchIso(url: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const failure = (why: string) => new MachineError(say('noIso', { url, why }), say('noIsoFix'));
  const response = await fetch(url).catch(() => {
    throw failure(sayAnywhere('noServer'));
  });
  if (!response.ok) throw failure(sayAnywhere('serverAnswers', { status: response.status }));
  const iso = new Uint8Array(await response.arrayBuffer());
  await checkIntegrity(iso, sha256, `The ISO ${url}`);
  return iso;
}

export type { OnkoMachine };

declare global {
  interface HTMLElementTagNameMap {
    'onko-machine': OnkoMachine;
  }
}

customElements.define('onko-machine', OnkoMachine);
