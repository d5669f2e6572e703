/**
 * Cuts a linker script into words, the way ld.lld does (lld/ELF/ScriptLexer.cpp of LLVM 14): what a word is depends on
 * whether an expression is being read. Outside of one, `*.o`, `.text.*` and `:data` are single words; inside, `a-b` is three.
 */
import { ScriptError, shown, type Place } from './problem.ts';

export interface Token extends Place {
  /** As it is written, without its quotes. Empty at the end of the text. */
  text: string;
  quoted: boolean;
}

const word = /[A-Za-z0-9_.$/\\~=+[\]*?\-!^:]+/y;
const wordInExpression = /[A-Za-z0-9_.$\\[\]^]+/y;
const operator = /<<|<=|>>|>=|==|!=|\|\||&&/y;
const operatorOutside = /<<=|>>=|&=|\|=|<<|<=|>>|>=|\|\||&&/y;

export class Lexer {
  readonly #text: string;
  #at = 0;
  #peeked: Token | undefined;
  #inExpression = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** Runs `read` with the rules for words in expressions, or without them. */
  within<T>(inExpression: boolean, read: () => T): T {
    const before = this.#inExpression;
    this.#switch(inExpression);
    try {
      return read();
    } finally {
      this.#switch(before);
    }
  }

  #switch(inExpression: boolean): void {
    if (this.#inExpression !== inExpression) this.#peeked = undefined;
    this.#inExpression = inExpression;
  }

  /** The next word, which stays the next. */
  peek(): Token {
    return (this.#peeked ??= this.#read());
  }

  next(): Token {
    const token = this.peek();
    this.#at = token.start + token.length;
    this.#peeked = undefined;
    return token;
  }

  /** Whether the next word is this one; if so it is taken. */
  take(text: string): Token | undefined {
    const token = this.peek();
    return !token.quoted && token.length > 0 && token.text === text ? this.next() : undefined;
  }

  expect(text: string, fix: string): Token {
    const token = this.take(text);
    if (token !== undefined) return token;
    throw this.unexpected(`${text} expected`, fix);
  }

  /** The complaint that something else stands where the next word is. */
  unexpected(expected: string, fix: string): ScriptError {
    const found = this.peek();
    const what = found.length === 0 ? 'the script ends here' : `got ${shown(found.text)}`;
    return new ScriptError(found, `${expected}, but ${what}`, fix);
  }

  get atEnd(): boolean {
    return this.peek().length === 0;
  }

  #read(): Token {
    this.#skipBlanks();
    const start = this.#at;
    if (start >= this.#text.length) return { text: '', start, length: 0, quoted: false };
    if (this.#text[start] === '"') {
      const end = this.#text.indexOf('"', start + 1);
      if (end < 0) {
        throw new ScriptError(
          { start, length: this.#text.length - start },
          'unclosed quote',
          'Close it with another ".',
        );
      }
      return { text: this.#text.slice(start + 1, end), start, length: end + 1 - start, quoted: true };
    }
    const text =
      this.#match(this.#inExpression ? operator : operatorOutside) ??
      this.#match(this.#inExpression ? wordInExpression : word) ??
      this.#text.slice(start, start + 1);
    return { text, start, length: text.length, quoted: false };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #skipBlanks(): void {
    for (;;) {
      const rest = this.#text;
      while (this.#at < rest.length && ' \t\n\v\f\r'.includes(rest.charAt(this.#at))) this.#at += 1;
      if (rest.startsWith('/*', this.#at)) {
        const end = rest.indexOf('*/', this.#at + 2);
        if (end < 0) {
          const place = { start: this.#at, length: 2 };
          throw new ScriptError(place, 'unclosed comment in a linker script', 'Close it with */.');
        }
        this.#at = end + 2;
      } else if (rest[this.#at] === '#') {
        const end = rest.indexOf('\n', this.#at);
        this.#at = end < 0 ? rest.length : end + 1;
      } else return;
    }
  }
}
