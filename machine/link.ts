/** A machine's worker and its page: what both kinds of worker need to talk and to fetch. */
import { asFailure, MachineError, noMemory } from './errors.ts';
import { strokeOf } from './keys.ts';
import type { Calls, FromWorker, MachineState, ScreenMode, ToWorker, WorkerEvents } from './protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

function send(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

export function emit<K extends keyof WorkerEvents>(
  event: K,
  detail: WorkerEvents[K],
  transfer: Transferable[] = [],
): void {
  send({ event, detail } as FromWorker, transfer);
}

/** The state that the page was told last. */
export let state: MachineState = 'off';

export function setState(next: MachineState): void {
  if (next === state) return;
  state = next;
  emit('state', next);
}

/** For a machine that is replaced by a new one: the page goes on seeing it as loading. */
export function forgetState(): void {
  state = 'off';
}

/** Collects output of one slice, so that a byte at a time becomes one event. */
export function outputEvent(event: 'serial' | 'debug'): { write: (bytes: Uint8Array) => void; flush: () => void } {
  const decoder = new TextDecoder();
  let text = '';
  return {
    write: (bytes) => {
      text += decoder.decode(bytes, { stream: true });
    },
    flush: () => {
      if (text === '') return;
      emit(event, text);
      text = '';
    },
  };
}

let lastMode = '';

/** Tells the page of a mode that it has not been told of. */
export function announceMode(mode: ScreenMode): void {
  const { mode: kind, width, height, bpp } = mode;
  const name = `${kind} ${width} ${height} ${bpp}`;
  if (name === lastMode || width === 0) return;
  lastMode = name;
  emit('screen', mode);
}

/** For a machine that starts afresh: its first mode is told even if it is the last one of the machine before. */
export function forgetMode(): void {
  lastMode = '';
}

/** A picture at most this often; a screen shows no more. */
export const frameMilliseconds = 16;

let lastFrame = 0;
let framesOut = 0;

/** Whether the page is ready for another picture: no more often than a screen shows one and than the page can draw. */
export function frameIsDue(): boolean {
  return framesOut === 0 && performance.now() - lastFrame >= frameMilliseconds;
}

/** Sends a picture; `rgba` is copied. */
export function sendPicture(
  { width, height, rgba }: { width: number; height: number; rgba: Uint8ClampedArray },
  instructions: number,
): void {
  lastFrame = performance.now();
  framesOut++;
  const pixels = rgba.slice().buffer;
  emit('picture', { pixels, width, height, instructions }, [pixels]);
}

/** How long a key is held, and the pause after it, in milliseconds: a BIOS looks at keys that often. */
const keyMilliseconds = 10;

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Types text on a US keyboard at a pace that a BIOS can follow. Rejects characters that it does not have. */
export async function typeText(text: string, key: (code: string, pressed: boolean) => void): Promise<void> {
  for (const character of text) {
    const stroke = strokeOf(character);
    if (stroke === undefined) {
      throw new MachineError(`A US keyboard has no key for "${character}".`, 'Type ASCII characters only.');
    }
    const codes = stroke.shift ? ['ShiftLeft', stroke.code] : [stroke.code];
    for (const code of codes) key(code, true);
    await sleep(keyMilliseconds);
    for (const code of codes.reverse()) key(code, false);
    await sleep(keyMilliseconds);
  }
}

/** Presses keys in order, releases them in reverse order. `key` says whether a PC's keyboard has the key. */
export function sendKeys(
  codes: readonly string[],
  { press, release }: { press: boolean; release: boolean },
  key: (code: string, pressed: boolean) => boolean,
): void {
  for (const code of codes) {
    if (press && !key(code, true)) {
      throw new MachineError(
        `A PC keyboard has no key "${code}".`,
        'Use the names of KeyboardEvent.code, such as "KeyA".',
      );
    }
  }
  if (release) for (const code of [...codes].reverse()) key(code, false);
}

/** Fetches a file whole. Rejects with a {@link MachineError} that names it. */
export async function fetchBytes(url: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new MachineError(
      `${what} could not be fetched from ${url}.`,
      'Check the network, then press power again.',
      error,
    );
  }
  if (!response.ok) {
    throw new MachineError(
      `${what} is missing: ${url} answered ${response.status}.`,
      'Reload the page; if it stays so, the site was not deployed completely.',
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Compiles a WebAssembly module that was fetched from `url`. Rejects with a {@link MachineError}. */
export async function compile(bytes: Uint8Array<ArrayBuffer>, url: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw noMemory(error);
    throw new MachineError(
      `The machine's engine at ${url} is damaged or too new for this browser: ${String(error)}.`,
      'Reload the page, or use a current Firefox, Chrome, Edge or Safari.',
      error,
    );
  }
}

export type Handlers = {
  [K in keyof Calls]: (...args: Parameters<Calls[K]>) => ReturnType<Calls[K]> | Promise<ReturnType<Calls[K]>>;
};

/** Answers the page's calls from now on. */
export function answerCalls(handlers: Handlers): void {
  self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
    if ('drawn' in data) {
      framesOut = Math.max(0, framesOut - 1);
      return;
    }
    if ('ping' in data) {
      send({ alive: true });
      return;
    }
    try {
      // TypeScript cannot see that a call and its arguments belong together.
      const handler = handlers[data.call] as (...args: readonly unknown[]) => unknown;
      send({ id: data.id, result: await handler(...data.with) });
    } catch (error) {
      send({ id: data.id, failure: asFailure(error) });
    }
  };
}
