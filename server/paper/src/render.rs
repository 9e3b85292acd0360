//! A document into a file.

use crate::{
    clean::readable,
    document::{Block, Document},
    fonts::{Fonts, MISSING},
    pack::pack,
    sheet::Sheets,
};
use domain::{text::rfc3339, time::Time};
use krilla::{
    SerializeSettings,
    configure::{Accessibility, Archival, ConfigurationBuilder},
    metadata::{DateTime, Metadata},
};

/// What a document may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most rows of all its tables together.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 50_000 }
    }
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// More rows than are allowed.
    #[error("this document would have {rows} rows; it may have {limit}: choose fewer clients or a smaller list")]
    TooManyRows {
        /// Rows that it has.
        rows: usize,
        /// Rows that it may have.
        limit: usize,
    },
    /// Whoever wanted it asked to stop: it was cancelled, or its time is over.
    #[error("the document was stopped before it was finished")]
    Stopped,
    /// The engine refused: a fault of ours.
    #[error("the document could not be made: {0}")]
    Engine(String),
}

/// Makes the file. `stop` is asked at each page. The document is used up: its rows make room for what they become.
pub fn render(mut document: Document, fonts: &Fonts, limits: Limits, stop: &dyn Fn() -> bool) -> Result<Vec<u8>, PaperError> {
    let rows: usize = document.blocks.iter().map(|block| if let Block::Table(table) = block { table.rows.len() } else { 0 }).sum();
    if rows > limits.rows {
        return Err(PaperError::TooManyRows { rows, limit: limits.rows });
    }
    let blocks = std::mem::take(&mut document.blocks);
    let mut count = Sheets::new(&document, fonts, krilla::Document::new(), None, stop);
    for block in &blocks {
        count.block(block)?;
    }
    count.remark()?;
    let (pages, _) = count.close()?;
    let mut pdf = krilla::Document::new_with(settings()?);
    pdf.set_metadata(metadata(&document));
    let mut sheets = Sheets::new(&document, fonts, pdf, Some(pages), stop);
    for block in blocks {
        match block {
            Block::Table(table) => sheets.last_table(table)?,
            block => sheets.block(&block)?,
        }
    }
    sheets.remark()?;
    let (drawn, pdf) = sheets.close()?;
    debug_assert_eq!(drawn, pages, "both passes lay it out alike");
    let file = pdf.finish().map_err(|e| PaperError::Engine(format!("{e} {e:?}").chars().take(300).collect()))?;
    Ok(pack(file))
}

impl Sheets<'_> {
    /// Says of characters that could not be shown.
    fn remark(&mut self) -> Result<(), PaperError> {
        let words = match self.type_.replaced {
            0 => return Ok(()),
            1 => format!("{MISSING} stands for a character that could not be shown."),
            _ => format!("{MISSING} stands for characters that could not be shown."),
        };
        self.block(&Block::Note(words))
    }
}

fn settings() -> Result<SerializeSettings, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|e| PaperError::Engine(format!("{e:?}")))?;
    Ok(SerializeSettings { configuration, ..SerializeSettings::default() })
}

fn metadata(document: &Document) -> Metadata {
    let title = [document.title.as_str(), document.subject.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" – ");
    let title = readable(&title);
    Metadata::new()
        .title(if title.trim().is_empty() { "Report".to_owned() } else { title })
        .language(if document.language.is_empty() { "en".to_owned() } else { readable(&document.language) })
        .authors(vec![readable(&document.brand.name)])
        .creator("Holdfast".to_owned())
        .document_id(readable(&document.imprint.inputs_hash))
        .creation_date(date(document.imprint.made_at))
}

/// Milliseconds UTC as the file's date.
fn date(at: i64) -> DateTime {
    let text = rfc3339(Time(at));
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u16>().unwrap_or(0));
    let year = numbers.next().unwrap_or(1970);
    let mut small = || numbers.next().and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
    DateTime::new(year).month(small()).day(small()).hour(small()).minute(small()).second(small()).utc_offset_hour(0)
}
