import { readFile } from 'node:fs/promises';
import { Pc } from '../../machine/pc.ts';
import { decodePostBios } from '../../machine/post-bios.ts';
import { atOnce, endOf, tellOutcome } from '../lib/experiment.ts';
import type { End, Outcome } from '../lib/experiment.ts';
import type { KernelEntry } from '../lib/manifest.ts';
import { engineFiles } from './engine.ts';

/** A guest that has executed this many instructions and is not asleep runs in a circle. */
const busyAfter = { usual: 1e8, slow: 8e8 };

/** One that has waited for so many ticks (an instruction takes one) waits for somebody. */
const waitingAfter = 8e8;

export interface PageBoot {
  cpu?: '32-bit';
  /** It may run for long before it comes to an end. */
  slow?: true;
  /** Counts the kernel's instructions. */
  measure?: true;
}

let engine: Promise<{ module: WebAssembly.Module; snapshot: ReturnType<typeof decodePostBios> }> | undefined;

async function loadEngine() {
  const { wasm, snapshot } = await engineFiles();
  return {
    module: await WebAssembly.compile(new Uint8Array(await readFile(wasm.source))),
    snapshot: decodePostBios(new Uint8Array(await readFile(snapshot.source))),
  };
}

/** Boots a disc in the machine that the page runs, here in Node, and tells what it did. */
export async function bootInPageMachine(
  iso: Uint8Array,
  { cpu, measure, slow }: PageBoot,
  kernel?: KernelEntry,
): Promise<Outcome> {
  const { module, snapshot } = await (engine ??= loadEngine());
  const decoder = new TextDecoder('latin1');
  let serial = '';
  const pc = await Pc.fromSnapshot(module, snapshot, { serial: (bytes) => (serial += decoder.decode(bytes)) });
  if (cpu === '32-bit') pc.setLongMode(false);
  pc.insertDisc(iso);

  if (measure && kernel) {
    pc.setBreakpoints([BigInt(kernel.entry)]);
    while (pc.run(1e6, 1e6) !== 'breakpoint') {
      if (pc.instructionCount() > busyAfter.usual) throw new Error('The kernel was never called.');
    }
    pc.setBreakpoints([]);
  }
  const entered = pc.instructionCount();
  const end = settle(pc, slow ? busyAfter.slow : busyAfter.usual);
  const executed = pc.instructionCount() - entered;

  const { rip, rsp, rflags } = pc.registers();
  const sight = {
    end,
    screen: pc.screen(),
    textScreen: pc.textScreen(),
    serial,
    registers: { rip, rsp, rflags },
    ...(end === 'triple-fault' && { exceptions: pc.fault().exceptions }),
  };
  const outcome = atOnce(tellOutcome(sight, kernel?.symbols ?? []));
  return measure && end === 'asleep' ? { ...outcome, instructions: executed } : outcome;
}

/** Runs until nothing new is to be expected. */
function settle(pc: Pc, patience: number): End {
  const idleBefore = pc.ticks() - pc.instructionCount();
  for (;;) {
    const shutDown = pc.run(2e6, 2e6) === 'shutdown';
    const end = endOf(pc.registers(), shutDown);
    if (end === 'asleep' || end === 'triple-fault') return end;
    const idle = pc.ticks() - pc.instructionCount() - idleBefore;
    if (end === 'waiting' && idle > waitingAfter) return end;
    if (pc.instructionCount() > patience) return end;
  }
}
