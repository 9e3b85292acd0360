//! Plain text for mail: lines of at most 78 characters, read well in any font.

use std::fmt::Write;

const WIDE: usize = 76;

/// The heading of a mail.
pub(crate) fn title(out: &mut String, words: &str) {
    let _ = writeln!(out, "{words}\n{}\n", "=".repeat(words.chars().count().min(WIDE)));
}

/// A heading within it.
pub(crate) fn head(out: &mut String, words: &str) {
    let _ = writeln!(out, "{words}\n{}", "-".repeat(words.chars().count()));
}

/// Words in lines, each begun with `margin`.
pub(crate) fn wrapped(text: &str, margin: &str) -> String {
    let mut out = String::new();
    let mut line = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if line > 0 && line + 1 + length > WIDE {
            out.push('\n');
            line = 0;
        }
        if line == 0 {
            out.push_str(margin);
            line = margin.len();
        } else {
            out.push(' ');
            line += 1;
        }
        out.push_str(word);
        line += length;
    }
    out
}
