import type { FileSystemTree, WebContainer, WebContainerProcess } from '@webcontainer/api';
import {
  containerFailure,
  commandNames,
  ownFiles,
  ownFolder,
  parseRequest,
  serviceOrigin,
  type ContainerStage,
} from '../../lib/workbench/container.ts';
import type { Path } from '../../lib/workbench/disk.ts';
import { TerminalText } from '../../lib/workbench/terminal-text.ts';
import { fetchFile } from '../download.ts';
import { wordsOf } from '../words/words.ts';
import { patience, type Bench, type BenchHost, type Files } from './bench.ts';
import { removeServiceFrame } from './service-frame.ts';

/** Where our commands are fetched, as one file each. */
export interface ContainerScripts {
  onko: string;
  commands: string;
}

const say = wordsOf('workbench');

/** What the shell is told of its terminal. */
const terminal = { cols: 100, rows: 30 };
const requests = `/${ownFolder}/requests`;
/** Not shown and not kept: what the tools themselves put there. */
const passedOver = new Set(['node_modules', '.git']);
const mostFiles = 2000;
/** A pause in changes (ms) after which they are looked at. */
const pause = 300;

/**
 * The bench in a WebContainer of StackBlitz. One is booted in the life of a page; chapters follow each other in it. From the
 * moment that {@link open} is called, the third party is contacted.
 */
export class ContainerBench implements Bench {
  readonly #container: WebContainer;
  #host: BenchHost;
  #shell: WebContainerProcess | undefined;
  #input: WritableStreamDefaultWriter<string> | undefined;
  #folder: Path = '/';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** Requests that are being read; a watcher tells of each more than once. */
  readonly #taken = new Set<string>();

  private constructor(container: WebContainer, host: BenchHost) {
    this.#container = container;
    this.#host = host;
  }

  /** Whether there has been one in this page: the service's package boots no second after the first was given up. */
  static used = false;

