//! Text into glyphs: a face for each part of a line, shaped by its script, right-to-left where it reads so; and lines of a width.

mod parts;

use crate::{
    clean::clean,
    fonts::{FaceId, Fonts, REGULAR, SEMI_BOLD, Weight},
};
use harfrust::{Direction, Feature, Script, ShapeOptions, ShapePlan, Tag, UnicodeBuffer};
use krilla::text::{GlyphId, KrillaGlyph};
use parts::{break_places, face_parts, reads_from_the_right, words};
use std::{borrow::Cow, collections::HashMap, ops::Range, rc::Rc};
use unicode_bidi::BidiInfo;
use unicode_segmentation::UnicodeSegmentation;

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// Points.
    pub(crate) size: f32,
}

impl Style {
    pub(crate) const fn regular(size: f32) -> Self {
        Self { weight: Weight::Regular, size }
    }

    pub(crate) const fn strong(size: f32) -> Self {
        Self { weight: Weight::SemiBold, size }
    }

    /// From one line to the next.
    pub(crate) fn leading(self) -> f32 {
        (self.size * 1.38 * 4.0).round() / 4.0
    }
}

#[derive(Clone, Copy)]
struct Glyph {
    id: u32,
    /// In em.
    advance: f32,
    x: f32,
    y: f32,
    start: u32,
    end: u32,
}

struct Word {
    glyphs: Vec<Glyph>,
    /// In em.
    width: f32,
}

/// One face's part of a line, from left to right.
pub(crate) struct Run {
    pub(crate) face: FaceId,
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// Points.
    pub(crate) width: f32,
    /// The face has no second weight: an outline makes it heavier.
    pub(crate) thicken: bool,
}

/// Shapes and measures; keeps the words it has seen.
pub(crate) struct Typesetter<'f> {
    pub(crate) fonts: &'f Fonts,
    words: HashMap<(FaceId, bool), HashMap<Box<str>, Rc<Word>>>,
    kept: usize,
    plans: HashMap<(FaceId, bool, Option<Script>), ShapePlan>,
    buffer: Option<UnicodeBuffer>,
    /// Widths of the printable ASCII characters in both weights, in em.
    ascii: [[f32; 128]; 2],
    /// Characters that no face covered, so far.
    pub(crate) replaced: usize,
}

const KEPT_WORDS: usize = 20_000;
/// Of faces other than the first.
const FEATURES: &[Feature] = &[];

/// Figures of one width, so that columns of numbers stand under each other.
fn figures() -> [Feature; 1] {
    [Feature::new(Tag::new(b"tnum"), 1, ..)]
}

impl<'f> Typesetter<'f> {
    pub(crate) fn new(fonts: &'f Fonts) -> Self {
        let mut ascii = [[0.0; 128]; 2];
        for (place, widths) in ascii.iter_mut().enumerate() {
            if let Some(face) = fonts.faces.get(place) {
                for c in ' '..='~' {
                    // One-width figures are as wide as the widest of the ordinary ones.
                    let like = if c.is_ascii_digit() { '0' } else { c };
                    widths[c as usize] = face.advance(like).max(if c.is_ascii_digit() { 0.65 } else { 0.0 });
                }
            }
        }
        Self { fonts, words: HashMap::new(), kept: 0, plans: HashMap::new(), buffer: None, ascii, replaced: 0 }
    }

