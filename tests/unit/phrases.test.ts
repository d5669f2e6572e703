/** The words of the interface stand in src/content/i18n, not in components, so that they can be translated. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from '@astrojs/compiler-rs';
import english from '../../src/content/i18n/en.json' with { type: 'json' };
import { root } from '../../tools/paths.ts';

const components = `${root}/src/components`;

/** What is printed in a terminal, in English like all that the `onko` command says. */
const terminal: readonly string[] = ['workbench/stand-ins/fs.ts', 'workbench/worker.ts'];

/** A node of the tree that Astro's compiler makes: ESTree with JSX. */
interface SyntaxNode {
  type: string;
  [part: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode => typeof value === 'object' && value !== null && 'type' in value;

/** Attributes that are read by people, whatever element they are on. */
const spoken = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'data-label',
  'label',
  'placeholder',
  'reveal',
  'title',
]);
/** Attributes that hold names for programs, several with spaces between. */
const forPrograms = new Set(['allow', 'aria-describedby', 'aria-labelledby', 'class', 'rel', 'sandbox', 'style']);
/** Elements whose text is no language's. */
const code = new Set(['code', 'kbd', 'pre', 'script', 'style']);
/** Functions that take selectors, and names of keys and events. */
const takesNames = /^(querySelector(All)?|closest|matches|matchMedia|one|#part|write)$/;

const withoutTags = (html: string) => html.replace(/^[^<>]*>|<[^>]*>?|&\w+;/g, ' ').trim();

/** Text between tags: a word in it that is more than an abbreviation. */
const saysSomething = (text: string) => /\p{Ll}{2}/u.test(text.replace(/&\w+;/g, ''));
/** A string of a program that a person may read: two words, or one with a capital as buttons have it. */
const isPhrase = (text: string) => /\p{L}{2}[,;:.]?\s+\p{Ll}{2}|^\p{Lu}\p{Ll}+[.…]?$/u.test(withoutTags(text));

const nameOf = (node: unknown): string =>
  isNode(node) ? String(node['name'] ?? nameOf(node['property'] ?? node['id'])) : '';

/** The phrases that stand in a component. */
function phrasesIn(file: string): string[] {
  const text = readFileSync(`${components}/${file}`, 'utf8');
  // The compiler reads TypeScript as well, where a component has its script.
  const { ast, diagnostics } = parse(file.endsWith('.ts') ? `<script>\n${text}\n</script>` : text);
  assert.deepEqual(diagnostics, [], file);
  const found: string[] = [];
  const say = (words: unknown, when: (words: string) => boolean): void => {
    if (typeof words === 'string' && when(words)) found.push(words.trim());
  };

  function walk(node: unknown): void {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!isNode(node)) return;
    if (node.type.startsWith('TS') && !/^TS(As|NonNull|Satisfies)/.test(node.type)) return;
    switch (node.type) {
      case 'JSXText':
        return say(node['value'], saysSomething);
      case 'JSXAttribute': {
        const { name, value } = node as { name?: { name?: string }; value?: SyntaxNode };
        if (forPrograms.has(name?.name ?? '')) return;
        if (value?.type !== 'Literal') return walk(value);
        return say(value['value'], spoken.has(name?.name ?? '') ? saysSomething : isPhrase);
      }
      case 'JSXElement': {
        const { openingElement } = node as { openingElement?: { name?: unknown; attributes?: SyntaxNode[] } };
        const untranslated = openingElement?.attributes?.some(({ name }) => nameOf(name) === 'translate');
        walk(openingElement?.attributes);
        if (!untranslated && !code.has(nameOf(openingElement?.name))) walk(node['children']);
        else walk((node['children'] as SyntaxNode[]).filter(({ type }) => type !== 'JSXText'));
        return;
      }
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return;
      case 'NewExpression':
        return nameOf(node['callee']) === 'Error' ? undefined : walk(node['arguments']);
      case 'CallExpression': {
        const [first, ...rest] = node['arguments'] as unknown[];
        walk(node['callee']);
        return walk(takesNames.test(nameOf(node['callee'])) ? rest : [first, ...rest]);
      }
      case 'Property':
        return nameOf(node['key']) === 'code' ? undefined : walk(node['value']);
      case 'BinaryExpression':
        if (/^[!=]==$/.test(String(node['operator']))) return;
        break;
      case 'Literal':
        return say(node['value'], isPhrase);
      case 'TemplateElement':
        return say((node['value'] as { cooked?: string }).cooked, isPhrase);
    }
    for (const part of Object.values(node)) walk(part);
  }
  walk(ast);
  return found;
}

const files: string[] = [];
for await (const file of glob('**/*.{astro,ts}', { cwd: components })) files.push(file.replaceAll('\\', '/'));
files.sort();

test('components have their words from src/content/i18n', () => {
  const done = files.filter((file) => !terminal.includes(file));
  const found = done.map((file) => [file, phrasesIn(file)] as const).filter(([, phrases]) => phrases.length > 0);
  assert.deepEqual(Object.fromEntries(found), {});
});

test('what prints to a terminal has words of its own', () => {
  for (const file of terminal) assert.notDeepEqual(phrasesIn(file), [], file);
});

test('every phrase is used', async () => {
  const sources = files.map((file) => readFileSync(`${components}/${file}`, 'utf8')).join('\n');
  const others = readFileSync(`${root}/src/integrations/copy-command.ts`, 'utf8');
  // Elements ask for those of theirs by the last part of the key, which TypeScript checks.
  const keys = Object.keys(english).filter((key) => !key.includes('.live.'));
  const all = `${sources}${others}`;
  const built = [...all.matchAll(/\bt\(`([\w.]+)\$\{/g)].map(([, start = '']) => start);
  const unused = keys.filter(
    (key) => !all.includes(`'${key.replace(/_[a-z]+$/, '')}'`) && !built.some((start) => key.startsWith(start)),
  );
  assert.deepEqual(unused, []);
});

const languages = readdirSync(`${root}/src/content/i18n`).filter((file) => file.endsWith('.json'));
for (const file of languages) {
  test(`${file} has English's phrases, as HTML where a key says so, with the same values put in`, () => {
    const phrases = JSON.parse(readFileSync(`${root}/src/content/i18n/${file}`, 'utf8')) as Record<string, string>;
    const places = (phrase: string) => [...new Set(phrase.match(/\{\{[^}]*\}\}/g))].sort();
    for (const [key, phrase] of Object.entries(phrases)) {
      // A language has other forms of plurals, of which each may leave out the number.
      const plural = /_(zero|one|two|few|many|other)$/;
      const base = Object.entries(english).find(([other]) => other.replace(plural, '') === key.replace(plural, ''));
      const given = (english as Record<string, string>)[key] ?? base?.[1];
      if (given === undefined) continue; // one of Starlight's own
      const html = /Html(_[a-z]+)?$/.test(key);
      assert.equal(/<|&\w+;/.test(phrase), html, `${key}: HTML is for keys that end in Html`);
      for (const place of places(phrase)) {
        assert.match(place, html ? /^\{\{\w+\}\}$/ : /^\{\{- \w+\}\}$/, `${key}: {{…}} is escaped, {{- …}} is not`);
      }
      const count = (place: string) => plural.test(key) && place === (html ? '{{count}}' : '{{- count}}');
      const wanted = (text: string) => places(text).filter((place) => !count(place));
      assert.deepEqual(wanted(phrase), wanted(given), key);
    }
  });
}
