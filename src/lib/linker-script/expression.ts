/** Expressions of linker scripts: 64-bit arithmetic over addresses, some of which belong to a section and move with it. */
import type { Place } from './problem.ts';
import type { Expression } from './syntax.ts';

/** Cuts to 64 bits. */
export const u64 = (value: bigint) => BigInt.asUintN(64, value);

/** Rounds up to a multiple, as `ALIGN` does; within 64 bits. */
export const alignTo = (value: bigint, multiple: bigint) =>
  multiple === 0n ? value : u64((u64(value + multiple - 1n) / multiple) * multiple);

/** What has an address that values are relative to: a section. */
export interface Base {
  address: bigint;
}

export interface Value {
  base: Base | undefined;
  /** Relative to the base's address, or the whole value. */
  offset: bigint;
  /** ABSOLUTE(…) has been said of it. */
  absolute: boolean;
  alignment: bigint;
  place: Place | undefined;
}

/** What expressions look at. */
export interface Scope {
  dot: (place: Place) => Value;
  symbol: (name: string, place: Place) => Value;
  isDefined: (name: string) => boolean;
  section: (name: string, wanted: string, place: Place) => Value;
  region: (name: string, wanted: string) => Value;
  headerSize: () => bigint;
  fail: (place: Place | undefined, text: string, fix: string) => void;
}

/** A value that is the same wherever sections lie. */
export const constant = (offset: bigint | boolean): Value => ({
  base: undefined,
  offset: u64(BigInt(offset)),
  absolute: false,
  alignment: 1n,
  place: undefined,
});

/** The value as one number: an address, where it has a base. */
export const numberOf = ({ base, offset, alignment }: Value): bigint =>
  alignTo(u64((base?.address ?? 0n) + offset), alignment);

/** How far the value is from its base. */
export const offsetOf = (value: Value): bigint => u64(numberOf(value) - (value.base?.address ?? 0n));

export const isAbsolute = ({ base, absolute }: Value): boolean => absolute || base === undefined;

/** Computes an expression. What is wrong with it is told to the scope, and counts as 0. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'number':
      return constant(expression.value);
    case 'dot':
      return scope.dot(expression.place);
    case 'symbol':
      return scope.symbol(expression.name, expression.place);
    case 'defined':
      return constant(scope.isDefined(expression.symbol));
    case 'section':
      return scope.section(expression.section, expression.name, expression.place);
    case 'region':
      return scope.region(expression.region, expression.name);
    case 'unary': {
      const operand = numberOf(evaluate(expression.operand, scope));
      if (expression.operator === '!') return constant(operand === 0n);
      return constant(expression.operator === '~' ? ~operand : -operand);
    }
    case 'ternary': {
      const chosen = numberOf(evaluate(expression.condition, scope)) !== 0n ? expression.yes : expression.no;
      return evaluate(chosen, scope);
    }
    case 'chain': {
      let value = evaluate(expression.first, scope);
      for (const { operator, operand, place } of expression.rest) {
        if (operator === '&&' || operator === '||') {
          const left = numberOf(value) !== 0n;
          const decided = left === (operator === '||');
          value = constant(decided ? left : numberOf(evaluate(operand, scope)) !== 0n);
        } else value = combine(operator, value, evaluate(operand, scope), place, scope);
      }
      return value;
    }
    case 'assert':
      if (numberOf(evaluate(expression.condition, scope)) === 0n) {
        scope.fail(
          expression.place,
          expression.message,
          'The script’s own ASSERT says so: its condition does not hold.',
        );
      }
      return constant(numberOf(scope.dot(expression.place)));
    case 'call':
      return call(expression, scope);
  }
}

function call({ name, parameters, place }: Extract<Expression, { kind: 'call' }>, scope: Scope): Value {
  const [first, second] = parameters.map((parameter) => () => evaluate(parameter, scope));
  if (first === undefined) return constant(scope.headerSize()); // SIZEOF_HEADERS
  switch (name) {
    case 'ABSOLUTE':
      return { ...first(), absolute: true };
    case 'ALIGN':
      if (second === undefined) return constant(alignTo(numberOf(scope.dot(place)), powerOfTwo(first(), place, scope)));
      return { ...first(), alignment: powerOfTwo(second(), place, scope) };
    case 'LOG2CEIL': {
      const value = numberOf(first());
      return constant(BigInt(value <= 1n ? 0 : (value - 1n).toString(2).length));
    }
    default: {
      const [one, other] = [numberOf(first()), second === undefined ? 0n : numberOf(second())];
      return constant((name === 'MAX') === one > other ? one : other);
    }
  }
}

/** An alignment as a script may ask for it. */
export function powerOfTwo(value: Value, place: Place, scope: Pick<Scope, 'fail'>): bigint {
  const alignment = numberOf(value);
  if (alignment <= 1n) return 1n;
  if ((alignment & (alignment - 1n)) === 0n) return alignment;
  scope.fail(place, 'alignment must be power of 2', `0x${alignment.toString(16)} is none; a page is 0x1000.`);
  return 1n;
}

