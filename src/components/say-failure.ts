/** Does what may fail, and says in words what failed. What was said before is forgotten. */
export function sayFailure(said: HTMLElement, work: Promise<void>): void {
  said.textContent = '';
  work.catch((error: unknown) => {
    said.textContent = error instanceof Error ? error.message : String(error);
  });
}
