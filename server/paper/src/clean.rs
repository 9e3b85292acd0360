//! Text as it may be drawn. An archival, accessible document must not hold a single character that no face covers: emoji, private and control
//! characters would fail the whole export. They become [`MISSING`] here, and are counted, so that the document can say so.

use crate::fonts::{Fonts, MISSING};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Longest text of one piece, in bytes; what is longer ends with an ellipsis.
const LONGEST: usize = 4_000;

/// A text that can be drawn, and how many of its characters could not be shown as they are.
#[derive(Debug, PartialEq, Eq)]
pub struct Cleaned<'a> {
    /// Only what the faces cover.
    pub text: Cow<'a, str>,
    /// Characters that were replaced.
    pub replaced: usize,
}

/// Makes a text drawable.
pub fn clean<'a>(text: &'a str, fonts: &Fonts) -> Cleaned<'a> {
    if text.len() <= LONGEST && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cleaned { text: Cow::Borrowed(text), replaced: 0 };
    }
    let (text, cut) = shortened(text);
    let composed: String = text.chars().nfc().filter_map(plain).collect();
    let mut out = String::with_capacity(composed.len());
    let mut replaced = 0;
    for cluster in composed.graphemes(true) {
        replaced += shown(cluster, fonts, &mut out);
    }
    if cut {
        out.push('…');
    }
    Cleaned { text: Cow::Owned(out), replaced }
}

/// A text for places that are read but not drawn (bookmarks, alternatives, metadata): no control characters, nothing that XML forbids.
pub fn readable(text: &str) -> String {
    let (text, _) = shortened(text);
    text.chars().filter_map(plain).filter(|c| !private(*c)).collect()
}

fn shortened(text: &str) -> (&str, bool) {
    if text.len() <= LONGEST {
        return (text, false);
    }
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (text.get(..end).unwrap_or_default(), true)
}

/// White space is a space; what only steers (directions, variation, soft hyphen) is left out.
fn plain(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{1680}' => Some(' '),
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => None,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => {
            None
        }
        '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{fffe}' | '\u{ffff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

fn private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// A joiner has a meaning between letters of scripts that join, and none elsewhere.
fn joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// One cluster, by the face of its first character; marks that this face lacks are dropped and counted. Answers what could not be shown.
fn shown(cluster: &str, fonts: &Fonts, out: &mut String) -> usize {
    let mut chars = cluster.chars().filter(|c| !joiner(*c) || joins(cluster));
    let Some(first) = chars.next() else { return 0 };
    let Some(face) = (!private(first) && !joiner(first)).then(|| fonts.face_of(first)).flatten() else {
        out.push(MISSING);
        return 1;
    };
    out.push(first);
    let mut lost = 0;
    for mark in chars {
        if !private(mark) && (joiner(mark) || fonts.covers(face, mark)) {
            out.push(mark);
        } else {
            lost += 1;
        }
    }
    lost
}

/// Whether a cluster is of a script in which joiners choose a form (Arabic, and the Indic family).
fn joins(cluster: &str) -> bool {
    cluster
        .chars()
        .next()
        .is_some_and(|c| matches!(c, '\u{600}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{900}'..='\u{df4}' | '\u{1000}'..='\u{109f}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> (String, usize) {
        let cleaned = clean(text, Fonts::embedded());
        (cleaned.text.into_owned(), cleaned.replaced)
    }

    #[test]
    fn names_of_every_script_stay_as_they_are() {
        for name in
            ["Zoë Ångström", "Ελένη", "Анна Ёлкина", "株式会社コントソ", "شركة", "חברה", "देवनागरी", "ไทย", "한국", "Հայ", "ქართ", "አማርኛ"]
        {
            assert_eq!(cleaned(name), (name.to_owned(), 0), "{name}");
        }
    }

    #[test]
    fn what_no_face_covers_is_shown_as_a_box_and_counted() {
        assert_eq!(cleaned("backup 🎉 done"), ("backup □ done".to_owned(), 1));
        assert_eq!(cleaned("👨‍👩‍👧"), ("□".to_owned(), 1));
        assert_eq!(cleaned("\u{e000}x"), ("□x".to_owned(), 1));
    }

    #[test]
    fn control_characters_and_directions_are_left_out_and_lines_become_spaces() {
        assert_eq!(cleaned("a\u{0}b\nc\td\u{202e}e"), ("ab c de".to_owned(), 0));
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let (text, _) = cleaned(&"ä".repeat(10_000));
        assert!(text.len() <= LONGEST + '…'.len_utf8() && text.ends_with('…'));
    }
}
