/** Words a minute at which one reads a text on programming with attention; prose alone goes at about 240. */
const wordsPerMinute = 180;

/** Lines of code a minute, read line by line. */
const linesPerMinute = 20;

/**
 * Minutes that a page takes to read, at least 1.
 * @param source the page's Markdown or MDX
 * @param listedLines lines of the listings that the page shows without having them in its source
 */
export function readingMinutes(source: string, listedLines = 0): number {
  const words = prose(source).match(/[\p{L}\p{N}][\p{L}\p{N}’'.-]*/gu)?.length ?? 0;
  const fenced = [...source.matchAll(/^```.*\n([\s\S]*?)^```/gm)].flatMap(([, code]) =>
    (code ?? '').trimEnd().split('\n'),
  );
  return Math.max(1, Math.round(words / wordsPerMinute + (fenced.length + listedLines) / linesPerMinute));
}

/** What is read as sentences: no code blocks, no imports and exports, no tags, no addresses of links. */
function prose(source: string): string {
  return source
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/^(import|export) [\s\S]*?(?:\n\n|$)/gm, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\]\([^)]*\)/g, ']');
}
