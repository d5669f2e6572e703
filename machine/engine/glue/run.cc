// Running the machine: the caller decides how long, one slice at a time. Nothing of a guest's state lives on the
// WebAssembly stack between two calls, so the linear memory alone is the machine.
#define NEED_CPU_REG_SHORTCUTS 1 // RIP
#include "bochs.h"
#include "gui/gui.h"
#include "pc_system.h"
#include "plugin.h"
#include "cpu/cpu.h"
#include "onko.h"

int bx_begin_simulation(int argc, char *argv[]);
int bx_init_main(int argc, char *argv[]);

enum engine_stop { STOP_SLICE_USED = 0, STOP_WAITING = 1, STOP_BREAKPOINT = 2, STOP_SHUTDOWN = 3 };

static int slice_timer = -1;
static double idle_ticks = 0; // ticks that passed while the CPU was halted
static bool breakpoint_hit = false, shut_down = false;

static void return_to_caller(void)
{
  bx_pc_system.kill_bochs_request = 1;
  BX_CPU(0)->async_event = 1;
}

static void slice_ended(void *) { return_to_caller(); }

// Bochs asks its configuration interface, once in a while, whether to go on; an answer that nobody gives is an accident.
static BxEvent *go_on(void *, BxEvent *event)
{
  event->retcode = 0;
  return event;
}

// Reads /bochsrc and the BIOS images and powers the machine on. Returns 0, or -1 when Bochs refused its configuration.
ONKO_EXPORT(engine_init) int engine_init(void)
{
  static char program[] = "bochs", quick[] = "-q", file[] = "-f", path[] = "/bochsrc";
  static char *arguments[] = { program, quick, file, path, NULL };
  bx_startup_flags.argc = 4;
  bx_startup_flags.argv = arguments;
  bx_init_siminterface();
  SIM->set_notify_callback(go_on, NULL);
  if (bx_init_main(4, arguments) < 0) return -1;
  bx_begin_simulation(4, arguments);
  slice_timer = bx_pc_system.register_timer_ticks(NULL, slice_ended, 1000000, 0, 0, "slice");
  return 0;
}

// Runs for at most `ticks` (one instruction each). Time that passes while the CPU is halted counts too and is bounded
// by `idle`. Returns an engine_stop.
ONKO_EXPORT(engine_run) int engine_run(double ticks, double idle)
{
  if (shut_down) return STOP_SHUTDOWN;
  breakpoint_hit = false;
  bx_pc_system.kill_bochs_request = 0;
  bx_pc_system.activate_timer_ticks(slice_timer, (Bit64u)ticks, 0);
  double used = 0;
  int reason = STOP_SLICE_USED;
  for (;;) {
    BX_CPU(0)->cpu_loop();
    if (shut_down) { reason = STOP_SHUTDOWN; break; }
    if (breakpoint_hit) { reason = STOP_BREAKPOINT; break; }
    if (bx_pc_system.kill_bochs_request) break;
    Bit32u n = bx_pc_system.getNumCpuTicksLeftNextEvent();
    if (n < 1) n = 1;
    if (used + n > idle) { reason = STOP_WAITING; break; }
    used += n;
    bx_pc_system.tickn(n);
    if (bx_pc_system.kill_bochs_request) break;
  }
  bx_pc_system.deactivate_timer(slice_timer);
  idle_ticks += used;
  return reason;
}

// Executes one instruction, or delivers one interrupt or exception. A halted CPU stays where it is.
ONKO_EXPORT(engine_step) int engine_step(void)
{
  if (shut_down) return STOP_SHUTDOWN;
  bx_pc_system.kill_bochs_request = 0;
  BX_CPU(0)->onko_step();
  if (shut_down) return STOP_SHUTDOWN;
  return BX_CPU(0)->activity_state == BX_CPU_C::BX_ACTIVITY_STATE_ACTIVE ? STOP_SLICE_USED : STOP_WAITING;
}

// Presses the reset button: the CPU starts over at the BIOS, memory keeps its contents.
ONKO_EXPORT(engine_reset) void engine_reset(void)
{
  shut_down = false;
  bx_pc_system.Reset(BX_RESET_HARDWARE);
}

// Ticks since power-on, and those of them that passed while the CPU was halted.
ONKO_EXPORT(engine_ticks) double engine_ticks(void) { return (double)bx_pc_system.time_ticks(); }
ONKO_EXPORT(engine_idle_ticks) double engine_idle_ticks(void) { return idle_ticks; }

