/**
 * Reads a picture's expression as Rust would read the body of
 * `fn pixel(x: u32, y: u32, width: u32, height: u32) -> u32`, and refuses what Rust would refuse: precedence, types, names,
 * and the two lints that are errors by default, overflow and division by zero among constants.
 *
 * Sources: The Rust Reference, "Expression precedence", "Statements", "Arithmetic overflow".
 */
import { editDistance } from '../edit-distance.ts';
import { ScriptError, shown, type Place } from '../linker-script/problem.ts';
import { compute } from './arithmetic.ts';
import { cutWords, type Token } from './lexer.ts';
import {
  IntegerKind,
  comparisonLevel,
  isComparison,
  operatorLevels,
  parameters,
  type Block,
  type Expression,
  type Let,
  type Operator,
  type Program,
  type Type,
} from './syntax.ts';

/** Longer texts are none that somebody typed, and would not fit into the slot either. */
export const longestText = 4000;

/** Parentheses and ifs within each other. */
const deepest = 60;

const keywords = new Set(
  (
    'abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if impl ' +
    'in let loop macro match mod move mut override priv pub ref return self Self static struct super trait true try type ' +
    'typeof unsafe unsized use virtual where while yield'
  ).split(' '),
);

interface Variable {
  slot: number;
  type: Type;
  integer?: IntegerKind;
  constant?: number;
}

/** Reads an expression. Throws {@link ScriptError} at the first thing that is wrong. */
export function parse(text: string): Program {
  if (text.length > longestText) {
    throw new ScriptError(
      { start: longestText, length: 1 },
      `The text has ${text.length} characters`,
      `At most ${longestText} are read.`,
    );
  }
  return new Parser(text).program();
}

const between = (first: Place, last: Place): Place => ({
  start: first.start,
  length: last.start + last.length - first.start,
});

