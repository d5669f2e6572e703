//! Words for people: the text screen and the keys before it.

use crate::bios::{Registers, data_area_u32, interrupt, wait_for_interrupt};
use core::fmt::{self, Write};
use onko_loader_core::error::{Refusal, shown};
use onko_loader_core::menu::{BRIGHT, COLUMNS, HEADING, Key, PLAIN, ROWS, Terminal};
use onko_loader_core::text::{Text, wrap};
use onko_loader_x86::cpu::halt;
use onko_loader_x86::ports::Both;

/// The text screen in mode 3, 80 columns by 25 rows.
pub struct Screen {
    /// The BIOS's clock when it was last looked at.
    last: u32,
}

impl Screen {
    /// The screen, in whatever mode it is.
    pub fn new() -> Self {
        Self { last: ticks() }
    }

    fn put(row: usize, column: usize, attribute: u8, character: u8) {
        if row < ROWS && column < COLUMNS {
            let cell = 0xb8000 + 2 * (row * COLUMNS + column);
            // SAFETY: inside the text screen's memory, which `open` has made the screen show.
            unsafe { core::ptr::write_volatile(cell as *mut u16, u16::from_le_bytes([character, attribute])) }
        }
    }
}

impl Terminal for Screen {
    fn open(&mut self) {
        interrupt(0x10, &mut Registers { eax: 0x0003, ..Registers::default() });
        interrupt(0x10, &mut Registers { eax: 0x0100, ecx: 0x2000, ..Registers::default() });
    }

    fn write(&mut self, row: usize, column: usize, attribute: u8, text: &[u8]) {
        for (place, &byte) in (column..COLUMNS).zip(text) {
            Self::put(row, place, attribute, shown(byte) as u8);
        }
    }

    fn clear_row(&mut self, row: usize) {
        (0..COLUMNS).for_each(|place| Self::put(row, place, PLAIN, b' '));
    }

    fn wait(&mut self) -> Option<Key> {
        const ENTER: u8 = 0x1c;
        const UP: u8 = 0x48;
        const DOWN: u8 = 0x50;
        // The clock interrupts 18 times a second.
        wait_for_interrupt();
        pressed_key().map(|code| match code {
            UP => Key::Up,
            DOWN => Key::Down,
            ENTER => Key::Enter,
            _ => Key::Other,
        })
    }

    fn elapsed(&mut self) -> u64 {
        const TICKS_PER_DAY: u32 = 0x0018_00b0;
        const TICK: u64 = 54_925;
        let now = ticks();
        let passed = if now >= self.last { now - self.last } else { now + TICKS_PER_DAY - self.last };
        self.last = now;
        u64::from(passed) * TICK
    }

    fn announce(&mut self, line: fmt::Arguments<'_>) {
        // Writing to these cannot fail.
        let _written = writeln!(Both, "{line}");
    }
}

/// Ticks of the BIOS's clock since midnight.
fn ticks() -> u32 {
    data_area_u32(0x6c)
}

/// Scan code of a key that was pressed, if one was (BIOS data area: 0x41A head, 0x41C tail of the keyboard buffer).
fn pressed_key() -> Option<u8> {
    let pointers = data_area_u32(0x1a);
    if pointers & 0xffff == pointers >> 16 {
        return None;
    }
    let mut registers = Registers::default();
    interrupt(0x16, &mut registers);
    Some(registers.ah())
}

/// For results whose error is a refusal: there is nobody above who could do anything else about it.
pub trait OrRefuse<T> {
    /// The value; with an error, says so and stops for ever.
    fn or_refuse(self) -> T;
}

impl<T, E: Into<Refusal<'static>>> OrRefuse<T> for Result<T, E> {
    fn or_refuse(self) -> T {
        self.unwrap_or_else(|error| stop(&error.into()))
    }
}

/// Says why nothing is booted, and stops for ever.
#[cold]
#[inline(never)]
pub fn stop(refusal: &Refusal<'static>) -> ! {
    refuse(format_args!("{refusal}"))
}

/// Says on screen, COM1 and port 0xE9 why nothing is booted, and stops for ever.
pub fn refuse(reason: fmt::Arguments<'_>) -> ! {
    const MARGIN: usize = 2;
    let text = Text::<2048>::new(reason);
    // Writing to these cannot fail.
    let _written = writeln!(Both, "{HEADING}\n{reason}");
    let mut screen = Screen::new();
    screen.open();
    screen.write(1, MARGIN, BRIGHT, HEADING.as_bytes());
    for (row, line) in (3..ROWS).zip(wrap(text.as_bytes(), COLUMNS - 2 * MARGIN)) {
        screen.write(row, MARGIN, PLAIN, line);
    }
    halt()
}
