import type { Browser, CDPSession } from 'playwright-core';

/**
 * Tabs of one window as a reader has them: one is seen, the others are hidden. Pages that Playwright drives are always taken for
 * visible; these are in a browser context that it does not know.
 */
export class PlainTabs {
  readonly #browser: CDPSession;
  readonly #context: string;
  #lastId = 0;

  private constructor(browser: CDPSession, context: string) {
    this.#browser = browser;
    this.#context = context;
  }

  static async open(browser: Browser): Promise<PlainTabs> {
    const session = await browser.newBrowserCDPSession();
    const { browserContextId } = await session.send('Target.createBrowserContext');
    return new PlainTabs(session, browserContextId);
  }

  /** Opens a tab, shows it, and waits until its page is there. */
  async tab(url: string): Promise<PlainTab> {
    const { targetId } = await this.#browser.send('Target.createTarget', { url, browserContextId: this.#context });
    const { sessionId } = await this.#browser.send('Target.attachToTarget', { targetId });
    const tab = {
      show: () => this.#browser.send('Target.activateTarget', { targetId }),
      freeze: () => this.#send(sessionId, 'Page.setWebLifecycleState', { state: 'frozen' }),
      evaluate: async (expression: string) => {
        const answer = await this.#send(sessionId, 'Runtime.evaluate', {
          expression,
          awaitPromise: true,
          returnByValue: true,
        });
        const { result, exceptionDetails } = answer as { result: { value?: unknown }; exceptionDetails?: unknown };
        if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
        return result.value;
      },
    };
    await tab.show();
    const loaded = `location.href === ${JSON.stringify(url)} && document.readyState === 'complete'`;
    while ((await tab.evaluate(loaded)) !== true) await new Promise((resolve) => setTimeout(resolve, 50));
    return tab;
  }

  /** Asks a page something, through the browser: Playwright has no connection to it. */
  #send(sessionId: string, method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const listen = (event: { sessionId: string; message: string }) => {
        if (event.sessionId !== sessionId) return;
        const answer = JSON.parse(event.message) as { id?: number; result?: unknown; error?: { message: string } };
        if (answer.id !== id) return;
        this.#browser.off('Target.receivedMessageFromTarget', listen);
        if (answer.error) reject(new Error(`${method}: ${answer.error.message}`));
        else resolve(answer.result);
      };
      this.#browser.on('Target.receivedMessageFromTarget', listen);
      this.#browser
        .send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) })
        .catch(reject);
    });
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.disposeBrowserContext', { browserContextId: this.#context });
    await this.#browser.detach();
  }
}

export interface PlainTab {
  show(): Promise<unknown>;
  /** What a browser does to a hidden tab to save power: neither the page nor its workers run until the tab is shown. */
  freeze(): Promise<unknown>;
  /** The value of an expression, awaited, in the page. */
  evaluate(expression: string): Promise<unknown>;
}