/** Applies an operator as ld.lld does: sums and bits keep the section that one side belongs to. */
export function combine(operator: string, left: Value, right: Value, place: Place, scope: Pick<Scope, 'fail'>): Value {
  const [a, b] = [numberOf(left), numberOf(right)];
  switch (operator) {
    case '+':
    case '&':
    case '|': {
      const [kept, other] = absoluteRight(left, right, place, scope);
      const offset =
        operator === '+'
          ? offsetOf(kept) + numberOf(other)
          : (operator === '&' ? numberOf(kept) & numberOf(other) : numberOf(kept) | numberOf(other)) -
            (kept.base?.address ?? 0n);
      return { ...kept, offset: u64(offset), alignment: 1n };
    }
    case '-':
      if (!isAbsolute(left) && !isAbsolute(right)) return constant(a - b);
      return { ...left, offset: u64(offsetOf(left) - b), absolute: false, alignment: 1n };
    case '*':
      return constant(a * b);
    case '/':
    case '%':
      if (b === 0n) {
        const text = operator === '/' ? 'division by zero' : 'modulo by zero';
        scope.fail(place, text, 'The linker computes symbols once before it knows any size: then, sizes are 0.');
        return constant(0n);
      }
      return constant(operator === '/' ? a / b : a % b);
    case '<<':
      return constant(a << (b % 64n));
    case '>>':
      return constant(a >> (b % 64n));
    case '<':
      return constant(a < b);
    case '<=':
      return constant(a <= b);
    case '>':
      return constant(a > b);
    case '>=':
      return constant(a >= b);
    case '==':
      return constant(a === b);
    default:
      return constant(a !== b); // !=
  }
}

function absoluteRight(left: Value, right: Value, place: Place, scope: Pick<Scope, 'fail'>): [Value, Value] {
  const swap = left.base === undefined || (left.absolute && !isAbsolute(right));
  const [kept, other] = swap ? [right, left] : [left, right];
  if (!isAbsolute(other)) {
    scope.fail(
      place,
      'at least one side of the expression must be absolute',
      'Two addresses cannot be added; put one into ABSOLUTE(…), or subtract.',
    );
  }
  return [kept, other];
}

/** The expression's value where it depends on nothing but numbers. */
export function evaluateConstant(expression: Expression): bigint | undefined {
  let depends = false;
  const unknown = () => {
    depends = true;
    return constant(0n);
  };
  const value = evaluate(expression, {
    dot: unknown,
    symbol: unknown,
    isDefined: () => unknown().absolute,
    section: unknown,
    region: unknown,
    headerSize: () => unknown().offset,
    fail: unknown,
  });
  return depends ? undefined : numberOf(value);
}

/** Reads a number as ld.lld does: `0x1000`, `1000h`, `4K`, `2M` or decimal; undefined for what is none within 64 bits. */
export function parseNumber(text: string): bigint | undefined {
  const [, hexadecimal] = /^0x([0-9a-f]+)$/i.exec(text) ?? /^([0-9a-f]+)h$/i.exec(text) ?? [];
  const [, decimal, suffix] = /^([0-9]+)([km]?)$/i.exec(text) ?? [];
  if ((hexadecimal ?? decimal ?? '').length > 40) return undefined;
  const value =
    hexadecimal !== undefined ? BigInt(`0x${hexadecimal}`) : decimal === undefined ? undefined : BigInt(decimal);
  if (value === undefined || value !== u64(value)) return undefined;
  const factor = suffix === undefined || suffix === '' ? 1n : suffix.toLowerCase() === 'k' ? 1024n : 1024n * 1024n;
  return u64(value * factor);
}
