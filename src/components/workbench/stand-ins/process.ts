/** In the workbench's worker, as much of `process` as the onko command uses. Import it before the command. */
const never = (): void => {};

let printed = '';
const stream = { write: (text: string) => (printed += text), on: never };

const standIn = { argv: ['', 'onko'], stdout: stream, stderr: stream, exit: never, exitCode: 0 };
// `global` is Node's name of globalThis, which @pkgjs/parseargs uses.
Object.assign(globalThis, { process: standIn, global: globalThis });

/** What the work printed on both streams, and the status that it left. */
export async function recordOutput(work: () => Promise<void>): Promise<{ output: string; status: number }> {
  printed = '';
  standIn.exitCode = 0;
  await work();
  return { output: printed, status: standIn.exitCode };
}
