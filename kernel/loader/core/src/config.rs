//! limine.conf: reading it, and saying precisely what is wrong with it.
//!
//! The syntax is that of Limine's CONFIG.md from version 8 on. Options that only change how Limine looks are accepted
//! and have no effect; anything that is neither of Limine nor of this loader is an error.

use crate::error::ConfigProblem;
use crate::video::Resolution;

/// The most entries a file can have.
pub const ENTRY_LIMIT: usize = 32;
/// The most modules a file can have, over all its entries.
pub const MODULE_LIMIT: usize = 32;

/// An error on a line, counted from 1; 0 stands for the file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigError<'a> {
    /// The line.
    pub line: u32,
    /// What is wrong.
    pub problem: ConfigProblem<'a>,
}

/// How long the menu waits before it boots by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    /// This many seconds; 0 shows no menu at all.
    Seconds(u32),
    /// For ever.
    Never,
}

/// A file loaded beside the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Module<'a> {
    /// Index of the entry it belongs to.
    pub entry: usize,
    /// Its path, `boot():/...`.
    pub path: &'a str,
    /// Its command line; empty without one.
    pub cmdline: &'a str,
}

/// An entry of the menu, or a directory of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The line that opens it.
    pub line: u32,
    /// What the menu shows.
    pub title: &'a str,
    /// 0 at the top; the number of slashes before the title, less one.
    pub depth: u32,
    /// A directory that shows its entries from the start (`/+`).
    pub expanded: bool,
    comment: Option<(&'a str, u32)>,
    protocol: Option<((), u32)>,
    path: Option<(&'a str, u32)>,
    cmdline: Option<(&'a str, u32)>,
    resolution: Option<(Resolution, u32)>,
}

impl<'a> Entry<'a> {
    const EMPTY: Self = Self {
        line: 0,
        title: "",
        depth: 0,
        expanded: false,
        comment: None,
        protocol: None,
        path: None,
        cmdline: None,
        resolution: None,
    };

    /// The comment shown with the entry; empty without one.
    pub fn comment(&self) -> &'a str {
        self.comment.map_or("", |(text, _)| text)
    }

    /// The kernel's path; every entry that is not a directory has one.
    pub fn path(&self) -> &'a str {
        self.path.map_or("", |(path, _)| path)
    }

    /// The kernel's command line; empty without one.
    pub fn cmdline(&self) -> &'a str {
        self.cmdline.map_or("", |(text, _)| text)
    }

    /// The video mode asked for.
    pub fn resolution(&self) -> Option<Resolution> {
        self.resolution.map(|(resolution, _)| resolution)
    }
}

