//! Breaking a sentence into lines that fit a text screen.

/// The lines of `text`, each at most `width` bytes, broken at blanks; a longer word is cut.
pub fn wrap(text: &str, width: usize) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start();
    core::iter::from_fn(move || {
        if rest.is_empty() || width == 0 {
            return None;
        }
        let end = line_end(rest, width);
        let (line, tail) = rest.split_at(end);
        rest = tail.trim_start();
        Some(line.trim_end())
    })
}

/// Where the first line of `text` ends: behind the last word that fits, else wherever `width` cuts.
fn line_end(text: &str, width: usize) -> usize {
    if text.len() <= width {
        return text.len();
    }
    let cut = (1..=width).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
    // A blank right behind the line ends a word too.
    let after = text[cut..].chars().next().map_or(cut, |next| cut + next.len_utf8());
    match text[..after].rfind(' ') {
        Some(blank) if blank > 0 => blank,
        _ => cut,
    }
}