class Parser {
  readonly #text: string;
  /** What has an integer type of its own: all but variables and parentheses. */
  readonly #numbers: Expression[] = [];
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #slots: number = parameters.length;
  /** Names in force, the innermost block's last; within a block a later one hides an earlier one. */
  #scopes: Map<string, Variable>[] = [
    new Map(
      parameters.map((name, slot) => [name, { slot, type: 'u32', integer: new IntegerKind(true) } satisfies Variable]),
    ),
  ];

  constructor(text: string) {
    this.#text = text;
    this.#tokens = cutWords(text);
  }

  program(): Program {
    const body = this.#block('end');
    const { type, place } = body.result;
    if (type !== 'u32') {
      throw new ScriptError(
        place,
        'The picture’s value is a bool, and a pixel’s color is a u32',
        `Choose between two colors: if ${shortened(this.#source(place))} { 0xffffff } else { 0 }`,
      );
    }
    body.result.integer?.join(new IntegerKind(true));
    for (const number of this.#numbers) this.#checkInteger(number);
    return { text: this.#text, body, slots: this.#slots };
  }

  /** Refuses a number that Rust would make an i32 of, where that could make a difference. */
  #checkInteger(number: Expression): void {
    if (number.integer?.isU32 !== false) return;
    const { kind, constant = Infinity, place } = number;
    // What is made of numbers below 2³¹ by these is the same with a sign and without one.
    const keepsSmall =
      kind === 'if' || (kind === 'binary' && ['/', '%', '&', '|', '^', '>>'].includes(number.operator));
    if (constant <= 0x7fff_ffff || (constant === Infinity && keepsSmall)) return;
    throw new ScriptError(
      place,
      'Nothing here says that this is a u32, and Rust takes it for an i32, a number with a sign',
      'End one of the numbers with u32: 5u32.',
    );
  }

  // ----------------------------------------------------------------------------------------------------- statements

  /** What stands between braces, or all of it: any number of `let`, then the value. The closing brace is not taken. */
  #block(end: '}' | 'end'): Block {
    this.#scopes.push(new Map());
    const lets: Let[] = [];
    for (let token = this.#take('let'); token; token = this.#take('let')) lets.push(this.#let(token));
    if (this.#isEnd(end)) throw this.#unexpected('a value', 'The last line says what it all amounts to: x ^ y.');
    // At the start of a statement, `if` ends with its last brace: Rust does not go on with an operator there.
    const statement = this.#peek().text === 'if' ? this.#take('if') : undefined;
    const result = statement ? this.#if(statement) : this.#expression();
    this.#scopes.pop();
    const next = this.#peek();
    if (next.text === ';') {
      throw new ScriptError(
        next,
        'A semicolon here throws the value away',
        'Take it out: the last value is the result.',
      );
    }
    if (!this.#isEnd(end)) {
      if (statement && levelOf(next.text) !== undefined) {
        throw new ScriptError(
          next,
          'Rust ends the statement at the closing brace of this if',
          'Put the whole if into parentheses, or name its value with let.',
        );
      }
      throw this.#unexpected(end === 'end' ? 'an operator or the end' : '“}”', this.#fixFor(next));
    }
    return { lets, result };
  }

  #let(start: Token): Let {
    const token = this.#next();
    const { text } = token;
    if (text === 'mut') throw new ScriptError(token, 'Nothing changes here', 'Use let again, with the same name.');
    if (token.kind !== 'name' || keywords.has(text) || text === '_' || !/^[a-z0-9_]+$/.test(text)) {
      throw new ScriptError(
        token,
        `${shown(text)} cannot be a variable’s name`,
        'Take lower-case letters, digits and _: let half = width / 2;',
      );
    }
    let declared: Token | undefined;
    if (this.#take(':')) {
      declared = this.#next();
      if (declared.text !== 'u32' && declared.text !== 'bool') {
        throw new ScriptError(declared, `There is no type ${shown(declared.text)} here`, 'There are u32 and bool.');
      }
    }
    this.#expect('=', `let ${text} = …;`);
    const value = this.#expression();
    if (declared && declared.text !== value.type) {
      throw new ScriptError(value.place, `This is a ${value.type}, and ${text} is a ${declared.text}`, 'Change one.');
    }
    const end = this.#expect(';', 'A let ends with a semicolon.');
    if (declared?.text === 'u32') value.integer?.join(new IntegerKind(true));
    const slot = this.#slots++;
    const { type, integer, constant } = value;
    this.#scopes
      .at(-1)
      ?.set(text, { slot, type, ...(integer && { integer }), ...(constant !== undefined && { constant }) });
    return { place: between(start, end), slot, value };
  }

  // ---------------------------------------------------------------------------------------------------- expressions

  #expression(): Expression {
    return this.#deeper(() => this.#binary(0));
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > deepest) {
      throw new ScriptError(this.#peek(), `More than ${deepest} parentheses and ifs within each other`, 'Use let.');
    }
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #binary(level: number): Expression {
    const operators: readonly string[] | undefined = operatorLevels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (let count = 0; operators.includes(this.#peek().text); count++) {
      const token = this.#next();
      if (level === comparisonLevel && count > 0) {
        throw new ScriptError(token, 'Comparisons cannot be chained', 'Make two of it: a < b && b < c.');
      }
      left = this.#number(combine(token.text as Operator, left, this.#binary(level + 1), token));
    }
    return left;
  }

  #unary(): Expression {
    const token = this.#take('!');
    if (!token) return this.#primary();
    const operand = this.#deeper(() => this.#unary());
    const { type, constant, mayPanic } = operand;
    const value = constant === undefined ? undefined : type === 'bool' ? 1 - constant : ~constant >>> 0;
    const place = between(token, operand.place);
    const { integer } = operand;
    return this.#number({
      kind: 'not',
      operand,
      place,
      type,
      mayPanic,
      ...(integer && { integer }),
      ...(value !== undefined && { constant: value }),
    });
  }

  #primary(): Expression {
    const token = this.#next();
    const { text, value, start, length } = token;
    const place = { start, length };
    let found: Expression;
    if (token.kind === 'number') {
      const integer = new IntegerKind(text.endsWith('u32'));
      found = this.#number({ kind: 'literal', place, type: 'u32', integer, constant: value, mayPanic: false });
    } else if (text === 'true' || text === 'false') {
      found = { kind: 'literal', place, type: 'bool', constant: Number(text === 'true'), mayPanic: false };
    } else if (text === 'if') found = this.#if(token);
    else if (text === '(') {
      const inner = this.#expression();
      found = { ...inner, place: between(token, this.#expect(')', 'Close the parenthesis.')) };
    } else if (token.kind === 'name' && !keywords.has(text)) found = this.#variable(token);
    else {
      if (token.kind !== 'end') this.#at -= 1;
      throw this.#unexpected('a value', this.#fixFor(token));
    }
    const after = this.#peek();
    if (['.', '(', '[', '?', 'as', '::', '{'].includes(after.text) && !(after.text === '{' && this.#conditions > 0)) {
      throw this.#unexpected('an operator or the end', this.#fixFor(after));
    }
    return found;
  }

  #number(expression: Expression): Expression {
    if (expression.type === 'u32') this.#numbers.push(expression);
    return expression;
  }

  #variable(token: Token): Expression {
    const { text, start, length } = token;
    const names = this.#scopes.flatMap((scope) => [...scope.keys()]);
    const variable = this.#scopes.findLast((scope) => scope.has(text))?.get(text);
    if (variable === undefined) {
      const near = names.find((each) => editDistance(each, text.toLowerCase(), 2) <= Math.min(2, each.length - 1));
      throw new ScriptError(
        token,
        `There is no ${shown(text)}`,
        near === undefined ? `There are ${[...new Set(names)].join(', ')}.` : `Did you mean ${near}?`,
      );
    }
    return { kind: 'variable', place: { start, length }, mayPanic: false, ...variable };
  }

  /** How many conditions of ifs are being read outside of parentheses: a brace after one opens the block. */
  #conditions = 0;

  #if(start: Token): Expression {
    return this.#deeper(() => {
      const outer = this.#conditions;
      this.#conditions = 1;
      const condition = this.#binary(0);
      this.#conditions = outer;
      if (condition.type !== 'bool') {
        throw new ScriptError(
          condition.place,
          'The condition of an if is a bool, and this is a u32',
          `Compare it: ${shortened(this.#source(condition.place))} != 0`,
        );
      }
      const yes = this.#braces();
      const otherwise = this.#peek();
      if (!this.#take('else')) {
        throw this.#unexpected('“else”', 'Every pixel needs a color: say what it is otherwise, else { 0 }.');
      }
      const nested = this.#take('if');
      const no = nested ? { lets: [], result: this.#if(nested) } : this.#braces();
      const place = between(start, this.#tokens[this.#at - 1] ?? otherwise);
      if (yes.result.type !== no.result.type) {
        throw new ScriptError(
          no.result.place,
          `This is a ${no.result.type}, and the other branch a ${yes.result.type}`,
          'Both branches of an if have one type.',
        );
      }
      const chosen = condition.constant === undefined ? undefined : condition.constant === 1 ? yes : no;
      const constant = chosen && chosen.lets.length === 0 ? chosen.result.constant : undefined;
      const mayPanic = constant === undefined && (condition.mayPanic || [yes, no].some(blockMayPanic));
      const { type, integer } = yes.result;
      if (no.result.integer) integer?.join(no.result.integer);
      return this.#number({
        kind: 'if',
        condition,
        yes,
        no,
        place,
        type,
        mayPanic,
        ...(integer && { integer }),
        ...(constant !== undefined && { constant }),
      });
    });
  }

  #braces(): Block {
    this.#expect('{', 'What an if chooses stands in braces: if x < y { 1 } else { 2 }.');
    const outer = this.#conditions;
    this.#conditions = 0;
    const block = this.#block('}');
    this.#conditions = outer;
    this.#expect('}', 'Close the brace.');
    return block;
  }

  // --------------------------------------------------------------------------------------------------------- tokens

  #peek(): Token {
    return this.#tokens[this.#at] ?? this.#last;
  }

  get #last(): Token {
    return { kind: 'end', text: '', value: 0, start: this.#text.length, length: 0 };
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  #take(text: string): Token | undefined {
    return this.#peek().text === text ? this.#next() : undefined;
  }

  #isEnd(end: '}' | 'end'): boolean {
    const { kind, text } = this.#peek();
    return end === 'end' ? kind === 'end' : text === '}';
  }

  #expect(text: string, fix: string): Token {
    const token = this.#take(text);
    if (token) return token;
    throw this.#unexpected(`“${text}”`, fix);
  }

  #unexpected(expected: string, fix: string): ScriptError {
    const token = this.#peek();
    const found = token.kind === 'end' ? 'the text ends' : `${shown(token.text)} stands`;
    return new ScriptError(token, `Here should be ${expected}, but ${found} there`, fix);
  }

  #source({ start, length }: Place): string {
    return this.#text.slice(start, start + length);
  }

  /** What to do about a word of Rust that this language lacks. */
  #fixFor({ kind, text }: Token): string {
    if (text === '-') return 'u32 has no negative numbers: subtract from something, as in height - y.';
    if (text === '=') return 'To compare, write ==.';
    if (text === 'as') return 'All numbers are u32. Of a bool, make one with if … { 1 } else { 0 }.';
    if (text === '.' || text === '(' || text === '::') return 'There are no functions here, only operators.';
    if (text === '&' || text === '*') return 'Something has to stand on both sides of it.';
    if (kind === 'end') return 'Go on, or take the last operator out.';
    if (kind === 'name' && keywords.has(text))
      return 'Of Rust’s words, only if, else, let, true and false are read here.';
    if (kind === 'name' || kind === 'number') return 'Put an operator between the two.';
    return 'Take it out, or put a value before it.';
  }
}

