//! What stands on each page around its content: the running head, and the lines at the foot.

use super::{FOOT, Part, SIDE, Sheets};
use crate::{brand::Colour, typeset::Style};

impl Sheets<'_> {
    pub(super) fn running_head(&mut self) {
        let (doc, colour) = (self.doc, self.colour().for_text());
        let style = Style::strong(7.5);
        let name = self.type_.clean(&doc.brand.name).into_owned();
        let about = [doc.title.as_str(), doc.subject.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" · ");
        let about = self.type_.clean(&about).into_owned();
        // Characters that can't be shown are counted in both passes: the remark about them takes room.
        if self.counting() {
            return;
        }
        let half = self.inner_width() / 2.0 - 8.0;
        let name = self.one_line(&name, style, half);
        self.text(Part::Head, SIDE, 40.0, &name, style, colour);
        let soft = Style::regular(7.5);
        let about = self.one_line(&about, soft, half + 40.0);
        let wide = self.type_.width(&about, soft);
        self.text(Part::Head, self.width - SIDE - wide, 40.0, &about, soft, Colour::SOFT);
        self.ground([SIDE, 47.0, self.inner_width(), 0.6], Colour::LINE);
    }

    /// The lines at the foot of each page.
    pub(super) fn foot_lines(&mut self) -> Vec<String> {
        let doc = self.doc;
        let mut hash = format!("Made from inputs with SHA-256 {}", doc.imprint.inputs_hash);
        if !doc.imprint.verify_at.is_empty() {
            hash.push_str(" · verify at ");
            hash.push_str(&doc.imprint.verify_at);
        }
        let lines = [&doc.brand.footer, &doc.imprint.generated, &hash].into_iter().filter(|line| !line.is_empty());
        lines.map(|line| self.type_.clean(line).into_owned()).collect()
    }

    pub(super) fn foot(&mut self, lines: Vec<String>, of: usize) {
        let soft = Style::regular(6.5);
        let top = self.height - FOOT + 14.0;
        self.ground([SIDE, top, self.inner_width(), 0.6], Colour::LINE);
        let page = format!("Page {} of {of}", self.pages);
        let wide = self.type_.width(&page, soft);
        self.text(Part::Foot, self.width - SIDE - wide, top + 11.0, &page, soft, Colour::SOFT);
        for (place, line) in lines.into_iter().enumerate() {
            let room = self.inner_width() - if place == 0 { 70.0 } else { 0.0 };
            let line = self.one_line(&line, soft, room);
            self.text(Part::Foot, SIDE, top + 11.0 + 9.25 * place as f32, &line, soft, Colour::SOFT);
        }
    }
}