/// A whole limine.conf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config<'a> {
    timeout: Option<(Timeout, u32)>,
    default_entry: Option<(u32, u32)>,
    quiet: Option<(bool, u32)>,
    serial: Option<(bool, u32)>,
    verbose: Option<(bool, u32)>,
    entries: [Entry<'a>; ENTRY_LIMIT],
    entry_count: usize,
    modules: [Module<'a>; MODULE_LIMIT],
    module_count: usize,
}

/// Options of the whole file and of entries, under the names that messages use.
const OPTIONS: [&str; 15] = [
    "timeout",
    "default_entry",
    "quiet",
    "serial",
    "verbose",
    "protocol",
    "path",
    "kernel_path",
    "cmdline",
    "kernel_cmdline",
    "module_path",
    "module_cmdline",
    "module_string",
    "resolution",
    "comment",
];

/// Options of Limine that change its looks, or things this loader does not do to begin with.
const WITHOUT_EFFECT: [&str; 17] = [
    "serial_baudrate",
    "remember_last_entry",
    "graphics",
    "wallpaper",
    "wallpaper_style",
    "backdrop",
    "randomise_memory",
    "randomize_memory",
    "hash_mismatch_panic",
    "editor_enabled",
    "editor_highlighting",
    "editor_validation",
    "textmode",
    "kaslr",
    "randomise_hhdm_base",
    "randomize_hhdm_base",
    "dtb_path",
];

impl<'a> Config<'a> {
    /// Parses `text`. `space` takes the text with its macros replaced, and has to be somewhat larger.
    ///
    /// # Errors
    /// The first line that cannot be followed.
    pub fn parse(text: &'a [u8], space: &'a mut [u8]) -> Result<Self, ConfigError<'a>> {
        let text = core::str::from_utf8(text).map_err(|error| ConfigError {
            line: 1 + text[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() as u32,
            problem: ConfigProblem::NotUtf8,
        })?;
        let text = replace_macros(text, space)?;
        let mut config = Self {
            timeout: None,
            default_entry: None,
            quiet: None,
            serial: None,
            verbose: None,
            entries: [Entry::EMPTY; ENTRY_LIMIT],
            entry_count: 0,
            modules: [Module { entry: 0, path: "", cmdline: "" }; MODULE_LIMIT],
            module_count: 0,
        };
        for (number, line) in numbered_lines(text) {
            config.line(line, number).map_err(|problem| ConfigError { line: number, problem })?;
        }
        config.check()?;
        Ok(config)
    }

    /// How long to wait; 5 seconds when the file does not say.
    pub fn timeout(&self) -> Timeout {
        self.timeout.map_or(Timeout::Seconds(5), |(timeout, _)| timeout)
    }

    /// Whether the menu hides until a key is pressed.
    pub fn quiet(&self) -> bool {
        self.quiet.is_some_and(|(quiet, _)| quiet)
    }

    /// Whether progress goes to COM1 as well.
    pub fn serial(&self) -> bool {
        self.serial.is_some_and(|(serial, _)| serial)
    }

    /// Whether progress is told in detail.
    pub fn verbose(&self) -> bool {
        self.verbose.is_some_and(|(verbose, _)| verbose)
    }

    /// All entries, directories among them, in the order of the file.
    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries[..self.entry_count]
    }

    /// Whether the entry with this index holds others, rather than booting something.
    pub fn is_directory(&self, index: usize) -> bool {
        let entries = self.entries();
        entries.get(index + 1).is_some_and(|next| next.depth > entries[index].depth)
    }

    /// Index of the entry that boots by itself: `default_entry` counts bootable entries from 1.
    pub fn default_entry(&self) -> usize {
        let wanted = self.default_entry.map_or(1, |(index, _)| index);
        self.bootable().nth(wanted as usize - 1).unwrap_or_default()
    }

    /// The modules of the entry with this index.
    pub fn modules(&self, entry: usize) -> impl Iterator<Item = &Module<'a>> {
        self.modules[..self.module_count].iter().filter(move |module| module.entry == entry)
    }

    fn bootable(&self) -> impl Iterator<Item = usize> {
        (0..self.entry_count).filter(|&index| !self.is_directory(index))
    }

    fn line(&mut self, line: &'a str, number: u32) -> Result<(), ConfigProblem<'a>> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.starts_with('/') {
            return self.open_entry(line, number);
        }
        if let Some(title) = line.strip_prefix(':') {
            return Err(ConfigProblem::OldEntry {
                text: line,
                title: title.trim_start_matches([':', '+']).trim_ascii(),
            });
        }
        match line.split_once(':') {
            Some((key, value)) if !key.contains('=') => {
                self.option(key.trim_ascii_end(), value.trim_ascii_start(), number)
            }
            _ => match line.split_once('=') {
                Some((key, value)) => {
                    Err(ConfigProblem::OldAssignment { key: key.trim_ascii_end(), value: value.trim_ascii_start() })
                }
                None => Err(ConfigProblem::NoColon { text: line }),
            },
        }
    }

    fn open_entry(&mut self, line: &'a str, number: u32) -> Result<(), ConfigProblem<'a>> {
        let after_slashes = line.trim_start_matches('/');
        let slashes = (line.len() - after_slashes.len()) as u32;
        let expanded = after_slashes.starts_with('+');
        let title = after_slashes.strip_prefix('+').unwrap_or(after_slashes).trim_ascii();
        if title.is_empty() {
            return Err(ConfigProblem::NoTitle);
        }
        let most = self.entries().last().map_or(1, |last| last.depth + 2);
        if slashes > most {
            return Err(ConfigProblem::DepthJump { title, found: slashes, most });
        }
        let slot = self
            .entries
            .get_mut(self.entry_count)
            .ok_or(ConfigProblem::TooMany { what: "entries", limit: ENTRY_LIMIT })?;
        *slot = Entry { line: number, title, depth: slashes - 1, expanded, ..Entry::EMPTY };
        self.entry_count += 1;
        Ok(())
    }

    fn option(&mut self, key: &'a str, value: &'a str, line: u32) -> Result<(), ConfigProblem<'a>> {
        let is = |name: &&str| key.eq_ignore_ascii_case(name);
        let Some(name) = OPTIONS.iter().copied().find(is) else {
            return if WITHOUT_EFFECT.iter().any(is) || has_prefix(key, "interface_") || has_prefix(key, "term_") {
                Ok(())
            } else {
                Err(ConfigProblem::UnknownOption { key, near: nearest(key) })
            };
        };
        match name {
            "timeout" => set(&mut self.timeout, timeout(value)?, name, line),
            "default_entry" => {
                let expected = "a number from 1 upwards";
                let index = number(value).filter(|&index| index > 0);
                let index = index.ok_or(ConfigProblem::BadValue { key: name, value, expected })?;
                set(&mut self.default_entry, index, name, line)
            }
            "quiet" => set(&mut self.quiet, yes_or_no(name, value)?, name, line),
            "serial" => set(&mut self.serial, yes_or_no(name, value)?, name, line),
            "verbose" => set(&mut self.verbose, yes_or_no(name, value)?, name, line),
            _ => self.entry_option(name, value, line),
        }
    }

    fn entry_option(&mut self, key: &'static str, value: &'a str, line: u32) -> Result<(), ConfigProblem<'a>> {
        let index = self.entry_count.checked_sub(1).ok_or(ConfigProblem::OutsideEntry { key })?;
        let entry = &mut self.entries[index];
        match key {
            "comment" => set(&mut entry.comment, value, key, line),
            "protocol" if value.eq_ignore_ascii_case("limine") => set(&mut entry.protocol, (), key, line),
            "protocol" => Err(ConfigProblem::BadValue {
                key,
                value,
                expected: "limine, the one protocol that this loader speaks",
            }),
            "path" | "kernel_path" => set(&mut entry.path, file_path(key, value)?, key, line),
            "cmdline" | "kernel_cmdline" => set(&mut entry.cmdline, value, key, line),
            "resolution" => set(&mut entry.resolution, resolution(key, value)?, key, line),
            "module_path" => {
                let path = file_path(key, value)?;
                let slot = self
                    .modules
                    .get_mut(self.module_count)
                    .ok_or(ConfigProblem::TooMany { what: "modules", limit: MODULE_LIMIT })?;
                *slot = Module { entry: index, path, cmdline: "" };
                self.module_count += 1;
                Ok(())
            }
            _ => {
                let last = self.modules[..self.module_count].last_mut().filter(|module| module.entry == index);
                last.ok_or(ConfigProblem::CmdlineWithoutModule)?.cmdline = value;
                Ok(())
            }
        }
    }

    /// What can only be said once the whole file is read.
    fn check(&self) -> Result<(), ConfigError<'a>> {
        for index in self.bootable() {
            let Entry { line, title, .. } = self.entries[index];
            if self.entries[index].protocol.is_none() {
                return Err(ConfigError { line, problem: ConfigProblem::NoProtocol { title } });
            }
            if self.entries[index].path.is_none() {
                return Err(ConfigError { line, problem: ConfigProblem::NoPath { title } });
            }
        }
        let count = self.bootable().count() as u32;
        if count == 0 {
            return Err(ConfigError { line: 0, problem: ConfigProblem::NoEntries });
        }
        match self.default_entry {
            Some((index, line)) if index > count => {
                Err(ConfigError { line, problem: ConfigProblem::NoSuchEntry { index, count } })
            }
            _ => Ok(()),
        }
    }
}

