import type english from '../../content/i18n/en.json';

type Before<Key, End extends string> = Key extends `${infer Start}${End}${string}` ? Start : never;
type After<Key, Start extends string> = Key extends `${Start}${infer End}` ? End : never;

/** The parts of the interface whose scripts have something to say. */
export type Area = Before<keyof typeof english, '.live.'>;

/** A phrase with a form for each kind of number goes by what comes before that. */
type Formless<Key> = Key extends `${infer Start}_${'one' | 'other'}` ? Start : Key;
type PhraseOf<A extends Area> = Formless<After<keyof typeof english, `${A}.live.`>>;

/** Says a phrase, with values in its places; `count` among them chooses between its forms, if it has several. */
export type Say<A extends Area> = (
  phrase: PhraseOf<A>,
  values?: Readonly<Record<string, string | number | bigint>>,
) => string;

/**
 * Reads the phrases of an area, which `<Words of="…" />` has put into the page. What comes back says one of them, with values
 * in its places: `{{- file}}` is the value called `file`. Throws where the page has no such phrases.
 */
export function wordsOf<A extends Area>(area: A): Say<A> {
  const block = document.querySelector(`script[data-words="${area}"]`);
  if (block === null) throw new Error(`The page has no <Words of="${area}" />.`);
  const phrases = JSON.parse(block.textContent) as Record<string, string>;
  const plurals = new Intl.PluralRules(document.documentElement.lang);
  return (phrase, values) => {
    const form = plurals.select(Number(values?.['count']));
    const said = phrases[`${phrase}_${form}`] ?? phrases[`${phrase}_other`] ?? phrases[phrase] ?? '';
    return said.replace(/\{\{- (\w+)\}\}/g, (place, name: string) => String(values?.[name] ?? place));
  };
}
