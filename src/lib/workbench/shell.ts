/** The workbench's shell: a line in, text out, and what the page should do besides. */
import { zipSync, type Zippable } from 'fflate';
import { InputError, quote } from '../input.ts';
import { filesBelow, isFolder, nameOf, noSuchFolder, resolvePath, type Disk, type Path } from './disk.ts';

/** What a command asks of the page. */
export type Effect =
  | { kind: 'boot'; name: string; image: Uint8Array<ArrayBuffer> }
  | { kind: 'download'; name: string; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'edit'; path: Path }
  | { kind: 'clear' };

export interface Outcome {
  output: string;
  /** 0 when it did what was asked. */
  status: number;
  effect?: Effect;
  /** Whether files have changed. */
  changed: boolean;
  /** Where the shell is afterwards. */
  folder: Path;
}

/** Runs `onko …` and says what it printed. */
export type OnkoRunner = (args: readonly string[], folder: Path) => Promise<{ output: string; status: number }>;

interface Context {
  disk: Disk;
  folder: Path;
  runOnko: OnkoRunner;
}

type Result = Partial<Outcome> & { output?: string };

interface CommandEntry {
  /** What follows the name. */
  takes: string;
  summary: string;
  run(args: readonly string[], context: Context): Promise<Result>;
}

/** Words of a command line. Quotes keep blanks together; a backslash takes the next character as it is. */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (character === '\\' && quoted !== "'" && at + 1 < line.length) word = (word ?? '') + (line[++at] ?? '');
    else if (quoted !== '') {
      if (character === quoted) quoted = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quoted = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[|<>;&]/.test(character)) {
      throw new InputError(
        `This shell runs one command a line: it has no ${quote(character)}. Put it in quotes if it is meant as it is.`,
      );
    } else word = (word ?? '') + character;
  }
  if (quoted !== '') throw new InputError(`A quotation mark ${quoted} is opened and not closed.`);
  if (word !== undefined) words.push(word);
  return words;
}

function one(args: readonly string[], command: string, what: string): string {
  const [argument, ...rest] = args;
  if (argument === undefined || rest.length > 0) throw new InputError(`${command} takes ${what}.`);
  return argument;
}

/** Text as it is, and what is none as a hint. */
function asText(bytes: Uint8Array, path: Path): string {
  if (bytes.includes(0)) throw new InputError(`${path} is no text. Look at it with: hexdump ${path}`);
  const text = new TextDecoder().decode(bytes);
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Bytes that hexdump prints unless it is told otherwise. */
const dumpedAtOnce = 256;

/** Rows of 16 bytes: where they lie, each in hexadecimal, and the ASCII among them. */
export function hexdump(bytes: Uint8Array, from = 0): string {
  let text = '';
  for (let row = 0; row < bytes.length; row += 16) {
    const cells = [...bytes.subarray(row, row + 16)];
    const hex = cells.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = cells.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    text += `${(from + row).toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${ascii}\n`;
  }
  return text;
}

function wholeNumber(text: string, name: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value))
    throw new InputError(`${name} ${quote(text)} must be a whole number, such as 512 or 0x200.`);
  return value;
}

