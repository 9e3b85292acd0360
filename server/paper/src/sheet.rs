//! Sheets: what is put on the present page, and the page given to the engine when it is full. A document is laid out twice, first only to count its
//! pages, so that each page can say of how many it is one.

mod frame;
mod op;
mod outline;

use crate::{
    PaperError,
    brand::Colour,
    clean::readable,
    document::Document,
    fonts::Fonts,
    marks::{Paint, Shape, near, rect},
    tags::{ElementId, Figure, Kind, ROOT, Tags},
    typeset::{Style, Typesetter},
};
use krilla::{
    action::LinkAction,
    annotation::{Annotation, LinkAnnotation, Target},
    geom::{PathBuilder, Rect},
    image::Image,
    page::PageSettings,
};
use op::{Op, content_tag, draw};
use outline::outline;

/// Whether what is drawn is part of the text or of the page.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Part {
    Of(ElementId),
    Layout,
    Head,
    Foot,
}

struct Link {
    rect: [f32; 4],
    to: String,
    words: String,
    element: ElementId,
}

pub(crate) const SIDE: f32 = 40.0;
const TOP: f32 = 62.0;
const TOP_FIRST: f32 = 40.0;
const FOOT: f32 = 66.0;

/// Where the layout is.
pub(crate) struct Sheets<'d> {
    pub(crate) doc: &'d Document,
    pub(crate) type_: Typesetter<'d>,
    pub(crate) tags: Tags,
    pub(crate) width: f32,
    height: f32,
    /// Where the next thing begins.
    pub(crate) y: f32,
    /// Pages begun.
    pages: usize,
    /// Pages in all; None while they are counted.
    of: Option<usize>,
    ops: Vec<(Part, Op)>,
    /// Rules and grounds, under everything else.
    under: Vec<(Part, Op)>,
    links: Vec<Link>,
    pdf: krilla::Document,
    bookmarks: Vec<(u8, String, usize, f32)>,
    logo: Option<Image>,
    stop: &'d dyn Fn() -> bool,
}

impl<'d> Sheets<'d> {
    pub(crate) fn new(doc: &'d Document, fonts: &'d Fonts, pdf: krilla::Document, of: Option<usize>, stop: &'d dyn Fn() -> bool) -> Self {
        let (width, height) = doc.page.size();
        // Its pixels are many: not while pages are only counted.
        let logo = of.and(doc.brand.logo.as_ref()).map(|logo| Image::from_rgba8(logo.pixels.clone(), logo.width, logo.height));
        Self {
            doc,
            type_: Typesetter::new(fonts),
            tags: Tags::new(),
            width,
            height,
            y: TOP_FIRST,
            pages: 1,
            of,
            ops: Vec::new(),
            under: Vec::new(),
            links: Vec::new(),
            pdf,
            bookmarks: Vec::new(),
            logo,
            stop,
        }
    }

    /// Whether this is only a count of the pages: nothing is drawn.
    pub(crate) const fn counting(&self) -> bool {
        self.of.is_none()
    }

    pub(crate) fn inner_width(&self) -> f32 {
        self.width - 2.0 * SIDE
    }

    pub(crate) fn colour(&self) -> Colour {
        self.doc.brand.colour
    }

    /// The lowest line that text may reach.
    pub(crate) fn bottom(&self) -> f32 {
        self.height - FOOT
    }

    /// Height that a page offers.
    pub(crate) fn page_height(&self) -> f32 {
        self.bottom() - TOP
    }

    pub(crate) fn sheet_height(&self) -> f32 {
        self.height
    }

    /// Whether so much still fits on the page.
    pub(crate) fn fits(&self, height: f32) -> bool {
        self.y + height <= self.bottom() + 0.01
    }

    /// Begins a new page unless so much still fits. Says whether it did.
    pub(crate) fn need(&mut self, height: f32) -> Result<bool, PaperError> {
        if self.fits(height) || (self.y - TOP).abs() < 0.01 {
            return Ok(false);
        }
        self.turn()?;
        Ok(true)
    }

    /// Ends the page and begins the next.
    pub(crate) fn turn(&mut self) -> Result<(), PaperError> {
        self.end_page()?;
        self.pages += 1;
        self.y = TOP;
        self.running_head();
        Ok(())
    }

    pub(crate) fn element(&mut self, parent: ElementId, kind: Kind) -> ElementId {
        if self.counting() { ROOT } else { self.tags.add(parent, kind) }
    }

    /// A drawing in a rectangle of this page, with its words.
    pub(crate) fn figure(&mut self, parent: ElementId, words: &str, [x, y, width, height]: [f32; 4]) -> ElementId {
        match Rect::from_xywh(near(x), near(y), near(width), near(height)) {
            Some(rect) if !self.counting() => {
                let page = self.pages - 1;
                self.tags.add(parent, Kind::Figure(Box::new(Figure { words: said(words, "Drawing"), page, rect })))
            }
            _ => ROOT,
        }
    }

    /// A cleaned line of text, its base line at y.
    pub(crate) fn text(&mut self, part: Part, x: f32, y: f32, text: &str, style: Style, colour: Colour) {
        if !self.counting() && !text.is_empty() {
            self.ops.push((part, Op::Text { x, y, text: text.to_owned(), style, colour }));
        }
    }

