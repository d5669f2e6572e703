//! Text for text screens: putting it together without an allocator, and breaking it into lines that fit.

use core::fmt::{self, Write};

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

/// The lines of `text`, each at most `width` bytes, broken at blanks; a longer word is cut.
pub fn wrap(text: &[u8], width: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = text.trim_ascii_start();
    core::iter::from_fn(move || {
        if rest.is_empty() || width == 0 {
            return None;
        }
        let (line, tail) = rest.split_at(line_end(rest, width));
        rest = tail.trim_ascii_start();
        Some(line.trim_ascii_end())
    })
}

/// Where the first line of `text` ends: behind the last word that fits, else where `width` cuts.
fn line_end(text: &[u8], width: usize) -> usize {
    if text.len() <= width {
        return text.len();
    }
    // A blank right behind the line ends a word too.
    text[..=width].iter().rposition(|&byte| byte == b' ').filter(|&blank| blank > 0).unwrap_or(width)
}
