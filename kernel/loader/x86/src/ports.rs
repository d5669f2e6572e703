//! Where words go that nobody has to see: COM1 and port 0xE9.

use crate::cpu::{input, out};
use core::fmt::{self, Write};

/// Port 0xE9, which emulators log.
pub struct DebugPort;

impl Write for DebugPort {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| out(0xe9, byte));
        Ok(())
    }
}

const COM1: u16 = 0x3f8;

/// COM1: 115200 baud, 8 data bits, no parity, 1 stop bit.
pub struct Serial;

impl Serial {
    /// Programs the port. The BIOS half does so in boot.s.
    pub fn open() {
        const SETUP: [(u16, u8); 7] = [(1, 0x00), (3, 0x80), (0, 0x01), (1, 0x00), (3, 0x03), (2, 0x07), (4, 0x03)];
        SETUP.into_iter().for_each(|(register, value)| out(COM1 + register, value));
    }
}

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
    const LINE_STATUS: u16 = COM1 + 5;
    const TRANSMITTER_EMPTY: u8 = 0x20;
    // A machine without COM1, or with one that is stuck, must not stop here.
    for _ in 0..1_000_000 {
        if input(LINE_STATUS) & TRANSMITTER_EMPTY != 0 {
            break;
        }
    }
    out(COM1, byte);
}

/// Both at once.
pub struct Both;

impl Write for Both {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        DebugPort.write_str(text)?;
        Serial.write_str(text)
    }
}

/// Writes a line to port 0xE9, and to COM1 as well if `serial` is set.
pub fn report(line: fmt::Arguments<'_>, serial: bool) {
    // Writing to these cannot fail.
    let _written = writeln!(DebugPort, "onko: {line}");
    if serial {
        let _written = writeln!(Serial, "onko: {line}");
    }
}
