/** The functions of engine.wasm, typed. Each is defined in machine/engine/glue. */

/** Why `engine_run` or `engine_step` came back; the order is that of `engine_stop` in glue/run.cc. */
export const stopReasons = ['slice-used', 'waiting', 'breakpoint', 'shutdown'] as const;
export type StopReason = (typeof stopReasons)[number];

/** Addresses within the engine's own memory are numbers; guest addresses are 64-bit, hence bigint. */
export interface Engine {
  memory: WebAssembly.Memory;
  _initialize(): void;
  engine_init(): number;
  engine_run(ticks: number, idle: number): number;
  engine_step(): number;
  engine_reset(): void;
  engine_ticks(): number;
  engine_idle_ticks(): number;
  engine_breakpoints(): number;
  engine_use_breakpoints(count: number): void;
  engine_exceptions(): number;
  engine_exception_count(): number;
  engine_trim(): void;
  engine_set_long_mode(on: number): void;
  engine_allocate(bytes: number): number;
  engine_free(address: number): void;
  engine_screen_layout(): number;
  engine_text_cells(): number;
  engine_update_picture(): number;
  engine_picture(): number;
  engine_picture_width(): number;
  engine_picture_height(): number;
  engine_redraw(): void;
  engine_registers(): number;
  engine_read_physical(address: bigint, length: number, out: number): number;
  engine_write_physical(address: bigint, length: number, from: number): number;
  engine_translate(linear: bigint): bigint;
  engine_disassemble(code: number, bits: number, rip: bigint): number;
  engine_key(key: number): void;
  engine_key_count(): number;
  engine_change_disc(): number;
  engine_set_time(seconds: number): void;
}

/** By Bochs's number of a mode; virtual 8086 mode is a part of protected mode. */
const cpuModes = ['real', 'protected', 'protected', 'compatibility', 'long'] as const;
export type CpuMode = (typeof cpuModes)[number];

export interface Segment {
  selector: number;
  base: bigint;
}

export interface DescriptorTable {
  base: bigint;
  limit: number;
}

const generalNames = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ') as GeneralRegister[];
type GeneralRegister =
  | 'rax' | 'rcx' | 'rdx' | 'rbx' | 'rsp' | 'rbp' | 'rsi' | 'rdi'
  | 'r8' | 'r9' | 'r10' | 'r11' | 'r12' | 'r13' | 'r14' | 'r15'; // prettier-ignore
const controlNames = ['rip', 'rflags', 'cr0', 'cr2', 'cr3', 'cr4', 'efer'] as const;
const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'tr'] as const;

/** The CPU's registers at one moment. */
export interface Registers extends Record<GeneralRegister | (typeof controlNames)[number], bigint> {
  gdtr: DescriptorTable;
  idtr: DescriptorTable;
  segments: Record<(typeof segmentNames)[number], Segment>;
  /** Current privilege level, 0 (kernel) to 3 (user). */
  cpl: number;
  /** Width that instructions are decoded with. */
  codeBits: 16 | 32 | 64;
  cpuMode: CpuMode;
  /** The CPU executed `hlt` and waits. */
  halted: boolean;
  /** The CPU shut down after a triple fault. */
  shutdown: boolean;
}

/** Decodes what `engine_registers` wrote: 64-bit words in the order of glue/inspect.cc. */
export function decodeRegisters(words: BigUint64Array): Registers {
  let at = 0;
  const next = (): bigint => words[at++] ?? 0n;
  const table = (): DescriptorTable => ({ base: next(), limit: Number(next()) });
  const flat: Record<string, bigint> = {};
  for (const name of [...generalNames, ...controlNames]) flat[name] = next();
  const gdtr = table();
  const idtr = table();
  const segments: Record<string, Segment> = {};
  for (const name of segmentNames) segments[name] = { selector: Number(next()), base: next() };
  const cpl = Number(next());
  const wide = next() !== 0n;
  const cpuMode = cpuModes[Number(next())] ?? 'real';
  const activity = Number(next());
  return {
    ...(flat as Record<GeneralRegister | (typeof controlNames)[number], bigint>),
    gdtr,
    idtr,
    segments: segments as Registers['segments'],
    cpl,
    codeBits: cpuMode === 'long' ? 64 : wide ? 32 : 16,
    cpuMode,
    halted: activity === 1,
    shutdown: activity === 2,
  };
}

/** One exception on the way to a triple fault. */
export interface Exception {
  vector: number;
  errorCode: number;
  rip: bigint;
  /** The address that a page fault (vector 14) was about. */
  cr2: bigint;
}

/** What is known about a triple fault: the exceptions that followed from one another, the first one first. */
export interface Fault {
  exceptions: Exception[];
}

export function decodeExceptions(words: BigUint64Array): Exception[] {
  const exceptions: Exception[] = [];
  for (let at = 0; at + 3 < words.length; at += 4) {
    exceptions.push({
      vector: Number(words[at]),
      errorCode: Number(words[at + 1]),
      rip: words[at + 2] ?? 0n,
      cr2: words[at + 3] ?? 0n,
    });
  }
  return exceptions;
}

/** Names of the exceptions, AMD64 Architecture Programmer's Manual volume 2, table 8-1. */
const exceptionNames: Readonly<Record<number, string>> = {
  0: 'divide error',
  1: 'debug',
  3: 'breakpoint',
  4: 'overflow',
  5: 'bound range',
  6: 'invalid opcode',
  7: 'device not available',
  8: 'double fault',
  10: 'invalid TSS',
  11: 'segment not present',
  12: 'stack fault',
  13: 'general protection',
  14: 'page fault',
  16: 'x87 floating-point error',
  17: 'alignment check',
  18: 'machine check',
  19: 'SIMD floating-point error',
};

/** A triple fault in words: what happened first, where, and that nothing handled it. */
export function describeFault({ exceptions: [first] }: Fault): string {
  if (first === undefined) return 'Triple fault: the CPU has shut down.';
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  const name = exceptionNames[first.vector] ?? 'nameless';
  const about = first.vector === 14 ? ` about address ${hex(first.cr2)}` : '';
  return (
    `Triple fault: ${/^[aio]/.test(name) ? 'an' : 'a'} ${name} exception (vector ${first.vector}, error code ${hex(BigInt(first.errorCode))})${about} ` +
    `at RIP ${hex(first.rip)}, and no handler for it, so the CPU has shut down. A real PC would reset now.`
  );
}
