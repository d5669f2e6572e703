//! The boot menu on the text screen.

use crate::bios::{Registers, data_area_u32, interrupt, wait_for_interrupt};
use crate::console::{BRIGHT, Both, COLUMNS, PLAIN, ROWS, SELECTED, Screen, Text};
use core::fmt::Write;
use onko_loader_core::config::{Config, Timeout};
use onko_loader_core::menu::Menu;

const ENTER: u8 = 0x1c;
const UP: u8 = 0x48;
const DOWN: u8 = 0x50;

const FIRST_ROW: usize = 4;
const LAST_ROW: usize = ROWS - 5;
const COMMENT_ROW: usize = ROWS - 4;
const STATUS_ROW: usize = ROWS - 2;
const MARGIN: usize = 4;

/// Index of the entry to boot: the default one at once when `timeout` is 0, else as the user and the clock decide.
pub fn choose(config: &Config<'_>) -> usize {
    let mut menu = Menu::new(config);
    let mut countdown = match config.timeout() {
        Timeout::Seconds(0) => return menu.selected(),
        Timeout::Seconds(seconds) => Some(Countdown::new(seconds)),
        Timeout::Never => None,
    };
    announce(config);
    let mut screen = Screen::open();
    let mut hidden = config.quiet() && countdown.is_some();
    if !hidden {
        draw(&mut screen, config, &menu, countdown.as_ref());
    }
    loop {
        wait_for_interrupt();
        if let Some(key) = pressed_key() {
            // The first key of a hidden menu only shows it.
            let chosen = if core::mem::take(&mut hidden) { None } else { act(&mut menu, config, key) };
            countdown = None;
            if let Some(entry) = chosen {
                return entry;
            }
            draw(&mut screen, config, &menu, None);
        } else if let Some(countdown) = &mut countdown {
            match countdown.tick() {
                Tick::Over => return menu.selected(),
                Tick::Second if !hidden => draw_status(&mut screen, Some(countdown)),
                _ => {}
            }
        }
    }
}

fn act(menu: &mut Menu, config: &Config<'_>, key: u8) -> Option<usize> {
    match key {
        UP => menu.up(config),
        DOWN => menu.down(config),
        ENTER => return menu.enter(config),
        _ => {}
    }
    None
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

/// Tells the entries and the countdown once, where screens cannot be seen.
fn announce(config: &Config<'_>) {
    let mut out = Both;
    // Writing to these cannot fail.
    let _written = writeln!(out, "Onko loader menu");
    for entry in config.entries() {
        let _written = writeln!(out, "{:1$}{2}", "", 2 * (entry.depth as usize + 1), entry.title);
    }
    if let Timeout::Seconds(seconds) = config.timeout() {
        let _written = writeln!(out, "Booting automatically in {seconds}...");
    }
}

fn draw(screen: &mut Screen, config: &Config<'_>, menu: &Menu, countdown: Option<&Countdown>) {
    screen.write(1, MARGIN, BRIGHT, concat!("Onko loader ", env!("CARGO_PKG_VERSION")).as_bytes());
    screen.write(2, MARGIN, PLAIN, b"Up and Down choose, Enter boots.");
    // Scroll so that the selected row is in view.
    let height = LAST_ROW - FIRST_ROW;
    let selected = menu.rows(config).position(|index| index == menu.selected()).unwrap_or_default();
    let mut rows = menu.rows(config).skip((selected + 1).saturating_sub(height));
    for row in FIRST_ROW..LAST_ROW {
        screen.clear_row(row, 0, PLAIN);
        let Some(index) = rows.next() else { continue };
        let entry = &config.entries()[index];
        let sign = match (config.is_directory(index), menu.is_open(index)) {
            (true, true) => "- ",
            (true, false) => "+ ",
            _ => "  ",
        };
        let attribute = if index == menu.selected() { SELECTED } else { PLAIN };
        let indent = 2 * entry.depth as usize;
        let text = Text::<COLUMNS>::new(format_args!(" {:indent$}{sign}{} ", "", entry.title));
        screen.write(row, MARGIN, attribute, text.as_bytes());
    }
    screen.clear_row(COMMENT_ROW, 0, PLAIN);
    screen.write(COMMENT_ROW, MARGIN, PLAIN, config.entries()[menu.selected()].comment().as_bytes());
    draw_status(screen, countdown);
}

fn draw_status(screen: &mut Screen, countdown: Option<&Countdown>) {
    screen.clear_row(STATUS_ROW, 0, PLAIN);
    if let Some(countdown) = countdown {
        let text = Text::<COLUMNS>::new(format_args!("Booting automatically in {}...", countdown.seconds_left()));
        screen.write(STATUS_ROW, MARGIN, BRIGHT, text.as_bytes());
    }
}

/// A countdown in the BIOS's ticks, 18.2065 of them a second.
struct Countdown {
    last: u32,
    left: u32,
}

enum Tick {
    Nothing,
    Second,
    Over,
}

impl Countdown {
    fn new(seconds: u32) -> Self {
        Self { last: now(), left: ticks(seconds) }
    }

    fn seconds_left(&self) -> u32 {
        (1..).find(|&seconds| ticks(seconds) >= self.left).unwrap_or_default()
    }

    /// Takes off the ticks since the last call.
    fn tick(&mut self) -> Tick {
        const TICKS_PER_DAY: u32 = 0x0018_00b0;
        let now = now();
        let passed = if now >= self.last { now - self.last } else { now + TICKS_PER_DAY - self.last };
        self.last = now;
        let before = self.seconds_left();
        self.left = self.left.saturating_sub(passed);
        match self.left {
            0 => Tick::Over,
            _ if self.seconds_left() != before => Tick::Second,
            _ => Tick::Nothing,
        }
    }
}

/// Ticks of the BIOS's clock since midnight.
fn now() -> u32 {
    data_area_u32(0x6c)
}

fn ticks(seconds: u32) -> u32 {
    (u64::from(seconds) * 1_193_182 / 65_536) as u32
}
