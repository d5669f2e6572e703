/** Where a folder of the project can be looked at, or `undefined` where SITE_REPOSITORY does not say where the source is. */
export function sourceLink(folder: string): string | undefined {
  const repository = process.env['SITE_REPOSITORY']?.replace(/\/$/, '');
  return repository ? `${repository}/tree/HEAD/${folder}` : undefined;
}
