/**
 * Writes the few x86-64 instructions that pictures are compiled to, and lists them in Intel's syntax.
 *
 * Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2 (REX, ModR/M) and the pages of the
 * instructions.
 */
import type { Place } from '../linker-script/problem.ts';

export interface Register {
  kind: 'register';
  /** As ModR/M and REX number it. */
  number: number;
}

export type Operand =
  | Register
  | { kind: 'number'; value: number }
  /** A cell of four bytes at rbp + offset. */
  | { kind: 'memory'; offset: number };

const names = [
  ...['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'],
  ...['r8d', 'r9d', 'r10d', 'r11d', 'r12d', 'r13d', 'r14d', 'r15d'],
];

const register = (number: number): Register => ({ kind: 'register', number });

export const registers = {
  eax: register(0),
  ecx: register(1),
  edx: register(2),
  esi: register(6),
  edi: register(7),
  r8d: register(8),
  r9d: register(9),
  r10d: register(10),
  r11d: register(11),
} as const;

const stackPointer = register(4);

/** Of unsigned numbers, as the mnemonics of jcc and setcc end. */
export type Condition = 'b' | 'ae' | 'e' | 'ne' | 'be' | 'a';

/** Low four bits of the opcodes of jcc and setcc. */
const conditionCodes: Record<Condition, number> = { b: 2, ae: 3, e: 4, ne: 5, be: 6, a: 7 };

/** With the opcode that reads register or memory into a register, and the digit of the form with a number. */
const twoOperands = {
  add: { opcode: [0x03], digit: 0 },
  or: { opcode: [0x0b], digit: 1 },
  and: { opcode: [0x23], digit: 4 },
  sub: { opcode: [0x2b], digit: 5 },
  xor: { opcode: [0x33], digit: 6 },
  cmp: { opcode: [0x3b], digit: 7 },
} as const;

/** An instruction, or a label, with the piece of the text that it stands for. */
export type Item = { source: Place } & (
  | { mnemonic: keyof typeof twoOperands | 'imul'; to: Register; from: Operand }
  | { mnemonic: 'mov'; to: Operand; from: Operand }
  | { mnemonic: 'test' | 'not' | 'div'; to: Register }
  /** By a number, or by cl where there is none. */
  | { mnemonic: 'shl' | 'shr'; to: Register; count?: number }
  | { mnemonic: 'set'; condition: Condition }
  | { mnemonic: 'j'; condition: Condition; to: number }
  | { mnemonic: 'jmp'; to: number }
  /** Where zero divides, out of the function. */
  | { mnemonic: 'jz-panic' }
  | { mnemonic: 'label'; label: number }
  /** Makes room on the stack. */
  | { mnemonic: 'enter'; bytes: number }
  | { mnemonic: 'leave' | 'ret' }
);

export interface Line {
  /** Of the first byte, from the start of the code. */
  offset: number;
  bytes: Uint8Array;
  /** In Intel's syntax; targets of jumps as `pixel+0x1c`. */
  text: string;
  source: Place;
}

export interface Code {
  bytes: Uint8Array;
  lines: Line[];
}

type Instruction = [bytes: number[], text: string];

/** Encodes items in their order. `divisionByZero` is counted in bytes from the first one. */
export function assemble(items: readonly Item[], divisionByZero: number): Code {
  const parts = items.map((item) => (isJump(item) ? [] : encode(item)));
  const sizes = items.map((item, index) => (isJump(item) ? jumpSize(item, false) : size(parts[index] ?? [])));
  // Jumps are short until one turns out not to reach; growing one can only push others farther.
  let offsets: number[];
  let labels: Map<number, number>;
  do {
    offsets = [];
    labels = new Map();
    let at = 0;
    for (const [index, item] of items.entries()) {
      offsets.push(at);
      if (item.mnemonic === 'label') labels.set(item.label, at);
      at += sizes[index] ?? 0;
    }
  } while (items.map((item, index) => grow(item, index)).includes(true));

  function grow(item: Item, index: number): boolean {
    if (!isJump(item) || item.mnemonic === 'jz-panic' || sizes[index] !== 2) return false;
    const distance = (labels.get(item.to) ?? 0) - (offsets[index] ?? 0) - 2;
    if (distance >= -128 && distance <= 127) return false;
    sizes[index] = jumpSize(item, true);
    return true;
  }

  const lines = items.flatMap((item, index): Line[] => {
    const start = offsets[index] ?? 0;
    const length = sizes[index] ?? 0;
    const instructions = isJump(item)
      ? [jump(item, length, start, item.mnemonic === 'jz-panic' ? divisionByZero : (labels.get(item.to) ?? 0))]
      : (parts[index] ?? []);
    let offset = start;
    return instructions.map(([bytes, text]) => {
      const line = { offset, bytes: Uint8Array.from(bytes), text, source: item.source };
      offset += bytes.length;
      return line;
    });
  });
  return { bytes: Uint8Array.from(lines.flatMap(({ bytes }) => [...bytes])), lines };
}

const size = (instructions: readonly Instruction[]) => instructions.reduce((sum, [bytes]) => sum + bytes.length, 0);

type Jump = Extract<Item, { mnemonic: 'j' | 'jmp' | 'jz-panic' }>;

function isJump(item: Item): item is Jump {
  return item.mnemonic === 'j' || item.mnemonic === 'jmp' || item.mnemonic === 'jz-panic';
}

function jumpSize({ mnemonic }: Jump, far: boolean): number {
  if (mnemonic === 'jz-panic') return 6;
  return far ? (mnemonic === 'jmp' ? 5 : 6) : 2;
}

