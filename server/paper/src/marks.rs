//! Signs: states, days, workloads. Each is told by its form, so that a print without colours says the same. The bars of days are those of the
//! page (`charts::day_bars`), on the same grid of 4 by 24.

use crate::{
    brand::Colour,
    document::{Day, Sign},
};
use krilla::geom::{Path, PathBuilder};

/// A state with a shape of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// As it should be: a disc with a tick.
    Good,
    /// To be watched: a triangle.
    Warning,
    /// Not as it should be: a diamond with a bar.
    Bad,
    /// Left out: a square with a dash.
    Off,
    /// Not known: a ring.
    Unknown,
}

const GREEN: Colour = Colour(0x00, 0x9e, 0x73);
const GREEN_INK: Colour = Colour(0x00, 0x6b, 0x4e);
const AMBER: Colour = Colour(0xe6, 0x9f, 0x00);
const AMBER_INK: Colour = Colour(0x7f, 0x52, 0x00);
const RED: Colour = Colour(0xd5, 0x5e, 0x00);
const RED_INK: Colour = Colour(0xa6, 0x3c, 0x00);
const GREY: Colour = Colour(0x86, 0x8c, 0x96);
const GREY_INK: Colour = Colour(0x56, 0x5b, 0x64);

impl Mark {
    /// Colour of the word beside it.
    pub(crate) const fn ink(self) -> Colour {
        match self {
            Self::Good => GREEN_INK,
            Self::Warning => AMBER_INK,
            Self::Bad => RED_INK,
            Self::Off | Self::Unknown => GREY_INK,
        }
    }
}

