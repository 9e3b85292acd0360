//! What of a text belongs together: parts of one face, words, and the places at which a line may be broken.

use crate::fonts::{FaceId, Fonts, REGULAR, SEMI_BOLD, Weight};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// A part of a text.
pub(super) struct Part {
    range: Range<usize>,
}

impl Part {
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.range.clone()).unwrap_or_default()
    }
}

fn add(parts: &mut Vec<(FaceId, Part)>, face: FaceId, range: Range<usize>) {
    match parts.last_mut() {
        Some((last, part)) if *last == face => part.range.end = range.end,
        _ => parts.push((face, Part { range })),
    }
}

/// Parts of one face each. A cluster stays whole; spaces and signs stay with what stands before them where its face has them.
pub(super) fn face_parts(fonts: &Fonts, text: &str, weight: Weight) -> Vec<(FaceId, Part)> {
    let inter = if weight == Weight::SemiBold { SEMI_BOLD } else { REGULAR };
    if text.is_ascii() {
        return vec![(inter, Part { range: 0..text.len() })];
    }
    let mut parts: Vec<(FaceId, Part)> = Vec::new();
    for (at, cluster) in text.grapheme_indices(true) {
        let first = cluster.chars().next().unwrap_or(' ');
        let before = parts.last().map(|(face, _)| *face);
        let neutral = !first.is_alphanumeric() && first.is_ascii();
        let face = match before {
            Some(face) if neutral && fonts.covers(face, first) => face,
            _ => match fonts.face_of(first) {
                Some(REGULAR) | None => inter,
                Some(face) => face,
            },
        };
        let whole = |face: FaceId| cluster.chars().all(|c| matches!(c, '\u{200c}' | '\u{200d}') || fonts.covers(face, c));
        if whole(face) {
            add(&mut parts, face, at..at + cluster.len());
            continue;
        }
        // Parted from what it belonged to, as by a change of direction: each character by itself.
        for (place, c) in cluster.char_indices() {
            let face = fonts.face_of(c).map_or(face, |own| if own == REGULAR { inter } else { own });
            add(&mut parts, face, at + place..at + place + c.len_utf8());
        }
    }
    parts
}

/// Words with the spaces after them.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

/// Whether something in it reads from the right.
pub(super) fn reads_from_the_right(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'))
}

fn ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// Signs that don't begin a line.
fn clings(c: char) -> bool {
    matches!(
        c,
        '、' | '。'
            | '，'
            | '．'
            | '）'
            | '」'
            | '』'
            | '】'
            | '！'
            | '？'
            | '：'
            | '；'
            | 'ー'
            | '々'
            | 'っ'
            | 'ゃ'
            | 'ゅ'
            | 'ょ'
            | 'ッ'
            | 'ャ'
            | 'ュ'
            | 'ョ'
    )
}

/// Where a line may be broken: after spaces, and around ideographs.
pub(super) fn break_places(text: &str) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        let may = (last == ' ' && c != ' ') || ((ideograph(last) || ideograph(c)) && c != ' ' && !clings(c));
        if may && at > start {
            pieces.push(start..at);
            start = at;
        }
        last = c;
    }
    if start < text.len() {
        pieces.push(start..text.len());
    }
    pieces
}
