import english from '../content/i18n/en.json' with { type: 'json' };

/** The interface's phrases by language; one that is not here has its copy buttons in English. */
const languages: Readonly<Record<string, Partial<typeof english>>> = { en: english };

/** A node of the HTML that Expressive Code makes (hast), as far as it is used here. */
interface HtmlNode {
  tagName?: string;
  properties?: Record<string, unknown>;
  children?: HtmlNode[];
}

interface RenderedBlock {
  codeBlock: { code: string };
  /** The language of the page. */
  locale: string;
  renderData: { blockAst: HtmlNode };
}

/**
 * A plugin for Expressive Code: where a block records a command with its output (`$ make`, then what make said), the copy
 * button copies the command, without the prompt. Everything else is copied whole.
 */
export function pluginCopyCommand() {
  return {
    name: 'copy-command',
    hooks: {
      postprocessRenderedBlock({ codeBlock, locale, renderData }: RenderedBlock): void {
        const command = recordedCommand(codeBlock.code);
        const copies = command === undefined ? undefined : findCopyButton(renderData.blockAst)?.properties;
        const title = languages[locale]?.['code.copyCommand'] ?? english['code.copyCommand'];
        if (copies) Object.assign(copies, { dataCode: command, title });
      },
    },
  };
}

/** The command of a recorded session, or `undefined` for a block that has no prompt. */
export function recordedCommand(code: string): string | undefined {
  // Expressive Code cuts escape sequences itself, but only once it has coloured the block.
  const [first = ''] = code.replace(/\u001b\[[\d;]*m/g, '').split('\n');
  return first.startsWith('$ ') ? first.slice(2) : undefined;
}

function findCopyButton(node: HtmlNode): HtmlNode | undefined {
  if (node.tagName === 'button' && node.properties && 'dataCode' in node.properties) return node;
  for (const child of node.children ?? []) {
    const button = findCopyButton(child);
    if (button) return button;
  }
  return undefined;
}
