/** The 32-bit PC's worker. v86 runs by its own clock; this looks after its screen and answers the page. */
import { asFailure, MachineError, noWebAssembly } from '../errors.ts';
import { checkIntegrity } from '../integrity.ts';
import {
  announceMode,
  answerCalls,
  compile,
  emit,
  fetchBytes,
  forgetMode,
  frameIsDue,
  frameMilliseconds,
  outputEvent,
  sendKeys,
  sendPicture,
  setState,
  state,
  typeText,
} from '../link.ts';
import type { V86Urls } from '../protocol.ts';
import { Pc32, type Parts } from './pc32.ts';

declare const self: DedicatedWorkerGlobalScope;

let parts: Parts | null = null;
let pc: Pc32 | null = null;
let timer: ReturnType<typeof setInterval> | undefined;

const serial = outputEvent('serial');
const debug = outputEvent('debug');

async function load({ v86, bios, vgaBios, sha256 }: V86Urls): Promise<Parts> {
  if (typeof WebAssembly === 'undefined') throw noWebAssembly();
  const [engine, biosBytes, vgaBiosBytes] = await Promise.all([
    fetchChecked(v86, sha256?.v86, "The 32-bit PC's engine"),
    fetchChecked(bios, sha256?.bios, "The 32-bit PC's BIOS"),
    fetchChecked(vgaBios, sha256?.vgaBios, "The 32-bit PC's VGA BIOS"),
  ]);
  return { module: await compile(engine, v86), bios: biosBytes.buffer, vgaBios: vgaBiosBytes.buffer };
}

async function fetchChecked(url: string, sha256: string | undefined, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await fetchBytes(url, what);
  if (sha256 !== undefined) await checkIntegrity(bytes, sha256, what);
  return bytes;
}

function running(): Pc32 {
  if (pc === null) throw new MachineError('The machine is off.', 'Press power first.');
  return pc;
}

function cannot(what: string): never {
  throw new MachineError(`The 32-bit PC cannot ${what}.`, 'Use the 64-bit one, which can.');
}

/** Output and picture since the last time. */
function show(machine: Pc32, last = false): void {
  serial.flush();
  debug.flush();
  announceMode(machine.mode());
  if (!last && !frameIsDue()) return;
  const picture = machine.changedPicture();
  if (picture !== null && picture.width > 0) sendPicture(picture, machine.instructionCount());
}

function go(machine: Pc32): void {
  machine.run();
  setState('running');
  clearInterval(timer);
  timer = setInterval(() => show(machine), frameMilliseconds);
}

async function switchOn(parts: Parts, image: Uint8Array): Promise<Pc32> {
  const outputs = {
    serial: serial.write,
    debug: debug.write,
    halted: () => void (pc && rest(pc, 'halted')),
  };
  if (pc?.boots(image)) {
    await pc.bootFloppy(image, outputs);
    return pc;
  }
  await pc?.destroy();
  pc = null; // its memory must be free before there is another
  pc = await Pc32.create(parts, image, outputs);
  return pc;
}

/** Stops it, shows what it has come to, and only then says so. */
async function rest(machine: Pc32, as: 'halted' | 'paused'): Promise<void> {
  clearInterval(timer);
  await machine.stop();
  if (machine !== pc) return;
  show(machine, true);
  setState(as);
}

/** v86 calls back from timers of its own: what goes wrong there comes here. */
function fail(error: unknown): void {
  clearInterval(timer);
  pc = null;
  emit('error', asFailure(error));
}

self.addEventListener('error', (event) => {
  event.preventDefault();
  fail(event.error ?? event.message);
});
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  fail(event.reason);
});

answerCalls({
  async prepare(urls) {
    const { floppy, ...files } = urls as V86Urls;
    parts = await load(files);
    if (floppy) pc = await Pc32.createWaiting(parts);
  },
  async powerOn(image) {
    if (parts === null) throw new MachineError('The machine is not prepared.', 'Press power again.');
    clearInterval(timer);
    const machine = await switchOn(parts, image);
    forgetMode();
    go(machine);
  },
  async pause() {
    if (state === 'running') await rest(running(), 'paused');
  },
  resume() {
    if (state === 'paused') go(running());
  },
  reset() {
    const machine = running();
    machine.reset();
    go(machine);
  },
  key(codes, press, release) {
    const machine = running();
    sendKeys(codes, { press, release }, (code, pressed) => machine.key(code, pressed));
  },
  async type(text) {
    const machine = running();
    await typeText(text, (code, pressed) => machine.key(code, pressed));
  },
  screen: () => running().screen(),
  textScreen: () => running().textScreen(),
  readPhysical: (address, length) => running().readPhysical(address, length),
  readLinear: (address, length) => running().readLinear(address, length),
  writePhysical: (address, bytes) => running().writePhysical(address, bytes),
  disassemble: () => cannot('disassemble'),
  registers: () => running().registers(),
  instructionCount: () => running().instructionCount(),
  memoryUsage: () => running().memoryUsage(),
  snapshot: () => cannot('be kept as it is'),
  restore: () => cannot('be put back to a moment'),
  step: () => cannot('go on by single instructions'),
  setBreakpoints: (addresses) => (addresses.length > 0 ? cannot('stop at an address') : undefined),
});
