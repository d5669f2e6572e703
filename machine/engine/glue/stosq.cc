// REP STOSQ a page at a time, as Bochs does for the narrower REP STOS (cpu/faststring.cc). Kernels clear and fill with it.
#define NEED_CPU_REG_SHORTCUTS 1
#include "bochs.h"
#include "pc_system.h"
#include "cpu/cpu.h"

// Stores up to `count` quadwords at a linear address, within its page and before the next timer event.
// Returns how many it stored; 0 when the page cannot be written directly.
Bit32u BX_CPU_C::onko_fast_rep_stosq(bx_address linear, Bit64u value, Bit32u count)
{
  Bit8u *host = BX_CPU(0)->v2h_write_byte(linear, BX_CPU(0)->user_pl);
  if (!host) return 0;
  const Bit32u fit = (0x1000 - PAGE_OFFSET(linear)) >> 3, time = bx_pc_system.getNumCpuTicksLeftNextEvent();
  if (count > fit) count = fit;
  if (count > time) count = time;
  for (Bit32u n = 0; n < count; n++) WriteHostQWordToLittleEndian((Bit64u *)(host + 8 * n), value);
  return count;
}
