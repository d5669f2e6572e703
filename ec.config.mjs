import { pluginLineNumbers } from '@expressive-code/plugin-line-numbers';
import { pluginCopyCommand } from './src/integrations/copy-command.ts';
import { darkCode, lightCode } from './src/styles/code-themes.ts';

/** Settings of Expressive Code, which sets every listing. They live in a file of their own because plugins are functions. */
export default {
  themes: [darkCode, lightCode],
  plugins: [pluginLineNumbers(), pluginCopyCommand()],
  minSyntaxHighlightingColorContrast: 4.5,
  // Tabs stay tabs: a Makefile copied with spaces in their place does not work.
  tabWidth: 0,
  defaultProps: { showLineNumbers: false, hangingIndent: 2 },
  styleOverrides: {
    borderRadius: '0.375rem',
    borderColor: 'var(--onko-line)',
    codeFontFamily: 'var(--__sl-font-mono)',
    codeFontSize: '0.8125rem',
    codeLineHeight: '1.6',
    uiFontFamily: 'var(--__sl-font)',
    lineNumbers: { foreground: 'var(--sl-color-gray-3)', highlightForeground: 'var(--sl-color-gray-2)' },
    textMarkers: { backgroundOpacity: '28%', borderOpacity: '60%' },
    frames: {
      shadowColor: 'transparent',
      editorTabBarBackground: 'transparent',
      editorActiveTabIndicatorTopColor: 'transparent',
      editorActiveTabIndicatorBottomColor: 'transparent',
      editorActiveTabBorderColor: 'var(--onko-line)',
      editorTabBarBorderBottomColor: 'var(--onko-line)',
      terminalTitlebarBackground: 'var(--onko-raised)',
      terminalTitlebarBorderBottomColor: 'var(--onko-line)',
      terminalTitlebarDotsForeground: 'var(--onko-line-strong)',
      terminalTitlebarForeground: 'var(--sl-color-gray-3)',
    },
  },
};