function shortened(text: string): string {
  return text.length > 30 ? '…' : text;
}

function blockMayPanic({ lets, result }: Block): boolean {
  return result.mayPanic || lets.some(({ value }) => value.mayPanic);
}

function levelOf(text: string): number | undefined {
  const level = operatorLevels.findIndex((operators) => (operators as readonly string[]).includes(text));
  return level < 0 ? undefined : level;
}

/** The types that an operator takes, and what it makes of them. Throws {@link ScriptError} for others. */
function combine(operator: Operator, left: Expression, right: Expression, token: Token): Expression {
  const place = between(left.place, right.place);
  const logical = operator === '&&' || operator === '||';
  const either = isComparison(operator) || operator === '&' || operator === '|' || operator === '^';
  const wanted: Type | undefined = logical ? 'bool' : either ? undefined : 'u32';
  for (const side of [left, right]) {
    if (wanted !== undefined && side.type !== wanted) {
      const fix =
        wanted === 'bool' ? 'Compare it with something: … != 0.' : 'Choose a number by it: if … { 1 } else { 0 }.';
      throw new ScriptError(side.place, `${operator} takes a ${wanted} here, and this is a ${side.type}`, fix);
    }
  }
  if (left.type !== right.type) {
    throw new ScriptError(
      right.place,
      `${operator} takes two values of one type: left is a ${left.type}, right a ${right.type}`,
      'Mind the precedence: & ^ | bind tighter than comparisons, and comparisons tighter than && and ||.',
    );
  }
  const divides = operator === '/' || operator === '%';
  const type: Type = isComparison(operator) || logical ? 'bool' : left.type;
  const constant = fold(operator, left, right, token);
  const panics = left.mayPanic || right.mayPanic || (divides && right.constant === undefined);
  const mayPanic = constant === undefined && panics;
  const shifts = operator === '<<' || operator === '>>';
  if (right.integer && !shifts) left.integer?.join(right.integer);
  const integer = type === 'u32' ? left.integer : undefined;
  return {
    kind: 'binary',
    operator,
    left,
    right,
    place,
    type,
    mayPanic,
    ...(integer && { integer }),
    ...(constant !== undefined && { constant }),
  };
}

