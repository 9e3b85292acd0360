//! Numbers over days as a line with an axis: how storage or a share has moved.

use crate::{date, escape};
use domain::text;
use std::fmt::Write;

/// One day of a trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendPoint {
    /// Local day, days since 1970-01-01.
    pub day: i32,
    /// The number that day; none: not known, a gap in the line.
    pub value: Option<f64>,
}

/// What the numbers are, for the words at the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrendUnit {
    /// Pieces: "1,204".
    Count,
    /// Bytes, in binary units: "1.5 TiB".
    Bytes,
    /// 0 to 100: "98 %"; the axis ends at 100, and begins at 0, 50, 80 or 90.
    Percent,
}

impl TrendUnit {
    pub(crate) fn words(self, value: f64) -> String {
        #[expect(clippy::cast_possible_truncation, reason = "counts and bytes fit")]
        let whole = value.round() as i64;
        match self {
            Self::Count => text::count(whole),
            Self::Bytes => text::bytes(whole),
            Self::Percent if (value - value.round()).abs() < 0.05 => format!("{whole} %"),
            Self::Percent => format!("{value:.1} %"),
        }
    }

    /// The foot of the axis. Shares that stay near the whole are told apart only from nearby; the foot's number is written then.
    pub(crate) fn foot(self, least: f64) -> f64 {
        let steps: &[(f64, f64)] = if self == Self::Percent { &[(92.0, 90.0), (84.0, 80.0), (58.0, 50.0)] } else { &[] };
        steps.iter().find(|(from, _)| least >= *from).map_or(0.0, |(_, foot)| *foot)
    }

    /// The end of the axis: a round number at or above the greatest.
    pub(crate) fn top(self, greatest: f64) -> f64 {
        let base: f64 = match self {
            Self::Percent => return 100.0,
            Self::Bytes => 1_024.0,
            Self::Count => 10.0,
        };
        if greatest <= 0.0 {
            return 1.0;
        }
        let unit = base.powf(greatest.log(base).floor());
        let steps: &[f64] = match self {
            Self::Bytes => &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0],
            _ => &[1.0, 2.0, 4.0, 5.0, 8.0, 10.0],
        };
        steps.iter().map(|s| s * unit).find(|s| *s >= greatest * 0.999).unwrap_or(greatest)
    }
}

const HEIGHT: f64 = 176.0;
/// The plot, from its top to its foot; words stand above and below.
const TOP: f64 = 20.0;
const FOOT: f64 = 152.0;
/// More columns than this are not told one by one.
const MOST_TITLES: usize = 100;

