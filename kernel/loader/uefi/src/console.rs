//! Words for people: the firmware's text screen and the keys before it.

use core::fmt::{self, Write};
use core::time::Duration;
use onko_loader_core::error::shown;
use onko_loader_core::menu::{BRIGHT, COLUMNS, HEADING, Key, PLAIN, ROWS, Terminal};
use onko_loader_core::text::{Text, wrap};
use onko_loader_x86::cpu::halt;
use onko_loader_x86::ports::Both;
use uefi::boot::{self, EventType, TimerTrigger, Tpl};
use uefi::proto::console::text::{self, Color, Output, ScanCode};
use uefi::{CStr16, Event, system};

/// Screen and keyboard. What a screen cannot show is left out: the same words go to COM1.
pub struct Console {
    /// A key, then the clock; without a keyboard only the clock.
    events: [Option<Event>; 2],
    elapsed: u64,
}

/// How often the clock wakes the menu, in microseconds.
const TICK: u64 = 50_000;

impl Console {
    /// The console, with nothing shown yet.
    pub fn new() -> Self {
        let key = system::with_stdin(|input| input.wait_for_key_event().ok());
        // SAFETY: without a function to call there is nothing to be called too late.
        let clock = unsafe { boot::create_event(EventType::TIMER, Tpl::APPLICATION, None, None) }.ok();
        if let Some(clock) = &clock {
            // Without the timer the menu waits for keys alone.
            let _set = boot::set_timer(clock, TimerTrigger::Periodic(Duration::from_micros(TICK)));
        }
        Self { events: [key, clock], elapsed: 0 }
    }
}

impl Terminal for Console {
    fn open(&mut self) {
        on_screen(|screen| {
            screen.clear()?;
            screen.enable_cursor(false)
        });
    }

    fn write(&mut self, row: usize, column: usize, attribute: u8, text: &[u8]) {
        on_screen(|screen| write(screen, row, column, attribute, text));
    }

    fn clear_row(&mut self, row: usize) {
        // Writing into the last column would scroll some screens.
        self.write(row, 0, PLAIN, &[b' '; COLUMNS - 1]);
    }

    fn wait(&mut self) -> Option<Key> {
        let [key, clock] = &self.events;
        // SAFETY: the copies are used for this call alone.
        let copies = [key, clock].map(|event| event.as_ref().map(|event| unsafe { event.unsafe_clone() }));
        let which = match copies {
            [Some(key), Some(clock)] => boot::wait_for_event(&[key, clock]).ok(),
            [Some(key), None] => boot::wait_for_event(&[key]).ok(),
            [None, Some(clock)] => boot::wait_for_event(&[clock]).ok().map(|_| 1),
            [None, None] => None,
        };
        if which != Some(0) {
            if which.is_none() {
                boot::stall(Duration::from_micros(TICK));
            }
            self.elapsed += TICK;
            return None;
        }
        let key = system::with_stdin(|input| input.read_key().ok().flatten())?;
        Some(match key {
            text::Key::Special(ScanCode::UP) => Key::Up,
            text::Key::Special(ScanCode::DOWN) => Key::Down,
            text::Key::Printable(character) if u16::from(character) == u16::from(b'\r') => Key::Enter,
            _ => Key::Other,
        })
    }

    fn elapsed(&mut self) -> u64 {
        core::mem::take(&mut self.elapsed)
    }

    fn announce(&mut self, line: fmt::Arguments<'_>) {
        // Writing to these cannot fail.
        let _written = writeln!(Both, "{line}");
    }
}

/// Does something with the firmware's screen, if there is one.
fn on_screen(work: impl Fn(&mut Output) -> uefi::Result) {
    system::with_stdout(|screen| {
        // A screen that fails has nobody before it who could be told.
        let _shown = work(screen);
    });
}

fn write(screen: &mut Output, row: usize, column: usize, attribute: u8, text: &[u8]) -> uefi::Result {
    let mut characters = [0; COLUMNS + 1];
    let room = COLUMNS.saturating_sub(column).min(text.len());
    for (place, &byte) in characters[..room].iter_mut().zip(text) {
        *place = shown(byte) as u16;
    }
    screen.set_cursor_position(column, row)?;
    let (foreground, background) = if attribute == PLAIN {
        (Color::LightGray, Color::Black)
    } else if attribute == BRIGHT {
        (Color::White, Color::Black)
    } else {
        (Color::Black, Color::LightGray)
    };
    screen.set_color(foreground, background)?;
    match CStr16::from_u16_with_nul(&characters[..=room]) {
        Ok(text) => screen.output_string(text),
        Err(_) => Ok(()),
    }
}

/// Says on screen, COM1 and port 0xE9 why nothing is booted, and stops for ever.
pub fn refuse(reason: fmt::Arguments<'_>) -> ! {
    const MARGIN: usize = 2;
    report(reason);
    let text = Text::<2048>::new(reason);
    let mut console = Console { events: [None, None], elapsed: 0 };
    console.open();
    console.write(1, MARGIN, BRIGHT, HEADING.as_bytes());
    for (row, line) in (3..ROWS).zip(wrap(text.as_bytes(), COLUMNS - 2 * MARGIN)) {
        console.write(row, MARGIN, PLAIN, line);
    }
    halt()
}

/// The same once the firmware is left, and its screen with it.
pub fn refuse_unseen(reason: fmt::Arguments<'_>) -> ! {
    report(reason);
    halt()
}

fn report(reason: fmt::Arguments<'_>) {
    // Writing to these cannot fail.
    let _written = writeln!(Both, "{HEADING}\n{reason}");
}
