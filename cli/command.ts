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

/** A widget's model in a terminal. */
export interface ModelEntry extends CommandEntry {
  /** Options, and what each says: `--levels 5`, `57 bits instead of 48`. */
  options: readonly (readonly [string, string])[];
  /** What may follow the name, as a shell takes it. The site shows what each of them prints. */
  examples: readonly string[];
  /** The widget over the same model, and where it stands: a path below the site's base, with its anchor. */
  widget: { title: string; page: string };
}
