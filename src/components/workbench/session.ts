import type { Path } from '../../lib/workbench/disk.ts';
import { wordsOf } from '../words/words.ts';
import { patience } from './bench.ts';
import type { CallName, FileList, FromWorker, ToWorker, WorkbenchCalls } from './protocol.ts';

const say = wordsOf('workbench');

interface Pending {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** The page's side of the local workbench. Whatever does not answer within {@link patience} rejects, and ends the session. */
export class Session {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'onko-workbench' });
  readonly #pending = new Map<number, Pending>();
  readonly #broken: (why: string) => void;
  #lastId = 0;

  private constructor(broken: (why: string) => void) {
    this.#broken = broken;
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      const pending = this.#pending.get(data.id);
      if (pending === undefined) return;
      this.#pending.delete(data.id);
      clearTimeout(pending.timer);
      if ('failure' in data) pending.reject(new Error(data.failure));
      else pending.resolve(data.result as never);
    });
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#fail(event.message ? say('brokenBy', { why: event.message }) : say('broken'));
    });
  }

  /**
   * Rejects with an Error in words when the worker does not come up. `broken` is told when it gives up later, besides whoever
   * waits for an answer.
   */
  static async open(files: FileList, folder: Path, broken: (why: string) => void): Promise<Session> {
    const session = new Session(broken);
    await session.call('open', files, folder);
    return session;
  }

  call<K extends CallName>(call: K, ...args: Parameters<WorkbenchCalls[K]>): Promise<ReturnType<WorkbenchCalls[K]>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const timer = setTimeout(() => this.#fail(say('stopped', { seconds: patience / 1000 })), patience);
      this.#pending.set(id, { resolve, reject, timer });
      this.#worker.postMessage({ id, call, with: args } as ToWorker);
    });
  }

  close(): void {
    this.#giveUp(say('closed'));
  }

  #fail(why: string): void {
    this.#giveUp(why);
    this.#broken(why);
  }

  #giveUp(why: string): void {
    this.#worker.terminate();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new Error(why));
    }
    this.#pending.clear();
  }
}
