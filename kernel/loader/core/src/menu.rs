//! The boot menu: which rows are shown, which is selected, what keys and the clock do. Screen and keys themselves are the
//! halves' ([`Terminal`]).

use crate::config::{Config, ENTRY_LIMIT, Timeout};
use crate::text::Text;
use core::fmt;

/// The menu of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    selected: usize,
    open: [bool; ENTRY_LIMIT],
}

impl Menu {
    /// The menu with the default entry selected, and every directory around it open.
    pub fn new(config: &Config<'_>) -> Self {
        let mut open = [false; ENTRY_LIMIT];
        for (open, entry) in open.iter_mut().zip(config.entries()) {
            *open = entry.expanded;
        }
        let selected = config.default_entry();
        let mut depth = config.entries()[selected].depth;
        for index in (0..selected).rev() {
            if config.entries()[index].depth < depth {
                open[index] = true;
                depth = config.entries()[index].depth;
            }
        }
        Self { selected, open }
    }

    /// Index of the selected entry.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Whether the directory with this index shows its entries.
    pub fn is_open(&self, index: usize) -> bool {
        self.open[index]
    }

    /// Indices of the entries shown, from top to bottom.
    pub fn rows<'m>(&'m self, config: &'m Config<'_>) -> impl Iterator<Item = usize> + 'm {
        // Everything deeper than a closed directory is hidden, until an entry is as shallow as that directory.
        let mut hidden_below = u32::MAX;
        (0..config.entries().len()).filter(move |&index| {
            let depth = config.entries()[index].depth;
            if depth > hidden_below {
                return false;
            }
            hidden_below = if config.is_directory(index) && !self.open[index] { depth } else { u32::MAX };
            true
        })
    }

    /// Selects the row above, if there is one.
    pub fn up(&mut self, config: &Config<'_>) {
        let above = self.rows(config).take_while(|&index| index != self.selected).last();
        self.selected = above.unwrap_or(self.selected);
    }

    /// Selects the row below, if there is one.
    pub fn down(&mut self, config: &Config<'_>) {
        let below = self.rows(config).skip_while(|&index| index != self.selected).nth(1);
        self.selected = below.unwrap_or(self.selected);
    }

    /// What Enter does: the index of the entry to boot, or `None` after opening or closing a directory.
    pub fn enter(&mut self, config: &Config<'_>) -> Option<usize> {
        if config.is_directory(self.selected) {
            self.open[self.selected] = !self.open[self.selected];
            return None;
        }
        Some(self.selected)
    }
}

/// Columns that a terminal has.
pub const COLUMNS: usize = 80;
/// Rows that a terminal has.
pub const ROWS: usize = 25;

/// Attribute of plain text: light grey on black, as text mode and UEFI number colours.
pub const PLAIN: u8 = 0x07;
/// Attribute of headings: white on black.
pub const BRIGHT: u8 = 0x0f;
/// Attribute of the selected row: black on light grey.
pub const SELECTED: u8 = 0x70;

/// What the menu is called, above it.
pub const HEADING: &str = concat!("Onko loader ", env!("CARGO_PKG_VERSION"));

/// A key that was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Enter.
    Enter,
    /// Any other.
    Other,
}

/// A text screen of [`COLUMNS`] by [`ROWS`], and keys.
pub trait Terminal {
    /// Clears the screen and hides the cursor.
    fn open(&mut self);

    /// Writes `text` at a place, as far as the row reaches.
    fn write(&mut self, row: usize, column: usize, attribute: u8, text: &[u8]);

    /// Fills a row with blanks.
    fn clear_row(&mut self, row: usize);

    /// Sleeps until a key is pressed or some time has passed, at most a tenth of a second. Returns the key.
    fn wait(&mut self) -> Option<Key>;

    /// Microseconds since it was last asked.
    fn elapsed(&mut self) -> u64;

