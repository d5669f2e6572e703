/**
 * Compiles a picture's expression to x86-64, for a function that is called as `extern "C"` functions are: x, y, width and
 * height come in edi, esi, edx and ecx, the color goes back in eax (System V ABI, AMD64 supplement, 3.2.3).
 *
 * Each value is computed into eax. What has to wait meanwhile goes into r10d or r11d, then onto the stack, as variables do.
 * Nothing is optimized but constants.
 */
import { assemble, type Code, type Condition, type Item, type Operand, registers } from './assembler.ts';
import { isComparison, parameters, type Block, type Expression, type Operator, type Program } from './syntax.ts';
import type { Place } from '../linker-script/problem.ts';

const { eax, ecx, edx, esi, edi, r8d, r9d, r10d, r11d } = registers;

/**
 * The machine code of a program. `divisionByZero` is where it goes before it would divide by zero, in bytes from the code's
 * own first byte.
 */
export function generate(program: Program, divisionByZero: number): Code {
  return assemble(new Generator(program).items, divisionByZero);
}

const arithmetic: Partial<Record<Operator, 'add' | 'sub' | 'and' | 'or' | 'xor' | 'imul'>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'imul',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
};

const swaps = new Set<Operator>(['+', '*', '&', '|', '^']);

/** Of unsigned numbers, with what they become when the sides are swapped. */
const conditions: Partial<Record<Operator, { is: Condition; swapped: Condition }>> = {
  '==': { is: 'e', swapped: 'e' },
  '!=': { is: 'ne', swapped: 'ne' },
  '<': { is: 'b', swapped: 'a' },
  '>': { is: 'a', swapped: 'b' },
  '<=': { is: 'be', swapped: 'ae' },
  '>=': { is: 'ae', swapped: 'be' },
};

const opposite: Record<Condition, Condition> = { e: 'ne', ne: 'e', b: 'ae', ae: 'b', a: 'be', be: 'a' };

class Generator {
  readonly items: Item[] = [];
  /** Where each parameter and variable is. */
  readonly #homes = new Map<number, Operand>();
  #source: Place = { start: 0, length: 0 };
  #labels = 0;
  readonly #needs = new Map<Expression, number>();
  readonly #free: Operand[] = [r11d, r10d];
  /** Cells of four bytes on the stack: in use, and the most that were. */
  #cells = 0;
  #mostCells = 0;

  constructor({ body }: Program) {
    // A division needs edx and ecx, a shift by what varies needs ecx: their guests move out first.
    const needs = needsOf(body);
    const [width, height] = [needs.divides ? r8d : edx, needs.divides || needs.shifts ? r9d : ecx];
    [edi, esi, width, height].forEach((home, slot) => this.#homes.set(slot, home));
    for (const [slot, home, passed] of [
      [2, width, edx],
      [3, height, ecx],
    ] as const) {
      if (home !== passed && needs.slots.has(slot)) this.#put({ mnemonic: 'mov', to: home, from: passed });
    }
    this.#block(body);
    this.#source = { start: 0, length: 0 };
    if (this.#mostCells > 0) {
      this.items.unshift({ mnemonic: 'enter', bytes: Math.ceil(this.#mostCells / 4) * 16, source: this.#source });
      this.#put({ mnemonic: 'leave' });
    }
    this.#put({ mnemonic: 'ret' });
  }

  #put(item: DistributiveOmit<Item, 'source'>): void {
    this.items.push({ ...item, source: this.#source } as Item);
  }

  #label(): number {
    return this.#labels++;
  }

  /** Says of the instructions put by `work` that they stand for this piece of the text. */
  #from(place: Place, work: () => void): void {
    const before = this.#source;
    this.#source = place;
    work();
    this.#source = before;
  }

  #block({ lets, result }: Block): void {
    const before = this.#cells;
    for (const { place, slot, value } of lets) {
      if (value.constant !== undefined) continue; // stands in the instructions
      this.#eval(value);
      const home = this.#cell();
      this.#homes.set(slot, home);
      this.#from(place, () => this.#put({ mnemonic: 'mov', to: home, from: eax }));
    }
    this.#eval(result);
    this.#cells = before;
  }

  #cell(): Operand {
    this.#cells += 1;
    this.#mostCells = Math.max(this.#mostCells, this.#cells);
    return { kind: 'memory', offset: -4 * this.#cells };
  }

  /** Runs `work` with what is in eax kept somewhere else. */
  #keeping(work: (kept: Operand) => void): void {
    const register = this.#free.pop();
    const before = this.#cells;
    const kept = register ?? this.#cell();
    this.#put({ mnemonic: 'mov', to: kept, from: eax });
    work(kept);
    if (register) this.#free.push(register);
    else this.#cells = before;
  }

  /** What needs no instruction to be computed. */
  #simple({ constant, ...expression }: Expression): Operand | undefined {
    if (constant !== undefined) return { kind: 'number', value: constant };
    return expression.kind === 'variable' ? this.#homes.get(expression.slot) : undefined;
  }

