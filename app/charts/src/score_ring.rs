//! A score from 0 to 100 as a ring, with its number in the middle.

use domain::health::{Band, Score};

/// Circumference of the ring (radius 42).
const ROUND: f64 = 263.89;

/// The ring: 100 × 100 units, filled clockwise from the top.
pub fn score_ring(score: Score, band: Band) -> String {
    let filled = ROUND * f64::from(score.0.min(100)) / 100.0;
    let word = match band {
        Band::Unknown => "Unknown",
        Band::Critical => "Critical",
        Band::Warning => "Warning",
        Band::Healthy => "Healthy",
    };
    let class = band.as_str();
    format!(
        "<svg class=\"chart-ring ring-{class}\" viewBox=\"0 0 100 100\" width=\"100\" height=\"100\" role=\"img\" aria-label=\"Score {score} of 100, {word}\">\
         <circle class=\"ring-track\" cx=\"50\" cy=\"50\" r=\"42\" fill=\"none\" stroke-width=\"8\"/>\
         <circle class=\"ring-value\" cx=\"50\" cy=\"50\" r=\"42\" fill=\"none\" stroke-width=\"8\" stroke-dasharray=\"{filled:.1} {ROUND}\" transform=\"rotate(-90 50 50)\"/>\
         <text class=\"ring-number\" x=\"50\" y=\"60\" text-anchor=\"middle\">{score}</text></svg>",
        score = score.0,
    )
}
