import { setTimeout as sleep } from 'node:timers/promises';
import { atOnce, endOf, tellOutcome } from '../../src/lib/experiment.ts';
import type { End, Outcome, Sight } from '../../src/lib/experiment.ts';
import type { KernelSymbol } from '../../src/lib/manifest.ts';
import type { ObservedScreen } from '../../src/lib/verdict.ts';
import type { MachineOptions } from './experiment-files.ts';
import { withQemu } from './qemu.ts';
import type { CpuState, Qemu } from './qemu.ts';

/** The loader's last words on port 0xE9 before the kernel runs. */
const handover = 'Calling the kernel';

/** A machine that shows the same after this much of the host's CPU (seconds) and is not asleep runs in a circle. */
const busyAfter = { usual: 1.5, slow: 6 };

/** A machine that shows the same and sleeps at so many looks waits for somebody. */
const looksBeforeWaiting = 60;
const lookEvery = 40;

/** How long everything may take on a busy computer, in milliseconds. */
const timeLimit = 180_000;

/** Boots an experiment's disc in QEMU and tells what it did. */
export async function bootInQemu(
  iso: string,
  options: MachineOptions,
  symbols: readonly KernelSymbol[],
): Promise<Outcome> {
  const machine = {
    iso,
    exceptions: true,
    ...(options.stick && { medium: 'usb' as const }),
    ...(options.video === false && { vga: 'none' }),
    ...(options.cpu === '32-bit' && { cpu: 'qemu32' }),
  };
  return withQemu(machine, async (qemu) => {
    const end = await settle(qemu, options.slow ? busyAfter.slow : busyAfter.usual);
    const outcome = atOnce(tellOutcome(await look(qemu, end, options), symbols));
    return options.measure ? { ...outcome, hostCpu: await hostCpu(qemu) } : outcome;
  });
}

/** Waits until nothing new is to be expected. */
async function settle(qemu: Qemu, patience: number): Promise<End> {
  const deadline = Date.now() + timeLimit;
  let shown = '';
  let busySince: number | undefined;
  let looksAsleep = 0;
  while (Date.now() < deadline) {
    if (qemu.hasReset) return 'triple-fault';
    const end = endOf(stateOf(await qemu.cpu()), false);
    if (end === 'asleep') return end;
    const called = qemu.debug().includes(handover);
    const now = `${called}\n${(await qemu.textScreen()).join('\n')}`;
    if (now !== shown) [shown, busySince, looksAsleep] = [now, undefined, 0];
    if (end === 'waiting') {
      looksAsleep++;
      if (looksAsleep > looksBeforeWaiting) return end;
    } else {
      busySince ??= qemu.cpuTimes().running;
      if (qemu.cpuTimes().running - busySince > (called ? patience : busyAfter.slow)) return end;
    }
    await sleep(lookEvery);
  }
  throw new Error(`The machine did not come to an end in ${timeLimit / 1000} s. Port 0xE9:\n${qemu.debug()}`);
}

function stateOf({ halted, registers }: CpuState): { halted: boolean; rflags: bigint } {
  return { halted, rflags: registers.get('rflags') ?? 0n };
}

async function look(qemu: Qemu, end: End, { video }: MachineOptions): Promise<Sight> {
  const { registers } = await qemu.cpu();
  const register = (name: string): bigint => registers.get(name) ?? 0n;
  const textScreen = await qemu.textScreen();
  const mode = await qemu.videoMode();
  const text: ObservedScreen = { mode: 'text', width: 80, height: 25, bpp: 0, pitch: 160, pixels: new Uint8Array() };
  const screen: ObservedScreen | undefined =
    mode === undefined
      ? text
      : {
          mode: 'graphics',
          width: mode.width,
          height: mode.height,
          bpp: mode.bitsPerPixel,
          pitch: mode.pitch,
          pixels: await qemu.readPhysical(mode.address, mode.pitch * mode.height),
        };
  return {
    end,
    ...(video !== false && { screen }),
    textScreen,
    serial: qemu.serial(),
    registers: { rip: register('rip'), rsp: register('rsp'), rflags: register('rflags') },
    ...(end === 'triple-fault' && { exceptions: qemu.exceptions() }),
  };
}

/** How long the host is watched, in milliseconds. */
const watched = 1_500;

/** The busiest thread's share of the time in which it was not kept waiting for its turn: a busy host does not change it. */
async function hostCpu(qemu: Qemu): Promise<number> {
  const [before, at] = [qemu.cpuTimes(), performance.now()];
  await sleep(watched);
  const [after, seconds] = [qemu.cpuTimes(), (performance.now() - at) / 1000];
  const share = (after.running - before.running) / (seconds - (after.waiting - before.waiting));
  return Math.max(0, Math.min(100, Math.round(share * 2) * 50));
}
