// Guest memory and video memory, taken from the WebAssembly memory itself: the allocator would round 64 MiB up to 128 MiB,
// and Bochs needs them on page boundaries because it ORs page offsets into host addresses.
#include "bochs.h"
#include "onko.h"

static const Bit32u WASM_PAGE = 65536;

Bit8u *onko_allocate_pages(Bit32u bytes)
{
  const unsigned long before = __builtin_wasm_memory_grow(0, (bytes + WASM_PAGE - 1) / WASM_PAGE);
  return before == (unsigned long)-1 ? NULL : (Bit8u *)(before * WASM_PAGE);
}

// Room for `bytes` that the caller fills or reads; freed with engine_free.
ONKO_EXPORT(engine_allocate) void *engine_allocate(unsigned bytes) { return malloc(bytes); }
ONKO_EXPORT(engine_free) void engine_free(void *memory) { free(memory); }
