/**
 * StackBlitz's service, for tests: the frame that the package @webcontainer/api opens and talks to, on a real folder with real
 * processes of Node. So the package itself, the site's policies and our commands are those that readers get; what is a double is
 * the other end of the package's channel, as this version of the package uses it, and a shell that stands in for jsh.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { serviceOrigin } from '../../src/lib/workbench/container.ts';
import { root } from '../../tools/paths.ts';

/** How the service behaves. */
export type Behaviour =
  | 'works'
  /** Nothing of it can be reached. */
  | 'blocked'
  /** Its frame comes and never says a word. */
  | 'silent'
  /** Its frame is there, and the container never. */
  | 'never boots'
  /** There is no room for files. */
  | 'full';

interface Call {
  method: string;
  args: unknown[];
}

type Tree = { d: Record<string, Tree> } | { f: { c: string; b?: boolean } };

/** What the frame runs. The package's channel is Comlink, and the copy of it that the package brings has both ends. */
const frameScript = `
  import { Comlink } from '/comlink.mjs';
  const call = (method, ...args) => window.containerDouble({ method, args });
  const listeners = new Map();
  let last = 0;
  const listen = (listener) => (listeners.set(++last, listener), last);
  window.containerDoubleSays = (id, ...args) => listeners.get(id)?.(...args);
  const encode = (data) => btoa(String.fromCharCode(...(typeof data === 'string' ? new TextEncoder().encode(data) : data)));
  const decode = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const encodeLarge = (data) => {
    let text = '';
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return btoa(text);
  };
  const fs = {
    readFile: async (path, encoding) => {
      const bytes = decode(await call('readFile', path));
      return encoding ? new TextDecoder().decode(bytes) : bytes;
    },
    writeFile: (path, data) => call('writeFile', path, typeof data === 'string' ? encode(data) : encodeLarge(data)),
    readdir: async (path, options) => {
      const entries = await call('readdir', path);
      if (!options?.withFileTypes) return entries.map(({ name }) => name);
      return entries.map(({ name, folder }) => ({ name, 'Symbol(type)': folder ? 2 : 1 }));
    },
    mkdir: (path, options) => call('mkdir', path, options),
    rm: (path, options) => call('rm', path, options),
    rename: (from, to) => call('rename', from, to),
    watch: async (path, options, listener) => {
      await call('watch', path, options, listen(listener));
      return Comlink.proxy({ close: async () => {} });
    },
  };
  const container = {
    fs: () => Comlink.proxy(fs),
    previewScript: () => undefined,
    runtimeInfo: () => call('runtimeInfo'),
    loadFiles: (payload) => call('loadFiles', new TextDecoder().decode(payload)),
    run: async (options, stdout, stderr, output) => {
      const bytes = listen((text) => output(text === null ? null : new TextEncoder().encode(text)));
      let end;
      const onExit = new Promise((resolve) => (end = resolve));
      const process = await call('run', options, bytes, listen(end));
      return Comlink.proxy({
        onExit,
        write: (data) => call('write', process, data),
        kill: () => call('kill', process),
        resize: () => {},
      });
    },
    on: async (event, listener) => {
      await call('on', event, listen(listener));
      return Comlink.proxy(() => {});
    },
    teardown: () => call('teardown'),
  };
  const service = { build: async (options) => (await call('build', options), Comlink.proxy(container)) };
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(service, port1);
  parent.postMessage({ type: 'init' }, '*', [port2]);
`;

const comlink = readFileSync(`${root}/node_modules/@webcontainer/api/dist/vendor/index.js`, 'utf8');

interface Process {
  write(data: string): void;
  kill(): void;
}

export class ContainerDouble {
  /** The container's working directory, a real folder. */
  readonly folder = join(mkdtempSync(`${tmpdir()}/onko-container-`), 'onko');
  /** Addresses of the service that the page asked for. */
  readonly asked: string[] = [];
  /** What the package was told when it booted. */
  built: unknown;
  /** From now on nothing is answered. */
  hangs = false;
  #frame: Frame | undefined;
  readonly #behaviour: Behaviour;
  readonly #processes: Process[] = [];
  readonly #watchers: FSWatcher[] = [];
  #onError: number | undefined;