/// The file's path on the volume: what follows `boot():`, beginning with a slash. `None` for every other resource.
pub fn path_on_volume(path: &str) -> Option<&str> {
    path.strip_prefix("boot():").filter(|path| path.starts_with('/'))
}

fn has_prefix(key: &str, prefix: &str) -> bool {
    key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn set<'a, T>(slot: &mut Option<(T, u32)>, value: T, key: &'static str, line: u32) -> Result<(), ConfigProblem<'a>> {
    match slot {
        Some((_, first)) => Err(ConfigProblem::Duplicate { key, first: *first }),
        None => {
            *slot = Some((value, line));
            Ok(())
        }
    }
}

/// A decimal number without sign.
fn number(value: &str) -> Option<u32> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().ok())?
}

fn timeout(value: &str) -> Result<Timeout, ConfigProblem<'_>> {
    if value.eq_ignore_ascii_case("no") {
        return Ok(Timeout::Never);
    }
    // A day is the longest that a countdown in ticks of 1/18 s, which starts anew at midnight, can be told apart.
    number(value).filter(|&seconds| seconds < 86_400).map(Timeout::Seconds).ok_or(ConfigProblem::BadValue {
        key: "timeout",
        value,
        expected: "a number of seconds below 86400, or no",
    })
}

fn yes_or_no<'a>(key: &'static str, value: &'a str) -> Result<bool, ConfigProblem<'a>> {
    match value {
        _ if value.eq_ignore_ascii_case("yes") => Ok(true),
        _ if value.eq_ignore_ascii_case("no") => Ok(false),
        _ => Err(ConfigProblem::BadValue { key, value, expected: "yes or no" }),
    }
}

