/** What `onko NAME …` runs. Returns the exit status. */
export type Command = (args: readonly string[]) => number | Promise<number>;

/** One line of `onko --help`; the module is loaded only when the command is used. */
export interface CommandEntry {
  name: string;
  /** What follows the name, as in `onko color 12 24 33`. */
  arguments: string;
  summary: string;
  load: () => Promise<Command>;
}
