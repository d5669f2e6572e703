/** The files that the engine sees: all in memory, read only, and two that are the guest's output. */
import { ConsoleStdout, Fd, File, Inode, OpenFile, PreopenDirectory, WASI, wasi } from '@bjorn3/browser_wasi_shim';

/** One entry of the table of open files, so that a snapshot can bring it back. */
export type OpenFileState = { path: string; position: number } | null;

/** An open {@link OutputFile}. */
class OpenOutput extends ConsoleStdout {
  readonly path: string;

  constructor(path: string, write: (bytes: Uint8Array) => void) {
    super(write);
    this.path = path;
  }
}

/** A file that may only be written; each piece goes to a function. */
class OutputFile extends Inode {
  readonly #path: string;
  readonly #write: (bytes: Uint8Array) => void;

  constructor(path: string, write: (bytes: Uint8Array) => void) {
    super();
    this.#path = path;
    this.#write = write;
  }

  override path_open(): { ret: number; fd_obj: Fd } {
    return { ret: wasi.ERRNO_SUCCESS, fd_obj: new OpenOutput(this.#path, this.#write) };
  }

  override stat(): wasi.Filestat {
    return new wasi.Filestat(this.ino, wasi.FILETYPE_CHARACTER_DEVICE, 0n);
  }
}

/** Where the guest's and the emulator's output goes. */
export interface Outputs {
  /** Bytes that the guest wrote to port 0xE9. */
  debug: (bytes: Uint8Array) => void;
  /** Bytes that the guest sent over COM1. */
  serial: (bytes: Uint8Array) => void;
  /** What the emulator itself has to say. */
  log: (bytes: Uint8Array) => void;
}

const firstFree = 4; // standard input, output and error, and the root folder come first

/** Bochs is a program for WASI preview 1: it opens files by name. This is its file system, and the functions it imports. */
export class Files {
  readonly #contents = new Map<string, Inode>();
  readonly #wasi: WASI;
  readonly #initial: Fd[];

  constructor(outputs: Outputs) {
    this.#contents.set('com1', new OutputFile('com1', outputs.serial));
    this.#contents.set('log', new OutputFile('log', outputs.log));
    this.#initial = [
      new OpenFile(new File([])),
      new ConsoleStdout(outputs.debug),
      new ConsoleStdout(outputs.log),
      new PreopenDirectory('/', this.#contents),
    ];
    this.#wasi = new WASI([], [], [...this.#initial], { debug: false });
  }

  get imports(): WebAssembly.Imports {
    return { wasi_snapshot_preview1: this.#wasi.wasiImport as WebAssembly.ModuleImports };
  }

  /** Runs the engine's constructors; call it once for an instance. */
  initialize(exports: { memory: WebAssembly.Memory; _initialize(): void }): void {
    this.#wasi.initialize({ exports });
  }

  /** For an instance whose memory is restored, so that its constructors must not run. */
  attach(exports: { memory: WebAssembly.Memory }): void {
    this.#wasi.inst = { exports };
  }

  /** Puts a file into the root folder; one of the same name that is open stays as it is. */
  put(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    const file = new File([]);
    file.data = bytes; // the constructor would copy
    file.readonly = true;
    this.#contents.set(name, file);
  }

  openFiles(): OpenFileState[] {
    const names = new Map<unknown, string>([...this.#contents].map(([name, inode]) => [inode, name]));
    return this.#wasi.fds.slice(firstFree).map((fd: Fd | undefined) => {
      if (fd instanceof OpenFile) return { path: names.get(fd.file) ?? '', position: Number(fd.file_pos) };
      return fd instanceof OpenOutput ? { path: fd.path, position: 0 } : null;
    });
  }

  /** Opens what was open when `states` was taken. Files that are no longer there read as empty. */
  reopen(states: readonly OpenFileState[]): void {
    const fds = states.map((state): Fd | undefined => {
      if (state === null) return undefined;
      const inode = this.#contents.get(state.path) ?? new File([]);
      const fd = inode.path_open(0, 0n, 0).fd_obj;
      if (fd instanceof OpenFile) fd.file_pos = BigInt(state.position);
      return fd ?? undefined;
    });
    // The library marks a closed file by `undefined`, though its type does not say so.
    this.#wasi.fds = [...this.#initial, ...(fds as Fd[])];
  }
}
