//! Numbers in, SVG out, pure: the same picture on the page, in mail and in PDF.
//!
//! No colours and no inline styles here: classes carry the state and the style sheet the colour. Nothing is told by colour
//! alone: each state of a day has a height and a mark of its own, and every picture has a text alternative.

mod bands_bar;
mod day_bars;
mod outlook;
mod plot;
mod run_bars;
mod run_line;
mod score_ring;
mod sparkline;
mod trend;

pub use bands_bar::bands_bar;
pub use day_bars::{DayBar, DayState, date, day_bars, day_bars_text};
pub use outlook::{Steps, outlook, outlook_text};
pub use plot::{Ink, Plot, plot};
pub use run_bars::{RunBar, run_bars};
pub use run_line::{Stretch, run_line};
pub use score_ring::score_ring;
pub use sparkline::{sparkline, sparkline_between};
pub use trend::{TrendPoint, TrendUnit, trend, trend_text};

/// A text as it may stand in XML text and in quoted attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
