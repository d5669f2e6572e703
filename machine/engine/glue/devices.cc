// What is plugged in or pressed from outside: keyboard, compact disc, clock.
#define BX_PLUGGABLE
#include "bochs.h"
#include "gui/gui.h"
#include "plugin.h"
#include "iodev/iodev.h"
#include "iodev/harddrv.h"
#include "iodev/cmos.h"
#include "onko.h"

extern bx_hard_drive_c *theHardDrive;
extern bx_cmos_c *theCmosDevice;

// A key of Bochs's numbering (gui/gui.h), with bit 31 set when it is released.
ONKO_EXPORT(engine_key) void engine_key(unsigned key) { DEV_kbd_gen_scancode(key); }

// The number of keys that Bochs knows: a check that machine/keys.ts fits this Bochs.
ONKO_EXPORT(engine_key_count) unsigned engine_key_count(void) { return BX_KEY_NBKEYS; }

// Takes the disc out and puts /boot.iso in, whose size may have changed. Returns 1 when a disc is in the drive.
ONKO_EXPORT(engine_change_disc) int engine_change_disc(void)
{
  theHardDrive->set_cd_media_status(0, 0);
  return theHardDrive->set_cd_media_status(0, 1);
}

// Sets the real-time clock: seconds since 1970, UTC.
ONKO_EXPORT(engine_set_time) void engine_set_time(double seconds) { theCmosDevice->onko_set_time((Bit64s)seconds); }