  private constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
    mkdirSync(this.folder);
  }

  /** Puts the service where the page will look for it. It ends with the page. */
  static async attach(page: Page, behaviour: Behaviour = 'works'): Promise<ContainerDouble> {
    const double = new ContainerDouble(behaviour);
    await page.exposeBinding('containerDouble', ({ frame }, call: Call) => {
      double.#frame = frame;
      return double.hangs ? new Promise(() => {}) : double.#answer(call);
    });
    await page.route(`${serviceOrigin}/**`, async (route) => {
      const url = new URL(route.request().url());
      double.asked.push(url.href);
      if (behaviour === 'blocked') return route.abort('blockedbyclient');
      const isScript = url.pathname === '/comlink.mjs';
      const page = behaviour === 'silent' ? '' : `<script type="module">${frameScript}</script>`;
      await route.fulfill({
        contentType: isScript ? 'text/javascript' : 'text/html',
        body: isScript ? comlink : `<!doctype html>${page}`,
        // What an isolated page asks of what it embeds.
        headers: { 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cross-Origin-Resource-Policy': 'cross-origin' },
      });
    });
    page.on('close', () => double.#end());
    return double;
  }

  /** The container tells of an error of its own. */
  async fail(message: string): Promise<void> {
    await this.#say(this.#onError, { message });
  }

  #end(): void {
    for (const each of this.#watchers.splice(0)) each.close();
    for (const each of this.#processes) each.kill();
    rmSync(dirname(this.folder), { recursive: true, force: true });
  }

  async #say(listener: number | undefined, ...args: unknown[]): Promise<void> {
    if (this.hangs || listener === undefined) return;
    const say = ([id, ...rest]: unknown[]): unknown =>
      (window as unknown as { containerDoubleSays(...all: unknown[]): unknown }).containerDoubleSays(id, ...rest);
    await this.#frame?.evaluate(say, [listener, ...args]).catch(() => {});
  }

  #place(path: unknown): string {
    return join(this.folder, String(path));
  }

  async #answer({ method, args }: Call): Promise<unknown> {
    const [first, second, third] = args;
    switch (method) {
      case 'build':
        this.built = first;
        return this.#behaviour === 'never boots' ? new Promise(() => {}) : undefined;
      case 'runtimeInfo':
        return { cwd: this.folder, path: `${dirname(process.execPath)}:${process.env['PATH']}` };
      case 'loadFiles':
        if (this.#behaviour === 'full') throw new Error('ENOSPC: no space left on device, write');
        return this.#load(JSON.parse(String(first)) as Tree, this.folder);
      case 'readFile':
        return (await readFile(this.#place(first))).toString('base64');
      case 'writeFile':
        return writeFile(this.#place(first), Buffer.from(String(second), 'base64'));
      case 'readdir': {
        const entries = await readdir(this.#place(first), { withFileTypes: true });
        return entries.map((entry) => ({ name: entry.name, folder: entry.isDirectory() }));
      }
      case 'mkdir':
        return void (await mkdir(this.#place(first), { recursive: true }));
      case 'rm':
        return rm(this.#place(first), second as object);
      case 'rename':
        return rename(this.#place(first), this.#place(second));
      case 'watch':
        this.#watchers.push(
          watch(this.#place(first), (second ?? {}) as { recursive?: boolean }, (event, name) => {
            void this.#say(third as number, event, name);
          }).on('error', () => {}),
        );
        return undefined;
      case 'on':
        if (first === 'error') this.#onError = second as number;
        return undefined;
      case 'run':
        return this.#run(first as RunOptions, second as number, third as number);
      case 'write':
        return this.#processes[first as number]?.write(String(second));
      case 'kill':
        return this.#processes[first as number]?.kill();
      case 'teardown':
        return this.#end();
      default:
        throw new Error(`The double knows no ${method}.`);
    }
  }

  async #load(tree: Tree, place: string): Promise<void> {
    if ('f' in tree) return writeFile(place, Buffer.from(tree.f.c, tree.f.b ? 'latin1' : 'utf8'));
    await mkdir(place, { recursive: true });
    for (const [name, entry] of Object.entries(tree.d)) await this.#load(entry, join(place, name));
  }

  #run({ command, args, cwd = '', env = {} }: RunOptions, output: number, exit: number): number {
    const write = (text: string): void => void this.#say(output, text.replaceAll(/\r?\n/g, '\r\n'));
    const end = (status: number): void => {
      void this.#say(output, null).then(() => this.#say(exit, status));
    };
    const place = { cwd: join(this.folder, cwd), env: { PATH: process.env['PATH'], ...env }, top: this.folder };
    if (command === 'jsh') return this.#processes.push(new Shell(place, write, end)) - 1;
    const child = spawn(command, args, place);
    child.stdout?.on('data', (data: Buffer) => write(data.toString()));
    child.stderr?.on('data', (data: Buffer) => write(data.toString()));
    child.on('close', (status) => end(status ?? 1));
    return this.#processes.push({ write: () => {}, kill: () => child.kill() }) - 1;
  }
}

interface RunOptions {
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** As much of a shell at a terminal as jsh shows of itself: a prompt in two lines, an echo that is drawn again, one command a time. */
class Shell implements Process {
  readonly #place: { cwd: string; env: NodeJS.ProcessEnv; top: string };
  readonly #print: (text: string) => void;
  readonly #end: (status: number) => void;
  #typed = '';
  /** What is typed while a command runs, which waits for the prompt, as at any terminal. */
  #ahead = '';
  #child: ChildProcess | undefined;

  constructor(
    place: { cwd: string; env: NodeJS.ProcessEnv; top: string },
    print: (text: string) => void,
    end: (status: number) => void,
  ) {
    [this.#place, this.#print, this.#end] = [place, print, end];
    this.#prompt();
  }

  #prompt(): void {
    const where = relative(dirname(this.#place.top), this.#place.cwd);
    this.#print(`\x1b[35m~/${where}\x1b[39m\n\x1b[1m❯\x1b[22m `);
  }

  write(data: string): void {
    for (const character of data) {
      if (character === '\x03') this.#interrupt();
      else if (this.#child) this.#ahead += character;
      else if (character === '\r') this.#enter();
      else {
        this.#typed += character;
        this.#print(`\r\x1b[K\x1b[1m❯\x1b[22m ${this.#typed}`);
      }
    }
  }

  #enter(): void {
    const line = this.#typed.trim();
    this.#typed = '';
    this.#print('\n');
    if (/^exit\b/.test(line)) return this.#end(Number(line.slice(4)) || 0);
    if (line === 'clear') {
      this.#print('\x1b[2J\x1b[3J\x1b[H');
      return this.#prompt();
    }
    const { cwd, env } = this.#place;
    // Where it has gone to comes over a channel of its own.
    const child = spawn('sh', ['-c', `${line}\nstatus=$?; pwd >&3; exit $status`], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    let where = '';
    child.stdio[3]?.on('data', (data: Buffer) => (where += data.toString()));
    child.stdout?.on('data', (data: Buffer) => this.#print(data.toString()));
    child.stderr?.on('data', (data: Buffer) => this.#print(data.toString()));
    child.on('close', () => {
      this.#child = undefined;
      if (existsSync(where.trim())) this.#place.cwd = where.trim();
      this.#prompt();
      const ahead = this.#ahead;
      this.#ahead = '';
      this.write(ahead);
    });
  }

  #interrupt(): void {
    this.#print('^C\n');
    if (this.#child?.pid === undefined) this.#prompt();
    else process.kill(-this.#child.pid, 'SIGINT');
  }

  kill(): void {
    if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
  }
}
