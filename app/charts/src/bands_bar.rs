//! How many devices are in each band, as one bar.

use domain::health::Band;
use std::fmt::Write;

const WIDTH: i64 = 1_000;
/// A band with anything in it can be seen, however few.
const LEAST: i64 = 8;

const fn words(band: Band) -> &'static str {
    match band {
        Band::Unknown => "unknown",
        Band::Critical => "critical",
        Band::Warning => "warning",
        Band::Healthy => "healthy",
    }
}

/// The bar: 1000 × 14 units, drawn in the order given. Each part has a pattern of its own beside its colour: whole, notched, split, hollow.
pub fn bands_bar(counts: &[(Band, i64)]) -> String {
    let total: i64 = counts.iter().map(|(_, n)| n.max(&0)).sum();
    let text: Vec<String> = counts.iter().map(|(band, n)| format!("{n} {}", words(*band))).collect();
    let mut svg = format!(
        "<svg class=\"chart-bands\" viewBox=\"0 0 {WIDTH} 14\" preserveAspectRatio=\"none\" width=\"{WIDTH}\" height=\"14\" role=\"img\" aria-label=\"{}\">",
        text.join(", ")
    );
    if total == 0 {
        let _ = write!(svg, "<rect class=\"band-none\" width=\"{WIDTH}\" height=\"14\"/>");
    }
    let present = counts.iter().filter(|(_, n)| *n > 0);
    let free = WIDTH - LEAST * i64::try_from(present.clone().count()).unwrap_or(0);
    let mut sum = 0;
    let mut place = 0;
    for (index, (band, n)) in present.enumerate() {
        sum += n;
        let end = free * sum / total.max(1) + LEAST * (i64::try_from(index).unwrap_or(0) + 1);
        let gap = if sum < total { 3 } else { 0 };
        let class = band.as_str();
        let _ = write!(svg, "<g class=\"band band-{class}\"><title>{n} {}</title>", words(*band));
        let (y, height) = match band {
            Band::Healthy => (0, 14),
            Band::Warning => (2, 12),
            Band::Critical => (0, 14),
            Band::Unknown => (5, 4),
        };
        let _ = write!(svg, "<rect x=\"{place}\" y=\"{y}\" width=\"{}\" height=\"{height}\"/></g>", (end - place - gap).max(1));
        place = end;
    }
    svg.push_str("</svg>");
    svg
}
