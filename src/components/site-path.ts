/** A path of the site (`/about/machine/`) under whatever base the site is served from. */
export function sitePath(path: string): string {
  return `${import.meta.env.BASE_URL.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}

/** A page (`/about/machine/`) in a locale of Starlight's; undefined is English, which has no folder of its own. */
export function pagePath(path: string, locale: string | undefined): string {
  return sitePath(locale === undefined ? path : `/${locale}${path}`);
}

/** Bytes in words: `9.4 KB`, `1.4 MB`. Decimal units, as download dialogs show them. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