/** The value where constants decide it. Throws {@link ScriptError} where rustc's lints on constants would refuse. */
function fold(operator: Operator, left: Expression, right: Expression, token: Token): number | undefined {
  const [a, b] = [left.constant, right.constant];
  const divides = operator === '/' || operator === '%';
  if (divides && b === 0) {
    throw new ScriptError(
      token,
      'This divides by zero, at every pixel',
      'Divide by something else; rustc refuses it, too.',
    );
  }
  const shifts = operator === '<<' || operator === '>>';
  if (shifts && b !== undefined && b > 31) {
    throw new ScriptError(token, `A u32 has 32 bits, and this shifts by ${b}`, 'Shift by 0 to 31.');
  }
  if (operator === '&&' && a === 0) return 0;
  if (operator === '||' && a === 1) return 1;
  // Zero makes zero of whatever it meets, if that comes to an end at all.
  const absorbs = (one: number | undefined, other: Expression) =>
    one === 0 && left.type === 'u32' && !other.mayPanic && (operator === '*' || operator === '&');
  if (absorbs(a, right) || absorbs(b, left)) return 0;
  if (a === undefined || b === undefined) return undefined;
  const exact = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : 0;
  if (exact < 0 || exact > 0xffff_ffff) {
    throw new ScriptError(
      token,
      `${a} ${operator} ${b} does not fit into a u32`,
      'Among constants, rustc refuses it; with x or y in it, the result would wrap around.',
    );
  }
  return compute(operator, a, b) >>> 0;
}
