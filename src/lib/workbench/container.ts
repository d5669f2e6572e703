/** What the workbench puts into a WebContainer besides the chapter's files, and what it says when that fails. */
import type { Path } from './disk.ts';
import type { Effect } from './shell.ts';

/** Where the service is. The package names the same host; only a frame of it is opened. */
export const serviceOrigin = 'https://stackblitz.com';

/** The folder for what is ours, beside the chapter's; it is not shown and not kept. */
export const ownFolder = '.onko';

/** Commands that the container's own shell lacks: name → the JavaScript file that runs them, and what it is to be told first. */
const launched: Readonly<Record<string, readonly [file: string, ...words: string[]]>> = {
  onko: ['onko.mjs'],
  ...Object.fromEntries(
    ['hexdump', 'edit', 'zip', 'boot', 'help'].map((name) => [name, ['commands.mjs', name] as const]),
  ),
};

/** What lies in {@link ownFolder}: path below it → text. The names in `bin` are commands when `bin` is in PATH. */
export function ownFiles(scripts: Readonly<Record<'onko.mjs' | 'commands.mjs', string>>): Map<string, string> {
  const launchers = Object.entries(launched).map(([name, [file, ...words]]) => {
    // CommonJS, which a file without an ending is to every Node; it can import what is not.
    const args = words.map((word) => `process.argv.splice(2, 0, ${JSON.stringify(word)});\n`).join('');
    return [`bin/${name}`, `#!/usr/bin/env node\n${args}import(require('node:path').join(__dirname, '../${file}'));\n`];
  });
  return new Map([
    ['package.json', '{ "private": true }\n'],
    ...Object.entries(scripts),
    ...(launchers as [string, string][]),
    ['requests/README', 'Commands leave here what they ask of the page.\n'],
  ]);
}

export const commandNames: readonly string[] = Object.keys(launched);

/** What a command asks of the page, as a file in `requests`; bytes lie in a file beside it. */
export type RequestFile = { kind: 'boot' | 'download'; name: string; bytes: string } | { kind: 'edit'; path: Path };

/** The two files of a request that `id` names. */
export function requestFiles(effect: Exclude<Effect, { kind: 'clear' }>, id: string): Map<string, string | Uint8Array> {
  if (effect.kind === 'edit') return new Map([[`${id}.json`, JSON.stringify(effect)]]);
  const bytes = effect.kind === 'boot' ? effect.image : effect.bytes;
  const request: RequestFile = { kind: effect.kind, name: effect.name, bytes: `${id}.bin` };
  // The bytes first: the page acts as soon as it sees the other.
  return new Map<string, string | Uint8Array>([
    [`${id}.bin`, bytes],
    [`${id}.json`, JSON.stringify(request)],
  ]);
}

/** Reads a request. Anything may write such files in the container, so anything else than a request is undefined. */
export function parseRequest(text: string): RequestFile | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  if (value.kind === 'edit') {
    return 'path' in value && typeof value.path === 'string' && value.path.startsWith('/')
      ? { kind: 'edit', path: value.path }
      : undefined;
  }
  if (value.kind !== 'boot' && value.kind !== 'download') return undefined;
  if (!('name' in value) || typeof value.name !== 'string') return undefined;
  if (!('bytes' in value) || typeof value.bytes !== 'string' || !/^[\w-]+\.bin$/.test(value.bytes)) return undefined;
  return { kind: value.kind, name: value.name, bytes: value.bytes };
}

/** How far a container had come when it failed. */
export type ContainerStage =
  /** Before anything was asked of anybody. */
  | 'page'
  /** The service's frame has not said a word. */
  | 'frame'
  /** The frame is there; the container is not. */
  | 'boot'
  /** The container is there; files or shell are not. */
  | 'files'
  /** All was there. */
  | 'running';

/** Why there is no container, in sentences. `cause` is what was thrown; undefined when nothing came within `seconds`. */
export function containerFailure(stage: ContainerStage, seconds: number, cause?: unknown): string {
  if (cause === undefined) {
    const late = `within ${seconds} seconds`;
    switch (stage) {
      case 'frame':
        return `StackBlitz could not be reached ${late}. A content blocker, a filter in the network or blocked third-party cookies may keep it away, or the service is down.`;
      case 'boot':
        return `StackBlitz answered, but its WebContainer did not start ${late}.`;
      case 'files':
        return `The WebContainer started, but its shell did not answer ${late}.`;
      default:
        return `The WebContainer did not answer ${late} and was given up.`;
    }
  }
  const said = cause instanceof Error ? cause.message : String(cause);
  if (
    (cause instanceof Error && cause.name === 'QuotaExceededError') ||
    /quota|ENOSPC|no space|out of memory/i.test(said)
  ) {
    return `The browser gives the WebContainer no more room (${said}). Free space on the disk, or close other tabs.`;
  }
  return stage === 'page' ? said : `The WebContainer failed: ${said}`;
}
