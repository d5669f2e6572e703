/** The worker: gives the PC its share of the processor, shows its screen, and answers the page. */
import { describeFault } from './engine.ts';
import { asFailure, MachineError, noWebAssembly } from './errors.ts';
import { checkIntegrity, sha256, toHex } from './integrity.ts';
import {
  announceMode,
  answerCalls,
  compile,
  emit,
  fetchBytes,
  forgetMode,
  forgetState,
  frameIsDue,
  frameMilliseconds,
  outputEvent,
  sendKeys,
  sendPicture,
  setState,
  state,
  typeText,
} from './link.ts';
import { Pc, ticksPerSecond } from './pc.ts';
import { decodePostBios, type PostBiosSnapshot } from './post-bios.ts';
import type { EngineUrls } from './protocol.ts';

/** How long one slice should take: short enough for keys and pictures to be prompt, long enough to cost nothing. */
const sliceMilliseconds = 12;
/** How often a waiting CPU is looked after: the guest's timers tick this much late at most. */
const waitMilliseconds = 8;
/** A wait shorter than this, such as one for the CD drive, is over at once: a millisecond of the guest's time. */
const shortWaitTicks = ticksPerSecond / 1000;
/** A guest that polls the clock may run ahead of real time by this much before it is held back. */
const leadMilliseconds = 250;
/** The guest's screen refresh, so that a last change of a halted guest is seen: Bochs draws text 30 times a second. */
const settleTicks = ticksPerSecond / 20;

let pc: Pc | null = null;
let sliceTicks = 400_000;
/** `performance.now()` when the CPU began to wait, or `null` while it runs. */
let waitingSince: number | null = null;
/** Real time (ms) that the guest's time 0 corresponds to. */
let epoch = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let queued = false;

// A MessageChannel comes back at once, where timers wait 4 ms.
const { port1, port2 } = new MessageChannel();
port1.onmessage = () => {
  queued = false;
  runSlice();
};

const serial = outputEvent('serial');
const debug = outputEvent('debug');

/** What Bochs complained about last, and how often: a guest that runs astray repeats the same complaint for ever. */
let complaint = '';
let complaints = 0;
const mostComplaints = 20;

/** Bochs marks what it cannot go on with as PANIC; with `panic: action=report` it goes on all the same, save for a few. */
function onLog(line: string): void {
  if (!line.includes('>>PANIC<<')) return;
  complaint = line.replace(/^.*>>PANIC<<\s*/, '').trim();
  if (!isPowerOff(complaint) && ++complaints <= mostComplaints) emit('warning', { message: complaint });
}

/** How Bochs says that the guest has switched the PC off, through ACPI or port 0x8900. */
function isPowerOff(message: string): boolean {
  return /soft power off|shutdown requested/.test(message);
}

// ---------------------------------------------------------------------------------------------------------- engine

async function checkBelongsTogether(engine: Uint8Array<ArrayBuffer>, snapshot: PostBiosSnapshot): Promise<void> {
  if ((await sha256(engine)) === toHex(snapshot.engineHash)) return;
  throw new MachineError(
    "The machine's engine and snapshot are of different builds.",
    'Reload the page without the cache (Ctrl+Shift+R); if it stays so, the site was not deployed completely.',
  );
}

interface Engine {
  module: WebAssembly.Module;
  snapshot: PostBiosSnapshot;
}

async function loadEngine(urls: EngineUrls): Promise<Engine> {
  if (typeof WebAssembly === 'undefined') throw noWebAssembly();
  const [wasm, snapshotBytes] = await Promise.all([
    fetchBytes(urls.wasm, "The machine's engine"),
    fetchBytes(urls.snapshot, "The machine's snapshot"),
  ]);
  if (urls.sha256) {
    await checkIntegrity(wasm, urls.sha256.wasm, "The machine's engine");
    await checkIntegrity(snapshotBytes, urls.sha256.snapshot, "The machine's snapshot");
  }
  const snapshot = decodePostBios(snapshotBytes);
  const [module] = await Promise.all([compile(wasm, urls.wasm), checkBelongsTogether(wasm, snapshot)]);
  return { module, snapshot };
}

let engine: Engine | null = null;

function newPc({ module, snapshot }: Engine): Promise<Pc> {
  return Pc.fromSnapshot(module, snapshot, { serial: serial.write, debug: debug.write, log: onLog });
}

// ------------------------------------------------------------------------------------------------------ scheduling

function schedule(milliseconds: number): void {
  clearTimeout(timer);
  timer = undefined;
  if (milliseconds > 0) {
    timer = setTimeout(runSlice, milliseconds);
  } else if (!queued) {
    queued = true;
    port2.postMessage(null);
  }
}

/** Milliseconds that the guest's time is ahead of real time; time that it lost is not made up for. */
function lead(machine: Pc, now: number): number {
  const ahead = epoch + (machine.ticks() / ticksPerSecond) * 1000 - now;
  if (ahead < 0) epoch -= ahead;
  return Math.max(0, ahead);
}

function startClock(machine: Pc): void {
  epoch = performance.now() - (machine.ticks() / ticksPerSecond) * 1000;
  waitingSince = null;
}

function runSlice(): void {
  if (state !== 'running' || pc === null) return;
  try {
    slice(pc);
  } catch (error) {
    endWith(error);
  }
}

