import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../tools/errors.ts';
import { readV86Files } from '../../machine/v86/files.ts';
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
  return { ...named(name, extension, bytes), source, size: bytes.byteLength };
}

function named(name: string, extension: string, bytes: Uint8Array): { path: string; sha256: string } {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: `engine/${name}.${sha256.slice(0, 16)}.${extension}`, sha256 };
}

/** A file of the 32-bit PC, and where the site serves it. */
export interface V86File {
  path: string;
  type: string;
  bytes: Uint8Array;
  sha256: string;
}

/** The 32-bit PC's files. Throws a {@link UserError} when a BIOS image is not installed. */
export async function v86Files(): Promise<Record<'v86' | 'bios' | 'vgaBios', V86File>> {
  const { v86, bios, vgaBios } = await readV86Files();
  const binary = 'application/octet-stream';
  return {
    v86: { ...named('v86', 'wasm', v86), type: 'application/wasm', bytes: v86 },
    bios: { ...named('v86-bios', 'bin', bios), type: binary, bytes: bios },
    vgaBios: { ...named('v86-vgabios', 'bin', vgaBios), type: binary, bytes: vgaBios },
  };
}
