/** The script that a link carries. */

/** The most characters that a link carries. */
const linkLimit = 6000;

/** A script and its kernel as a URL fragment without the `#`; undefined when the script is too long for a link. */
export function layoutToFragment(script: string, kernel: string): string | undefined {
  const fragment = new URLSearchParams({ layout: script, over: kernel }).toString();
  return fragment.length > linkLimit ? undefined : fragment;
}

/** What a fragment carries; undefined for one about something else. */
export function layoutFromFragment(fragment: string): { script: string; kernel: string } | undefined {
  const fields = new URLSearchParams(fragment);
  const script = fields.get('layout');
  return script === null ? undefined : { script, kernel: fields.get('over') ?? '' };
}
