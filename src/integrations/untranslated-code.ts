/**
 * Code is no language's: a browser that translates a page is to leave it as it is. `translate="no"` says so, HTML Standard,
 * section 3.2.6.3. It is set in the finished page, as code comes from many sides: Markdown, Expressive Code, our components.
 */
import { glob, readFile, writeFile } from 'node:fs/promises';

/** Scripts and styles, which are passed over; `<pre>`, with a `<code>` that stands in it at once; any other `<code>`. */
const code = /<(script|style)\b[^]*?<\/\1>|<(pre)\b([^>]*>(?:<code\b)?)|<(code)\b/gi;

/** The page with `translate="no"` on all code that does not say by itself whether it is to be translated. */
export function withUntranslatedCode(html: string): string {
  return html.replace(code, (whole, _passed, pre?: string, rest = '', inline?: string) => {
    if (pre !== undefined) return /^[^>]*\stranslate=/.test(rest) ? whole : `<${pre} translate="no"${rest}`;
    return inline === undefined ? whole : `<${inline} translate="no"`;
  });
}

/** Marks the code in every page of a built site. `folder` is the site's, without a slash at its end. */
export async function markCode(folder: string): Promise<void> {
  for await (const file of glob('**/*.html', { cwd: folder })) {
    const html = await readFile(`${folder}/${file}`, 'utf8');
    await writeFile(`${folder}/${file}`, withUntranslatedCode(html));
  }
}
