import { getCollection, type CollectionEntry } from 'astro:content';
import chapters from 'virtual:onko/chapters';
import type { ChapterData } from '../integrations/virtual-modules.ts';

/** A chapter whose page is written. */
export interface ChapterPage {
  chapter: ChapterData;
  entry: CollectionEntry<'docs'>;
  /** Below the site's base, in English: `/part-1/main-rs/`. */
  path: string;
}

/** The chapters that have a page, in reading order, each in its translation to a locale of Starlight's where there is one. */
export async function chapterPages(locale: string | undefined): Promise<ChapterPage[]> {
  const entries = await getCollection('docs');
  return chapters.flatMap((chapter) => {
    const id = `part-1/${chapter.name}`;
    const written = (sought: string) => entries.find((candidate) => candidate.id === sought && !candidate.data.draft);
    const entry = (locale && written(`${locale}/${id}`)) || written(id);
    return entry ? [{ chapter, entry, path: `/${id}/` }] : [];
  });
}
