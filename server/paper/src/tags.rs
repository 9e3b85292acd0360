//! The structure of a document, as readers of a screen follow it: built while pages are laid out, given to the engine at the end.

use krilla::{
    geom::Rect,
    tagging::{BBox, Identifier, ListNumbering, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree},
};
use std::num::NonZeroU16;

/// What an element is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Heading(u8, String),
    Paragraph,
    List,
    Item,
    Label,
    Body,
    Table(String),
    Head,
    Rows,
    Row,
    ColumnHead,
    RowHead,
    Cell,
    /// A drawing with its words, on a page, in a rectangle.
    Figure(String, usize, Rect),
    Link,
}

pub(crate) type ElementId = usize;

enum Child {
    Element(ElementId),
    Content(Identifier),
}

struct Element {
    kind: Kind,
    children: Vec<Child>,
}

/// The elements; number 0 is the document.
pub(crate) struct Tags {
    elements: Vec<Element>,
}

pub(crate) const ROOT: ElementId = 0;

impl Tags {
    pub(crate) fn new() -> Self {
        Self { elements: vec![Element { kind: Kind::Paragraph, children: Vec::new() }] }
    }

    pub(crate) fn add(&mut self, parent: ElementId, kind: Kind) -> ElementId {
        let id = self.elements.len();
        self.elements.push(Element { kind, children: Vec::new() });
        if let Some(parent) = self.elements.get_mut(parent) {
            parent.children.push(Child::Element(id));
        }
        id
    }

    pub(crate) fn content(&mut self, element: ElementId, content: Identifier) {
        if let Some(element) = self.elements.get_mut(element) {
            element.children.push(Child::Content(content));
        }
    }

    pub(crate) fn tree(mut self, language: &str) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        let top = self.elements.first_mut().map(|root| std::mem::take(&mut root.children)).unwrap_or_default();
        for child in top {
            if let Some(node) = self.node(child) {
                tree.push(node);
            }
        }
        tree
    }

    fn node(&mut self, child: Child) -> Option<Node> {
        let id = match child {
            Child::Content(content) => return Some(Node::Leaf(content)),
            Child::Element(id) => id,
        };
        let element = self.elements.get_mut(id)?;
        let kind = std::mem::replace(&mut element.kind, Kind::Paragraph);
        let cell = matches!(kind, Kind::ColumnHead | Kind::RowHead | Kind::Cell);
        let children = std::mem::take(&mut element.children);
        let nodes: Vec<Node> = children.into_iter().filter_map(|child| self.node(child)).collect();
        // An empty cell keeps its place in the row; anything else without content says nothing.
        if nodes.is_empty() && !cell {
            return None;
        }
        Some(Node::Group(TagGroup::with_children(tag(kind), nodes)))
    }
}

fn tag(kind: Kind) -> TagKind {
    match kind {
        Kind::Heading(level, title) => Tag::Hn(NonZeroU16::new(u16::from(level.max(1))).unwrap_or(NonZeroU16::MIN), Some(title)).into(),
        Kind::Paragraph => Tag::P.into(),
        Kind::List => Tag::L(ListNumbering::None).into(),
        Kind::Item => Tag::LI.into(),
        Kind::Label => Tag::Lbl.into(),
        Kind::Body => Tag::LBody.into(),
        Kind::Table(summary) => Tag::Table.with_summary(Some(summary)).into(),
        Kind::Head => Tag::THead.into(),
        Kind::Rows => Tag::TBody.into(),
        Kind::Row => Tag::TR.into(),
        Kind::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
        Kind::RowHead => Tag::TH(TableHeaderScope::Row).into(),
        Kind::Cell => Tag::TD.into(),
        Kind::Figure(words, page, rect) => Tag::Figure(Some(words)).with_bbox(Some(BBox::new(page, rect))).into(),
        Kind::Link => Tag::Link.into(),
    }
}
