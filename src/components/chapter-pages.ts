import { getCollection, type CollectionEntry } from 'astro:content';
import chapters from 'virtual:onko/chapters';
import type { ChapterData } from '../integrations/virtual-modules.ts';

/** A chapter whose page is written. */
export interface ChapterPage {
  chapter: ChapterData;
  entry: CollectionEntry<'docs'>;
  /** Below the site's base: `/part-1/main-rs/`. */
  path: string;
}

/** The chapters that have a page, in reading order. */
export async function chapterPages(): Promise<ChapterPage[]> {
  const entries = await getCollection('docs');
  return chapters.flatMap((chapter) => {
    const id = `part-1/${chapter.name}`;
    const entry = entries.find((candidate) => candidate.id === id && !candidate.data.draft);
    return entry ? [{ chapter, entry, path: `/${id}/` }] : [];
  });
}
