//! A small line of numbers over time.

use crate::escape;
use std::fmt::Write;

/// The line, 120 × 24 units, from the first value on the left; gaps where there is none. `label` is the text alternative. The least
/// value is at the foot, the greatest at the top.
pub fn sparkline(values: &[Option<f64>], label: &str) -> String {
    let known = values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    sparkline_between(values, low, high, label)
}

/// As [`sparkline`], with `low` at the foot and `high` at the top: so that lines beside one another can be compared. A value alone
/// between gaps is a dot.
pub fn sparkline_between(values: &[Option<f64>], low: f64, high: f64, label: &str) -> String {
    let mut path = String::new();
    let mut is_down = false;
    #[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
    let step = 120.0 / (values.len().max(2) - 1) as f64;
    for (place, value) in values.iter().enumerate() {
        match value.filter(|v| v.is_finite()) {
            None => is_down = false,
            Some(value) => {
                #[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
                let x = place as f64 * step;
                let y = if high > low { 22.0 - 20.0 * ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 12.0 };
                let _ = write!(path, "{}{x:.1} {y:.1}", if is_down { 'L' } else { 'M' });
                let is_alone = !is_down && values.get(place + 1).is_none_or(Option::is_none);
                if is_alone {
                    path.push_str("h0.1");
                }
                is_down = true;
            }
        }
    }
    format!(
        "<svg class=\"chart-spark\" viewBox=\"0 0 120 24\" width=\"120\" height=\"24\" role=\"img\" aria-label=\"{}\"><path fill=\"none\" d=\"{path}\"/></svg>",
        escape(label)
    )
}
