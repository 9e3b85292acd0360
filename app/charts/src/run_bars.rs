//! The last runs of a job, one thin bar a run: its state by shape, its size by nothing (sizes have a line of their own).

use crate::escape;
use domain::run::RunState;
use std::fmt::Write;

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunBar {
    /// Its state.
    pub state: RunState,
    /// What is said of it: "2026-11-20 22:00 UTC: Succeeded, 7.0 GiB, 4 min".
    pub title: String,
}

const STEP: usize = 6;
const HEIGHT: usize = 24;

/// The bars, oldest first: 5 units wide and 1 apart, 24 high. `label` begins the text alternative.
pub fn run_bars(bars: &[RunBar], label: &str) -> String {
    let width = (bars.len() * STEP).saturating_sub(1).max(1);
    let mut svg = String::with_capacity(160 + bars.len() * 130);
    let _ = write!(
        svg,
        "<svg class=\"chart-days chart-runs\" viewBox=\"0 0 {width} {HEIGHT}\" width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escape(&format!("{label}: {}", told(bars)))
    );
    for (place, bar) in bars.iter().enumerate() {
        let x = place * STEP;
        let (class, shape) = match bar.state {
            RunState::Succeeded => ("healthy", format!("M{x} 0h5v24h-5Z")),
            RunState::Warning => ("warning", format!("M{x} 9h5v15h-5ZM{x} 2h5v4h-5Z")),
            RunState::Failed => ("unhealthy", format!("M{x} 15h5v9h-5ZM{x} 5l1-1 1.5 1 1.5-1 1 1-1 2 1 2-1 1-1.5-1-1.5 1-1-1 1-2Z")),
            RunState::Missed => ("missed", format!("M{x} 0h5v24h-5ZM{} 1v22h3v-22Z", x + 1)),
            RunState::Running | RunState::Retrying => ("running", format!("M{x} 12h5v12h-5ZM{x} 7h5v3h-5ZM{x} 2h5v3h-5Z")),
            RunState::Cancelled | RunState::Skipped => ("deactivated", format!("M{x} 11h5v2h-5Z")),
        };
        let _ = write!(
            svg,
            "<g class=\"day day-{class}\"><title>{}</title><path class=\"day-area\" d=\"M{x} 0h5v24h-5Z\"/><path fill-rule=\"evenodd\" d=\"{shape}\"/></g>",
            escape(&bar.title)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// "18 succeeded, 1 failed".
fn told(bars: &[RunBar]) -> String {
    let words = |state: RunState| domain::text::state_label(state).to_lowercase();
    let all = [
        RunState::Succeeded,
        RunState::Warning,
        RunState::Failed,
        RunState::Missed,
        RunState::Running,
        RunState::Retrying,
        RunState::Cancelled,
        RunState::Skipped,
    ];
    let counts: Vec<String> = all
        .into_iter()
        .map(|state| (bars.iter().filter(|bar| bar.state == state).count(), state))
        .filter(|(n, _)| *n > 0)
        .map(|(n, state)| format!("{n} {}", words(state)))
        .collect();
    if counts.is_empty() { "no runs".to_owned() } else { counts.join(", ") }
}
