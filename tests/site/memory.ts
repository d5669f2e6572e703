import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/**
 * Memory that the browser holds for itself and for its pages alone, in bytes: private and anonymous memory of all its processes
 * as Linux counts it. That covers what JavaScript heaps do not show: workers, WebAssembly memories, pictures.
 */
export class BrowserMemory {
  readonly #processes: number[];

  private constructor(processes: number[]) {
    this.#processes = processes;
  }

  /** For the processes that there are now. One that the browser adds later, as a reserve, is no growth of these. */
  static async of(page: Page): Promise<BrowserMemory> {
    const session = await page.context().browser()?.newBrowserCDPSession();
    if (!session) throw new Error('Only Chromium tells its processes.');
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return new BrowserMemory(processInfo.map(({ id }) => id));
  }

  now(): number {
    return this.#processes.map(anonymousBytes).reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** proc_pid_status(5): RssAnon and RssShmem, in KiB. Memory that processes share, such as a picture, is in RssShmem. */
function anonymousBytes(process: number): number {
  const status = readFileSync(`/proc/${process}/status`, 'utf8');
  const [anon, shared] = ['RssAnon', 'RssShmem'].map((name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]),
  );
  return ((anon ?? 0) + (shared ?? 0)) * 1024;
}
