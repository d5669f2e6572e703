/**
 * An error that a person can act on: what went wrong, and what to do about it.
 * The `onko` command prints it without a stack trace; every other error is a bug of ours and keeps its stack.
 */
export class UserError extends Error {
  /** One action per line, most likely first. */
  readonly fixes: readonly string[];

  constructor(message: string, ...fixes: string[]) {
    super(message);
    this.name = 'UserError';
    this.fixes = fixes;
  }
}
