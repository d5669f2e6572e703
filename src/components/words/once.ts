/** A page's own object → the areas whose phrases it has by now. */
const written = new WeakMap<object, Set<string>>();

/** Whether a page writes an area's phrases for the first time. `page` is an object that the page has to itself. */
export function firstOnPage(page: object, area: string): boolean {
  const areas = written.get(page) ?? new Set();
  const first = !areas.has(area);
  written.set(page, areas.add(area));
  return first;
}
