import type { Registers } from '../../../machine/machine.ts';

/** What a program in real mode has to work with. */
export const registerNames = [
  ...(['ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp'] as const),
  ...(['cs', 'ds', 'es', 'ss', 'ip', 'flags', 'cr0'] as const),
] as const;
export type RegisterName = (typeof registerNames)[number];

/** A register's value as real mode sees it: 16 bits in four digits. CR0 has 32. */
export function registerText(registers: Registers, name: RegisterName): string {
  const digits = name === 'cr0' ? 8 : 4;
  return (valueOf(registers, name) & (name === 'cr0' ? 0xffff_ffffn : 0xffffn)).toString(16).padStart(digits, '0');
}

function valueOf({ segments, ...registers }: Registers, name: RegisterName): bigint {
  switch (name) {
    case 'cs':
    case 'ds':
    case 'es':
    case 'ss':
      return BigInt(segments[name].selector);
    case 'cr0':
      return registers.cr0;
    case 'flags':
      return registers.rflags;
    default:
      return registers[`r${name}`];
  }
}
