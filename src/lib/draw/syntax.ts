/** A picture's expression, read and checked: what the interpreter computes and the code generator compiles. */
import type { Place } from '../linker-script/problem.ts';

/** The function's parameters, in the order in which they are passed. All are of type u32. */
export const parameters = ['x', 'y', 'width', 'height'] as const;

export type Type = 'u32' | 'bool';

/** Rust's binary operators of this language, by precedence: the loosest first. All but the comparisons group to the left. */
export const operatorLevels = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '>', '<=', '>='],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
] as const;

export type Operator = (typeof operatorLevels)[number][number];

/** The level whose operators do not group at all: `a < b < c` is an error. */
export const comparisonLevel = 2;

export function isComparison(operator: Operator): boolean {
  return (operatorLevels[comparisonLevel] as readonly string[]).includes(operator);
}

/**
 * Which of Rust's integer types a number has. A literal without a suffix has whichever its surroundings ask for, and where
 * nothing asks, i32: so kinds that have to be the same are joined while the text is read, and looked at when it ends.
 */
export class IntegerKind {
  #joined: IntegerKind | undefined;
  #isU32: boolean;

  constructor(isU32 = false) {
    this.#isU32 = isU32;
  }

  join(other: IntegerKind): void {
    const [one, two] = [this.#root(), other.#root()];
    if (one === two) return;
    two.#isU32 ||= one.#isU32;
    one.#joined = two;
  }

  get isU32(): boolean {
    return this.#root().#isU32;
  }

  #root(): IntegerKind {
    let root: IntegerKind = this;
    while (root.#joined) root = root.#joined;
    return root;
  }
}

interface Common {
  place: Place;
  type: Type;
  /** Of a number. */
  integer?: IntegerKind;
  /** Its value where it is the same for every pixel and can be told while compiling; 0 and 1 for bools. */
  constant?: number;
  /** Whether it may divide by zero. */
  mayPanic: boolean;
}

export type Expression = Common &
  (
    | { kind: 'literal' }
    /** The first four slots are the parameters, the others are variables, each with its own. */
    | { kind: 'variable'; slot: number }
    | { kind: 'not'; operand: Expression }
    | { kind: 'binary'; operator: Operator; left: Expression; right: Expression }
    | { kind: 'if'; condition: Expression; yes: Block; no: Block }
  );

export interface Block {
  lets: Let[];
  result: Expression;
}

export interface Let {
  /** From `let` to its semicolon. */
  place: Place;
  slot: number;
  value: Expression;
}

export interface Program {
  /** As it was typed. */
  text: string;
  body: Block;
  /** How many slots there are, parameters included. */
  slots: number;
}
