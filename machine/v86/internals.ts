/**
 * What is used of v86 beyond its documented interface: the CPU's registers, what it tells its screen, and two events. The
 * release keeps the names of its source; the version is pinned, and tests/machine/v86.test.ts fails when one of them is gone.
 */
import type { V86 } from 'v86';
import type { Registers } from '../engine.ts';

/** A part of the picture: a piece of `image_data`, and where it is on the screen. */
export interface Layer {
  image_data: { data: Uint8ClampedArray; width: number };
  screen_x: number;
  screen_y: number;
  buffer_x: number;
  buffer_y: number;
  buffer_width: number;
  buffer_height: number;
}

export interface Vga {
  /** Draws what has changed and hands it to the screen's `update_buffer`. */
  screen_fill_buffer(): void;
  /** Whether a mode of VESA is set, with linear video memory. */
  svga_enabled: boolean;
  svga_width: number;
  svga_height: number;
  svga_bpp: number;
  svga_offset: number;
  svga_memory: Uint8Array;
}

export interface Cpu32 {
  /** EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI. */
  reg32: Int32Array;
  /** ES, CS, SS, DS, FS, GS, TR, LDTR. */
  sreg: Uint16Array;
  segment_offsets: Int32Array;
  /** Linear, so with the code segment's base. */
  instruction_pointer: Int32Array;
  cr: Int32Array;
  cpl: Uint8Array;
  is_32: Int32Array;
  in_hlt: Uint8Array;
  gdtr_offset: Int32Array;
  gdtr_size: Int32Array;
  idtr_offset: Int32Array;
  idtr_size: Int32Array;
  get_eflags(): number;
  io: { register_write(port: number, device: object, write: (byte: number) => void): void };
  devices: { vga: Vga };
}

export type Internals = Omit<V86, 'add_listener'> & {
  v86: { cpu: Cpu32 };
  screen_adapter: object;
  add_listener(event: 'emulator-loaded' | 'cpu-event-halt', listener: () => void): void;
  add_listener(event: 'serial0-output-byte', listener: (byte: number) => void): void;
  add_listener(event: 'screen-set-size', listener: (size: [number, number, number]) => void): void;
};

/** Protection enable, in CR0; virtual 8086 mode, in EFLAGS. */
const protection = 1;
const virtual8086 = 1 << 17;

const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'tr'] as const;

/** The registers of a 32-bit CPU as the machine's interface has them: what it has not is 0. */
export function readRegisters(cpu: Cpu32): Registers {
  const word = (values: Int32Array, index = 0): bigint => BigInt((values[index] ?? 0) >>> 0);
  const base = (index: number): bigint => word(cpu.segment_offsets, index);
  const [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi] = Array.from({ length: 8 }, (_, index) => word(cpu.reg32, index));
  const eflags = cpu.get_eflags();
  const wide = cpu.is_32[0] !== 0;
  const isReal = ((cpu.cr[0] ?? 0) & protection) === 0;
  const segments = Object.fromEntries(
    segmentNames.map((name, index) => [name, { selector: cpu.sreg[index] ?? 0, base: base(index) }]),
  ) as Registers['segments'];
  return {
    rax: rax ?? 0n,
    rcx: rcx ?? 0n,
    rdx: rdx ?? 0n,
    rbx: rbx ?? 0n,
    rsp: rsp ?? 0n,
    rbp: rbp ?? 0n,
    rsi: rsi ?? 0n,
    rdi: rdi ?? 0n,
    r8: 0n,
    r9: 0n,
    r10: 0n,
    r11: 0n,
    r12: 0n,
    r13: 0n,
    r14: 0n,
    r15: 0n,
    rip: (word(cpu.instruction_pointer) - base(1)) & 0xffff_ffffn,
    rflags: BigInt(eflags >>> 0),
    cr0: word(cpu.cr, 0),
    cr2: word(cpu.cr, 2),
    cr3: word(cpu.cr, 3),
    cr4: word(cpu.cr, 4),
    efer: 0n,
    gdtr: { base: word(cpu.gdtr_offset), limit: cpu.gdtr_size[0] ?? 0 },
    idtr: { base: word(cpu.idtr_offset), limit: cpu.idtr_size[0] ?? 0 },
    segments,
    cpl: cpu.cpl[0] ?? 0,
    codeBits: wide ? 32 : 16,
    cpuMode: isReal || (eflags & virtual8086) !== 0 ? 'real' : 'protected',
    halted: cpu.in_hlt[0] !== 0,
    shutdown: false,
  };
}