  /** Boots a container with these files and a shell in that folder. Rejects with an Error in sentences, within `patience`. */
  static async open(files: Files, folder: Path, host: BenchHost, scripts: ContainerScripts): Promise<ContainerBench> {
    let stage: ContainerStage = 'page';
    let late: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(containerFailure(stage, patience / 1000))), patience);
    });
    const onMessage = ({ origin }: MessageEvent): void => {
      if (origin === serviceOrigin && stage === 'frame') stage = 'boot';
    };
    let bench: ContainerBench | undefined;
    const start = async (): Promise<ContainerBench> => {
      const [{ WebContainer }, own] = await Promise.all([import('@webcontainer/api'), fetchScripts(scripts)]);
      stage = 'frame';
      ContainerBench.used = true;
      window.addEventListener('message', onMessage);
      const container = await WebContainer.boot({ coep: 'require-corp', workdirName: 'onko' });
      stage = 'files';
      bench = new ContainerBench(container, host);
      await bench.#prepare(own);
      await bench.#fill(files, folder);
      stage = 'running';
      return bench;
    };
    const started = start().catch((error: unknown) => {
      throw new Error(containerFailure(stage, patience / 1000, error));
    });
    try {
      return await Promise.race([started, timeout]);
    } catch (error) {
      if (bench) void bench.close();
      removeServiceFrame();
      throw error;
    } finally {
      clearTimeout(late);
      window.removeEventListener('message', onMessage);
    }
  }

  /** Our commands, once for all chapters. */
  async #prepare(own: ReadonlyMap<string, string>): Promise<void> {
    this.#container.on('error', ({ message }) => this.#break(containerFailure('running', patience / 1000, message)));
    await this.#container.mount({ [ownFolder]: { directory: tree(own) } });
    const bins = commandNames.map((name) => `${ownFolder}/bin/${name}`);
    const chmod = await this.#container.spawn('chmod', ['a+x', ...bins]);
    const status = await chmod.exit;
    if (status !== 0) throw new Error(`chmod, which makes our commands run, ended with ${status}.`);
    this.#container.fs.watch(requests, () => {
      this.#takeRequests().catch((cause: unknown) => {
        const said = cause instanceof Error ? cause.message : String(cause);
        if (!this.#closed) this.#host.print(`${say('impossible', { why: said })}\n`, 'wrong');
      });
    });
    this.#container.fs.watch('/', { recursive: true }, (_, name) => {
      if (!String(name).replace(/^\//, '').startsWith(ownFolder)) this.#changedSoon();
    });
  }

  /** Other files in the place of those that are there, and a new shell. */
  async #fill(files: Files, folder: Path): Promise<void> {
    for (const name of await this.#container.fs.readdir('/')) {
      if (name !== ownFolder) await this.#container.fs.rm(`/${name}`, { recursive: true, force: true });
    }
    await this.#container.mount(tree(new Map([...files].map(([path, bytes]) => [path.slice(1), bytes]))));
    this.#folder = folder;
    await this.#startShell();
  }

  /** The same container, for another chapter or for its files as they came. */
  async refill(files: Files, folder: Path, host: BenchHost): Promise<void> {
    this.#host = host;
    this.#shell?.kill();
    await this.#ask(this.#fill(files, folder));
  }

  /** Resolves when it has said its first word. */
  async #startShell(): Promise<void> {
    const { workdir, path } = this.#container;
    const started = performance.now();
    const shell = await this.#container.spawn('jsh', {
      cwd: this.#folder.slice(1),
      env: { PATH: `${workdir}/${ownFolder}/bin:${path}` },
      terminal,
    });
    this.#shell = shell;
    this.#input = shell.input.getWriter();
    this.#host.prompt('jsh');
    const text = new TerminalText(terminal.cols, terminal.rows);
    this.#host.show({ wiped: true, from: 0, lines: [] });
    await new Promise<void>((resolve, reject) => {
      const show = (chunk: string): void => {
        if (shell === this.#shell) this.#host.show(text.write(chunk));
        resolve();
      };
      void shell.output.pipeTo(new WritableStream({ write: show })).catch(() => {});
      void shell.exit.then((status) => {
        if (this.#closed || shell !== this.#shell) return;
        // One that ends at once would do so again.
        if (performance.now() - started < 1000) return reject(new Error(`its shell ended with ${status} at once.`));
        void this.#guard(this.#startShell());
      });
    });
  }

  async enter(line: string): Promise<void> {
    await this.#ask(this.#writer.write(`${line}\r`));
  }

  async interrupt(): Promise<void> {
    await this.#ask(this.#writer.write('\x03'));
  }

  get #writer(): WritableStreamDefaultWriter<string> {
    if (this.#input === undefined) throw new Error(say('noShell'));
    return this.#input;
  }

  async #walk(folder: Path): Promise<Path[]> {
    const paths: Path[] = [];
    for (const entry of await this.#container.fs.readdir(`${folder}/`, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (path === `/${ownFolder}` || passedOver.has(entry.name)) continue;
      if (entry.isDirectory()) paths.push(...(await this.#walk(path)));
      else paths.push(path);
      if (paths.length > mostFiles) {
        throw new Error(say('tooMany', { most: mostFiles }));
      }
    }
    return paths;
  }

  /** A file that goes while all are read makes it begin again; only what is there at one time is all there is. */
  async files(): Promise<Files> {
    return this.#readAll().catch(() => this.#readAll());
  }

  async #readAll(): Promise<Files> {
    const files: Files = new Map();
    for (const path of await this.#ask(this.#walk(''))) files.set(path, await this.read(path));
    return files;
  }

  async read(path: Path): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#ask(this.#container.fs.readFile(path)));
  }

  write(path: Path, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#ask(this.#container.fs.writeFile(path, bytes));
  }

  /** Ends the container and the connection with it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#shell?.kill();
    try {
      this.#container.teardown();
    } finally {
      removeServiceFrame();
    }
  }

  #changedSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#closed) void this.#host.changed();
    }, pause);
  }

  async #takeRequests(): Promise<void> {
    const { fs } = this.#container;
    for (const name of (await fs.readdir(requests)).sort()) {
      if (!name.endsWith('.json') || this.#taken.has(name)) continue;
      this.#taken.add(name);
      const request = parseRequest(await fs.readFile(`${requests}/${name}`, 'utf-8'));
      await fs.rm(`${requests}/${name}`);
      if (request === undefined) continue;
      if (request.kind === 'edit') {
        await this.#host.effect(request);
        continue;
      }
      const bytes = new Uint8Array(await fs.readFile(`${requests}/${request.bytes}`));
      await fs.rm(`${requests}/${request.bytes}`);
      const { kind, name: called } = request;
      await this.#host.effect(kind === 'boot' ? { kind, name: called, image: bytes } : { kind, name: called, bytes });
    }
  }

  /** What the container has to answer in time; when it does not, it is given up. */
  async #ask<T>(answer: Promise<T>): Promise<T> {
    let late: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<never>((_, reject) => {
      late = setTimeout(() => {
        const why = containerFailure('running', patience / 1000);
        this.#break(why);
        reject(new Error(why));
      }, patience);
    });
    try {
      return await Promise.race([answer, timeout]);
    } catch (cause) {
      throw cause instanceof Error ? cause : new Error(String(cause));
    } finally {
      clearTimeout(late);
    }
  }

  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      if (!this.#closed) this.#break(containerFailure('running', patience / 1000, cause));
    }
  }

  #break(why: string): void {
    if (this.#closed) return;
    void this.close();
    this.#host.broken(why);
  }
}

async function fetchScripts({ onko, commands }: ContainerScripts): Promise<Map<string, string>> {
  const [first, second] = await Promise.all([fetchFile(onko), fetchFile(commands)]);
  const text = new TextDecoder();
  return ownFiles({ 'onko.mjs': text.decode(first), 'commands.mjs': text.decode(second) });
}

/** Files by their path, without a slash at its beginning, as `mount` takes them. */
function tree(files: ReadonlyMap<string, string | Uint8Array>): FileSystemTree {
  const top: FileSystemTree = {};
  for (const [path, contents] of files) {
    const names = path.split('/');
    const name = names.pop() ?? '';
    let folder = top;
    for (const each of names) {
      const next = (folder[each] ??= { directory: {} });
      if (!('directory' in next)) throw new Error(`${each} in ${path} is a file, not a folder.`);
      folder = next.directory;
    }
    folder[name] = { file: { contents } };
  }
  return top;
}
