/**
 * Stands in for Pagefind's UI, which is as large as all scripts of a chapter together: Starlight makes one on every page as
 * soon as the browser is idle, and here the real one comes when a reader turns to the search.
 */

import { wordsOf } from '../words/words.ts';

/** The way to the real one: its own name leads to this module (src/integrations/search-on-demand.ts). */
const load = () => import('virtual:onko/pagefind-ui');

export class PagefindUI {
  /** `element` is the selector of what it fills; whatever else Starlight gives is for the real one. */
  constructor(options: { element: string }) {
    const search = document.querySelector('site-search');
    const dialog = search?.querySelector('dialog');
    const place = document.querySelector(options.element);
    if (!search || !dialog || !place) return;

    let started = false;
    const start = async (): Promise<void> => {
      if (started) return;
      started = true;
      try {
        const { PagefindUI: Real } = await load();
        place.textContent = '';
        new Real(options);
        if (dialog.open) dialog.querySelector('input')?.focus();
      } catch {
        started = false; // the next opening tries again
        place.textContent = wordsOf('page')('searchMissing');
      }
    };
    for (const event of ['pointerover', 'focusin']) search.addEventListener(event, () => void start());
    new MutationObserver(() => dialog.open && void start()).observe(dialog, { attributeFilter: ['open'] });
    if (dialog.open) void start();
  }
}
