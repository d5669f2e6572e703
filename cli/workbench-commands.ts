/**
 * The workbench's commands under Node, for its WebContainer: the site's build makes one file of this and all it imports. They
 * work on the folder that holds ours (`.onko`), which is the top one to them; what a command asks of the page it leaves as a file
 * in `.onko/requests`.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../src/lib/input.ts';
import { ownFolder, requestFiles } from '../src/lib/workbench/container.ts';
import { isFolder, noSuchFile, noSuchFolder, type Disk, type Path } from '../src/lib/workbench/disk.ts';
import { Shell } from '../src/lib/workbench/shell.ts';

/** The folder above ours, where this file lies. */
const top = dirname(dirname(fileURLToPath(import.meta.url)));

function place(path: Path): string {
  return join(top, path);
}

function kindNow(path: Path): 'file' | 'folder' | undefined {
  const found = statSync(place(path), { throwIfNoEntry: false });
  return found?.isDirectory() ? 'folder' : found && 'file';
}

const disk: Disk = {
  kind: async (path) => kindNow(path),
  async read(path) {
    const kind = kindNow(path);
    if (kind !== 'file') throw kind === 'folder' ? isFolder(path) : noSuchFile(path);
    return new Uint8Array(readFileSync(place(path)));
  },
  async write(path, bytes) {
    mkdirSync(dirname(place(path)), { recursive: true });
    writeFileSync(place(path), bytes);
  },
  async remove(path) {
    if (kindNow(path) === undefined) throw noSuchFile(path);
    rmSync(place(path), { recursive: true });
  },
  async list(path) {
    if (kindNow(path) !== 'folder') throw noSuchFolder(path);
    return readdirSync(place(path))
      .filter((name) => path !== '/' || name !== ownFolder)
      .sort()
      .map((name) => {
        const found = statSync(join(place(path), name));
        return found.isDirectory() ? { name, kind: 'folder', size: 0 } : { name, kind: 'file', size: found.size };
      });
  },
};

/** The folder that the command is called in, as the workbench names it. */
function here(): Path {
  const path = relative(top, process.cwd());
  if (path.startsWith('..')) throw new InputError(`You are outside of ${top}. Go back first: cd ${top}`);
  return `/${path.split(sep).join('/')}`;
}

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const shell = new Shell(disk, () => Promise.reject(new InputError('onko is a command of its own.')), here());
  const { output, status, effect } = await shell.runWords(name, args);
  if (effect !== undefined && effect.kind !== 'clear') {
    for (const [file, content] of requestFiles(effect, `${process.pid}-${Date.now()}`)) {
      const target = join(top, ownFolder, 'requests', file);
      writeFileSync(`${target}.part`, content);
      renameSync(`${target}.part`, target);
    }
  }
  process.stdout.write(output);
  return status;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stdout.write(`${error.message}\n`);
  process.exitCode = 1;
}
