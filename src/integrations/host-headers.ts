/**
 * The `_headers` file, which Netlify, Cloudflare Pages and their like read. The site works without any of it: the headers make
 * it load faster the second time, and add what a page cannot say about itself.
 */
import { writeFile } from 'node:fs/promises';
import { workerFolder } from './workbench-files.ts';

/** Path pattern below the site's base → header name → value. */
export type HeaderRules = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The file's name carries a hash of its content, so the content under a name never changes. */
const immutable = { 'Cache-Control': 'public, max-age=31536000, immutable' };

/** An isolated page starts only workers whose script asks for the same; to other pages this header of a script means nothing. */
const forIsolatedPages = { 'Cross-Origin-Embedder-Policy': 'require-corp' };

export const headerRules: HeaderRules = {
  '*': {
    // A page cannot forbid to be framed in its own policy (Content Security Policy Level 3, section 6.4.2).
    'Content-Security-Policy': "frame-ancestors 'self'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
  },
  // A WebContainer needs SharedArrayBuffer, which only isolated pages have (HTML Standard, section 7.1).
  'workbench/': { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  [`${workerFolder}/*`]: { ...immutable, ...forIsolatedPages },
  'pagefind/*': forIsolatedPages,
  '_astro/*': immutable,
  'engine/*': immutable,
  // These two decide whether a reader's offline pack is the newest.
  'offline-worker.js': { 'Cache-Control': 'no-cache' },
  'offline-pack.json': { 'Cache-Control': 'no-cache' },
  'isolation-worker.js': { 'Cache-Control': 'no-cache' },
};

/** The rules as the hosts read them. `base` begins and ends with a slash. */
export function headersFile(rules: HeaderRules, base: string): string {
  return Object.entries(rules)
    .map(([pattern, headers]) => {
      const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
      return `${base}${pattern}\n${lines.join('')}`;
    })
    .join('\n');
}

/** Writes the file into a built site. */
export async function writeHeaders(folder: string, base: string): Promise<void> {
  await writeFile(`${folder}/_headers`, headersFile(headerRules, base.endsWith('/') ? base : `${base}/`));
}
