import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../tools/errors.ts';
import { cache } from '../../tools/paths.ts';

/** The machine's engine as the site serves it: paths below the site's base, with the content's hash in the name. */
export interface EngineFiles {
  wasm: EngineFile;
  snapshot: EngineFile;
}

export interface EngineFile {
  /** `engine/engine.0123456789abcdef.wasm`: never changes its content, so it may be cached for ever. */
  path: string;
  /** Where the build left it. */
  source: string;
  size: number;
  /** In hexadecimal: the page refuses another file. */
  sha256: string;
}

/** Finds the built engine. Throws a {@link UserError} when it has not been built. */
export async function engineFiles(): Promise<EngineFiles> {
  const [wasm, snapshot] = await Promise.all([engineFile('engine', 'wasm'), engineFile('snapshot', 'bin')]);
  return { wasm, snapshot };
}

async function engineFile(name: string, extension: string): Promise<EngineFile> {
  const source = `${cache}/engine/${name}.${extension}`;
  const bytes = await readFile(source).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new UserError(`The machine's engine is not built: ${source} is missing.`, 'Run ./onko build.');
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: `engine/${name}.${sha256.slice(0, 16)}.${extension}`, source, size: bytes.byteLength, sha256 };
}