    /// Single letters, each in the middle of its place.
    pub(crate) fn letters(&mut self, part: Part, letters: Vec<(char, f32)>, y: f32, style: Style, colour: Colour) {
        if !self.counting() && !letters.is_empty() {
            self.ops.push((part, Op::Letters { letters, y, style, colour }));
        }
    }

    pub(crate) fn shapes(&mut self, part: Part, shapes: impl IntoIterator<Item = Shape>) {
        if !self.counting() {
            self.ops.extend(shapes.into_iter().map(|shape| (part, Op::Shape(shape))));
        }
    }

    /// A ground or rule, under everything else.
    pub(crate) fn ground(&mut self, [x, y, width, height]: [f32; 4], colour: Colour) {
        let mut path = PathBuilder::new();
        rect(&mut path, x, y, width, height);
        self.under(path, Paint::Fill(colour));
    }

    pub(crate) fn under(&mut self, path: PathBuilder, paint: Paint) {
        if !self.counting()
            && let Some(path) = path.finish()
        {
            self.under.push((Part::Layout, Op::Shape(Shape { path, paint })));
        }
    }

    /// A link over a rectangle.
    pub(crate) fn link(&mut self, element: ElementId, rect: [f32; 4], to: &str, words: &str) {
        if !self.counting() {
            let to = to.chars().filter(char::is_ascii_graphic).collect();
            self.links.push(Link { rect, to, words: said(words, "Link"), element });
        }
    }

    /// A place that bookmarks lead to.
    pub(crate) fn bookmark(&mut self, level: u8, text: &str) {
        if !self.counting() {
            self.bookmarks.push((level, said(text, "Part"), self.pages - 1, self.y));
        }
    }

    /// The logo in a box, its left or right side at x. Says how wide it is.
    pub(crate) fn logo(&mut self, parent: ElementId, x: f32, y: f32, largest: (f32, f32), from_right: bool) -> f32 {
        let Some(logo) = &self.doc.brand.logo else { return 0.0 };
        let scale = (largest.0 / logo.width as f32).min(largest.1 / logo.height as f32);
        let (width, height) = (logo.width as f32 * scale, logo.height as f32 * scale);
        let x = if from_right { x - width } else { x };
        let words = format!("Logo of {}", self.doc.brand.name);
        let figure = self.figure(parent, &words, [x, y, width, height]);
        if !self.counting() {
            self.ops.push((Part::Of(figure), Op::Logo { x, y, width, height }));
        }
        width
    }

    /// A cleaned text cut to one line.
    pub(crate) fn one_line(&mut self, text: &str, style: Style, width: f32) -> String {
        match self.type_.lines(text, style, width, 1).first() {
            Some(line) => shown(text, line),
            None => String::new(),
        }
    }

    fn end_page(&mut self) -> Result<(), PaperError> {
        if (self.stop)() {
            return Err(PaperError::Stopped);
        }
        let lines = self.foot_lines();
        let Some(of) = self.of else { return Ok(()) };
        self.foot(lines, of);
        let settings =
            PageSettings::from_wh(self.width, self.height).ok_or_else(|| PaperError::Engine("a page without size".to_owned()))?;
        let mut page = self.pdf.start_page_with(settings);
        let mut surface = page.surface();
        let mut open: Option<Part> = None;
        for (part, op) in self.under.drain(..).chain(self.ops.drain(..)) {
            if open != Some(part) {
                if open.is_some() {
                    surface.end_tagged();
                }
                let content = surface.start_tagged(content_tag(part, &op));
                if let Part::Of(element) = part {
                    self.tags.content(element, content);
                }
                open = Some(part);
            }
            draw(&mut surface, &mut self.type_, op, self.logo.as_ref());
        }
        if open.is_some() {
            surface.end_tagged();
        }
        surface.finish();
        for link in self.links.drain(..) {
            let [x, y, width, height] = link.rect;
            let Some(rect) = Rect::from_xywh(x, y, width, height) else { continue };
            let annotation = LinkAnnotation::new(rect, Target::Action(LinkAction::new(link.to).into()));
            let content = page.add_tagged_annotation(Annotation::new_link(annotation, Some(link.words)));
            self.tags.content(link.element, content);
        }
        page.finish();
        Ok(())
    }

    /// Ends the last page. The engine's document with tags and bookmarks, or only the number of pages.
    pub(crate) fn close(mut self) -> Result<(usize, krilla::Document), PaperError> {
        self.end_page()?;
        let pages = self.pages;
        if self.counting() {
            return Ok((pages, self.pdf));
        }
        self.pdf.set_outline(outline(self.bookmarks));
        self.pdf.set_tag_tree(self.tags.tree(&self.doc.language));
        Ok((pages, self.pdf))
    }
}

/// A text for readers of the structure; they must be told something.
pub(crate) fn said(text: &str, otherwise: &str) -> String {
    let text = readable(text);
    if text.trim().is_empty() { otherwise.to_owned() } else { text }
}

/// A line of its text as it is shown.
pub(crate) fn shown(text: &str, line: &crate::typeset::Line) -> String {
    let part = text.get(line.range.clone()).unwrap_or_default();
    if line.cut { format!("{}…", part.trim_end()) } else { part.to_owned() }
}
