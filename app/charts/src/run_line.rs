//! A run as a line of its attempts: how long it was in which state, and where its usual end lies.

use crate::escape;
use domain::{
    run::RunState,
    text,
    time::{Span, Time},
};
use std::fmt::Write;

/// A stretch of a run in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its state: running, retrying, or the end that the attempt came to.
    pub state: RunState,
    /// Attempt, from 1.
    pub attempt: u16,
    /// From when …
    pub from: Time,
    /// … to when.
    pub to: Time,
}

const WIDTH: f64 = 720.0;

/// The stretches from the first on: 720 × 20 units, stretched to its place. `usual`: how long such runs take.
pub fn run_line(stretches: &[Stretch], usual: Option<Span>) -> String {
    let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else { return String::new() };
    let whole = (last.to - first.from).max(usual.unwrap_or(Span::ZERO)).0.max(1);
    #[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
    let x = |at: Time| (WIDTH * (at - first.from).0 as f64 / whole as f64).clamp(0.0, WIDTH);
    let mut told: Vec<String> = stretches.iter().map(title).collect();
    told.extend(usual.map(|usual| format!("usually {}", text::span(usual))));
    let mut svg = String::with_capacity(256 + stretches.len() * 160);
    let _ = write!(
        svg,
        "<svg class=\"chart-run\" viewBox=\"0 0 {WIDTH} 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\"><rect class=\"run-track\" y=\"4\" width=\"{WIDTH}\" height=\"12\"/>",
        escape(&told.join("; "))
    );
    for stretch in stretches {
        let (from, to) = (x(stretch.from), x(stretch.to));
        let _ = write!(
            svg,
            "<rect class=\"run-stretch\" data-state=\"{}\" x=\"{from:.1}\" y=\"4\" width=\"{:.1}\" height=\"12\"><title>{}</title></rect>",
            stretch.state.as_str(),
            (to - from - 1.5).max(1.5),
            escape(&title(stretch))
        );
    }
    if let Some(usual) = usual {
        let at = x(first.from + usual).min(WIDTH - 1.0);
        let _ = write!(
            svg,
            "<path class=\"run-usual\" d=\"M{at:.1} 0V20\"><title>{}</title></path>",
            escape(&format!("Usually {}", text::span(usual)))
        );
    }
    svg.push_str("</svg>");
    svg
}

fn title(stretch: &Stretch) -> String {
    format!(
        "Attempt {}: {} for {}",
        stretch.attempt,
        text::state_label(stretch.state).to_lowercase(),
        text::span(stretch.to - stretch.from)
    )
}
