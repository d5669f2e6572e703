import starlight from '@astrojs/starlight';
import { defineConfig, fontProviders } from 'astro/config';
import { onko } from './src/integrations/onko.ts';

// Where the site stands and where its source is. Both may be unset: then nothing is linked that needs them.
const site = process.env.SITE_URL || undefined;
const repository = process.env.SITE_REPOSITORY?.replace(/\/$/, '') || undefined;

/** One variable font out of a @fontsource package, the Latin letters of it. */
function font(name, cssVariable, packageName, file, styles, fallbacks) {
  return {
    name,
    cssVariable,
    fallbacks,
    provider: fontProviders.local(),
    options: {
      variants: styles.map((style) => ({
        style,
        weight: '200 900',
        display: 'optional',
        src: [`${packageName}/files/${file}-latin-wght-${style}.woff2`],
      })),
    },
  };
}

export default defineConfig({
  ...(site && { site }),
  trailingSlash: 'always',
  devToolbar: { enabled: false },
  fonts: [
    font(
      'Source Sans 3',
      '--font-text',
      '@fontsource-variable/source-sans-3',
      'source-sans-3',
      ['normal', 'italic'],
      ['system-ui', 'sans-serif'],
    ),
    font(
      'JetBrains Mono',
      '--font-code',
      '@fontsource-variable/jetbrains-mono',
      'jetbrains-mono',
      ['normal', 'italic'],
      ['ui-monospace', 'monospace'],
    ),
  ],
  integrations: [
    starlight({
      title: 'Onko',
      description: 'Write an operating system in Rust, from nothing to a coloured screen, and boot it in the page.',
      favicon: '/favicon.svg',
      customCss: [
        './src/styles/theme.css',
        './src/styles/prose.css',
        './src/styles/widgets.css',
        './src/styles/machine.css',
        './src/styles/forced-colors.css',
        './src/styles/print.css',
      ],
      components: {
        Head: './src/components/overrides/Head.astro',
        Search: './src/components/overrides/Search.astro',
        ThemeSelect: './src/components/overrides/ThemeSelect.astro',
        Hero: './src/components/overrides/Hero.astro',
        PageTitle: './src/components/overrides/PageTitle.astro',
        Footer: './src/components/overrides/Footer.astro',
      },
      // In reading order: previous and next follow it.
      sidebar: [
        {
          label: 'Part 1 · Boot and framebuffer',
          items: [{ autogenerate: { directory: 'part-1' } }, 'what-you-have', 'your-iso', 'where-next'],
        },
        { label: 'Beside the path', items: ['before-the-loader', 'workbench'] },
        {
          label: 'To look things up',
          items: ['troubleshooting', 'experiments', 'real-pc', 'commands', 'tools', 'glossary', 'resources', 'offline'],
        },
        { label: 'About', items: [{ autogenerate: { directory: 'about' } }] },
      ],
      ...(repository && {
        social: [{ icon: 'seti:git', label: 'Source', href: repository }],
      }),
    }),
    // Last, so that the offline pack holds what all the others have written, the search among it.
    onko(),
  ],
});