  /** Computes an expression into eax. */
  #eval(expression: Expression): void {
    const simple = this.#simple(expression);
    if (simple) return this.#from(expression.place, () => this.#put({ mnemonic: 'mov', to: eax, from: simple }));
    switch (expression.kind) {
      case 'not':
        this.#eval(expression.operand);
        return this.#from(expression.place, () =>
          this.#put(
            expression.type === 'bool'
              ? { mnemonic: 'xor', to: eax, from: { kind: 'number', value: 1 } }
              : { mnemonic: 'not', to: eax },
          ),
        );
      case 'if':
        return this.#if(expression);
      case 'binary':
        return this.#binary(expression);
    }
  }

  #if({ condition, yes, no }: Extract<Expression, { kind: 'if' }>): void {
    if (condition.constant !== undefined) {
      return this.#block(condition.constant === 1 ? yes : no);
    }
    const [otherwise, end] = [this.#label(), this.#label()];
    this.#jump(condition, false, otherwise);
    this.#block(yes);
    this.#from(condition.place, () => this.#put({ mnemonic: 'jmp', to: end }));
    this.#put({ mnemonic: 'label', label: otherwise });
    this.#block(no);
    this.#put({ mnemonic: 'label', label: end });
  }

  #binary(expression: Extract<Expression, { kind: 'binary' }>): void {
    const { operator, left, right, place } = expression;
    const mnemonic = arithmetic[operator];
    if (mnemonic !== undefined) {
      const swap = swaps.has(operator) && this.#simple(left) && !this.#simple(right);
      const [first, second] = swap ? [right, left] : [left, right];
      return this.#both(
        first,
        second,
        place,
        (operand) => this.#put({ mnemonic, to: eax, from: operand }),
        swaps.has(operator),
      );
    }
    switch (operator) {
      case '/':
      case '%':
        return this.#both(left, right, place, (operand) => this.#divide(operand, operator));
      case '<<':
      case '>>':
        return this.#both(left, right, place, (operand) => this.#shift(operand, operator === '<<' ? 'shl' : 'shr'));
      case '&&':
      case '||': {
        const [no, end] = [this.#label(), this.#label()];
        this.#jump(expression, false, no);
        this.#from(place, () => {
          this.#put({ mnemonic: 'mov', to: eax, from: { kind: 'number', value: 1 } });
          this.#put({ mnemonic: 'jmp', to: end });
          this.#put({ mnemonic: 'label', label: no });
          this.#put({ mnemonic: 'mov', to: eax, from: { kind: 'number', value: 0 } });
          this.#put({ mnemonic: 'label', label: end });
        });
        return;
      }
      default: {
        const condition = this.#compare(expression);
        this.#from(place, () => this.#put({ mnemonic: 'set', condition }));
      }
    }
  }

  /**
   * Puts the left side into eax and hands the right one, wherever it is, to `work`; the other way round where that is as good.
   * The side that needs more places to keep things comes first, so that a long sum needs no more than a short one (Sethi and
   * Ullman, 1970).
   */
  #both(left: Expression, right: Expression, place: Place, work: (right: Operand) => void, maySwap = false): void {
    const simple = this.#simple(right);
    if (simple) {
      this.#eval(left);
      return this.#from(place, () => work(simple));
    }
    const leftFirst = this.#need(left) > this.#need(right);
    const [first, second] = leftFirst ? [left, right] : [right, left];
    this.#eval(first);
    this.#from(place, () =>
      this.#keeping((kept) => {
        this.#eval(second);
        if (!leftFirst || maySwap) return work(kept);
        this.#keeping((rightValue) => {
          this.#put({ mnemonic: 'mov', to: eax, from: kept });
          work(rightValue);
        });
      }),
    );
  }

  /** About how many values have to be kept while an expression is computed. */
  #need(expression: Expression): number {
    const known = this.#needs.get(expression);
    if (known !== undefined) return known;
    const need = this.#simple(expression) ? 0 : this.#needOfParts(expression);
    this.#needs.set(expression, need);
    return need;
  }

  #needOfParts(expression: Expression): number {
    const ofBlock = ({ lets, result }: Block) =>
      Math.max(this.#need(result), ...lets.map(({ value }) => this.#need(value)));
    switch (expression.kind) {
      case 'not':
        return this.#need(expression.operand);
      case 'if':
        return Math.max(this.#need(expression.condition), ofBlock(expression.yes), ofBlock(expression.no));
      case 'binary': {
        const { left, right } = expression;
        const [one, other] = [this.#need(left), this.#need(right)];
        return this.#simple(left) || this.#simple(right) || one !== other ? Math.max(one, other) : one + 1;
      }
      default:
        return 0;
    }
  }

  #divide(operand: Operand, operator: '/' | '%'): void {
    const divisor = operand.kind === 'register' ? operand : ecx;
    if (divisor !== operand) this.#put({ mnemonic: 'mov', to: divisor, from: operand });
    if (operand.kind !== 'number') {
      this.#put({ mnemonic: 'test', to: divisor });
      this.#put({ mnemonic: 'jz-panic' });
    }
    this.#put({ mnemonic: 'mov', to: edx, from: { kind: 'number', value: 0 } });
    this.#put({ mnemonic: 'div', to: divisor });
    if (operator === '%') this.#put({ mnemonic: 'mov', to: eax, from: edx });
  }

  #shift(operand: Operand, mnemonic: 'shl' | 'shr'): void {
    // The CPU takes the count modulo 32, as Rust does where overflow is not checked.
    if (operand.kind !== 'number') this.#put({ mnemonic: 'mov', to: ecx, from: operand });
    this.#put({ mnemonic, to: eax, ...(operand.kind === 'number' && { count: operand.value }) });
  }

  /** Sets the flags; returns the condition under which the comparison holds. */
  #compare({ operator, left, right, place }: Extract<Expression, { kind: 'binary' }>): Condition {
    const condition = conditions[operator];
    if (condition === undefined) throw new Error(`${operator} compares nothing.`);
    const [leftSimple, rightSimple] = [this.#simple(left), this.#simple(right)];
    if (leftSimple && !rightSimple) {
      this.#eval(right);
      this.#from(place, () => this.#put({ mnemonic: 'cmp', to: eax, from: leftSimple }));
      return condition.swapped;
    }
    if (leftSimple?.kind === 'register' && rightSimple) {
      this.#from(place, () => this.#put({ mnemonic: 'cmp', to: leftSimple, from: rightSimple }));
      return condition.is;
    }
    this.#both(left, right, place, (operand) => this.#put({ mnemonic: 'cmp', to: eax, from: operand }));
    return condition.is;
  }

  /** Goes to `label` if the condition is what `when` says, else on. */
  #jump(condition: Expression, when: boolean, label: number): void {
    if (condition.constant !== undefined) {
      if (Boolean(condition.constant) === when) {
        this.#from(condition.place, () => this.#put({ mnemonic: 'jmp', to: label }));
      }
      return;
    }
    if (condition.kind === 'not') return this.#jump(condition.operand, !when, label);
    if (condition.kind === 'binary') {
      const { operator, left, right, place } = condition;
      if (operator === '&&' || operator === '||') {
        // One side can decide alone: at once, or by going past the other.
        if ((operator === '||') === when) {
          this.#jump(left, when, label);
          return this.#jump(right, when, label);
        }
        const past = this.#label();
        this.#jump(left, !when, past);
        this.#jump(right, when, label);
        return this.#put({ mnemonic: 'label', label: past });
      }
      if (isComparison(operator)) {
        const holds = this.#compare(condition);
        return this.#from(place, () =>
          this.#put({ mnemonic: 'j', condition: when ? holds : opposite[holds], to: label }),
        );
      }
    }
    this.#eval(condition);
    this.#from(condition.place, () => {
      this.#put({ mnemonic: 'test', to: eax });
      this.#put({ mnemonic: 'j', condition: when ? 'ne' : 'e', to: label });
    });
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Which registers of the parameters are in the way, and which parameters are used. */
function needsOf(body: Block): { divides: boolean; shifts: boolean; slots: Set<number> } {
  const needs = { divides: false, shifts: false, slots: new Set<number>() };
  const inBlock = ({ lets, result }: Block): void => {
    for (const { value } of lets) inside(value);
    inside(result);
  };
  const inside = (expression: Expression): void => {
    switch (expression.kind) {
      case 'literal':
        return;
      case 'variable':
        if (expression.slot < parameters.length) needs.slots.add(expression.slot);
        return;
      case 'not':
        return inside(expression.operand);
      case 'if':
        inside(expression.condition);
        inBlock(expression.yes);
        return inBlock(expression.no);
      case 'binary':
        if (expression.operator === '/' || expression.operator === '%') needs.divides = true;
        if (expression.operator === '<<' || expression.operator === '>>') {
          if (expression.right.constant === undefined) needs.shifts = true;
        }
        inside(expression.left);
        inside(expression.right);
    }
  };
  inBlock(body);
  return needs;
}
