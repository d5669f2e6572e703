// The display: Bochs's "nogui" library, replaced. It draws text and old graphics modes into an RGBA picture; the 32-bpp
// linear framebuffer is written by the guest directly and converted when the picture is asked for.
#define BX_PLUGGABLE
#include "bochs.h"
#include "gui.h"
#include "pc_system.h"
#include "plugin.h"
#include "param_names.h"
#include "iodev/iodev.h"
#include "iodev/display/vgacore.h"
#include "iodev/display/ddc.h"
#include "iodev/display/vga.h"
#include "onko.h"

extern bx_vga_c *theVga;

class bx_nogui_gui_c : public bx_gui_c {
public:
  bx_nogui_gui_c(void) {}
  DECLARE_GUI_VIRTUAL_METHODS()
  DECLARE_GUI_NEW_VIRTUAL_METHODS()
  virtual void draw_char(Bit8u character, Bit8u foreground, Bit8u background, Bit16u x, Bit16u y, Bit8u width, Bit8u height,
                         Bit8u first_column, Bit8u first_row, bool extend_ninth, Bit8u cursor_start, Bit8u cursor_end,
                         bool cursor, bool second_font);
};

static bx_nogui_gui_c *theGui = NULL;
IMPLEMENT_GUI_PLUGIN_CODE(nogui)
#define LOG_THIS theGui->

static const Bit32u OPAQUE = 0xff000000; // little-endian RGBA, as a canvas wants it
static Bit32u *picture = NULL;
static Bit32u picture_capacity = 0; // pixels
static unsigned picture_width = 0, picture_height = 0;
static bool changed = true;
static Bit32u palette_rgba[256];

void bx_nogui_gui_c::specific_init(int, char **, unsigned)
{
  put("SCREEN");
  new_gfx_api = 1;
  new_text_api = 1;
  dimension_update(720, 400, 16, 9, 8);
}

void bx_nogui_gui_c::dimension_update(unsigned x, unsigned y, unsigned fheight, unsigned fwidth, unsigned bpp)
{
  guest_textmode = fheight > 0;
  guest_fwidth = fwidth;
  guest_fheight = fheight;
  guest_xres = x;
  guest_yres = y;
  guest_bpp = bpp;
  if (x * y > picture_capacity) {
    picture = (Bit32u *)onko_allocate_pages(x * y * 4);
    if (picture == NULL) BX_FATAL(("not enough memory for a screen of %ux%u pixels", x, y));
    picture_capacity = x * y;
  }
  picture_width = host_xres = x;
  picture_height = host_yres = y;
  host_bpp = 32;
  clear_screen();
}

void bx_nogui_gui_c::clear_screen(void)
{
  for (unsigned i = 0; i < picture_width * picture_height; i++) picture[i] = OPAQUE;
  changed = true;
}

bool bx_nogui_gui_c::palette_change(Bit8u index, Bit8u red, Bit8u green, Bit8u blue)
{
  palette_rgba[index] = red | green << 8 | blue << 16 | OPAQUE;
  return 1;
}

bx_svga_tileinfo_t *bx_nogui_gui_c::graphics_tile_info(bx_svga_tileinfo_t *info)
{
  info->bpp = 32;
  info->pitch = picture_width * 4;
  info->red_shift = 8;
  info->green_shift = 16;
  info->blue_shift = 24;
  info->red_mask = 0xff;
  info->green_mask = 0xff00;
  info->blue_mask = 0xff0000;
  info->is_indexed = 0;
  info->is_little_endian = 1;
  return info;
}

Bit8u *bx_nogui_gui_c::graphics_tile_get(unsigned x, unsigned y, unsigned *width, unsigned *height)
{
  *width = x + x_tilesize > picture_width ? picture_width - x : x_tilesize;
  *height = y + y_tilesize > picture_height ? picture_height - y : y_tilesize;
  return (Bit8u *)(picture + y * picture_width + x);
}

void bx_nogui_gui_c::graphics_tile_update_in_place(unsigned left, unsigned top, unsigned width, unsigned height)
{
  for (unsigned y = top; y < top + height; y++)
    for (unsigned x = left; x < left + width; x++) picture[y * picture_width + x] |= OPAQUE;
  changed = true;
}

// One character cell from the VGA's font: 8 columns from the font, a ninth that is blank or repeats the eighth.
void bx_nogui_gui_c::draw_char(Bit8u character, Bit8u foreground, Bit8u background, Bit16u x, Bit16u y, Bit8u width,
                               Bit8u height, Bit8u first_column, Bit8u first_row, bool extend_ninth, Bit8u cursor_start,
                               Bit8u cursor_end, bool cursor, bool second_font)
{
  const Bit32u ink = palette_rgba[foreground], paper = palette_rgba[background];
  const bool double_width = guest_fwidth > 9;
  const Bit8u *font = &vga_charmap[second_font ? 1 : 0][character << 5];
  for (unsigned row = first_row; row < unsigned(first_row) + height; row++) {
    const unsigned bits = font[row] << 1 | (extend_ninth ? font[row] & 1 : 0);
    const bool inverted = cursor && row >= cursor_start && row <= cursor_end;
    Bit32u *out = picture + (y + row - first_row) * picture_width + x;
    for (unsigned n = 0; n < width; n++) {
      const unsigned column = double_width ? (first_column + n) / 2 : first_column + n;
      const bool set = (bits >> (8 - column)) & 1;
      out[n] = set != inverted ? ink : paper;
    }
  }
  changed = true;
}