    /// Writes a line where screens cannot be seen: COM1 and port 0xE9.
    fn announce(&mut self, line: fmt::Arguments<'_>);
}

const FIRST_ROW: usize = 4;
const LAST_ROW: usize = ROWS - 5;
const COMMENT_ROW: usize = ROWS - 4;
const STATUS_ROW: usize = ROWS - 2;
const MARGIN: usize = 4;

/// Index of the entry to boot: the default one at once when `timeout` is 0, else as the user and the clock decide.
pub fn choose(config: &Config<'_>, terminal: &mut impl Terminal) -> usize {
    let mut menu = Menu::new(config);
    let mut countdown = match config.timeout() {
        Timeout::Seconds(0) => return menu.selected(),
        Timeout::Seconds(seconds) => Some(Countdown::new(seconds)),
        Timeout::Never => None,
    };
    announce(config, terminal);
    terminal.open();
    let mut hidden = config.quiet() && countdown.is_some();
    if !hidden {
        draw(terminal, config, &menu, countdown.as_ref());
    }
    let _before = terminal.elapsed();
    loop {
        let key = terminal.wait();
        let elapsed = terminal.elapsed();
        if let Some(key) = key {
            // The first key of a hidden menu only shows it.
            let chosen = if core::mem::take(&mut hidden) { None } else { act(&mut menu, config, key) };
            countdown = None;
            if let Some(entry) = chosen {
                return entry;
            }
            draw(terminal, config, &menu, None);
        } else if let Some(countdown) = &mut countdown {
            match countdown.advance(elapsed) {
                Tick::Over => return menu.selected(),
                Tick::Second if !hidden => draw_status(terminal, Some(countdown)),
                _ => {}
            }
        }
    }
}

fn act(menu: &mut Menu, config: &Config<'_>, key: Key) -> Option<usize> {
    match key {
        Key::Up => menu.up(config),
        Key::Down => menu.down(config),
        Key::Enter => return menu.enter(config),
        Key::Other => {}
    }
    None
}

/// Tells the entries and the countdown once, where screens cannot be seen.
fn announce(config: &Config<'_>, terminal: &mut impl Terminal) {
    terminal.announce(format_args!("Onko loader menu"));
    for entry in config.entries() {
        terminal.announce(format_args!("{:1$}{2}", "", 2 * (entry.depth as usize + 1), entry.title));
    }
    if let Timeout::Seconds(seconds) = config.timeout() {
        terminal.announce(format_args!("Booting automatically in {seconds}..."));
    }
}

fn draw(terminal: &mut impl Terminal, config: &Config<'_>, menu: &Menu, countdown: Option<&Countdown>) {
    terminal.write(1, MARGIN, BRIGHT, HEADING.as_bytes());
    terminal.write(2, MARGIN, PLAIN, b"Up and Down choose, Enter boots.");
    // Scroll so that the selected row is in view.
    let height = LAST_ROW - FIRST_ROW;
    let selected = menu.rows(config).position(|index| index == menu.selected()).unwrap_or_default();
    let mut rows = menu.rows(config).skip((selected + 1).saturating_sub(height));
    for row in FIRST_ROW..LAST_ROW {
        terminal.clear_row(row);
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
        terminal.write(row, MARGIN, attribute, text.as_bytes());
    }
    terminal.clear_row(COMMENT_ROW);
    terminal.write(COMMENT_ROW, MARGIN, PLAIN, config.entries()[menu.selected()].comment().as_bytes());
    draw_status(terminal, countdown);
}

fn draw_status(terminal: &mut impl Terminal, countdown: Option<&Countdown>) {
    terminal.clear_row(STATUS_ROW);
    if let Some(countdown) = countdown {
        let text = Text::<COLUMNS>::new(format_args!("Booting automatically in {}...", countdown.seconds_left()));
        terminal.write(STATUS_ROW, MARGIN, BRIGHT, text.as_bytes());
    }
}

const SECOND: u64 = 1_000_000;

/// A countdown, in microseconds.
struct Countdown {
    left: u64,
}

enum Tick {
    Nothing,
    Second,
    Over,
}

impl Countdown {
    fn new(seconds: u32) -> Self {
        Self { left: u64::from(seconds) * SECOND }
    }

    fn seconds_left(&self) -> u64 {
        self.left.div_ceil(SECOND)
    }

    /// Takes off the time that has passed.
    fn advance(&mut self, elapsed: u64) -> Tick {
        let before = self.seconds_left();
        self.left = self.left.saturating_sub(elapsed);
        match self.left {
            0 => Tick::Over,
            _ if self.seconds_left() != before => Tick::Second,
            _ => Tick::Nothing,
        }
    }
}