// ---------------------------------------------------------------------------------------------------- single step

// cpu_loop() for one instruction; the trace is left after its first one.
void BX_CPU_C::onko_step(void)
{
  volatile Bit8u stack_anchor = 0;
  cpuloop_stack_anchor = &stack_anchor;
  if (setjmp(jmp_buf_env) == 0) {
    prev_rip = RIP;
    speculative_rsp = false;
    if ((async_event & ~BX_ASYNC_EVENT_STOP_TRACE) && handleAsyncEvent()) return;
    bxInstruction_c *i = getICacheEntry()->i;
    async_event |= BX_ASYNC_EVENT_STOP_TRACE;
    RIP += i->ilen();
    BX_CPU_CALL_METHOD(i->execute1, (i));
  } else { // an exception was raised
    icount++;
    prev_rip = RIP;
    speculative_rsp = false;
  }
  const Bit32u passed = (Bit32u)(icount - icount_last_sync);
  sync_icount();
  bx_pc_system.tickn(passed);
  async_event &= ~BX_ASYNC_EVENT_STOP_TRACE;
}

// ---------------------------------------------------------------------------------------------------- breakpoints

static const unsigned MAX_BREAKPOINTS = 64;
static Bit64u breakpoints[MAX_BREAKPOINTS];
static unsigned breakpoint_count = 0;

// Where up to 64 linear addresses are written before engine_use_breakpoints(count).
ONKO_EXPORT(engine_breakpoints) Bit64u *engine_breakpoints(void) { return breakpoints; }

ONKO_EXPORT(engine_use_breakpoints) void engine_use_breakpoints(unsigned count)
{
  breakpoint_count = count < MAX_BREAKPOINTS ? count : MAX_BREAKPOINTS;
  BX_CPU(0)->iCache.flushICacheEntries(); // decoded code carries the breakpoints
}

bool onko_is_breakpoint(bx_address linear)
{
  for (unsigned n = 0; n < breakpoint_count; n++)
    if (breakpoints[n] == linear) return true;
  return false;
}

// Stands in for the handler of an instruction with a breakpoint: the instruction is not executed.
void BX_CPP_AttrRegparmN(1) BX_CPU_C::onko_break(bxInstruction_c *)
{
  BX_CPU(0)->gen_reg[BX_64BIT_REG_RIP].rrx = BX_CPU(0)->prev_rip;
  breakpoint_hit = true;
  return_to_caller();
}

// ---------------------------------------------------------------------------------------------------- triple faults

// The exceptions that followed from one another, the first one first: at most a benign one, two more, the double fault and
// the one that had no resolution.
struct exception_record { Bit64u vector, error_code, rip, cr2; };
static const unsigned LONGEST_CHAIN = 5;
static exception_record chain[LONGEST_CHAIN];
static unsigned chain_length = 0;
static const unsigned DOUBLE_FAULT = 10; // BX_ET_DOUBLE_FAULT, which is private to cpu/exception.cc

// Called by Bochs (BX_INSTR_EXCEPTION) before it handles an exception.
void onko_exception(unsigned vector, unsigned error_code)
{
  const BX_CPU_C *cpu = BX_CPU(0);
  if (!cpu->EXT) chain_length = 0; // it did not come up while another event was being delivered
  if (chain_length < LONGEST_CHAIN) {
    const exception_record record = { vector, error_code, cpu->prev_rip, cpu->cr2 };
    chain[chain_length++] = record;
  }
  // No resolution: the CPU shuts down, and stays so whatever interrupts arrive.
  if (cpu->last_exception_type == DOUBLE_FAULT) {
    shut_down = true;
    return_to_caller();
  }
}

// Called by Bochs (BX_INSTR_HWINTERRUPT) before it delivers an interrupt from outside.
void onko_interrupt(void) { chain_length = 0; }

ONKO_EXPORT(engine_exceptions) exception_record *engine_exceptions(void) { return chain; }
ONKO_EXPORT(engine_exception_count) unsigned engine_exception_count(void) { return chain_length; }

// ---------------------------------------------------------------------------------------------------- snapshots

// Forgets decoded code and address translations, so that a snapshot need not store them.
ONKO_EXPORT(engine_trim) void engine_trim(void)
{
  bxICache_c &cache = BX_CPU(0)->iCache;
  memset((void *)cache.mpool, 0, sizeof(cache.mpool));
  memset((void *)cache.entry, 0, sizeof(cache.entry));
  cache.flushICacheEntries();
  BX_CPU(0)->TLB_flush();
}