const commands: Readonly<Record<string, CommandEntry>> = {
  ls: {
    takes: '[FOLDER]',
    summary: 'what is in a folder',
    async run(args, { disk, folder }) {
      const path = resolvePath(folder, args[0] ?? '.');
      if ((await disk.kind(path)) === 'file') return { output: `${nameOf(path)}\n` };
      const entries = await disk.list(path);
      const width = Math.max(0, ...entries.map(({ size }) => String(size).length));
      const lines = entries.map(({ name, kind, size }) =>
        kind === 'folder' ? `${' '.repeat(width)}  ${name}/` : `${String(size).padStart(width)}  ${name}`,
      );
      return { output: lines.map((line) => `${line}\n`).join('') };
    },
  },
  cat: {
    takes: 'FILE …',
    summary: 'the text of files',
    async run(args, { disk, folder }) {
      if (args.length === 0) throw new InputError('cat takes files.');
      let output = '';
      for (const arg of args) {
        const path = resolvePath(folder, arg);
        output += asText(await disk.read(path), path);
      }
      return { output };
    },
  },
  hexdump: {
    takes: 'FILE [FROM [COUNT]]',
    summary: `a file's bytes, ${dumpedAtOnce} of them unless told`,
    async run([file, from = '0', count = String(dumpedAtOnce), ...rest], { disk, folder }) {
      if (file === undefined || rest.length > 0)
        throw new InputError('hexdump takes a file, where to begin and how many bytes.');
      const bytes = await disk.read(resolvePath(folder, file));
      const start = wholeNumber(from, 'The beginning');
      const length = wholeNumber(count, 'The count');
      if (start > bytes.length) throw new InputError(`${file} has ${bytes.length} bytes, so none at ${from}.`);
      if (length > 65_536) throw new InputError('65536 bytes at once are the most; say where to begin for others.');
      const shown = bytes.subarray(start, start + length);
      const left = bytes.length - start - shown.length;
      return { output: hexdump(shown, start) + (left > 0 ? `(${left} more bytes)\n` : '') };
    },
  },
  cd: {
    takes: '[FOLDER]',
    summary: 'go to a folder',
    async run(args, { disk, folder }) {
      const path = resolvePath(folder, args[0] ?? '/');
      if ((await disk.kind(path)) !== 'folder') throw noSuchFolder(path);
      return { folder: path };
    },
  },
  pwd: {
    takes: '',
    summary: 'the folder you are in',
    run: async (_args, { folder }) => ({ output: `${folder}\n` }),
  },
  edit: {
    takes: 'FILE',
    summary: 'open a file in the editor beside the terminal; a new one is made',
    async run(args, { disk, folder }) {
      const path = resolvePath(folder, one(args, 'edit', 'one file'));
      if ((await disk.kind(path)) === 'folder') throw isFolder(path);
      if ((await disk.kind(path)) === undefined) {
        await disk.write(path, new Uint8Array(0));
        return { effect: { kind: 'edit', path }, changed: true };
      }
      asText(await disk.read(path), path);
      return { effect: { kind: 'edit', path } };
    },
  },
  cp: {
    takes: 'FROM TO',
    summary: 'copy a file',
    async run([from, to, ...rest], { disk, folder }) {
      if (from === undefined || to === undefined || rest.length > 0)
        throw new InputError('cp takes a file and where its copy goes.');
      const source = resolvePath(folder, from);
      const target = resolvePath(folder, to);
      const path = (await disk.kind(target)) === 'folder' ? resolvePath(target, nameOf(source)) : target;
      await disk.write(path, (await disk.read(source)).slice());
      return { changed: true };
    },
  },
  rm: {
    takes: 'FILE',
    summary: 'remove a file, or a folder with all that is in it',
    async run(args, { disk, folder }) {
      const path = resolvePath(folder, one(args, 'rm', 'one file or folder'));
      if (path === '/' || folder === path || folder.startsWith(`${path}/`)) {
        throw new InputError(`You are in ${folder}, so ${path} stays. Go elsewhere first: cd /`);
      }
      await disk.remove(path);
      return { changed: true };
    },
  },
  onko: {
    takes: 'COMMAND …',
    summary: 'the models of the tutorial’s widgets; onko --help lists them',
    run: (args, { folder, runOnko }) => runOnko(args, folder),
  },
  zip: {
    takes: '[FOLDER]',
    summary: 'download a folder as a zip',
    async run(args, { disk, folder }) {
      const path = resolvePath(folder, args[0] ?? '.');
      const name = `${nameOf(path) || 'workbench'}.zip`;
      const bytes = await zipFolder(disk, path);
      return { output: `${name}: ${bytes.length} bytes\n`, effect: { kind: 'download', name, bytes } };
    },
  },
  boot: {
    takes: '[ISO]',
    summary: 'boot an ISO in the machine on this page; the one in this folder unless told',
    async run(args, { disk, folder }) {
      const path =
        args[0] === undefined ? await onlyIso(disk, folder) : resolvePath(folder, one(args, 'boot', 'one ISO'));
      const image = await disk.read(path);
      return { output: `booting ${path}\n`, effect: { kind: 'boot', name: nameOf(path), image } };
    },
  },
  clear: {
    takes: '',
    summary: 'wipe the terminal',
    run: async () => ({ effect: { kind: 'clear' } }),
  },
  help: {
    takes: '',
    summary: 'these lines',
    async run() {
      const usage = (name: string, { takes }: CommandEntry) => `${name} ${takes}`.trim();
      const all = Object.entries(commands);
      const width = Math.max(...all.map(([name, entry]) => usage(name, entry).length));
      return { output: all.map(([name, entry]) => `${usage(name, entry).padEnd(width)}  ${entry.summary}\n`).join('') };
    },
  },
};

export const commandNames: readonly string[] = Object.keys(commands);

async function onlyIso(disk: Disk, folder: Path): Promise<Path> {
  const isos = (await disk.list(folder)).filter(({ name }) => name.endsWith('.iso'));
  const [first, second] = isos;
  if (first === undefined) throw new InputError(`There is no ISO in ${folder}. Name one: boot FILE`);
  if (second !== undefined)
    throw new InputError(`There are ${isos.length} ISOs in ${folder}. Name one: boot ${first.name}`);
  return resolvePath(folder, first.name);
}

/** A folder's files as a zip, the same to the byte each time. */
export async function zipFolder(disk: Disk, folder: Path): Promise<Uint8Array<ArrayBuffer>> {
  const files: Zippable = {};
  const start = folder === '/' ? 1 : folder.length + 1;
  for (const path of await filesBelow(disk, folder)) files[path.slice(start)] = await disk.read(path);
  return new Uint8Array(zipSync(files, { level: 6, mtime: new Date(1980, 0, 1) }));
}

/** A shell somewhere on a disk. */
export class Shell {
  folder: Path;
  readonly #disk: Disk;
  readonly #runOnko: OnkoRunner;

  constructor(disk: Disk, runOnko: OnkoRunner, folder: Path = '/') {
    this.#disk = disk;
    this.#runOnko = runOnko;
    this.folder = folder;
  }

  /** Never rejects: what a reader can mend is in the output, with a status of 1. */
  async run(line: string): Promise<Outcome> {
    return this.#outcome(async () => {
      const [name, ...args] = splitLine(line);
      return name === undefined ? {} : this.#command(name, args);
    });
  }

  /** Runs a command whose words have been told apart already. Never rejects, like {@link run}. */
  async runWords(name: string, args: readonly string[]): Promise<Outcome> {
    return this.#outcome(() => this.#command(name, args));
  }

  #command(name: string, args: readonly string[]): Promise<Result> {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) throw new InputError(`There is no command ${quote(name)}. Type help to see them all.`);
    return command.run(args, { disk: this.#disk, folder: this.folder, runOnko: this.#runOnko });
  }

  async #outcome(work: () => Promise<Result>): Promise<Outcome> {
    try {
      const result = await work();
      this.folder = result.folder ?? this.folder;
      return { output: '', status: 0, changed: false, ...result, folder: this.folder };
    } catch (error) {
      const message = error instanceof InputError ? error.message : `This went wrong: ${String(error)}`;
      return { output: `${message}\n`, status: 1, changed: false, folder: this.folder };
    }
  }
}
