import type { Operator } from './syntax.ts';

/** What stands for a panic: the pixel has no color, and neither have those after it. */
export class DivisionByZero extends Error {
  constructor() {
    super('attempt to divide by zero');
    this.name = 'DivisionByZero';
  }
}

/**
 * Each operator on two u32 as a release build has it: sums, differences and products are cut to 32 bits, shifts count
 * modulo 32, comparisons give 0 or 1 (The Rust Reference, "Overflow"). Numbers go in and come out with 32 bits, as signed or
 * unsigned ones: only their bits count. Division by zero throws {@link DivisionByZero}.
 *
 * `&&` and `||` look at both sides here; whoever evaluates them leaves the right one alone where the left one decides.
 */
export function compute(operator: Operator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return (a + b) | 0;
    case '-':
      return (a - b) | 0;
    case '*':
      return Math.imul(a, b);
    case '/':
      if (b === 0) throw new DivisionByZero();
      return ((a >>> 0) / (b >>> 0)) | 0;
    case '%':
      if (b === 0) throw new DivisionByZero();
      return ((a >>> 0) % (b >>> 0)) | 0;
    case '&':
    case '&&':
      return a & b;
    case '|':
    case '||':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return a << b;
    case '>>':
      return (a >>> b) | 0;
    case '==':
      return Number((a | 0) === (b | 0));
    case '!=':
      return Number((a | 0) !== (b | 0));
    case '<':
      return Number(a >>> 0 < b >>> 0);
    case '>':
      return Number(a >>> 0 > b >>> 0);
    case '<=':
      return Number(a >>> 0 <= b >>> 0);
    case '>=':
      return Number(a >>> 0 >= b >>> 0);
  }
}
