import type english from '../../content/i18n/en.json';
import type { Area, Say } from './words.ts';

/**
 * The phrases of an area as `wordsOf` gives them to scripts, while the page is made: for markup that both write. `t` is the
 * page's `Astro.locals.t`.
 */
export function sayIn<A extends Area>(t: App.Locals['t'], area: A): Say<A> {
  return (phrase, values) => t(`${area}.live.${phrase}` as keyof typeof english, { ...values });
}
