// Looking inside without stopping anything: registers, memory, disassembly. Reading has no effect on the guest.
#include "bochs.h"
#include "cpu/cpu.h"
#include "cpu/decoder/instr.h"
#include "memory/memory-bochs.h"
#include "onko.h"

// All registers as 64-bit numbers, in the order of `registerNames` in machine/engine.ts.
ONKO_EXPORT(engine_registers) Bit64u *engine_registers(void)
{
  static Bit64u values[48];
  BX_CPU_C *cpu = BX_CPU(0);
  Bit64u *out = values;
  for (unsigned n = 0; n < 16; n++) *out++ = cpu->get_reg64(n);
  *out++ = cpu->get_rip();
  *out++ = cpu->read_eflags();
  *out++ = cpu->cr0.get32();
  *out++ = cpu->cr2;
  *out++ = cpu->cr3;
  *out++ = cpu->cr4.get32();
  *out++ = cpu->efer.get32();
  *out++ = cpu->gdtr.base;
  *out++ = cpu->gdtr.limit;
  *out++ = cpu->idtr.base;
  *out++ = cpu->idtr.limit;
  for (unsigned n = 0; n < 6; n++) { // ES CS SS DS FS GS
    *out++ = cpu->sregs[n].selector.value;
    *out++ = cpu->sregs[n].cache.u.segment.base;
  }
  *out++ = cpu->tr.selector.value;
  *out++ = cpu->tr.cache.u.segment.base;
  *out++ = cpu->sregs[BX_SEG_REG_CS].selector.rpl;
  *out++ = cpu->sregs[BX_SEG_REG_CS].cache.u.segment.d_b;
  *out++ = cpu->get_cpu_mode();
  *out++ = cpu->activity_state;
  return values;
}

// Copies guest physical memory, as the CPU would see it, to `out`. Returns 0 when part of it is neither memory nor device.
ONKO_EXPORT(engine_read_physical) int engine_read_physical(Bit64u address, unsigned length, Bit8u *out)
{
  int complete = 1;
  while (length > 0) {
    const unsigned in_page = 4096 - (unsigned)(address & 4095), count = length < in_page ? length : in_page;
    const Bit8u *framebuffer = onko_framebuffer_page(address);
    if (framebuffer) memcpy(out, framebuffer, count);
    else if (!BX_MEM(0)->dbg_fetch_mem(BX_CPU(0), address, count, out)) complete = 0;
    address += count;
    out += count;
    length -= count;
  }
  return complete;
}

// Writes guest physical memory (RAM only). Returns 0 when the range is not RAM.
ONKO_EXPORT(engine_write_physical) int engine_write_physical(Bit64u address, unsigned length, const Bit8u *in)
{
  if (address + length > BX_MEM(0)->get_memory_len()) return 0;
  for (unsigned n = 0; n < length; n++) *BX_MEM(0)->get_vector(address + n) = in[n];
  BX_CPU(0)->iCache.flushICacheEntries();
  return 1;
}

// Physical address of a linear one under the current page tables, or all ones when it is not mapped.
ONKO_EXPORT(engine_translate) Bit64u engine_translate(Bit64u linear)
{
  bx_phy_address physical;
  return BX_CPU(0)->dbg_xlate_linear2phy(linear, &physical) ? physical : ~Bit64u(0);
}

// Disassembles one instruction from 16 bytes at `code`, as of address `rip`, for 16, 32 or 64 bits, in Intel syntax.
// Returns its text; its length in bytes is in the last byte of the 512 returned.
ONKO_EXPORT(engine_disassemble) char *engine_disassemble(const Bit8u *code, int bits, Bit64u rip)
{
  static char text[512];
  bxInstruction_c instruction;
  text[0] = 0;
  disasm(code, bits == 32, bits == 64, text, &instruction, 0, rip, BX_DISASM_INTEL);
  text[511] = instruction.ilen();
  return text;
}
