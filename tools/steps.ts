/**
 * Says what the command is doing, how far it is and how long it took, on standard error.
 * On a terminal the current line is rewritten; elsewhere one line per finished step is printed.
 */
const out = process.stderr;
const live = out.isTTY === true && process.env['CI'] === undefined;

/** Lets a running step tell how far it is. */
export type Progress = (detail: string) => void;

/** Runs one named step and prints its name and duration; a failing step is marked and its error passed on. */
export async function step<T>(name: string, work: (progress: Progress) => Promise<T> | T): Promise<T> {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  let detail = '';
  const draw = () => {
    if (live)
      out.write(`\r\x1b[K  … ${name} (${seconds()})${detail && ` ${detail}`}`.slice(0, (out.columns ?? 80) + 4));
  };
  draw();
  const timer = live ? setInterval(draw, 500) : undefined;
  const finish = (mark: string) => {
    clearInterval(timer);
    out.write(`${live ? '\r\x1b[K' : ''}  ${mark} ${name} (${seconds()})\n`);
  };
  try {
    const result = await work((text) => {
      detail = text.trim().split('\n').at(-1) ?? '';
      draw();
    });
    finish('✓');
    return result;
  } catch (error) {
    finish('✗');
    throw error;
  }
}

/** Prints a line that is not a step: a heading, an address, a hint. */
export function say(text: string): void {
  out.write(`${text}\n`);
}
