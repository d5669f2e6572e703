import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { posix } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { dist, pagePaths } from './browser.ts';

/** The most JavaScript that a widget may bring to a page, compressed; and that it may fetch later, for a button. */
const budget = 15 * 1024;

/**
 * Widgets whose two parts together are more than that, and what they may be at most. Each of them is mostly the model that
 * it fetches once somebody touches it: all of ELF and of the loader's checks, all of ISO 9660 with what boots from it, a
 * linker; or a compiler, and what makes a disc.
 */
const wholes = new Map([
  ['onko-draw', 19.5 * 1024],
  ['onko-elf', 20 * 1024],
  ['onko-iso', 18.5 * 1024],
  ['onko-layout', 22 * 1024],
]);

/** Path below dist, or the text itself where it stands in the page → the script. */
const scripts = new Map<string, string>();
for await (const path of glob('{_astro,workbench/workers}/**/*.js', { cwd: dist })) {
  scripts.set(path, readFileSync(`${dist}/${path}`, 'utf8'));
}
const files = [...scripts.keys()];
const pages = new Map(
  (await pagePaths()).map((path) => [path, readFileSync(`${dist}${path.replace(/\/$/, '/index.html')}`, 'utf8')]),
);

/** The scripts that a script imports before it runs. */
function imports(path: string): string[] {
  const found = [...(scripts.get(path) ?? '').matchAll(/(?:from|import)\s*["'`]\.{0,2}\/([^"'`]+\.js)["'`]/g)];
  const names = new Set(found.map(([, name = '']) => posix.basename(name)));
  return files.filter((file) => names.has(posix.basename(file)));
}

/** The scripts that a script names: what it imports, at once or on demand, and the workers that it starts. */
function mentions(path: string): string[] {
  const text = scripts.get(path) ?? '';
  return files.filter((file) => file !== path && text.includes(posix.basename(file)));
}

/** Scripts and everything that `next` leads to from there. */
function graph(next: (path: string) => string[], ...roots: string[]): Set<string> {
  const all = new Set(roots);
  for (const path of all) for (const more of next(path)) all.add(more);
  return all;
}

/** The scripts that a page loads, with all they import. */
function loadedBy(html: string): Set<string> {
  const roots = [...html.matchAll(/<script type="module"(?: src="\/([^"]+\.js)")?[^>]*>([^]*?)<\/script>/g)].map(
    ([, path, text = '']) => {
      if (path === undefined) scripts.set(text, text);
      return path ?? text;
    },
  );
  return graph(imports, ...roots);
}

const loaded = new Map([...pages].map(([path, html]) => [path, loadedBy(html)]));
const everywhere = [...loaded.values()].reduce((common, more) => new Set([...common].filter((path) => more.has(path))));

/** Custom element → the script that defines it. */
const definers = new Map(
  [...scripts].flatMap(([path, text]) =>
    [...text.matchAll(/customElements\.define\(["'`](onko-[a-z-]+)["'`]/g)].map(
      ([, tag]) => [tag ?? '', path] as const,
    ),
  ),
);

/** The elements that are widgets: those in a WidgetFrame. */
const widgets = new Set(
  [...pages.values()].flatMap((html) =>
    [...html.matchAll(/<(onko-[a-z-]+)[^>]*>\s*<section class="widget\b/g)].map(([, tag]) => tag ?? ''),
  ),
);

/** CodeMirror is an editor that comes on demand; it has no place in a widget's budget. */
const isEditor = (path: string) => /cm-editor|codemirror/i.test(scripts.get(path) ?? '');

const size = (path: string) => brotliCompressSync(scripts.get(path) ?? '').length;

const bytes = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + size(path), 0);
const listed = (paths: Iterable<string>) => [...paths].map((path) => `${path} ${size(path)}`).join(', ');

/** What the machine panel loads at once wherever it stands: on its pages, that is no widget's. */
const panel = graph(imports, definers.get('onko-machine') ?? '');
const standsBesidePanel = (tag: string) =>
  [...pages.values()].every((html) => !html.includes(`<${tag}`) || html.includes('<onko-machine'));

test('each widget brings at most 15 KB of JavaScript, compressed, and fetches at most as much when it is asked to', (t) => {
  assert.ok(widgets.size >= 6, [...widgets].join());
  const over: string[] = [];
  for (const tag of [...widgets].sort()) {
    const definer = definers.get(tag);
    assert.ok(definer !== undefined, `no script defines <${tag}>`);
    const others = standsBesidePanel(tag) ? panel : new Set<string>();
    const own = (path: string) => !everywhere.has(path) && !others.has(path) && !isEditor(path);
    const atOnce = new Set([...graph(imports, definer)].filter(own));
    const later = [...graph(mentions, definer)].filter((path) => own(path) && !atOnce.has(path));
    const [now, more] = [bytes(atOnce), bytes(later)];
    const whole = wholes.get(tag) ?? budget;
    t.diagnostic(
      `${tag.padEnd(16)} ${[now, more, now + more]
        .map((each) => String(each).padStart(6))
        .join(' + ')
        .replace(/ \+ ( *\d+)$/, ' = $1')}`,
    );
    if (now > budget) over.push(`<${tag}> brings ${now} bytes: ${listed(atOnce)}`);
    if (more > budget) over.push(`<${tag}> fetches ${more} bytes on demand: ${listed(later)}`);
    if (now + more > whole) over.push(`<${tag}> is ${now + more} bytes in all: ${listed([...atOnce, ...later])}`);
  }
  assert.deepEqual(over, []);
});

test('a page loads the scripts of the widgets that stand on it, and of no others', () => {
  for (const [path, html] of pages) {
    for (const tag of widgets) {
      const definer = definers.get(tag) ?? '';
      assert.equal(loaded.get(path)?.has(definer), html.includes(`<${tag}`), `<${tag}> on ${path}`);
    }
  }
});
