//! A trend for places that know neither style sheets nor text in pictures, as mail: colours are given, and the words stand beside it.

use crate::trend::{TrendPoint, TrendUnit};
use std::fmt::Write;

/// Colours, `#rrggbb`. They are seen on light and on dark ground: the picture has none of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink<'a> {
    /// Of the line and its last point.
    pub line: &'a str,
    /// Of the lines across.
    pub grid: &'a str,
}

/// A trend and the words of its axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    /// The picture.
    pub svg: String,
    /// The numbers of the lines across, from the top.
    pub marks: [String; 3],
}

/// Room at each side, so that the last point isn't cut.
const MARGIN: f64 = 6.0;

/// The line over an axis from nought, `width` × `height` units; gaps where nothing is known.
pub fn plot(points: &[TrendPoint], unit: TrendUnit, (width, height): (f64, f64), ink: Ink<'_>) -> Plot {
    let known = || points.iter().enumerate().filter_map(|(place, p)| p.value.filter(|v| v.is_finite()).map(|v| (place, v)));
    let top = unit.top(known().map(|(_, v)| v).fold(0.0, f64::max));
    let foot = unit.foot(known().map(|(_, v)| v).fold(f64::INFINITY, f64::min).min(100.0));
    #[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
    let step = (width - 2.0 * MARGIN) / (points.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
    let x = |place: usize| MARGIN + place as f64 * step;
    let y = |value: f64| height - MARGIN - (height - 2.0 * MARGIN) * ((value - foot) / (top - foot)).clamp(0.0, 1.0);
    let marks = [top, foot + (top - foot) / 2.0, foot];
    let mut svg =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">");
    for mark in marks {
        let _ = write!(svg, "<path d=\"M0 {0:.1}H{width}\" stroke=\"{1}\" stroke-width=\"1\" opacity=\"0.45\"/>", y(mark), ink.grid);
    }
    let (mut line, mut area, mut before) = (String::new(), String::new(), None);
    for (place, value) in known() {
        let (x, y) = (x(place), y(value));
        if before.is_some_and(|before| before + 1 == place) {
            let _ = write!(line, "L{x:.1} {y:.1}");
            let _ = write!(area, "L{x:.1} {y:.1}");
        } else {
            if before.is_some() {
                // A closed path goes back to where its piece began.
                let _ = write!(area, "V{:.1}Z", height - MARGIN);
            }
            let _ = write!(line, "M{x:.1} {y:.1}");
            let _ = write!(area, "M{x:.1} {:.1}V{y:.1}", height - MARGIN);
        }
        before = Some(place);
    }
    if before.is_some() {
        let _ = write!(area, "V{:.1}Z", height - MARGIN);
    }
    let _ = write!(svg, "<path d=\"{area}\" fill=\"{}\" opacity=\"0.16\"/>", ink.line);
    let _ = write!(
        svg,
        "<path d=\"{line}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.5\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
        ink.line
    );
    if let Some((place, value)) = known().next_back() {
        let _ = write!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4.5\" fill=\"{}\"/>", x(place), y(value), ink.line);
    }
    svg.push_str("</svg>");
    Plot { svg, marks: marks.map(|mark| unit.words(mark)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Ink<'static> = Ink { line: "#4338b8", grid: "#8b8d92" };

    fn points(values: &[Option<f64>]) -> Vec<TrendPoint> {
        (20_700..).zip(values).map(|(day, value)| TrendPoint { day, value: *value }).collect()
    }

    #[test]
    fn a_line_has_its_numbers_beside_it_and_carries_its_colours_itself() {
        let tib = 1_099_511_627_776.0;
        let plot = plot(&points(&[Some(tib), Some(1.5 * tib), Some(1.75 * tib)]), TrendUnit::Bytes, (560.0, 120.0), INK);
        assert_eq!(plot.marks, ["2.0 TiB", "1.0 TiB", "0 B"]);
        for word in ["d=\"M6.0 60.0L280.0 33.0L554.0 19.5\"", "stroke=\"#4338b8\"", "cx=\"554.0\" cy=\"19.5\""] {
            assert!(plot.svg.contains(word), "{word}: {}", plot.svg);
        }
        for word in ["class=", "style", "<text"] {
            assert!(!plot.svg.contains(word), "{word}");
        }
    }

    #[test]
    fn days_of_which_nothing_is_known_leave_a_gap() {
        let plot = plot(&points(&[Some(10.0), None, Some(10.0), Some(10.0)]), TrendUnit::Count, (100.0, 32.0), INK);
        assert!(plot.svg.contains("d=\"M6.0 6.0M64.7 6.0L94.0 6.0\""), "{}", plot.svg);
        assert!(plot.svg.contains("d=\"M6.0 26.0V6.0V26.0ZM64.7 26.0V6.0L94.0 6.0V26.0Z\""), "{}", plot.svg);
        assert!(super::plot(&[], TrendUnit::Count, (100.0, 32.0), INK).svg.ends_with("</svg>"));
    }
}