void bx_nogui_gui_c::text_update(Bit8u *, Bit8u *, unsigned long, unsigned long, bx_vga_tminfo_t *) {}
void bx_nogui_gui_c::graphics_tile_update(Bit8u *, unsigned, unsigned) {}
void bx_nogui_gui_c::handle_events(void) {}
void bx_nogui_gui_c::flush(void) {}
int bx_nogui_gui_c::get_clipboard_text(Bit8u **, Bit32s *) { return 0; }
int bx_nogui_gui_c::set_clipboard_text(char *, Bit32u) { return 0; }
unsigned bx_nogui_gui_c::create_bitmap(const unsigned char *, unsigned, unsigned) { return 0; }
unsigned bx_nogui_gui_c::headerbar_bitmap(unsigned, unsigned, void (*)(void)) { return 0; }
void bx_nogui_gui_c::show_headerbar(void) {}
void bx_nogui_gui_c::replace_bitmap(unsigned, unsigned) {}
void bx_nogui_gui_c::mouse_enabled_changed_specific(bool) {}
void bx_nogui_gui_c::exit(void) {}

// ---------------------------------------------------------------------------------------- the linear framebuffer

bool bx_vga_c::onko_is_linear32(void) const { return vbe.enabled && vbe.bpp == VBE_DISPI_BPP_32; }

Bit8u *bx_vga_c::onko_framebuffer_page(bx_phy_address address) const
{
  if (!onko_is_linear32() || vbe.base_address == 0) return NULL;
  if (address < vbe.base_address || address >= (bx_phy_address)vbe.base_address + s.memsize) return NULL;
  return &s.memory[address - vbe.base_address];
}

Bit8u *onko_framebuffer_page(bx_phy_address address) { return theVga ? theVga->onko_framebuffer_page(address) : NULL; }

void bx_vga_c::onko_screen_layout(struct onko_screen_layout *layout) const
{
  memset(layout, 0, sizeof(*layout));
  layout->memory = s.memory;
  if (vbe.enabled && vbe.bpp >= VBE_DISPI_BPP_8) {
    layout->graphics = 1;
    layout->width = vbe.xres;
    layout->height = vbe.yres;
    layout->bits_per_pixel = vbe.bpp;
    layout->pitch = vbe.line_offset;
    layout->address = vbe.base_address + vbe.virtual_start;
    layout->memory = s.memory + vbe.virtual_start;
  } else if (vbe.enabled || s.graphics_ctrl.graphics_alpha) {
    layout->graphics = 1;
    layout->width = picture_width;
    layout->height = picture_height;
  } else {
    const unsigned character_height = (s.CRTC.reg[0x09] & 0x1f) + 1;
    layout->width = s.CRTC.reg[1] + 1;
    layout->height = (s.vertical_display_end + 1) / character_height;
    layout->pitch = s.line_offset;
    layout->start = s.CRTC.start_addr << 1;
  }
}

ONKO_EXPORT(engine_screen_layout) onko_screen_layout *engine_screen_layout(void)
{
  static onko_screen_layout layout;
  theVga->onko_screen_layout(&layout);
  return &layout;
}

// The cells of a text mode as the guest wrote them, character and attribute byte in turn, without gaps between rows.
// The VGA keeps characters in plane 0 and attributes in plane 1, and Bochs interleaves the four planes byte by byte.
ONKO_EXPORT(engine_text_cells) Bit8u *engine_text_cells(void)
{
  static Bit8u cells[0x10000];
  onko_screen_layout layout;
  theVga->onko_screen_layout(&layout);
  unsigned n = 0;
  for (unsigned row = 0; !layout.graphics && row < layout.height; row++) {
    for (unsigned column = 0; column < layout.width && n < sizeof(cells); column++) {
      const unsigned offset = (layout.start + row * layout.pitch + column * 2) & 0xffff;
      cells[n++] = layout.memory[offset * 4];
      cells[n++] = layout.memory[offset * 4 + 1];
    }
  }
  return cells;
}

// Brings the RGBA picture up to date. Returns 1 when it changed since the last call.
ONKO_EXPORT(engine_update_picture) int engine_update_picture(void)
{
  if (theVga->onko_is_linear32()) {
    onko_screen_layout layout;
    theVga->onko_screen_layout(&layout);
    // A mode is set before the display hears of it: never write beyond the picture.
    if (layout.width == picture_width && layout.height == picture_height) {
      Bit32u difference = 0, *out = picture;
      for (unsigned y = 0; y < layout.height; y++) {
        const Bit32u *in = (const Bit32u *)(layout.memory + y * layout.pitch);
        for (unsigned x = 0; x < layout.width; x++) {
          const Bit32u xrgb = in[x];
          const Bit32u rgba = OPAQUE | (xrgb & 0xff) << 16 | (xrgb & 0xff00) | ((xrgb >> 16) & 0xff);
          difference |= rgba ^ *out;
          *out++ = rgba;
        }
      }
      if (difference) changed = true;
    }
  }
  const bool result = changed;
  changed = false;
  return result;
}

ONKO_EXPORT(engine_picture) Bit32u *engine_picture(void) { return picture; }
ONKO_EXPORT(engine_picture_width) unsigned engine_picture_width(void) { return picture_width; }
ONKO_EXPORT(engine_picture_height) unsigned engine_picture_height(void) { return picture_height; }
// Makes the next update count as a change: after a restore the canvas shows something else.
ONKO_EXPORT(engine_redraw) void engine_redraw(void) { changed = true; }
