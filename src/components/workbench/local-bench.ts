import type { Path } from '../../lib/workbench/disk.ts';
import type { Bench, BenchHost, Files } from './bench.ts';
import { Session } from './session.ts';

/** The bench in this page: a worker with a disk in memory and a shell of our own. */
export class LocalBench implements Bench {
  readonly #session: Session;
  readonly #host: BenchHost;
  #folder: Path;

  private constructor(session: Session, folder: Path, host: BenchHost) {
    this.#session = session;
    this.#folder = folder;
    this.#host = host;
    host.prompt(folder);
  }

  /** Rejects with an Error in words when the worker does not come up. */
  static async open(files: Files, folder: Path, host: BenchHost): Promise<LocalBench> {
    return new LocalBench(await Session.open([...files], folder, host.broken), folder, host);
  }

  async enter(line: string): Promise<void> {
    this.#host.print(`${this.#folder} $ ${line}\n`, 'typed');
    const { output, status, effect, changed, folder } = await this.#session.call('run', line);
    if (output !== '') this.#host.print(output, status === 0 ? undefined : 'wrong');
    this.#folder = folder;
    this.#host.prompt(folder);
    if (changed) await this.#host.changed();
    if (effect) await this.#host.effect(effect);
  }

  async files(): Promise<Files> {
    const files: Files = new Map();
    for (const path of await this.#session.call('paths')) files.set(path, await this.read(path));
    return files;
  }

  read(path: Path): Promise<Uint8Array<ArrayBuffer>> {
    return this.#session.call('read', path);
  }

  write(path: Path, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#session.call('write', path, bytes);
  }

  async close(): Promise<void> {
    this.#session.close();
  }
}
