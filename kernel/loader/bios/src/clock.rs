//! The real-time clock in CMOS (MC146818).

use onko_loader_core::date::Clock;
use onko_loader_x86::cpu::{input, out};

/// Seconds since 1970 by the clock; `None` where it holds no date.
pub fn unix_time() -> Option<i64> {
    const UPDATE_IN_PROGRESS: u8 = 0x80;
    const TRIES: usize = 100_000;
    for _ in 0..TRIES {
        if register(0x0a) & UPDATE_IN_PROGRESS == 0 {
            let reading = read();
            // Two equal readings: no update came in between.
            if reading == read() {
                return reading.unix_time();
            }
        }
    }
    None
}

fn read() -> Clock {
    Clock { fields: [0x00, 0x02, 0x04, 0x07, 0x08, 0x09].map(register), format: register(0x0b) }
}

fn register(number: u8) -> u8 {
    // Bit 7 keeps non-maskable interrupts off while the index stands.
    out(0x70, 0x80 | number);
    let value = input(0x71);
    out(0x70, 0x0d);
    input(0x71);
    value
}
