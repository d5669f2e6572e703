/** Cuts an expression into words as Rust does (The Rust Reference, "Lexical structure"). */
import { ScriptError, shown, type Place } from '../linker-script/problem.ts';

export interface Token extends Place {
  kind: 'number' | 'name' | 'sign' | 'end';
  text: string;
  /** Of a number. */
  value: number;
}

const blank = /(?:\s|\/\/[^\n]*)+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const digits = /(0x|0o|0b)?([0-9A-Za-z_]+)/y;
/** Longest first: what Rust reads as one word is one here, even if it then has no place. */
const sign = /<<=|>>=|\.\.=|\.\.\.|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%^&|]=|->|=>|::|\.\.|[-+*/%&|^!<>=(){}[\]:;,.?]/y;

const bases = { '0x': 16, '0o': 8, '0b': 2 } as const;
const baseNames = { 16: 'hexadecimal', 10: 'decimal', 8: 'octal', 2: 'binary' } as const;

/** The words of a text, the last of kind `end`. Throws {@link ScriptError} at the first that is none. */
export function cutWords(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (;;) {
    at = skipBlanks(text, at);
    if (at >= text.length) {
      tokens.push({ kind: 'end', text: '', value: 0, start: text.length, length: 0 });
      return tokens;
    }
    const number = /[0-9]/.test(text[at] ?? '') ? match(digits) : null;
    const found = number ?? match(name) ?? match(sign);
    if (found === null) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      throw new ScriptError(
        { start: at, length: character.length },
        `${shown(character)} has no meaning here`,
        'Take it out.',
      );
    }
    const [word] = found;
    const place = { start: at, length: word.length };
    if (number !== null) {
      tokens.push({ kind: 'number', text: word, value: readNumber(number, place, text), ...place });
    } else {
      tokens.push({ kind: /^\w/.test(word) ? 'name' : 'sign', text: word, value: 0, ...place });
    }
    at += word.length;
  }
}

/** Blanks, and comments, which nest in Rust where they are written with asterisks. */
function skipBlanks(text: string, start: number): number {
  let at = start;
  for (;;) {
    blank.lastIndex = at;
    at += blank.exec(text)?.[0].length ?? 0;
    if (!text.startsWith('/*', at)) return at;
    const opened = at;
    for (let depth = 0; ;) {
      if (text.startsWith('/*', at)) depth += 1;
      else if (text.startsWith('*/', at)) depth -= 1;
      else if (at >= text.length) {
        throw new ScriptError({ start: opened, length: 2 }, 'This comment has no end', 'Close it with */.');
      } else {
        at += 1;
        continue;
      }
      at += 2;
      if (depth === 0) break;
    }
  }
}

function readNumber([word, prefix, tail = '']: RegExpExecArray, place: Place, text: string): number {
  const base = bases[prefix as keyof typeof bases] ?? 10;
  const next = text.slice(place.start + place.length);
  if (/^\.[0-9]/.test(next) || (prefix === undefined && /[0-9_][eE][0-9_]/.test(tail))) {
    throw new ScriptError(place, 'There are whole numbers only', 'Multiply first and divide last: x * 3 / 2.');
  }
  const [, written = '', suffix = ''] = (base === 16 ? /^([0-9a-fA-F_]*)(.*)$/ : /^([0-9_]*)(.*)$/).exec(tail) ?? [];
  const plain = written.replaceAll('_', '');
  const wrong = [...plain].find((digit) => Number.parseInt(digit, 16) >= base);
  if (wrong !== undefined) {
    throw new ScriptError(place, `${wrong} is no ${baseNames[base]} digit`, `Write the number without it.`);
  }
  if (plain === '') {
    throw new ScriptError(place, `${shown(word)} has no digits`, `Add some: ${prefix ?? ''}1.`);
  }
  if (suffix !== '' && suffix !== 'u32') {
    throw new ScriptError(
      place,
      `${shown(suffix)} cannot end a number`,
      'Every number here is a u32, with or without that suffix; hexadecimal ones begin with 0x.',
    );
  }
  const value = Number.parseInt(plain, base);
  if (value > 0xffff_ffff) {
    throw new ScriptError(place, 'This number does not fit into a u32', 'The largest is 4294967295, or 0xffff_ffff.');
  }
  return value;
}
