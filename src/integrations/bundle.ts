import { build } from 'vite';
import { root } from '../../tools/paths.ts';

/** A script of the project and all it imports as one file, which Node 20 and later run without anything beside it. */
export async function bundleForNode(entry: string, banner: string): Promise<Buffer> {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      write: false,
      target: 'node20',
      // Whoever runs it may want to read it.
      minify: false,
      rolldownOptions: { output: { format: 'es', codeSplitting: false, banner } },
    },
  });
  const chunks = [result].flat().flatMap((one) => ('output' in one ? one.output : []));
  const [chunk] = chunks;
  if (chunk?.type !== 'chunk' || chunks.length !== 1) throw new Error(`${entry} came out as ${chunks.length} files.`);
  return Buffer.from(chunk.code);
}
