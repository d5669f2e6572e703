/** Computes pictures without a machine: what the machine's screen is held against. */
import { compute, DivisionByZero } from './arithmetic.ts';
import { parameters, type Block, type Expression, type Program } from './syntax.ts';

export { DivisionByZero };

/** The color of a pixel, 32 bits without a sign. Throws {@link DivisionByZero} where Rust would panic. */
export type PixelFunction = (x: number, y: number, width: number, height: number) => number;

/** The values of parameters and variables while one pixel is computed. */
type Frame = Int32Array;

/** Gives 32 bits, with a sign or without. */
type Step = (frame: Frame) => number;

/** A program as a function. It is built of one closure for each node, so no text is turned into code of the page. */
export function pixelFunction({ body, slots }: Program): PixelFunction {
  const frame = new Int32Array(Math.max(slots, parameters.length));
  const run = blockStep(body);
  return (x, y, width, height) => {
    frame[0] = x;
    frame[1] = y;
    frame[2] = width;
    frame[3] = height;
    return run(frame) >>> 0;
  };
}

/** A whole picture, pixel after pixel in the order in which the kernel paints it. */
export class Painter {
  readonly #pixel: PixelFunction;
  /** Where it has divided by zero: there the kernel panics, and what comes after stays black. */
  panicAt: { x: number; y: number } | undefined;

  constructor(program: Program) {
    this.#pixel = pixelFunction(program);
  }

  /** The color that the screen has at the next pixel, 32 bits without a sign. */
  color(x: number, y: number, width: number, height: number): number {
    if (this.panicAt !== undefined) return 0;
    try {
      return this.#pixel(x, y, width, height);
    } catch (error) {
      if (!(error instanceof DivisionByZero)) throw error;
      this.panicAt = { x, y };
      return 0;
    }
  }
}

function blockStep({ lets, result }: Block): Step {
  const last = step(result);
  if (lets.length === 0) return last;
  const settings = lets.map(({ slot, value }) => ({ slot, value: step(value) }));
  return (frame) => {
    for (const { slot, value } of settings) frame[slot] = value(frame);
    return last(frame);
  };
}

function step(expression: Expression): Step {
  switch (expression.kind) {
    case 'literal': {
      const value = (expression.constant ?? 0) | 0;
      return () => value;
    }
    case 'variable': {
      const { slot } = expression;
      return (frame) => frame[slot] ?? 0;
    }
    case 'not': {
      const operand = step(expression.operand);
      return expression.type === 'bool' ? (frame) => operand(frame) ^ 1 : (frame) => ~operand(frame);
    }
    case 'if': {
      const [condition, yes, no] = [step(expression.condition), blockStep(expression.yes), blockStep(expression.no)];
      return (frame) => (condition(frame) === 1 ? yes(frame) : no(frame));
    }
    case 'binary': {
      const { operator } = expression;
      const [left, right] = [step(expression.left), step(expression.right)];
      if (operator === '&&') return (frame) => (left(frame) === 1 ? right(frame) : 0);
      if (operator === '||') return (frame) => (left(frame) === 1 ? 1 : right(frame));
      return (frame) => compute(operator, left(frame), right(frame));
    }
  }
}