/// A part of a drawing.
pub(crate) struct Shape {
    pub(crate) path: Path,
    pub(crate) paint: Paint,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Paint {
    Fill(Colour),
    /// A line of so many points.
    Line(Colour, f32),
    /// The same, dotted.
    Dotted(Colour, f32),
    /// Filled, and edged by a line of so many points with round corners: a rounded shape for few words.
    Edged(Colour, f32),
    /// Bars side by side, drawn as one dashed line: its width is their height; then their width, and the gap between them.
    Bars(Colour, f32, f32, f32),
}

fn fill(path: PathBuilder, colour: Colour) -> Option<Shape> {
    Some(Shape { path: path.finish()?, paint: Paint::Fill(colour) })
}

fn line(path: PathBuilder, colour: Colour, width: f32) -> Option<Shape> {
    Some(Shape { path: path.finish()?, paint: Paint::Line(colour, width) })
}

/// Hundredths of a point are more than a printer has.
pub(crate) fn near(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

pub(crate) fn rect(path: &mut PathBuilder, x: f32, y: f32, width: f32, height: f32) {
    if let Some(rect) = krilla::geom::Rect::from_xywh(near(x), near(y), near(width), near(height)) {
        path.push_rect(rect);
    }
}

fn polygon(path: &mut PathBuilder, points: &[(f32, f32)]) {
    for (place, (x, y)) in points.iter().enumerate() {
        if place == 0 {
            path.move_to(near(*x), near(*y));
        } else {
            path.line_to(near(*x), near(*y));
        }
    }
    path.close();
}

/// A rounded rectangle.
pub(crate) fn rounded(path: &mut PathBuilder, x: f32, y: f32, width: f32, height: f32, radius: f32) {
    let k = radius * 0.4477;
    let (right, bottom) = (x + width, y + height);
    path.move_to(near(x + radius), near(y));
    path.line_to(near(right - radius), near(y));
    path.cubic_to(near(right - k), near(y), near(right), near(y + k), near(right), near(y + radius));
    path.line_to(near(right), near(bottom - radius));
    path.cubic_to(near(right), near(bottom - k), near(right - k), near(bottom), near(right - radius), near(bottom));
    path.line_to(near(x + radius), near(bottom));
    path.cubic_to(near(x + k), near(bottom), near(x), near(bottom - k), near(x), near(bottom - radius));
    path.line_to(near(x), near(y + radius));
    path.cubic_to(near(x), near(y + k), near(x + k), near(y), near(x + radius), near(y));
    path.close();
}

/// A state in a square of `size`, its upper left corner at (x, y).
pub(crate) fn mark(mark: Mark, x: f32, y: f32, size: f32) -> Vec<Shape> {
    let at = |u: f32, v: f32| (x + u * size, y + v * size);
    let mut body = PathBuilder::new();
    let mut inner = PathBuilder::new();
    let weight = size * 0.13;
    match mark {
        Mark::Good => {
            rounded(&mut body, x, y, size, size, size / 2.0);
            for (place, (u, v)) in [(0.28, 0.52), (0.44, 0.68), (0.72, 0.34)].into_iter().enumerate() {
                let (px, py) = at(u, v);
                if place == 0 { inner.move_to(near(px), near(py)) } else { inner.line_to(near(px), near(py)) }
            }
            [fill(body, GREEN), line(inner, Colour::WHITE, weight)].into_iter().flatten().collect()
        }
        Mark::Warning => {
            polygon(&mut body, &[at(0.5, 0.04), at(1.0, 0.94), at(0.0, 0.94)]);
            rect(&mut inner, x + 0.44 * size, y + 0.36 * size, 0.12 * size, 0.28 * size);
            rect(&mut inner, x + 0.44 * size, y + 0.71 * size, 0.12 * size, 0.12 * size);
            [fill(body, AMBER), fill(inner, Colour::INK)].into_iter().flatten().collect()
        }
        Mark::Bad => {
            polygon(&mut body, &[at(0.5, -0.04), at(1.04, 0.5), at(0.5, 1.04), at(-0.04, 0.5)]);
            rect(&mut inner, x + 0.43 * size, y + 0.22 * size, 0.14 * size, 0.34 * size);
            rect(&mut inner, x + 0.43 * size, y + 0.65 * size, 0.14 * size, 0.14 * size);
            [fill(body, RED), fill(inner, Colour::WHITE)].into_iter().flatten().collect()
        }
        Mark::Off => {
            rounded(&mut body, x + weight / 2.0, y + weight / 2.0, size - weight, size - weight, size * 0.15);
            rect(&mut inner, x + 0.26 * size, y + 0.44 * size, 0.48 * size, 0.13 * size);
            [line(body, GREY, weight * 0.8), fill(inner, GREY)].into_iter().flatten().collect()
        }
        Mark::Unknown => {
            rounded(&mut body, x + weight / 2.0, y + weight / 2.0, size - weight, size - weight, (size - weight) / 2.0);
            line(body, GREY, weight).into_iter().collect()
        }
    }
}

/// Bars in a box, oldest first. One shape for each colour, so that thirty-one days are few drawings.
pub(crate) fn days(days: &[Day], x: f32, y: f32, width: f32, height: f32) -> Vec<Shape> {
    let step = (width / (days.len().max(1) as f32)).min(6.5);
    let wide = step * 0.78;
    let (u, v) = (wide / 4.0, height / 24.0);
    let mut by_colour: Vec<(Colour, PathBuilder)> = Vec::new();
    let (mut full, mut before) = (PathBuilder::new(), None);
    for (place, day) in days.iter().enumerate() {
        let left = x + step * place as f32;
        if *day == Day::Healthy {
            // Most days of most rows: a stretch of them is one stroke.
            if before != Some(Day::Healthy) {
                full.move_to(near(left), near(y + height / 2.0));
            }
            let last = days.get(place + 1) != Some(&Day::Healthy);
            if last {
                full.line_to(near(left + wide), near(y + height / 2.0));
            }
            before = Some(*day);
            continue;
        }
        before = Some(*day);
        let colour = match day {
            Day::NoData | Day::Deactivated => GREY,
            Day::VeryHealthy => GREEN_INK,
            Day::Healthy => continue,
            Day::Warning => AMBER,
            Day::Missed | Day::Unhealthy => RED,
        };
        let at = by_colour.iter().position(|(c, _)| *c == colour).unwrap_or_else(|| {
            by_colour.push((colour, PathBuilder::new()));
            by_colour.len() - 1
        });
        let Some((_, path)) = by_colour.get_mut(at) else { continue };
        let mut part = |dx: f32, dy: f32, w: f32, h: f32| rect(path, left + dx * u, y + dy * v, w * u, h * v);
        match day {
            Day::NoData => part(1.0, 21.0, 2.0, 2.5),
            Day::Deactivated => part(0.0, 11.0, 4.0, 2.5),
            Day::Healthy => {}
            Day::VeryHealthy => {
                part(0.0, 0.0, 4.0, 5.0);
                part(0.0, 7.0, 4.0, 17.0);
            }
            Day::Warning => {
                part(0.0, 9.0, 4.0, 15.0);
                part(0.5, 3.0, 3.0, 4.0);
            }
            Day::Missed => {
                part(0.0, 0.0, 0.8, 24.0);
                part(3.2, 0.0, 0.8, 24.0);
                part(0.8, 0.0, 2.4, 1.5);
                part(0.8, 22.5, 2.4, 1.5);
            }
            Day::Unhealthy => {
                part(0.0, 15.0, 4.0, 9.0);
                for turned in [false, true] {
                    let (top, foot) = if turned { (3.2, 0.0) } else { (0.0, 3.2) };
                    polygon(
                        path,
                        &[
                            (left + top * u, y + 5.0 * v),
                            (left + (top + 0.8) * u, y + 5.0 * v),
                            (left + (foot + 0.8) * u, y + 12.0 * v),
                            (left + foot * u, y + 12.0 * v),
                        ],
                    );
                }
            }
        }
    }
    let full = full.finish().map(|path| Shape { path, paint: Paint::Bars(GREEN, height, wide, step - wide) });
    full.into_iter().chain(by_colour.into_iter().filter_map(|(colour, path)| fill(path, colour))).collect()
}

/// The tile of a workload, 10.5 points wide; its letter is drawn on it.
pub(crate) const WORKLOAD: f32 = 10.5;
/// Radius of its corners.
const CORNER: f32 = 2.0;

/// Tiles at these places, all active or all inactive: solid or dotted.
pub(crate) fn workloads(active: bool, colour: Colour, places: &[f32], y: f32) -> Option<Shape> {
    let mut path = PathBuilder::new();
    let inset = if active { CORNER } else { 0.4 };
    for x in places {
        polygon(
            &mut path,
            &[
                (x + inset, y + inset),
                (x + WORKLOAD - inset, y + inset),
                (x + WORKLOAD - inset, y + WORKLOAD - inset),
                (x + inset, y + WORKLOAD - inset),
            ],
        );
    }
    Some(Shape { path: path.finish()?, paint: if active { Paint::Edged(colour, 2.0 * CORNER) } else { Paint::Dotted(GREY_INK, 0.7) } })
}

/// A sign as a legend shows it, and its width.
pub(crate) fn sign(sign: Sign, colour: Colour, x: f32, y: f32, height: f32) -> (Vec<Shape>, f32) {
    match sign {
        Sign::Mark(state) => (mark(state, x, y + (height - 7.5) / 2.0, 7.5), 7.5),
        Sign::Day(day) => (days(&[day], x, y, 6.5, height), 5.1),
        Sign::Active(_) => (workloads(true, colour, &[x], y).into_iter().collect(), WORKLOAD),
        Sign::Inactive(_) => (workloads(false, colour, &[x], y).into_iter().collect(), WORKLOAD),
    }
}
