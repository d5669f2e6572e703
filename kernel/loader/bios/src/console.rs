//! Words for people: the text screen, COM1 and port 0xE9.

use crate::bios::{Registers, interrupt};
use crate::cpu::{halt, input, out};
use core::fmt::{self, Write};
use onko_loader_core::error::{Refusal, shown};
use onko_loader_core::text::wrap;

/// Columns of the text screen.
pub const COLUMNS: usize = 80;
/// Rows of the text screen.
pub const ROWS: usize = 25;

/// Attribute of plain text: light grey on black.
pub const PLAIN: u8 = 0x07;
/// Attribute of headings: white on black.
pub const BRIGHT: u8 = 0x0f;
/// Attribute of the selected row: black on light grey.
pub const SELECTED: u8 = 0x70;

/// Port 0xE9, which emulators log.
pub struct DebugPort;

impl Write for DebugPort {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| out(0xe9, byte));
        Ok(())
    }
}

/// COM1, which boot.s has set up.
pub struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                send(b'\r');
            }
            send(byte);
        }
        Ok(())
    }
}

fn send(byte: u8) {
    const DATA: u16 = 0x3f8;
    const LINE_STATUS: u16 = 0x3fd;
    const TRANSMITTER_EMPTY: u8 = 0x20;
    // A machine without COM1, or with one that is stuck, must not stop here.
    for _ in 0..1_000_000 {
        if input(LINE_STATUS) & TRANSMITTER_EMPTY != 0 {
            break;
        }
    }
    out(DATA, byte);
}

/// Both at once.
pub struct Both;

impl Write for Both {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        DebugPort.write_str(text)?;
        Serial.write_str(text)
    }
}

/// The text screen in mode 3, 80 columns by 25 rows.
pub struct Screen;

impl Screen {
    /// Sets the text mode, which clears the screen, and hides the cursor.
    pub fn open() -> Self {
        interrupt(0x10, &mut Registers { eax: 0x0003, ..Registers::default() });
        interrupt(0x10, &mut Registers { eax: 0x0100, ecx: 0x2000, ..Registers::default() });
        Self
    }

    /// Writes `text` at a place, as far as the row reaches.
    pub fn write(&mut self, row: usize, column: usize, attribute: u8, text: &[u8]) {
        for (place, &byte) in (column..COLUMNS).zip(text) {
            self.put(row, place, attribute, shown(byte) as u8);
        }
    }

    /// Fills a row from `column` on with blanks.
    pub fn clear_row(&mut self, row: usize, column: usize, attribute: u8) {
        (column..COLUMNS).for_each(|place| self.put(row, place, attribute, b' '));
    }

    fn put(&mut self, row: usize, column: usize, attribute: u8, character: u8) {
        if row < ROWS && column < COLUMNS {
            let cell = 0xb8000 + 2 * (row * COLUMNS + column);
            // SAFETY: inside the text screen's memory, which `open` has made the screen show.
            unsafe { core::ptr::write_volatile(cell as *mut u16, u16::from_le_bytes([character, attribute])) }
        }
    }
}

/// Text put together in place; what does not fit is cut.
pub struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    /// The text that `arguments` give.
    pub fn new(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self { bytes: [0; N], length: 0 };
        // Fails only when the text is cut.
        let _cut = text.write_fmt(arguments);
        text
    }

    /// The text, ASCII only.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl<const N: usize> Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }) {
            *self.bytes.get_mut(self.length).ok_or(fmt::Error)? = character;
            self.length += 1;
        }
        Ok(())
    }
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
    let heading = concat!("Onko loader ", env!("CARGO_PKG_VERSION"));
    // Writing to these cannot fail.
    let _written = writeln!(Both, "{heading}\n{reason}");
    let mut screen = Screen::open();
    screen.write(1, MARGIN, BRIGHT, heading.as_bytes());
    for (row, line) in (3..ROWS).zip(wrap(text.as_bytes(), COLUMNS - 2 * MARGIN)) {
        screen.write(row, MARGIN, PLAIN, line);
    }
    halt()
}
