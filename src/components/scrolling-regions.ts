/**
 * Listings and tables that are wider than their column scroll inside themselves. With a keyboard one has to get into them,
 * and with a screen reader one has to hear which is which: Expressive Code makes such listings regions, but leaves them
 * without a name, and knows nothing of tables.
 */

import { wordsOf } from './words/words.ts';

const say = wordsOf('page');
const listings = [...document.querySelectorAll<HTMLElement>('main .expressive-code pre')];

/** `Listing 7: src/main.rs`. The number tells listings of the same file apart. */
function nameOf(listing: HTMLElement): string {
  const title = listing.closest('figure')?.querySelector('.title')?.textContent.trim() ?? '';
  return say(title === '' ? 'listing' : 'listingOf', { number: listings.indexOf(listing) + 1, title });
}

function nameRegion(listing: HTMLElement): void {
  if (listing.role === 'region') listing.ariaLabel = nameOf(listing);
  else listing.removeAttribute('aria-label');
}

const roles = new MutationObserver((changes) => {
  for (const { target } of changes) if (target instanceof HTMLElement) nameRegion(target);
});

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0');
    else target.removeAttribute('tabindex');
  }
});

for (const listing of listings) {
  roles.observe(listing, { attributeFilter: ['role'] });
  nameRegion(listing); // it may have become one before this ran
}
for (const table of document.querySelectorAll('.sl-markdown-content table')) widths.observe(table);
