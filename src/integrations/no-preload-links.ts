import type { Plugin } from 'vite';

/**
 * Imports on demand without `<link rel="modulepreload">`. A link that a script adds makes Chromium look for fonts again, and
 * one that came too late for the first paint (`font-display: optional` in astro.config.mjs) would shift the text then.
 */
export function noPreloadLinks(): Plugin {
  return {
    name: 'onko:no-preload-links',
    // Astro has an opinion of its own, which only this comes after.
    configEnvironment: () => ({ build: { modulePreload: false } }),
  };
}
