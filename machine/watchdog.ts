/** How often a worker that should be there is asked for a sign of life, in milliseconds. */
const interval = 1000;
/** Questions without an answer before it counts as dead: far longer than anything that a worker does at a stretch. */
const patience = 8;

/**
 * Notices a worker that is gone without a word: browsers end one that takes too much memory, and tell nobody.
 *
 * Time is counted in questions, not by the clock: after a computer has slept or a tab was frozen much time has passed, but no
 * question was left open. A worker that has never answered is still being fetched, and may take as long as the network does.
 */
export class Watchdog {
  readonly #timer: ReturnType<typeof setInterval>;
  #open = 0;
  #everAnswered = false;

  /**
   * `ask` sends a question, `needed` says whether anybody waits for the worker now (one that sleeps is left alone), and
   * `onDead` is called once.
   */
  constructor(ask: () => void, needed: () => boolean, onDead: () => void) {
    ask();
    this.#timer = setInterval(() => {
      if (!needed()) {
        this.#open = 0;
        return;
      }
      if (this.#everAnswered && this.#open >= patience) {
        this.stop();
        onDead();
        return;
      }
      this.#open++;
      ask();
    }, interval);
  }

  answered(): void {
    this.#everAnswered = true;
    this.#open = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