/// The line: as wide as its place (640 units where that has no width), 176 high; words keep their size at any width. `limit`: a line
/// that must not be passed, with its word ("Quota"). `label` begins the text alternative.
pub fn trend(points: &[TrendPoint], unit: TrendUnit, limit: Option<(f64, &str)>, label: &str) -> String {
    let known: Vec<(usize, f64)> =
        points.iter().enumerate().filter_map(|(place, p)| p.value.filter(|v| v.is_finite()).map(|v| (place, v))).collect();
    let greatest = known.iter().map(|(_, v)| *v).chain(limit.map(|(l, _)| l)).fold(0.0, f64::max);
    let top = unit.top(greatest);
    let foot = unit.foot(known.iter().map(|(_, v)| *v).chain(limit.map(|(l, _)| l)).fold(f64::INFINITY, f64::min).min(100.0));
    #[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
    let step = 100.0 / (points.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
    let x = |place: usize| place as f64 * step;
    let y = |value: f64| FOOT - (FOOT - TOP) * ((value - foot) / (top - foot)).clamp(0.0, 1.0);
    let mut svg = String::with_capacity(1_024 + points.len() * 90);
    let _ = write!(
        svg,
        "<svg class=\"chart-trend\" width=\"640\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escape(&trend_text(points, unit, limit, label))
    );
    let marks = [top, foot + (top - foot) / 2.0, foot];
    for mark in marks {
        let line = y(mark);
        let _ = write!(svg, "<line class=\"trend-grid\" x1=\"0\" x2=\"100%\" y1=\"{line}\" y2=\"{line}\"/>");
    }
    // The line is stretched to the width of its place; the words beside it are not.
    let _ = write!(
        svg,
        "<svg x=\"0\" y=\"0\" width=\"100%\" height=\"{HEIGHT}\" viewBox=\"0 0 100 {HEIGHT}\" preserveAspectRatio=\"none\" overflow=\"visible\">{}</svg>",
        lines(points, x, y)
    );
    for mark in marks.into_iter().filter(|mark| *mark > 0.0) {
        let _ = write!(svg, "<text class=\"trend-word\" x=\"0\" y=\"{}\">{}</text>", y(mark) - 5.0, escape(&unit.words(mark)));
    }
    if let Some((value, words)) = limit {
        let line = y(value);
        let _ = write!(
            svg,
            "<line class=\"trend-limit\" x1=\"0\" x2=\"100%\" y1=\"{line:.1}\" y2=\"{line:.1}\"/><text class=\"trend-limit-word\" x=\"100%\" y=\"{:.1}\" text-anchor=\"end\">{} {}</text>",
            line - 5.0,
            escape(words),
            escape(&unit.words(value))
        );
    }
    if let Some((place, value)) = known.last() {
        let _ = write!(svg, "<circle class=\"trend-last\" cx=\"{:.2}%\" cy=\"{:.1}\" r=\"3.5\"/>", x(*place), y(*value));
    }
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        for (place, anchor, day) in
            [("0", "start", first.day), ("50%", "middle", first.day + (last.day - first.day) / 2), ("100%", "end", last.day)]
        {
            if anchor == "start" || points.len() > 2 || (anchor == "end" && points.len() == 2) {
                let _ = write!(
                    svg,
                    "<text class=\"trend-word\" x=\"{place}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
                    HEIGHT - 6.0,
                    date(day)
                );
            }
        }
    }
    if points.len() <= MOST_TITLES {
        for (place, value) in &known {
            let _ = write!(
                svg,
                "<rect class=\"trend-day\" x=\"{:.2}%\" y=\"{TOP}\" width=\"{step:.2}%\" height=\"{}\"><title>{}: {}</title></rect>",
                (x(*place) - step / 2.0).max(0.0),
                FOOT - TOP,
                date(points[*place].day),
                escape(&unit.words(*value))
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// The line with gaps, and the area below each piece of it.
fn lines(points: &[TrendPoint], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> String {
    let (mut line, mut area) = (String::new(), String::new());
    let mut piece: Vec<(f64, f64)> = Vec::new();
    let mut end = |piece: &mut Vec<(f64, f64)>| {
        if let (Some(first), Some(last)) = (piece.first().copied(), piece.last().copied()) {
            let _ = write!(area, "M{:.2} {FOOT}", first.0);
            for (place, (x, y)) in piece.iter().enumerate() {
                let _ = write!(line, "{}{x:.2} {y:.1}", if place == 0 { 'M' } else { 'L' });
                let _ = write!(area, "L{x:.2} {y:.1}");
            }
            // A day alone is a short dash, not nothing.
            if piece.len() == 1 {
                let _ = write!(line, "h0.6");
            }
            let _ = write!(area, "L{:.2} {FOOT}Z", last.0);
        }
        piece.clear();
    };
    for (place, point) in points.iter().enumerate() {
        match point.value.filter(|v| v.is_finite()) {
            Some(value) => piece.push((x(place), y(value))),
            None => end(&mut piece),
        }
    }
    end(&mut piece);
    format!("<path class=\"trend-area\" d=\"{area}\"/><path class=\"trend-line\" fill=\"none\" d=\"{line}\"/>")
}

/// The text alternative: "Storage: from 1.2 TiB on 3 Nov to 1.4 TiB on 20 Nov, at most 1.5 TiB on 12 Nov. Quota 2.0 TiB".
pub fn trend_text(points: &[TrendPoint], unit: TrendUnit, limit: Option<(f64, &str)>, label: &str) -> String {
    let known: Vec<(i32, f64)> = points.iter().filter_map(|p| p.value.filter(|v| v.is_finite()).map(|v| (p.day, v))).collect();
    let limit = limit.map(|(value, words)| format!(". {words} {}", unit.words(value))).unwrap_or_default();
    let said = |(day, value): (i32, f64)| format!("{} on {}", unit.words(value), date(day));
    match (known.first().copied(), known.last().copied()) {
        (Some(first), Some(last)) if known.len() > 1 => {
            let most = known.iter().copied().fold(first, |most, p| if p.1 > most.1 { p } else { most });
            let least = known.iter().copied().fold(first, |least, p| if p.1 < least.1 { p } else { least });
            let mut words = format!("{label}: from {} to {}", said(first), said(last));
            if most.1 > first.1.max(last.1) {
                let _ = write!(words, ", at most {}", said(most));
            }
            if least.1 < first.1.min(last.1) {
                let _ = write!(words, ", at least {}", said(least));
            }
            words + &limit
        }
        (Some(only), _) => format!("{label}: {}{limit}", said(only)),
        _ => format!("{label}: nothing known{limit}"),
    }
}
