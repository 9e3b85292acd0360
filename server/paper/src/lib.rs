//! Reports as PDF: data in, bytes out. Knows pages, tables, scripts and tags; knows no store, no clock and no rule of the domain.
//!
//! The documents are tagged and archival (PDF/UA-1 and PDF/A-2a, as far as the engine can check), and the same data gives the same bytes.

pub mod backup_summary;
pub mod brand;
mod clean;
pub mod compliance;
pub mod document;
mod flow;
mod fonts;
mod marks;
mod pack;
mod render;
mod sheet;
mod table;
mod tags;
mod typeset;

pub use clean::{Cleaned, clean};
pub use fonts::{Fonts, MISSING};
pub use marks::Mark;
pub use render::{Limits, PaperError, render};
