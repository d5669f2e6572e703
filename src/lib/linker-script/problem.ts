/** Something that is wrong with a script, or that the linker would warn about. Lines and columns count from 1. */
export interface ScriptProblem {
  severity: 'error' | 'warning';
  line: number;
  column: number;
  /** Characters that it is about, from `column` on. */
  length: number;
  /** What is wrong, in ld.lld's own words where it has some: a sentence without its full stop. */
  text: string;
  /** What would be right. */
  fix: string;
}

/** A place in a script's text. */
export interface Place {
  start: number;
  length: number;
}

/** A script that cannot be followed: thrown where it is noticed, and caught by `readScript` and `layOut`. */
export class ScriptError extends Error {
  readonly place: Place;
  readonly fix: string;

  constructor(place: Place, message: string, fix: string) {
    super(message);
    this.name = 'ScriptError';
    this.place = place;
    this.fix = fix;
  }
}

/** The problem at a place of a text. */
export function problemAt(
  script: string,
  { start, length }: Place,
  severity: ScriptProblem['severity'],
  text: string,
  fix: string,
): ScriptProblem {
  const before = script.slice(0, start);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line += 1;
  return { severity, line, column: start - lineStart + 1, length, text: short(text), fix: short(fix) };
}

/** A sentence that names something of the script is as long as that is; nobody reads more than this. */
const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

/** A word quoted from a script in a message, cut when long. */
export function shown(text: string): string {
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}
