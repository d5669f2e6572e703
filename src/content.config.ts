import { docsLoader, i18nLoader } from '@astrojs/starlight/loaders';
import { docsSchema, i18nSchema } from '@astrojs/starlight/schema';
import { defineCollection } from 'astro:content';
import { z } from 'astro/zod';
import english from './content/i18n/en.json';

/** The interface's phrases are those of the English file, so that a misspelt one is an error of types. */
const phrases = Object.fromEntries(Object.keys(english).map((key) => [key, z.string()])) as Record<
  keyof typeof english,
  z.ZodString
>;

export const collections = {
  docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }),
  // Another language may lack some: English stands in for them.
  i18n: defineCollection({ loader: i18nLoader(), schema: i18nSchema({ extend: z.object(phrases).partial() }) }),
};
