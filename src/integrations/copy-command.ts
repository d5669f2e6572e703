/** A node of the HTML that Expressive Code makes (hast), as far as it is used here. */
interface HtmlNode {
  tagName?: string;
  properties?: Record<string, unknown>;
  children?: HtmlNode[];
}

interface RenderedBlock {
  codeBlock: { code: string };
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
      postprocessRenderedBlock({ codeBlock, renderData }: RenderedBlock): void {
        const command = recordedCommand(codeBlock.code);
        const copies = command === undefined ? undefined : findCopyButton(renderData.blockAst)?.properties;
        if (copies) Object.assign(copies, { dataCode: command, title: 'Copy the command' });
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
