//! What a document consists of: blocks of plain data. How they look is decided here and in the rooms beside, once for all reports.

use crate::{brand::Brand, marks::Mark};

/// How the sheet lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A4 upright.
    Portrait,
    /// A4 lying.
    Landscape,
}

impl Page {
    /// Width and height in points.
    pub(crate) const fn size(self) -> (f32, f32) {
        match self {
            Self::Portrait => (595.28, 841.89),
            Self::Landscape => (841.89, 595.28),
        }
    }
}

/// What is said of a document on each of its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imprint {
    /// "Generated 1 November 2026 06:00 (Europe/Berlin)": as it is to be read.
    pub generated: String,
    /// The same moment for the file's date, milliseconds UTC.
    pub made_at: i64,
    /// Hash of what the document was made of, hexadecimal. With the same content the file is the same.
    pub inputs_hash: String,
    /// Address at which the hash can be verified; empty: none.
    pub verify_at: String,
}

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its title, in the file and on every page.
    pub title: String,
    /// Of whom and of when, beside the title on every page.
    pub subject: String,
    /// Language of its texts, as `en`.
    pub language: String,
    /// How the sheets lie.
    pub page: Page,
    /// Whose it is.
    pub brand: Brand,
    /// When and from what it was made.
    pub imprint: Imprint,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A piece of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// The whole first page: logo, title, for whom, and facts about the document.
    Cover(Cover),
    /// The head of a document without a cover.
    Masthead(Cover),
    /// A head, level 1 to 3; it is in the bookmarks.
    Heading(u8, String),
    /// A paragraph.
    Paragraph(String),
    /// A remark, small and soft.
    Note(String),
    /// Words and what they mean, as a list.
    Definitions(Vec<(String, String)>),
    /// Words and what they are, as a list.
    Facts(Vec<(String, String)>),
    /// Figures side by side.
    Tiles(Vec<Tile>),
    /// What marks, bars and signs mean.
    Legend(Vec<(Sign, String)>),
    /// A table that flows over pages.
    Table(Table),
    /// A link by its own words.
    Link {
        /// What is read.
        text: String,
        /// Where it leads.
        to: String,
    },
    /// What follows begins on a new page.
    PageBreak,
}

/// A cover or masthead.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    /// Small, above the title.
    pub above: String,
    /// The document's title.
    pub title: String,
    /// For whom.
    pub subtitle: String,
    /// Facts about the document.
    pub facts: Vec<(String, String)>,
}

/// A figure with its name.
#[derive(Clone, Debug)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The figure.
    pub value: String,
    /// What explains it, small.
    pub note: String,
    /// Its state.
    pub mark: Option<Mark>,
}

/// A sign of a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A state.
    Mark(Mark),
    /// A day.
    Day(Day),
    /// An active workload, by its letter.
    Active(char),
    /// An inactive one.
    Inactive(char),
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it lists, for readers of the structure; not drawn.
    pub summary: String,
    /// Its columns; the first one heads each row.
    pub columns: Vec<Column>,
    /// Its rows, as many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// What stands instead of a table without rows.
    pub empty: String,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its head.
    pub head: String,
    /// How wide.
    pub width: Width,
    /// Where its texts stand.
    pub align: Align,
}

impl Column {
    /// A column of texts with a share of the width.
    pub fn text(head: &str, share: f32) -> Self {
        Self { head: head.to_owned(), width: Width::Share(share), align: Align::Start }
    }

    /// A column of numbers.
    pub fn number(head: &str, share: f32) -> Self {
        Self { head: head.to_owned(), width: Width::Share(share), align: Align::End }
    }

    /// A column of drawings, so many points wide.
    pub fn drawing(head: &str, points: f32) -> Self {
        Self { head: head.to_owned(), width: Width::Points(points), align: Align::Start }
    }
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// A share of what the fixed ones leave.
    Share(f32),
    /// Points.
    Points(f32),
}

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left.
    Start,
    /// At the right: numbers.
    End,
}

/// A cell.
#[derive(Clone, Debug)]
pub enum Cell {
    /// A text, a number, a date: wrapped where it is too wide.
    Text(String),
    /// A text and, below it, something smaller and softer.
    Pair(String, String),
    /// A state: a shape, a word, and below it what explains it, softer; empty: nothing.
    State(Mark, String, String),
    /// One bar a day.
    Days(Days),
    /// Workloads: solid where active, dotted where not.
    Workloads(Vec<Workload>),
    /// A link.
    Link {
        /// What is read.
        text: String,
        /// Where it leads.
        to: String,
    },
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// Bars of days.
#[derive(Clone, Debug)]
pub struct Days {
    /// Oldest first.
    pub days: Vec<Day>,
    /// What they say, in words: "27 healthy, 1 unhealthy on 12 Nov".
    pub alternative: String,
}

/// What a day was. Each is told by height and form as well as by its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Day {
    /// A dot at the foot.
    NoData,
    /// A dash in the middle.
    Deactivated,
    /// A full bar, cut once.
    VeryHealthy,
    /// A full bar.
    Healthy,
    /// A shorter bar with a dot above.
    Warning,
    /// A hollow bar.
    Missed,
    /// A short bar with a cross above.
    Unhealthy,
}

/// A workload of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The letter that stands for it.
    pub letter: char,
    /// Its name.
    pub name: String,
    /// Whether it is backed up.
    pub active: bool,
}
