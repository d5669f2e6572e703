const byEnding: Record<string, string> = { rs: 'rust', toml: 'toml', lock: 'toml', ld: 'c', conf: 'ini', s: 'asm' };

/** The language in which a file of a chapter is highlighted, by its name. */
export function listingLanguage(path: string): string {
  const name = path.split('/').at(-1) ?? path;
  if (name === 'Makefile') return 'make';
  return byEnding[name.split('.').at(-1) ?? ''] ?? 'txt';
}
