/**
 * A Content-Security-Policy in every page, as a meta element: it works on any host, also on those that send no headers.
 * Scripts run only from the site's own files or when their hash is in the policy, so text that finds its way into a page
 * cannot become code. Astro can write such a policy, but knows neither Starlight's inline scripts nor those of Expressive
 * Code: here the hashes are taken from the finished page. Content Security Policy Level 3, sections 4.1 and 8.
 */
import { createHash } from 'node:crypto';
import { glob, readFile, writeFile } from 'node:fs/promises';

/** What may be loaded, besides inline scripts by their hashes. Styles are inline where listings are coloured. */
const policy: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'self'"],
  // The machine and the search are WebAssembly.
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'object-src': ["'none'"],
  'base-uri': ["'self'"],
  'form-action': ["'self'"],
};

/** What a page may load besides, by the start of its path below the site's base. */
export type Exceptions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const inlineScript = /<script\b(?![^>]*\ssrc=)([^>]*)>([\s\S]*?)<\/script>/gi;
/** Types whose text is code, or tells the browser what to load; any other is data. */
const checkedTypes = ['', 'module', 'text/javascript', 'importmap', 'speculationrules'];

/** The hashes of a page's inline scripts, as a policy names them, each once. */
export function scriptHashes(html: string): string[] {
  const hashes = new Set<string>();
  for (const [, attributes = '', code = ''] of html.matchAll(inlineScript)) {
    const type = /\btype="?([^"\s>]*)/i.exec(attributes)?.[1] ?? '';
    if (!checkedTypes.includes(type.toLowerCase())) continue;
    hashes.add(`'sha256-${createHash('sha256').update(code).digest('base64')}'`);
  }
  return [...hashes];
}

/** The page with its policy as the first thing after its character set. Throws where there is no place for it. */
export function withPolicy(html: string, extra: Readonly<Record<string, readonly string[]>> = {}): string {
  const allowed: Record<string, readonly string[]> = { ...policy };
  for (const [directive, sources] of Object.entries(extra)) {
    allowed[directive] = [...(policy[directive] ?? ["'self'"]), ...sources];
  }
  allowed['script-src'] = [...(allowed['script-src'] ?? []), ...scriptHashes(html)];
  const content = Object.entries(allowed)
    .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
    .join('; ');
  const charset = /<meta charset="utf-8"\s*\/?>/i.exec(html);
  if (charset === null) throw new Error('The page has no <meta charset="utf-8">, behind which its policy would stand.');
  const end = charset.index + charset[0].length;
  return `${html.slice(0, end)}<meta http-equiv="Content-Security-Policy" content="${content}">${html.slice(end)}`;
}

/** Gives every page of a built site its policy. `folder` is the site's, without a slash at its end. */
export async function writePolicies(folder: string, exceptions: Exceptions = {}): Promise<number> {
  let pages = 0;
  for await (const file of glob('**/*.html', { cwd: folder })) {
    const html = await readFile(`${folder}/${file}`, 'utf8');
    const extra = Object.entries(exceptions).find(([start]) => file.startsWith(start))?.[1];
    await writeFile(`${folder}/${file}`, withPolicy(html, extra));
    pages += 1;
  }
  return pages;
}
