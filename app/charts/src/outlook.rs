//! Scores to come as steps over time, on the four bands; a second line shows them under other terms.

use crate::escape;
use domain::{
    health::{Band, Score},
    text,
    time::{Span, Time},
};
use std::fmt::Write;

/// A line: from when on a score and band hold, ascending.
pub type Steps<'s> = &'s [(Time, Score, Band)];

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

/// The steps from the first point on, over `length`: 720 × 120 units, stretched to its place; words stand around it, not in it.
/// `sure`: beyond it nothing is drawn. `other`: the second, dashed line.
pub fn outlook(now: Steps<'_>, other: Option<Steps<'_>>, length: Span, sure: Time) -> String {
    let Some((start, ..)) = now.first().copied() else { return String::new() };
    let mut svg = String::with_capacity(1_024);
    let _ = write!(
        svg,
        "<svg class=\"chart-outlook\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">",
        escape(&outlook_text(now, other))
    );
    for band in [Band::Critical, Band::Warning, Band::Healthy] {
        let (low, high) = band.range();
        let (top, foot) = (y(high + 1), y(low));
        let _ = write!(
            svg,
            "<rect class=\"outlook-band\" data-state=\"{}\" x=\"0\" y=\"{top:.1}\" width=\"{WIDTH}\" height=\"{:.1}\"/>",
            band.as_str(),
            foot - top
        );
    }
    for hours in [24, 48] {
        let at = x(start + Span::hours(hours), start, length);
        let _ = write!(svg, "<path class=\"outlook-day\" d=\"M{at:.1} 0V{HEIGHT}\"/>");
    }
    if let Some(other) = other {
        let _ = write!(svg, "<path class=\"outlook-line outlook-other\" fill=\"none\" d=\"{}\"/>", path(other, start, length, sure));
    }
    let _ = write!(svg, "<path class=\"outlook-line\" fill=\"none\" d=\"{}\"/></svg>", path(now, start, length, sure));
    svg
}

/// The text alternative: "Score 96 now, 88 (Warning) in 5 h, 69 (Critical) in 2 d 3 h".
pub fn outlook_text(now: Steps<'_>, other: Option<Steps<'_>>) -> String {
    let told = |steps: Steps<'_>| {
        let Some((start, score, band)) = steps.first().copied() else { return String::new() };
        let mut words = format!("{} ({}) now", score.0, text::band_label(band));
        let (mut known, mut told) = (band, start);
        for (at, score, band) in steps.iter().skip(1).filter(|step| step.0 > start) {
            if *band != known {
                (known, told) = (*band, *at);
                let _ = write!(words, ", {} ({}) in {}", score.0, text::band_label(*band), text::span(*at - start));
            }
        }
        if let Some((at, score, band)) = steps.last().copied().filter(|(at, ..)| *at > told) {
            let _ = write!(words, ", at last {} ({}) in {}", score.0, text::band_label(band), text::span(at - start));
        }
        words
    };
    match other {
        None => format!("Score {}", told(now)),
        Some(other) => format!("As it is: score {}. What if: score {}", told(now), told(other)),
    }
}

/// 40 to 100 take most of the height; 0 stands at the foot.
fn y(score: u8) -> f64 {
    let score = score.min(101);
    if score < 40 { HEIGHT - 4.0 } else { (HEIGHT - 10.0) * (1.0 - f64::from(score - 40) / 61.0) }
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
fn x(at: Time, start: Time, length: Span) -> f64 {
    (WIDTH * (at - start).0 as f64 / length.0.max(1) as f64).clamp(0.0, WIDTH)
}

fn path(steps: Steps<'_>, start: Time, length: Span, sure: Time) -> String {
    let mut path = String::new();
    for (place, (at, score, _)) in steps.iter().enumerate() {
        if place == 0 {
            let _ = write!(path, "M0 {:.1}", y(score.0));
        } else {
            let _ = write!(path, "H{:.1}V{:.1}", x(*at, start, length), y(score.0));
        }
    }
    let _ = write!(path, "H{:.1}", x(sure.min(start + length), start, length));
    path
}
