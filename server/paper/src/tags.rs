//! The structure of a document, as readers of a screen follow it: built while pages are laid out, given to the engine at the end.

use krilla::{
    geom::Rect,
    tagging::{BBox, Identifier, ListNumbering, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree},
};
use smallvec::SmallVec;
use std::num::NonZeroU16;

/// What an element is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Heading(u8, Box<str>),
    Paragraph,
    List,
    Item,
    Label,
    Body,
    Table(Box<str>),
    Head,
    Rows,
    Row,
    ColumnHead,
    RowHead,
    Cell,
    Figure(Box<Figure>),
    Link,
}

/// A drawing with its words, on a page, in a rectangle.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) words: String,
    pub(crate) page: usize,
    pub(crate) rect: Rect,
}

pub(crate) type ElementId = u32;

enum Child {
    Element(ElementId),
    Content(Identifier),
}

struct Element {
    kind: Kind,
    children: SmallVec<[Child; 1]>,
}

/// The elements; number 0 is the document.
pub(crate) struct Tags {
    elements: Vec<Element>,
}

pub(crate) const ROOT: ElementId = 0;

impl Tags {
    pub(crate) fn new() -> Self {
        Self { elements: vec![Element { kind: Kind::Paragraph, children: SmallVec::new() }] }
    }

    pub(crate) fn add(&mut self, parent: ElementId, kind: Kind) -> ElementId {
        let id = ElementId::try_from(self.elements.len()).unwrap_or(ROOT);
        self.elements.push(Element { kind, children: SmallVec::new() });
        if let Some(parent) = self.elements.get_mut(parent as usize) {
            parent.children.push(Child::Element(id));
        }
        id
    }

    pub(crate) fn content(&mut self, element: ElementId, content: Identifier) {
        if let Some(element) = self.elements.get_mut(element as usize) {
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
        let element = self.elements.get_mut(id as usize)?;
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
        Kind::Heading(level, title) => {
            Tag::Hn(NonZeroU16::new(u16::from(level.max(1))).unwrap_or(NonZeroU16::MIN), Some(title.into())).into()
        }
        Kind::Paragraph => Tag::P.into(),
        Kind::List => Tag::L(ListNumbering::None).into(),
        Kind::Item => Tag::LI.into(),
        Kind::Label => Tag::Lbl.into(),
        Kind::Body => Tag::LBody.into(),
        Kind::Table(summary) => Tag::Table.with_summary(Some(summary.into())).into(),
        Kind::Head => Tag::THead.into(),
        Kind::Rows => Tag::TBody.into(),
        Kind::Row => Tag::TR.into(),
        Kind::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
        Kind::RowHead => Tag::TH(TableHeaderScope::Row).into(),
        Kind::Cell => Tag::TD.into(),
        Kind::Figure(figure) => Tag::Figure(Some(figure.words)).with_bbox(Some(BBox::new(figure.page, figure.rect))).into(),
        Kind::Link => Tag::Link.into(),
    }
}