function jump(item: Jump, length: number, start: number, target: number): Instruction {
  const condition = item.mnemonic === 'jz-panic' ? 'e' : item.mnemonic === 'j' ? item.condition : undefined;
  const distance = target - start - length;
  const name = `j${condition ?? 'mp'}`;
  const text = `${name} ${item.mnemonic === 'jz-panic' ? 'division_by_zero' : `pixel+${hex(target)}`}`;
  const code = condition === undefined ? 0 : conditionCodes[condition];
  if (length === 2) return [[condition === undefined ? 0xeb : 0x70 | code, distance & 0xff], text];
  return [[...(condition === undefined ? [0xe9] : [0x0f, 0x80 | code]), ...int32(distance)], text];
}

function encode(item: Exclude<Item, Jump>): Instruction[] {
  switch (item.mnemonic) {
    case 'label':
      return [];
    case 'ret':
      return [[[0xc3], 'ret']];
    case 'leave':
      return [[[0xc9], 'leave']];
    case 'enter':
      return [
        [[0x55], 'push rbp'],
        [[0x48, 0x89, 0xe5], 'mov rbp, rsp'],
        [[0x48, ...byNumber(5, stackPointer, item.bytes)], `sub rsp, ${hex(item.bytes)}`],
      ];
    case 'mov':
      return [mov(item.to, item.from)];
    case 'imul':
      return [imul(item.to, item.from)];
    case 'test':
      return [[modRm([0x85], item.to.number, item.to), `test ${name(item.to)}, ${name(item.to)}`]];
    case 'not':
      return [[modRm([0xf7], 2, item.to), `not ${name(item.to)}`]];
    case 'div':
      return [[modRm([0xf7], 6, item.to), `div ${name(item.to)}`]];
    case 'shl':
    case 'shr': {
      const digit = item.mnemonic === 'shl' ? 4 : 5;
      const start = `${item.mnemonic} ${name(item.to)}, `;
      if (item.count === undefined) return [[modRm([0xd3], digit, item.to), `${start}cl`]];
      return [[[...modRm([0xc1], digit, item.to), item.count], start + hex(item.count)]];
    }
    case 'set':
      return [
        [[0x0f, 0x90 | conditionCodes[item.condition], 0xc0], `set${item.condition} al`],
        [[0x0f, 0xb6, 0xc0], 'movzx eax, al'],
      ];
    default: {
      const { opcode, digit } = twoOperands[item.mnemonic];
      const text = `${item.mnemonic} ${name(item.to)}, ${name(item.from)}`;
      if (item.from.kind === 'number') return [[byNumber(digit, item.to, item.from.value), text]];
      return [[modRm(opcode, item.to.number, item.from), text]];
    }
  }
}

function mov(to: Operand, from: Operand): Instruction {
  const text = `mov ${name(to)}, ${name(from)}`;
  if (to.kind === 'memory' && from.kind === 'register') return [modRm([0x89], from.number, to), text];
  if (to.kind !== 'register') throw new Error(`There is no ${text}.`);
  if (from.kind !== 'number') return [modRm([0x8b], to.number, from), text];
  // The usual way to say 0, in two bytes or three instead of five or six.
  if (from.value === 0) return [modRm([0x33], to.number, to), `xor ${name(to)}, ${name(to)}`];
  return [[...(to.number > 7 ? [0x41] : []), 0xb8 | (to.number & 7), ...int32(from.value)], text];
}

function imul(to: Register, from: Operand): Instruction {
  if (from.kind !== 'number') return [modRm([0x0f, 0xaf], to.number, from), `imul ${name(to)}, ${name(from)}`];
  const text = `imul ${name(to)}, ${name(to)}, ${name(from)}`;
  if (isSmall(from.value)) return [[...modRm([0x6b], to.number, to), from.value & 0xff], text];
  return [[...modRm([0x69], to.number, to), ...int32(from.value)], text];
}

/** Whether one byte, extended by its sign, makes this number of 32 bits. */
const isSmall = (value: number) => (value | 0) >= -128 && (value | 0) <= 127;

/** The form of an instruction that takes a number: of one byte where it fits, with a shorter opcode for eax where not. */
function byNumber(digit: number, to: Register, value: number): number[] {
  if (isSmall(value)) return [...modRm([0x83], digit, to), value & 0xff];
  if (to.number === 0) return [0x05 | (digit << 3), ...int32(value)];
  return [...modRm([0x81], digit, to), ...int32(value)];
}

/** REX where a register from r8d on is named, the opcode, and ModR/M. */
function modRm(opcode: readonly number[], field: number, operand: Register | Extract<Operand, { kind: 'memory' }>) {
  const low = (field & 7) << 3;
  if (operand.kind === 'register') {
    const rex = 0x40 | (field > 7 ? 4 : 0) | (operand.number > 7 ? 1 : 0);
    return [...(rex > 0x40 ? [rex] : []), ...opcode, 0xc0 | low | (operand.number & 7)];
  }
  const rex = field > 7 ? [0x44] : [];
  const near = operand.offset >= -128;
  return [...rex, ...opcode, (near ? 0x45 : 0x85) | low, ...(near ? [operand.offset & 0xff] : int32(operand.offset))];
}

function int32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function name(operand: Operand): string {
  switch (operand.kind) {
    case 'register':
      return names[operand.number] ?? '';
    case 'number':
      return hex(operand.value);
    case 'memory':
      return `dword ptr [rbp-${hex(-operand.offset)}]`;
  }
}