fn file_path<'a>(key: &'static str, value: &'a str) -> Result<&'a str, ConfigProblem<'a>> {
    let expected = "boot():/ and the path of a file, without # and a hash behind it";
    let usable = path_on_volume(value).is_some_and(|path| path.len() > 1 && !path.contains('#'));
    usable.then_some(value).ok_or(ConfigProblem::BadValue { key, value, expected })
}

fn resolution<'a>(key: &'static str, value: &'a str) -> Result<Resolution, ConfigProblem<'a>> {
    let parsed = (|| {
        let mut parts = value.split(['x', 'X']);
        let mut side = || number(parts.next()?).and_then(|side| u16::try_from(side).ok()).filter(|&side| side > 0);
        let (width, height) = (side()?, side()?);
        let bpp = match parts.next() {
            None => 32,
            Some(bpp) => number(bpp).filter(|bpp| [15, 16, 24, 32].contains(bpp))? as u8,
        };
        parts.next().is_none().then_some(Resolution { width, height, bpp })
    })();
    parsed.ok_or(ConfigProblem::BadValue {
        key,
        value,
        expected: "WIDTHxHEIGHT, or WIDTHxHEIGHTxBITS with 15, 16, 24 or 32 bits, like 1024x768x32",
    })
}

/// The option that differs from `key` in at most two letters.
fn nearest(key: &str) -> Option<&'static str> {
    OPTIONS
        .into_iter()
        .map(|option| (distance(key, option), option))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, option)| option)
}

/// Levenshtein's distance, upper and lower case being the same; large when `a` is longer than any option.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 20;
    if a.len() > LONGEST {
        return usize::MAX;
    }
    let mut row: [usize; LONGEST + 1] = core::array::from_fn(|index| index);
    for (above, right) in b.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (index, left) in a.bytes().enumerate() {
            let change = diagonal + usize::from(!left.eq_ignore_ascii_case(&right));
            diagonal = row[index + 1];
            row[index + 1] = change.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[a.len()]
}

/// The trimmed lines with their numbers from 1.
fn numbered_lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.split('\n').map(str::trim_ascii))
}

/// What stands before and behind the first occurrence of two characters. `str::split_once` would do, with a search
/// that takes up 2 KiB of the loader.
fn split_at_pair<'a>(text: &'a str, pair: &str) -> Option<(&'a str, &'a str)> {
    let place = text.as_bytes().windows(2).position(|window| window == pair.as_bytes())?;
    Some((text.get(..place)?, text.get(place + 2..)?))
}

/// A line that defines a macro: its name and its text.
fn macro_definition(line: &str) -> Option<(&str, &str)> {
    split_at_pair(line.strip_prefix("${")?, "}=")
}

/// Copies `text` into `space` with every `${NAME}` replaced. Lines keep their numbers: those that define a macro
/// become empty.
fn replace_macros<'a>(text: &'a str, space: &'a mut [u8]) -> Result<&'a str, ConfigError<'a>> {
    if split_at_pair(text, "${").is_none() {
        return Ok(text);
    }
    let limit = space.len();
    let mut used = 0;
    for (number, line) in numbered_lines(text) {
        let mut append = |piece: &str| {
            let place = space.get_mut(used..used + piece.len());
            let place = place.ok_or(ConfigError { line: number, problem: ConfigProblem::MacrosTooLarge { limit } })?;
            place.copy_from_slice(piece.as_bytes());
            used += piece.len();
            Ok(())
        };
        if !line.starts_with('#') && macro_definition(line).is_none() {
            let mut rest = line;
            while let Some((before, from_name)) = split_at_pair(rest, "${") {
                let Some((name, after)) = from_name.split_once('}') else {
                    return Err(ConfigError { line: number, problem: ConfigProblem::UnclosedMacro });
                };
                append(before)?;
                let unknown = ConfigError { line: number, problem: ConfigProblem::UnknownMacro { name } };
                append(macro_text(text, name).ok_or(unknown)?)?;
                rest = after;
            }
            append(rest)?;
        }
        append("\n")?;
    }
    Ok(core::str::from_utf8(&space[..used]).unwrap_or_default())
}

/// What `${name}` stands for: the file's definition, or the built-in architecture.
fn macro_text<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let defined = numbered_lines(text).filter_map(|(_, line)| macro_definition(line)).find(|(other, _)| *other == name);
    defined.map(|(_, value)| value).or((name == "ARCH").then_some("x86-64"))
}
