// What our changes to Bochs and our own files share. The patched Bochs files include this header.
#ifndef ONKO_H
#define ONKO_H

#include "config.h"

// Marks a function that machine/engine.ts calls.
#define ONKO_EXPORT(name) extern "C" __attribute__((export_name(#name)))

// run.cc: whether an instruction at this linear address stops the machine; asked when code is decoded, not when it runs.
bool onko_is_breakpoint(bx_address linear);

// memory.cc: zeroed memory on a 4096-byte boundary, straight from the WebAssembly memory. Never freed; NULL when there is none.
Bit8u *onko_allocate_pages(Bit32u bytes);

// screen.cc: host address of a page of the 32-bpp linear framebuffer, or NULL when the address or the mode is another.
Bit8u *onko_framebuffer_page(bx_phy_address address);

// What the graphics card shows at this moment.
struct onko_screen_layout {
  Bit32u graphics;         // 1 in graphics modes, 0 in text modes
  Bit32u width, height;    // pixels; in text modes characters
  Bit32u bits_per_pixel;   // 0 unless the mode is a linear one of 8 bpp or more
  Bit32u pitch;            // bytes from one row to the next; in text modes bytes per row of cells
  Bit32u address;          // guest physical address of the first pixel
  Bit8u *memory;           // the first pixel, or the VGA's planes in text modes
  Bit32u start;            // text modes: byte offset of the first cell
};

#endif
