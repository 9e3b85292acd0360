//! Blocks, one after another, over pages.

use crate::{
    PaperError,
    brand::Colour,
    document::{Block, Cover, Sign, Tile},
    marks,
    sheet::{Part, SIDE, Sheets, said, shown},
    tags::{ElementId, Kind, ROOT},
    typeset::Style,
};
use krilla::geom::PathBuilder;

const TEXT: Style = Style::regular(9.0);
const SMALL: Style = Style::regular(7.5);

impl Sheets<'_> {
    pub(crate) fn block(&mut self, block: &Block) -> Result<(), PaperError> {
        match block {
            Block::Cover(cover) => self.cover(cover),
            Block::Masthead(cover) => self.masthead(cover),
            Block::Heading(level, text) => self.heading(*level, text),
            Block::Paragraph(text) => self.paragraph(text, TEXT, Colour::INK, 6.0),
            Block::Note(text) => self.paragraph(text, SMALL, Colour::SOFT, 6.0),
            Block::Facts(facts) => self.facts(facts, TEXT, 130.0, false),
            Block::Definitions(terms) => self.facts(terms, TEXT, 130.0, true),
            Block::Tiles(tiles) => self.tiles(tiles),
            Block::Legend(entries) => self.legend(entries),
            Block::Table(table) => self.table(table),
            Block::Link { text, to } => self.linked(text, to),
            Block::PageBreak => self.turn(),
        }
    }

    /// Lines of a text at a place, as one element; answers the height they took. Doesn't turn pages.
    fn lines_at(&mut self, part: Part, text: &str, style: Style, colour: Colour, [x, y, width]: [f32; 3], most: usize) -> f32 {
        let text = self.type_.clean(text).into_owned();
        let lines = self.type_.lines(&text, style, width, most);
        for (place, line) in lines.iter().enumerate() {
            let base = y + style.size + style.leading() * place as f32;
            self.text(part, x, base, &shown(&text, line), style, colour);
        }
        style.leading() * lines.len() as f32
    }

    fn paragraph(&mut self, text: &str, style: Style, colour: Colour, after: f32) -> Result<(), PaperError> {
        let element = self.element(ROOT, Kind::Paragraph);
        self.flowing(element, text, style, colour, SIDE, self.inner_width())?;
        self.y += after;
        Ok(())
    }

    /// A text that may go on over pages. No page begins or ends with a single line of it.
    fn flowing(&mut self, element: ElementId, text: &str, style: Style, colour: Colour, x: f32, width: f32) -> Result<(), PaperError> {
        let text = self.type_.clean(text).into_owned();
        let lines = self.type_.lines(&text, style, width.min(470.0), usize::MAX);
        for (place, line) in lines.iter().enumerate() {
            let left = lines.len() - place;
            let together = if left == 2 || place == 0 { left.min(2) } else { 1 };
            self.need(style.leading() * together as f32)?;
            let base = self.y + style.size;
            self.text(Part::Of(element), x, base, &shown(&text, line), style, colour);
            self.y += style.leading();
        }
        Ok(())
    }

    fn heading(&mut self, level: u8, text: &str) -> Result<(), PaperError> {
        let (size, before, after) = match level {
            0 | 1 => (16.0, 10.0, 6.0),
            2 => (11.5, 12.0, 4.0),
            _ => (9.0, 8.0, 3.0),
        };
        let style = Style::strong(size);
        // Never the last thing on a page.
        if !self.need(before + style.leading() + after + if level <= 2 { 105.0 } else { 60.0 })? && self.y > 70.0 {
            self.y += before;
        }
        self.bookmark(level.max(1), text);
        let element = self.element(ROOT, Kind::Heading(level.max(1), said(text, "Part").into()));
        let colour = if level <= 1 { self.colour().for_text() } else { Colour::INK };
        let used = self.lines_at(Part::Of(element), text, style, colour, [SIDE, self.y, self.inner_width()], 3);
        self.y += used + after;
        Ok(())
    }

    /// Words at the left, what they are at the right.
    fn facts(&mut self, facts: &[(String, String)], style: Style, label: f32, terms: bool) -> Result<(), PaperError> {
        let list = self.element(ROOT, Kind::List);
        let width = (self.inner_width() - label).min(430.0);
        for (word, fact) in facts {
            let cleaned = self.type_.clean(fact).into_owned();
            let lines = self.type_.lines(&cleaned, style, width, 12).len().max(1);
            self.need(style.leading() * lines as f32 + 3.0)?;
            let item = self.element(list, Kind::Item);
            let name = self.element(item, Kind::Label);
            let (words, ink) = if terms { (Style::strong(style.size), Colour::INK) } else { (style, Colour::SOFT) };
            let named = self.lines_at(Part::Of(name), word, words, ink, [SIDE, self.y, label - 10.0], 3);
            let body = self.element(item, Kind::Body);
            let used = self.lines_at(Part::Of(body), fact, style, Colour::INK, [SIDE + label, self.y, width], 12);
            self.y += used.max(named).max(style.leading()) + if terms { 5.0 } else { 3.0 };
        }
        self.y += 5.0;
        Ok(())
    }

    fn cover(&mut self, cover: &Cover) -> Result<(), PaperError> {
        let colour = self.colour();
        self.ground([0.0, 0.0, self.width, 10.0], colour);
        let top = self.sheet_height() * 0.09;
        if self.doc.brand.logo.is_some() {
            self.logo(ROOT, SIDE, top, (190.0, 64.0), false);
        } else {
            let element = self.element(ROOT, Kind::Paragraph);
            let name = self.doc.brand.name.clone();
            self.lines_at(Part::Of(element), &name, Style::strong(15.0), colour.for_text(), [SIDE, top, self.inner_width()], 2);
        }
        self.y = self.sheet_height() * 0.33;
        self.titles(cover, 30.0, 15.0, self.inner_width())?;
        self.y += 14.0;
        self.ground([SIDE, self.y, 56.0, 3.0], colour);
        self.y += 28.0;
        self.facts(&cover.facts, Style::regular(9.5), 120.0, false)?;
        self.turn()
    }

    fn masthead(&mut self, cover: &Cover) -> Result<(), PaperError> {
        let (top, right) = (self.y, self.width - SIDE);
        let wide = self.logo(ROOT, right, top, (170.0, 46.0), true);
        if wide == 0.0 {
            let name = self.type_.clean(&self.doc.brand.name).into_owned();
            let style = Style::strong(11.0);
            let name = self.one_line(&name, style, 220.0);
            let long = self.type_.width(&name, style);
            let element = self.element(ROOT, Kind::Paragraph);
            self.text(Part::Of(element), right - long, top + 14.0, &name, style, self.colour().for_text());
        }
        self.titles(cover, 20.0, 11.5, self.inner_width() - 230.0)?;
        self.y += 6.0;
        self.facts(&cover.facts, Style::regular(8.0), 110.0, false)
    }

    fn titles(&mut self, cover: &Cover, large: f32, medium: f32, width: f32) -> Result<(), PaperError> {
        if !cover.above.is_empty() {
            let element = self.element(ROOT, Kind::Paragraph);
            self.y += self.lines_at(Part::Of(element), &cover.above, Style::regular(9.0), Colour::SOFT, [SIDE, self.y, width], 2) + 2.0;
        }
        self.bookmark(1, &cover.title);
        let element = self.element(ROOT, Kind::Heading(1, said(&cover.title, "Report").into()));
        let colour = self.colour().for_text();
        self.y += self.lines_at(Part::Of(element), &cover.title, Style::strong(large), colour, [SIDE, self.y, width], 3);
        if !cover.subtitle.is_empty() {
            self.y += 4.0;
            let element = self.element(ROOT, Kind::Paragraph);
            self.y += self.lines_at(Part::Of(element), &cover.subtitle, Style::strong(medium), Colour::INK, [SIDE, self.y, width], 4);
        }
        Ok(())
    }

    /// Figures in rows of at most four.
    fn tiles(&mut self, tiles: &[Tile]) -> Result<(), PaperError> {
        let list = self.element(ROOT, Kind::List);
        let a_row = if tiles.len().is_multiple_of(4) || self.inner_width() > 600.0 { 4 } else { 3 };
        let gap = 8.0;
        let wide = (self.inner_width() - gap * (a_row as f32 - 1.0)) / a_row as f32;
        for row in tiles.chunks(a_row) {
            let mut notes = 1;
            for tile in row {
                let note = self.type_.clean(&tile.note).into_owned();
                notes = notes.max(self.type_.lines(&note, SMALL, wide - 20.0, 3).len());
            }
            let high = 43.0 + SMALL.leading() * notes as f32;
            self.need(high + gap)?;
            for (place, tile) in row.iter().enumerate() {
                let x = SIDE + (wide + gap) * place as f32;
                let mut ground = PathBuilder::new();
                marks::rounded(&mut ground, x, self.y, wide, high, 4.0);
                self.under(ground, marks::Paint::Fill(Colour::SUNK));
                let item = self.element(list, Kind::Item);
                let label = self.element(item, Kind::Label);
                self.lines_at(Part::Of(label), &tile.label, SMALL, Colour::SOFT, [x + 10.0, self.y + 7.0, wide - 20.0], 1);
                let body = self.element(item, Kind::Body);
                let mut left = x + 10.0;
                if let Some(mark) = tile.mark {
                    self.shapes(Part::Layout, marks::mark(mark, left, self.y + 22.0, 11.0));
                    left += 16.0;
                }
                let room = x + wide - 10.0 - left;
                let (figure, note) = (self.element(body, Kind::Paragraph), self.element(body, Kind::Paragraph));
                self.lines_at(Part::Of(figure), &tile.value, Style::strong(15.0), Colour::INK, [left, self.y + 18.5, room], 1);
                self.lines_at(Part::Of(note), &tile.note, SMALL, Colour::SOFT, [x + 10.0, self.y + 38.5, wide - 20.0], 3);
            }
            self.y += high + gap;
        }
        self.y += 4.0;
        Ok(())
    }

    fn legend(&mut self, entries: &[(Sign, String)]) -> Result<(), PaperError> {
        let list = self.element(ROOT, Kind::List);
        let (right, high, colour) = (self.width - SIDE, 10.5, self.colour().for_text());
        let mut x = SIDE;
        self.need(high + 6.0)?;
        for (sign, words) in entries {
            let text = self.type_.clean(words).into_owned();
            let long = self.type_.width(&text, SMALL);
            let (shapes, wide) = marks::sign(*sign, colour, x, self.y, high);
            let (shapes, wide) = if x + wide + 5.0 + long > right && x > SIDE {
                x = SIDE;
                self.y += high + 5.0;
                self.need(high + 6.0)?;
                marks::sign(*sign, colour, x, self.y, high)
            } else {
                (shapes, wide)
            };
            self.shapes(Part::Layout, shapes);
            if let Sign::Active(letter) | Sign::Inactive(letter) = sign {
                self.tile_letters(Part::Layout, vec![(*letter, x)], matches!(sign, Sign::Active(_)), self.y);
            }
            let item = self.element(list, Kind::Item);
            let body = self.element(item, Kind::Body);
            self.text(Part::Of(body), x + wide + 5.0, self.y + 8.0, &text, SMALL, Colour::SOFT);
            x += wide + 5.0 + long + 16.0;
        }
        self.y += high + 8.0;
        Ok(())
    }

    /// The letters of workloads on their tiles.
    pub(crate) fn tile_letters(&mut self, part: Part, letters: Vec<(char, f32)>, active: bool, y: f32) {
        let style = Style::strong(6.5);
        let colour = if active { Colour::WHITE } else { Colour::SOFT };
        let letters = letters.into_iter().map(|(letter, x)| (letter, x + marks::WORKLOAD / 2.0)).collect();
        self.letters(part, letters, y + marks::WORKLOAD / 2.0 + 2.35, style, colour);
    }

    fn linked(&mut self, text: &str, to: &str) -> Result<(), PaperError> {
        self.need(TEXT.leading())?;
        let paragraph = self.element(ROOT, Kind::Paragraph);
        self.link_at(paragraph, text, to, TEXT, [SIDE, self.y, self.inner_width()]);
        self.y += TEXT.leading() + 6.0;
        Ok(())
    }

    /// A link on one line.
    pub(crate) fn link_at(&mut self, parent: ElementId, text: &str, to: &str, style: Style, [x, y, width]: [f32; 3]) {
        let element = self.element(parent, Kind::Link);
        let cleaned = self.type_.clean(text).into_owned();
        let line = self.one_line(&cleaned, style, width);
        let long = self.type_.width(&line, style);
        let colour = self.colour().for_text();
        self.text(Part::Of(element), x, y + style.size, &line, style, colour);
        self.ground([x, y + style.size + 1.4, long, 0.5], colour);
        self.link(element, [x, y, long.max(1.0), style.leading()], to, text);
    }
}