function slice(machine: Pc): void {
  const began = performance.now();
  const slept = waitingSince === null ? 0 : began - waitingSince;
  const idle = Math.max(shortWaitTicks, (slept / 1000) * ticksPerSecond);
  const reason = machine.run(sliceTicks + idle, idle);
  const now = performance.now();
  flushOutput();
  if (reason === 'slice-used' && slept === 0) adapt(now - began);
  switch (reason) {
    case 'slice-used': {
      waitingSince = null;
      const ahead = lead(machine, now);
      schedule(ahead > leadMilliseconds ? Math.min(ahead - leadMilliseconds, 2 * frameMilliseconds) : 0);
      show(machine);
      break;
    }
    case 'waiting':
      if (sleepsForever(machine)) settle(machine);
      else {
        waitingSince = now;
        schedule(waitMilliseconds);
        show(machine);
      }
      break;
    case 'breakpoint':
      setState('paused');
      show(machine, true);
      emit('breakpoint', { address: machine.registers().rip });
      break;
    case 'shutdown':
      showFault(machine);
      break;
  }
}

/** Grows gently, but shrinks at once: code that faults all the time is a thousand times slower than other code. */
function adapt(milliseconds: number): void {
  if (milliseconds < sliceMilliseconds * 0.7) sliceTicks = Math.min(sliceTicks * 1.3, 5e6);
  else if (milliseconds > sliceMilliseconds * 1.3)
    sliceTicks = Math.max(sliceTicks * (sliceMilliseconds / milliseconds), 5e3);
}

/** A CPU that was halted with interrupts off has nothing to wait for. */
function sleepsForever(machine: Pc): boolean {
  const { halted, rflags } = machine.registers();
  return halted && (rflags & 0x200n) === 0n;
}

/** Lets the graphics card finish its picture, then sleeps until something happens from outside. */
function settle(machine: Pc): void {
  machine.run(settleTicks, settleTicks);
  flushOutput();
  show(machine, true);
  setState('halted');
}

function showFault(machine: Pc): void {
  const fault = machine.fault();
  show(machine, true);
  setState('stopped');
  emit('fault', { ...fault, message: describeFault(fault) });
}

function flushOutput(): void {
  serial.flush();
  debug.flush();
}

/** The engine gave up, or the guest switched the PC off: a program for WASI ends by an exception, and its memory is void. */
function endWith(error: unknown): void {
  flushOutput();
  pc = null;
  if (isPowerOff(complaint)) setState('stopped');
  else emit('error', asFailure(error));
}

// ---------------------------------------------------------------------------------------------------------- screen

/** Shows the picture if it changed: no more often than a screen does and than the page can draw, unless it is the last. */
function show(machine: Pc, last = false): void {
  announceMode(machine.mode());
  if (!last && !frameIsDue()) return;
  const picture = machine.changedPicture();
  if (picture !== null) sendPicture(picture, machine.instructionCount());
}

// ----------------------------------------------------------------------------------------------------------- calls

function running(): Pc {
  if (pc === null || state === 'off') throw new MachineError('The machine is off.', 'Press power first.');
  return pc;
}

/** Starts or goes on; also wakes the loop after something happened to a sleeping PC. */
function go(machine: Pc): void {
  startClock(machine);
  setState('running');
  schedule(0);
}

answerCalls({
  async prepare(urls) {
    engine = await loadEngine(urls as EngineUrls);
    pc = await newPc(engine);
  },
  async powerOn(iso, cpu) {
    if (engine === null) throw new MachineError('The machine is not prepared.', 'Press power again.');
    // A PC that has run already is replaced by a new one, whose BIOS has not.
    if (pc === null || state !== 'off') {
      clearTimeout(timer);
      forgetState();
      pc = null; // its memory must be free before there is another
      pc = await newPc(engine);
    }
    pc.insertDisc(iso);
    pc.setLongMode(cpu === '64-bit');
    pc.setClock(new Date());
    forgetMode();
    complaint = '';
    complaints = 0;
    go(pc);
  },
  pause() {
    const machine = running();
    if (state === 'stopped') return;
    clearTimeout(timer);
    show(machine, true);
    setState('paused');
  },
  resume() {
    const machine = running();
    if (state === 'paused') go(machine);
  },
  reset() {
    const machine = running();
    machine.reset();
    go(machine);
  },
  key(codes, isPressed, isReleased) {
    const machine = running();
    sendKeys(codes, { press: isPressed, release: isReleased }, (code, pressed) => machine.key(code, pressed));
    if (state === 'halted') go(machine);
  },
  async type(text) {
    const machine = running();
    await typeText(text, (code, pressed) => machine.key(code, pressed));
    if (state === 'halted') go(machine);
  },
  screen: () => running().screen(),
  textScreen: () => running().textScreen(),
  readPhysical: (address, length) => running().readPhysical(address, length),
  readLinear: (address, length) => running().readLinear(address, length),
  writePhysical: (address, bytes) => running().writePhysical(address, bytes),
  disassemble: (address, count) => running().disassemble(address, count),
  registers: () => running().registers(),
  instructionCount: () => running().instructionCount(),
  memoryUsage: () => running().memoryUsage(),
  snapshot: () => running().snapshot(),
  restore(snapshot) {
    const machine = running();
    machine.restore(snapshot);
    forgetMode();
    if (state === 'paused') show(machine, true);
    else go(machine);
  },
  step(count) {
    const machine = running();
    if (state !== 'paused') throw new MachineError('Only a paused machine can be stepped.', 'Pause it first.');
    for (let n = 0; n < count && machine.step() === 'slice-used'; n++);
    flushOutput();
    show(machine, true);
  },
  setBreakpoints: (addresses) => running().setBreakpoints(addresses),
});
