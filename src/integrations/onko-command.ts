import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { models } from '../../cli/models/list.ts';
import { writeTree } from '../../kernel/pipeline/build.ts';
import { chapters } from '../../kernel/pipeline/chapters.ts';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { UserError } from '../../tools/errors.ts';
import { root } from '../../tools/paths.ts';
import { tryRun } from '../../tools/process.ts';
import { bundleForNode } from './bundle.ts';
import { readManifest } from './manifest.ts';

/** Where the one file of the `onko` command is served. */
export const onkoCommandPath = 'downloads/onko.mjs';

/** A command of that file, the widget it belongs to, and what it printed when the site was built. */
export interface RecordedCommand {
  name: string;
  arguments: string;
  summary: string;
  widget: { title: string; page: string };
  recordings: { command: string; output: string }[];
}

/** The file, and everything that the page about it shows. */
export interface OnkoCommandData {
  path: string;
  size: number;
  sha256: string;
  help: string;
  commands: RecordedCommand[];
}

let bundled: Promise<Buffer> | undefined;

/** The widgets' models as one file. */
export function onkoCommand(): Promise<Buffer> {
  bundled ??= bundleForNode(
    `${root}/cli/standalone.ts`,
    '#!/usr/bin/env node\n// Onko: the models of the tutorial’s widgets. node onko.mjs --help. MIT licence.',
  );
  return bundled;
}

/** Runs every example of every command, in a folder with the last chapter's files in it. */
export async function onkoCommandData(): Promise<OnkoCommandData> {
  const bytes = await onkoCommand();
  const folder = await mkdtemp(`${tmpdir()}/onko-command-`);
  try {
    await writeExampleFiles(folder);
    await writeFile(`${folder}/onko.mjs`, bytes);
    const commands: RecordedCommand[] = [];
    for (const { name, arguments: takes, summary, widget, examples } of models) {
      const recordings = [];
      for (const example of examples) recordings.push(await record(`node onko.mjs ${name} ${example}`, folder));
      commands.push({ name, arguments: takes, summary, widget, recordings });
    }
    const { output: help } = await record('node onko.mjs --help', folder);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path: onkoCommandPath, size: bytes.length, sha256, help, commands };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The files that examples read: the last chapter's, and what is built from them. */
export async function writeExampleFiles(folder: string): Promise<void> {
  const { iso, kernel } = await lastIso();
  await writeTree(composeChapter(lastChapter().id), folder);
  await writeFile(`${folder}/onko-os.iso`, iso);
  await writeFile(`${folder}/kernel.elf`, kernel);
}

async function record(command: string, cwd: string): Promise<{ command: string; output: string }> {
  // This very Node comes first, whatever else is called `node` on the machine.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
  const { output, status } = await tryRun('sh', ['-c', command], { cwd, env: { PATH } });
  if (status !== 0)
    throw new UserError(`“${command}” ended with status ${status}: ${output}`, 'See cli/models/list.ts.');
  return { command, output: output.trimEnd() };
}

function lastChapter() {
  const chapter = chapters.at(-1);
  if (chapter === undefined) throw new Error('There are no chapters.');
  return chapter;
}

/** The last chapter's ISO, and the kernel that lies on it: files begin at a sector, and its SHA-256 is known. */
async function lastIso(): Promise<{ iso: Buffer; kernel: Buffer }> {
  const entry = (await readManifest()).isos.find(({ chapter }) => chapter === lastChapter().id);
  const iso = await readFile(`${root}/public/isos/${entry?.file}`);
  const sectorSize = 2048;
  for (let at = 0; at < iso.length; at += sectorSize) {
    if (iso.readUInt32BE(at) !== 0x7f454c46) continue;
    const kernel = iso.subarray(at, at + (entry?.kernel?.size ?? 0));
    if (createHash('sha256').update(kernel).digest('hex') === entry?.kernel?.sha256) return { iso, kernel };
  }
  throw new UserError(`public/isos/${entry?.file} holds no kernel.elf that its manifest knows.`, 'Run ./onko isos.');
}
