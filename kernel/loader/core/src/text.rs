//! Breaking a sentence into lines that fit a text screen.

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
