import type { ThemeObjectOrShikiThemeName } from 'astro-expressive-code';

type CodeTheme = Exclude<ThemeObjectOrShikiThemeName, string>;

interface Tones {
  text: string;
  ground: string;
  comment: string;
  keyword: string;
  type: string;
  callable: string;
  literal: string;
  punctuation: string;
  /** What a terminal's programs call red, green, yellow, blue and cyan, in recorded output. */
  terminal: { red: string; green: string; yellow: string; blue: string; cyan: string };
}

/** A code theme of few tones: what the language says is ember, what we named is plain, what we explain stands back. */
function codeTheme(name: string, type: 'dark' | 'light', tones: Tones): CodeTheme {
  const rule = (foreground: string, scope: string[], fontStyle = '') => ({
    scope,
    settings: { foreground, fontStyle },
  });
  return {
    name,
    type,
    colors: {
      'editor.background': tones.ground,
      'editor.foreground': tones.text,
      ...terminalColors(tones.terminal),
    },
    settings: [
      { settings: { foreground: tones.text, background: tones.ground } },
      rule(tones.punctuation, ['punctuation', 'meta.brace', 'keyword.operator']),
      rule(tones.comment, ['comment', 'punctuation.definition.comment'], 'italic'),
      rule(tones.keyword, ['keyword', 'storage', 'keyword.other', 'entity.name.section', 'support.type.property-name']),
      rule(tones.type, [
        'entity.name.type',
        'entity.name.namespace',
        'entity.name.module',
        'support.type',
        'storage.type.primitive',
        'storage.type.numeric',
        'entity.other.attribute-name',
        'meta.attribute',
      ]),
      rule(tones.callable, ['entity.name.function', 'support.function', 'variable.function']),
      rule(tones.literal, ['string', 'constant', 'constant.numeric', 'variable.language', 'constant.other.caps']),
      rule(tones.text, ['variable', 'meta.embedded']),
    ],
  } as CodeTheme;
}

/** Programs choose a colour or its bright variant; on a page of text both are the same. */
function terminalColors(tones: Tones['terminal']): Record<string, string> {
  const named = Object.entries(tones).map(
    ([name, tone]) => [`${name[0]?.toUpperCase()}${name.slice(1)}`, tone] as const,
  );
  return Object.fromEntries(
    named.flatMap(([name, tone]) => [
      [`terminal.ansi${name}`, tone],
      [`terminal.ansiBright${name}`, tone],
    ]),
  );
}

export const darkCode = codeTheme('onko-dark', 'dark', {
  text: '#d8dcda',
  ground: '#08121a',
  comment: '#8d9ca6',
  keyword: '#e8a33d',
  type: '#8fc4d8',
  callable: '#f4efe6',
  literal: '#dcc79a',
  punctuation: '#98a7b0',
  terminal: { red: '#f29a86', green: '#a6cf7c', yellow: '#e8c26d', blue: '#8fb8ee', cyan: '#8fc4d8' },
});

export const lightCode = codeTheme('onko-light', 'light', {
  text: '#2b2419',
  ground: '#fcf8ef',
  comment: '#6d6455',
  keyword: '#8a5608',
  type: '#1f5f7a',
  callable: '#1d1810',
  literal: '#7a4a2a',
  punctuation: '#635a4d',
  terminal: { red: '#a2361f', green: '#45640f', yellow: '#7a5200', blue: '#295daf', cyan: '#1f5f7a' },
});
