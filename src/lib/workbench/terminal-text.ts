/**
 * What a terminal shows, as lines of text: for a program that believes it writes to a terminal, read by somebody who reads a log.
 * Colours are dropped; a line that a program draws again, as shells do while they prompt, is one line. Control sequences are
 * those of ECMA-48 that shells and Node's readline use.
 */

/** Lines from number `from` on, counted since the screen was last wiped. */
export interface TerminalChange {
  /** The screen was wiped: what was shown before is gone. */
  wiped: boolean;
  from: number;
  lines: string[];
}

/** Longer sequences are no sequences: what is gathered of one is thrown away. */
const longestSequence = 1024;

export class TerminalText {
  readonly #columns: number;
  readonly #rows: number;
  /** Lines that a program can still reach, and how many came before them. */
  #lines: string[][] = [[]];
  #settled = 0;
  readonly #scrolled: string[][] = [];
  #row = 0;
  #column = 0;
  /** The beginning of a control sequence whose rest has not come yet. */
  #sequence = '';
  #wiped = false;
  #lowest = 0;

  /** `columns` and `rows` are those that the program was told. */
  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Takes output as it comes, cut anywhere. */
  write(text: string): TerminalChange {
    this.#wiped = false;
    this.#lowest = this.#settled + this.#row;
    for (const character of text) this.#take(character);
    // Lines that have scrolled out of reach meanwhile have changed all the same.
    const lines = [...this.#scrolled, ...this.#lines];
    const first = this.#settled - this.#scrolled.length;
    this.#scrolled.length = 0;
    return {
      wiped: this.#wiped,
      from: this.#lowest,
      lines: lines.slice(this.#lowest - first).map((line) => line.join('')),
    };
  }

  #take(character: string): void {
    if (this.#sequence !== '') return this.#continueSequence(character);
    switch (character) {
      case '\x1b':
        this.#sequence = character;
        return;
      case '\r':
        this.#column = 0;
        return;
      case '\n':
        return this.#moveTo(this.#row + 1, this.#column);
      case '\b':
        this.#column = Math.max(0, this.#column - 1);
        return;
      case '\t':
        this.#column = Math.min(this.#columns - 1, (Math.floor(this.#column / 8) + 1) * 8);
        return;
      default:
        if (character >= ' ' && character !== '\x7f') this.#put(character);
    }
  }

  #put(character: string): void {
    if (this.#column >= this.#columns) this.#moveTo(this.#row + 1, 0);
    const line = this.#line;
    while (line.length < this.#column) line.push(' ');
    line[this.#column++] = character;
    this.#touch(this.#row);
  }

  #continueSequence(character: string): void {
    this.#sequence += character;
    const second = this.#sequence[1] ?? '';
    if (this.#sequence.length > longestSequence) this.#sequence = '';
    else if (second === ']' || second === 'P') {
      // Titles and the like: up to BEL or ESC \.
      if (character === '\x07' || this.#sequence.endsWith('\x1b\\')) this.#sequence = '';
    } else if (second === '[') {
      if (!/^\x1b\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]$/.test(this.#sequence)) {
        if (!/^\x1b\[[\x30-\x3f]*[\x20-\x2f]*$/.test(this.#sequence)) this.#sequence = '';
        return;
      }
      const parameters = this.#sequence.slice(2, -1);
      this.#sequence = '';
      this.#control(character, parameters);
    } else if (second < ' ' || second > '/' || this.#sequence.length > 2) this.#sequence = '';
  }

  #control(name: string, parameters: string): void {
    const [first, second] = parameters.split(';').map((each) => Number.parseInt(each, 10) || 0);
    const count = Math.min(Math.max(1, first ?? 0), 9999);
    const line = this.#line;
    switch (name) {
      case 'A':
        return this.#moveTo(this.#row - count, this.#column);
      case 'B':
        return this.#moveTo(Math.min(this.#row + count, this.#top + this.#rows - 1), this.#column);
      case 'C':
        return this.#moveTo(this.#row, this.#column + count);
      case 'D':
        return this.#moveTo(this.#row, this.#column - count);
      case 'G':
        return this.#moveTo(this.#row, count - 1);
      case 'H':
      case 'f':
        return this.#moveTo(
          this.#top + Math.min(count, this.#rows) - 1,
          Math.min(Math.max(1, second ?? 0), this.#columns) - 1,
        );
      case 'J':
        return this.#eraseScreen(first ?? 0);
      case 'K':
        if (first === 2) line.length = 0;
        else if (first === 1) line.fill(' ', 0, this.#column + 1);
        else line.length = Math.min(line.length, this.#column);
        return this.#touch(this.#row);
      case 'P':
        line.splice(this.#column, count);
        return this.#touch(this.#row);
      case '@':
        if (this.#column < line.length) line.splice(this.#column, 0, ...Array<string>(count).fill(' '));
        line.length = Math.min(line.length, this.#columns);
        return this.#touch(this.#row);
    }
  }

  /** 0: from the cursor on; 1: up to it; 2 and 3: everything, and with it what has scrolled away. */
  #eraseScreen(which: number): void {
    if (which === 0) {
      this.#line.length = Math.min(this.#line.length, this.#column);
      this.#lines.length = this.#row + 1;
      return this.#touch(this.#row);
    }
    if (which === 1) {
      for (let row = this.#top; row < this.#row; row++) this.#lines[row] = [];
      this.#line.fill(' ', 0, this.#column + 1);
      return this.#touch(this.#top);
    }
    this.#lines = [[]];
    this.#scrolled.length = 0;
    [this.#settled, this.#row, this.#lowest, this.#wiped] = [0, 0, 0, true];
  }

  get #line(): string[] {
    return (this.#lines[this.#row] ??= []);
  }

  /** The row that the program takes for the first. */
  get #top(): number {
    return Math.max(0, this.#lines.length - this.#rows);
  }

  #touch(row: number): void {
    this.#lowest = Math.min(this.#lowest, this.#settled + row);
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(this.#top, row);
    this.#column = Math.min(Math.max(0, column), this.#columns - 1);
    while (this.#lines.length <= this.#row) this.#lines.push([]);
    const out = this.#lines.splice(0, this.#top);
    this.#scrolled.push(...out);
    this.#settled += out.length;
    this.#row -= out.length;
  }
}
