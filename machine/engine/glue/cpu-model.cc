// The CPU as a reader chooses it: with or without 64-bit long mode.
#include "bochs.h"
#include "cpu/cpu.h"
#include "cpu/cpuid.h"
#include "onko.h"

// Takes long mode away from the CPU, or gives it back: CPUID and EFER say so. To be called before the guest runs.
ONKO_EXPORT(engine_set_long_mode) void engine_set_long_mode(int on)
{
  BX_CPU_C *cpu = BX_CPU(0);
  if (on) cpu->cpuid->enable_cpu_extension(BX_ISA_LONG_MODE);
  else cpu->cpuid->disable_cpu_extension(BX_ISA_LONG_MODE);
  cpu->cpuid->get_cpu_extensions(cpu->ia_extensions_bitmask);
  cpu->efer_suppmask = cpu->get_efer_allow_mask();
}