    /// The text as it can be drawn.
    pub(crate) fn clean<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let cleaned = clean(text, self.fonts);
        self.replaced += cleaned.replaced;
        cleaned.text
    }

    /// Whether a text surely fits one line of a width, without shaping it: kerning may make it a little wider than its letters.
    fn surely_fits(&self, text: &str, style: Style, width: f32) -> bool {
        let widths = &self.ascii[usize::from(style.weight == Weight::SemiBold)];
        let mut sum = 0.0;
        for byte in text.bytes() {
            let Some(w) = widths.get(usize::from(byte)) else { return false };
            sum += w;
        }
        sum * style.size * 1.02 <= width
    }

    /// Width of a cleaned text on one line, in points.
    pub(crate) fn width(&mut self, text: &str, style: Style) -> f32 {
        let mut sum = 0.0;
        for (face, part) in face_parts(self.fonts, text, style.weight) {
            for word in words(part.text(text)) {
                sum += self.word(face, reads_from_the_right(word), word).width;
            }
        }
        sum * style.size
    }

    /// The lines of a cleaned text in a width, as ranges of it; at most `most`, the last of them cut short where there would be more.
    pub(crate) fn lines(&mut self, text: &str, style: Style, width: f32, most: usize) -> Vec<Line> {
        if text.is_empty() {
            return Vec::new();
        }
        if self.surely_fits(text, style, width) {
            return vec![Line { range: 0..text.len(), cut: false }];
        }
        let mut lines = Vec::new();
        let mut start = 0;
        let mut end = 0;
        let mut used = 0.0;
        let pieces = self.pieces(text, style, width);
        for piece in pieces {
            let whole = self.width(&text[piece.clone()], style);
            let bare = self.width(text[piece.clone()].trim_end(), style);
            if end > start && used + bare > width {
                lines.push(Line { range: start..end, cut: false });
                start = piece.start;
                used = 0.0;
            }
            end = piece.end;
            used += whole;
        }
        if end > start {
            lines.push(Line { range: start..end, cut: false });
        }
        for line in &mut lines {
            let kept = text[line.range.clone()].trim_end().len();
            line.range.end = line.range.start + kept;
        }
        lines.retain(|line| !line.range.is_empty());
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                let room = width - self.width("…", style);
                while self.width(&text[last.range.clone()], style) > room {
                    let Some((at, _)) = text[last.range.clone()].grapheme_indices(true).next_back() else { break };
                    last.range.end = last.range.start + at;
                }
                last.cut = true;
            }
        }
        lines
    }

    /// What may stand together on a line: words with the space after them, single ideographs, and parts of what is wider than the line.
    fn pieces(&mut self, text: &str, style: Style, width: f32) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        for word in break_places(text) {
            if self.width(text[word.clone()].trim_end(), style) <= width {
                pieces.push(word);
                continue;
            }
            // Too long for any line: at signs that divide addresses and paths, then anywhere.
            let mut start = word.start;
            let mut divider = word.start;
            let mut used = 0.0;
            for (at, cluster) in text[word.clone()].grapheme_indices(true) {
                let at = word.start + at;
                let wide = self.width(cluster, style);
                if used + wide > width && at > start {
                    let cut = if divider > start { divider } else { at };
                    pieces.push(start..cut);
                    start = cut;
                    used = self.width(&text[start..at], style);
                }
                used += wide;
                if matches!(cluster, "/" | "\\" | "@" | "." | "-" | "_" | ":" | "?" | "&" | "=" | "," | ";" | "+") {
                    divider = at + cluster.len();
                }
            }
            if start < word.end {
                pieces.push(start..word.end);
            }
        }
        pieces
    }

    /// A line of cleaned text, from left to right.
    pub(crate) fn runs(&mut self, text: &str, style: Style) -> Vec<Run> {
        if text.chars().all(|c| c < '\u{590}') {
            return self.runs_of(text, style, false);
        }
        let info = BidiInfo::new(text, None);
        let mut runs = Vec::new();
        for paragraph in &info.paragraphs {
            let (levels, visual) = info.visual_runs(paragraph, paragraph.range.clone());
            for range in visual {
                let reversed = levels.get(range.start).is_some_and(unicode_bidi::Level::is_rtl);
                let Some(part) = text.get(range) else { continue };
                runs.extend(self.runs_of(part, style, reversed));
            }
        }
        runs
    }

    fn runs_of(&mut self, text: &str, style: Style, reversed: bool) -> Vec<Run> {
        let mut runs = Vec::new();
        for (face, part) in face_parts(self.fonts, text, style.weight) {
            let part = part.text(text);
            let mut glyphs = Vec::with_capacity(part.len());
            let mut width = 0.0;
            let mut offset = 0;
            let all = [part];
            let units: Vec<&str> = if reversed { all.to_vec() } else { words(part).collect() };
            for word in units {
                let shaped = self.word(face, reversed, word);
                width += shaped.width;
                glyphs.extend(shaped.glyphs.iter().map(|g| {
                    let range = offset + g.start as usize..offset + g.end as usize;
                    KrillaGlyph::new(GlyphId::new(g.id), g.advance, g.x, g.y, 0.0, range, None)
                }));
                offset += word.len();
            }
            let thicken = style.weight == Weight::SemiBold && face > SEMI_BOLD;
            runs.push(Run { face, text: part.to_owned(), glyphs, width: width * style.size, thicken });
        }
        if reversed {
            runs.reverse();
        }
        runs
    }

    /// Single letters as one run, each in the middle of its place, from left to right; and where it begins. Letters that are not of the first face
    /// stand for nothing here and are left out.
    pub(crate) fn spread(&mut self, letters: &[(char, f32)], style: Style) -> Option<(Run, f32)> {
        let face = if style.weight == Weight::SemiBold { SEMI_BOLD } else { REGULAR };
        let mut run = Run { face, text: String::new(), glyphs: Vec::new(), width: 0.0, thicken: false };
        let mut begins = None;
        let mut at = 0.0;
        for (letter, middle) in letters {
            let mut text = [0; 4];
            let text = letter.encode_utf8(&mut text);
            if !letter.is_alphanumeric() || self.fonts.face_of(*letter) != Some(REGULAR) {
                continue;
            }
            let word = self.word(face, false, text);
            let [glyph] = word.glyphs[..] else { continue };
            let x = middle - word.width * style.size / 2.0;
            let first = *begins.get_or_insert(x);
            if let Some(last) = run.glyphs.last_mut() {
                last.x_advance = (x - first - at) / style.size;
                at = x - first;
            }
            let start = run.text.len();
            run.text.push(*letter);
            run.glyphs.push(KrillaGlyph::new(GlyphId::new(glyph.id), glyph.advance, glyph.x, glyph.y, 0.0, start..run.text.len(), None));
        }
        Some((run, begins?))
    }

    fn word(&mut self, face: FaceId, reversed: bool, text: &str) -> Rc<Word> {
        if let Some(word) = self.words.get(&(face, reversed)).and_then(|kept| kept.get(text)) {
            return word.clone();
        }
        if self.kept >= KEPT_WORDS {
            self.words.clear();
            self.kept = 0;
        }
        let word = Rc::new(self.shape(face, reversed, text));
        self.kept += 1;
        self.words.entry((face, reversed)).or_default().insert(text.into(), word.clone());
        word
    }

    fn shape(&mut self, face: FaceId, reversed: bool, text: &str) -> Word {
        let Some(drawn) = self.fonts.faces.get(usize::from(face)) else { return Word { glyphs: Vec::new(), width: 0.0 } };
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let direction = if reversed { Direction::RightToLeft } else { Direction::LeftToRight };
        buffer.set_direction(direction);
        let script = buffer.script();
        let tabular = figures();
        let features = if face <= SEMI_BOLD { &tabular[..] } else { FEATURES };
        let plan = self.plans.entry((face, reversed, Some(script))).or_insert_with(|| drawn.plan(direction, script, features));
        let shaped = drawn.shaper().shape(buffer, ShapeOptions::new().plan(Some(plan)).features(features));
        let infos = shaped.glyph_infos();
        // A cluster ends where the next one, in the order of the text, begins.
        let mut starts: Vec<u32> = infos.iter().map(|info| info.cluster).collect();
        starts.sort_unstable();
        starts.dedup();
        let whole = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut glyphs = Vec::with_capacity(infos.len());
        let mut width = 0.0;
        for (info, position) in infos.iter().zip(shaped.glyph_positions()) {
            let after = starts.partition_point(|s| *s <= info.cluster);
            let advance = position.x_advance as f32 / drawn.units;
            width += advance;
            glyphs.push(Glyph {
                id: info.glyph_id,
                advance,
                x: position.x_offset as f32 / drawn.units,
                y: position.y_offset as f32 / drawn.units,
                start: info.cluster,
                end: starts.get(after).copied().unwrap_or(whole),
            });
        }
        self.buffer = Some(shaped.clear());
        Word { glyphs, width }
    }
}

