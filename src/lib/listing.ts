/** A chapter's files as listings are cut from them. */
export interface ListedChapter {
  id: string;
  files: readonly ListedFile[];
}

export interface ListedFile {
  path: string;
  text: string;
  regions: Readonly<Record<string, { firstLine: number; lastLine: number }>>;
}

/** What a page asks for: a whole file of a chapter, or a named region of it. */
export interface ListingRequest {
  chapter: string;
  file: string;
  region?: string | undefined;
}

export interface Listing {
  code: string;
  /** Number of the first line within its file, counted from 1. */
  firstLine: number;
  /** Anchor: the same as long as file and region keep their names. */
  id: string;
  /** `line 7`, `lines 7–12`, `the whole file` */
  range: string;
}

/** Cuts a listing out of a chapter. Throws an error that names what is missing, and what there is instead. */
export function cutListing(
  chapters: readonly ListedChapter[],
  { chapter: id, file: path, region }: ListingRequest,
): Listing {
  const where = `<Listing chapter="${id}" file="${path}"${region === undefined ? '' : ` region="${region}"`} />`;
  const chapter = chapters.find((candidate) => candidate.id === id);
  if (!chapter)
    throw new Error(`${where}: there is no chapter "${id}"; there are ${names(chapters.map((each) => each.id))}.`);
  const file = chapter.files.find((candidate) => candidate.path === path);
  if (!file)
    throw new Error(
      `${where}: the chapter has no file "${path}"; it has ${names(chapter.files.map((each) => each.path))}.`,
    );

  const lines = file.text.replace(/\n$/, '').split('\n');
  const anchor = anchorOf(path, region);
  if (region === undefined) return { code: lines.join('\n'), firstLine: 1, id: anchor, range: 'the whole file' };

  const place = file.regions[region];
  if (!place)
    throw new Error(`${where}: ${path} has no region "${region}"; it has ${names(Object.keys(file.regions))}.`);
  const { firstLine, lastLine } = place;
  const range = firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine}–${lastLine}`;
  return { code: lines.slice(firstLine - 1, lastLine).join('\n'), firstLine, id: anchor, range };
}

/** `listing-src-main-rs-fill-loop` */
function anchorOf(path: string, region = ''): string {
  return `listing ${path} ${region}`
    .trim()
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase();
}

function names(list: readonly string[]): string {
  return list.length === 0 ? 'none' : list.join(', ');
}
