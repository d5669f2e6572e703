import type english from '../../content/i18n/en.json';

type Before<Key, End extends string> = Key extends `${infer Start}${End}${string}` ? Start : never;
type After<Key, Start extends string> = Key extends `${Start}${infer End}` ? End : never;

/** The parts of the interface whose scripts have something to say. */
export type Area = Before<keyof typeof english, '.live.'>;

type PhraseOf<A extends Area> = After<keyof typeof english, `${A}.live.`>;

/**
 * Reads the phrases of an area, which `<Words of="…" />` has put into the page. What comes back says one of them, with values
 * in its places: `{{- file}}` is the value called `file`. Throws where the page has no such phrases.
 */
export function wordsOf<A extends Area>(
  area: A,
): (phrase: PhraseOf<A>, values?: Readonly<Record<string, string | number>>) => string {
  const block = document.querySelector(`script[data-words="${area}"]`);
  if (block === null) throw new Error(`The page has no <Words of="${area}" />.`);
  const phrases = JSON.parse(block.textContent) as Record<PhraseOf<A>, string>;
  return (phrase, values) =>
    phrases[phrase].replace(/\{\{- (\w+)\}\}/g, (place, name: string) => String(values?.[name] ?? place));
}
