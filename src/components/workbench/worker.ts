/** The local workbench: a disk in memory, a shell on it, and the onko command. */
import { recordOutput } from './stand-ins/process.ts';
import { runCommandLine } from '../../../cli/command-line.ts';
import { models } from '../../../cli/models/list.ts';
import { UserError } from '../../../tools/errors.ts';
import { filesBelow, MemoryDisk, resolvePath, type Path } from '../../lib/workbench/disk.ts';
import { Shell } from '../../lib/workbench/shell.ts';
import type { FromWorker, ToWorker, WorkbenchCalls } from './protocol.ts';
import { serveFiles } from './stand-ins/fs.ts';

declare const self: DedicatedWorkerGlobalScope;

let disk = new MemoryDisk();
let shell = new Shell(disk, runOnko);

function explain(error: unknown): string | undefined {
  if (!(error instanceof UserError)) return undefined;
  return `onko: ${error.message}\n${error.fixes.map((fix) => `      ${fix}\n`).join('')}`;
}

function runOnko(args: readonly string[], folder: Path): Promise<{ output: string; status: number }> {
  serveFiles((path) => disk.readNow(resolvePath(folder, path)));
  return recordOutput(() =>
    runCommandLine(args, [{ title: 'For your own numbers and files', commands: models }], explain),
  );
}

type Handlers = {
  [K in keyof WorkbenchCalls]: (
    ...args: Parameters<WorkbenchCalls[K]>
  ) => ReturnType<WorkbenchCalls[K]> | Promise<ReturnType<WorkbenchCalls[K]>>;
};

const handlers: Handlers = {
  open(files, folder) {
    disk = new MemoryDisk(files);
    shell = new Shell(disk, runOnko, folder);
  },
  run: (line) => shell.run(line),
  paths: () => filesBelow(disk, '/'),
  read: (path) => disk.read(path),
  write: (path, bytes) => disk.write(path, bytes),
};

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  const send = (message: FromWorker): void => self.postMessage(message);
  try {
    // TypeScript cannot see that a call and its arguments belong together.
    const handler = handlers[data.call] as (...args: readonly unknown[]) => unknown;
    send({ id: data.id, result: await handler(...data.with) });
  } catch (error) {
    send({ id: data.id, failure: error instanceof Error ? error.message : String(error) });
  }
};