/// A line, as a range of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) range: Range<usize>,
    /// The text goes on, and is not shown: an ellipsis says so.
    pub(crate) cut: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style::regular(8.0);

    fn lines(text: &str, width: f32) -> Vec<String> {
        let mut setter = Typesetter::new(Fonts::embedded());
        setter.lines(text, STYLE, width, 20).into_iter().map(|l| text[l.range].to_owned()).collect()
    }

    #[test]
    fn a_text_is_broken_between_words() {
        assert_eq!(lines("one two three", 200.0), ["one two three"]);
        assert_eq!(lines("restore tests of the period", 52.0), ["restore tests", "of the period"]);
    }

    #[test]
    fn an_address_is_broken_after_its_dividers() {
        assert_eq!(lines("someone.long@industries.example", 74.0), ["someone.long@", "industries.example"]);
    }

    #[test]
    fn ideographs_are_broken_anywhere_but_before_signs_that_cling() {
        assert_eq!(lines("株式会社コントソ。", 41.0), ["株式会社コ", "ントソ。"]);
    }

    #[test]
    fn the_quick_look_never_promises_a_line_that_is_too_wide() {
        let mut setter = Typesetter::new(Fonts::embedded());
        for text in ["AVAVAV", "1234567890", "WMWMWM", "illl", "2026-10-31 21:14", "f()[]{}@#%&"] {
            let wide = setter.width(text, STYLE);
            assert!(!setter.surely_fits(text, STYLE, wide - 0.01), "{text}: {wide}");
        }
    }

    #[test]
    fn the_last_line_that_may_be_shown_says_that_there_is_more() {
        let mut setter = Typesetter::new(Fonts::embedded());
        let lines = setter.lines("one two three four five six", STYLE, 30.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].cut && !lines[0].cut);
    }

    #[test]
    fn right_to_left_is_drawn_from_the_right() {
        let mut setter = Typesetter::new(Fonts::embedded());
        let runs = setter.runs("שלום abc", STYLE);
        let faces: Vec<FaceId> = runs.iter().map(|r| r.face).collect();
        assert_eq!(runs.first().map(|r| r.text.as_str()), Some("abc"), "{faces:?}");
    }
}
