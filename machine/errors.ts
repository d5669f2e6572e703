import type { MachineFailure } from './protocol.ts';

/** A failure of the machine in words for the reader, with what to do about it. */
export class MachineError extends Error implements MachineFailure {
  readonly fix: string;

  constructor(message: string, fix: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MachineError';
    this.fix = fix;
  }
}

export const noWebAssembly = (): MachineError =>
  new MachineError(
    'This browser cannot run WebAssembly, which the machine is made of.',
    'Use a current Firefox, Chrome, Edge or Safari, and allow WebAssembly if a setting forbids it.',
  );

export const noMemory = (cause?: unknown): MachineError =>
  new MachineError(
    'The browser has not enough memory left for the machine: it needs about 130 MB.',
    'Close other tabs or stop other machines on this page, then press power again.',
    cause,
  );

/** How browsers say that an array or a WebAssembly memory could not be had: none has an exception of its own for it. */
const outOfMemory = /out of memory|could not allocate|allocation failed/i;

/** Any thrown value as a failure in words. */
export function asFailure(error: unknown): MachineFailure {
  if (error instanceof MachineError) return { message: error.message, fix: error.fix };
  if (outOfMemory.test(String(error))) return asFailure(noMemory(error));
  return {
    message: `The machine broke: ${error instanceof Error ? error.message : String(error)}.`,
    fix: 'Press power to start it again. If it happens again, please report it with the name of the ISO.',
  };
}
