//! A period judged: pure, from the ends of usable runs and the rules of the time. What comes late or is corrected corrects the past.
//!
//! At x a device is in breach when x ≥ S + H(x): S the end of the last usable run up to x (the enrolment while there is none), H(x) the
//! hours in force at x. Times left out are neither covered nor in breach, and don't move S + H. All in UTC: there are no clock changes.

use super::{Rules, compliance};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Why a time is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The device was paused.
    Paused,
    /// It was retired.
    Retired,
    /// Its organization was deactivated.
    Deactivated,
    /// A maintenance window.
    Maintenance,
}

impl Cause {
    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Retired => "retired",
            Self::Deactivated => "deactivated",
            Self::Maintenance => "maintenance",
        }
    }
}

impl std::str::FromStr for Cause {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Paused, Self::Retired, Self::Deactivated, Self::Maintenance]
            .into_iter()
            .find(|cause| cause.as_str() == word)
            .ok_or("a cause is `paused`, `retired`, `deactivated` or `maintenance`")
    }
}

/// A time that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Excluded {
    /// From here.
    pub from: Time,
    /// Up to here, not included; none: it goes on.
    pub until: Option<Time>,
    /// Why.
    pub cause: Cause,
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Ends of usable runs, in any order: at least those of the period and the last one before it.
    pub ends: &'a [Time],
    /// When the device was enrolled; nothing before is covered.
    pub enrolled_at: Time,
    /// The hours of each time.
    pub rules: &'a Rules,
    /// Times left out, in any order; they may overlap.
    pub excluded: &'a [Excluded],
    /// Beginning of the period.
    pub from: Time,
    /// End of the period, not included.
    pub until: Time,
    /// Nothing after is judged.
    pub now: Time,
}

/// A time in breach, within the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Its first moment in the period that isn't left out.
    pub from: Time,
    /// Its end in the period.
    pub until: Time,
    /// True when it had begun before the period.
    pub began_before: bool,
    /// True when nothing had ended it at the end of what is judged. Its last part may be left out.
    pub ongoing: bool,
    /// Hours of the rule when it began.
    pub hours: i64,
    /// How long it was, without what is left out of it.
    pub counted: Span,
}

/// A time without a usable backup: from one to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// End of the last usable run, or the enrolment; may lie before the period.
    pub from: Time,
    /// End of the next one; of a gap that is open: the last moment that is judged and not left out.
    pub until: Time,
    /// True when there is no next one yet.
    pub open: bool,
    /// How much of it is left out of the figures.
    pub excluded: Span,
}

impl Gap {
    /// Its length by the clock on the wall, with what is left out.
    pub fn length(&self) -> Span {
        self.until - self.from
    }
}

/// What a period comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Time judged: of the period, since the enrolment, up to now, without what is left out.
    pub covered: Span,
    /// Of it in breach.
    pub in_breach: Span,
    /// Time of the period since the enrolment and up to now that is left out.
    pub left_out: Span,
    /// Times in breach, in order.
    pub breaches: Vec<Breach>,
    /// RPO achieved: the longest time between usable backups that touches the period, by the clock on the wall. One that lies wholly in
    /// times left out doesn't count. None: nothing is covered.
    pub longest_gap: Option<Gap>,
    /// What is left out, cut to the period, in order.
    pub excluded: Vec<Excluded>,
}

impl Figures {
    /// Share of the covered time in compliance, hundredths of a percent, rounded down. None: nothing was covered.
    pub fn share(&self) -> Option<u32> {
        compliance(self.covered.0, self.in_breach.0)
    }
}

/// Judges a period.
pub fn judge(of: &Judged<'_>) -> Figures {
    let (from, until) = (of.from.max(of.enrolled_at), of.until.min(of.now));
    if from >= until {
        return Figures::default();
    }
    let mut excluded: Vec<Excluded> = of.excluded.iter().filter_map(|part| cut(*part, from, until)).collect();
    excluded.sort_unstable();
    let out = union(&excluded, from, until);
    let left_out = out.iter().fold(Span::ZERO, |sum, (begin, end)| sum + (*end - *begin));
    let mut figures = Figures { covered: until - from - left_out, left_out, excluded, ..Figures::default() };
    // Of gaps that begin before the period, what is left out of them before it is wanted too.
    let all = union(of.excluded, Time(i64::MIN), until);
    for gap in gaps(of, from, until) {
        breaches_of(of, gap, from, &out, &mut figures);
        longest_of(gap, from, &all, &mut figures);
    }
    figures.in_breach = figures.breaches.iter().fold(Span::ZERO, |sum, breach| sum + breach.counted);
    figures
}

/// From one usable end to the next, those that touch `from` … `until`: (from, until, whether it is open at the end).
fn gaps(of: &Judged<'_>, from: Time, until: Time) -> Vec<(Time, Time, bool)> {
    let mut inside: Vec<Time> = of.ends.iter().copied().filter(|end| *end > from && *end < until).collect();
    inside.sort_unstable();
    inside.dedup();
    // The last one before, also one from before the enrolment; without any: the enrolment.
    let mut begin = of.ends.iter().copied().filter(|end| *end <= from).max().unwrap_or(of.enrolled_at);
    let mut gaps = Vec::with_capacity(inside.len() + 1);
    for end in inside {
        gaps.push((begin, end, false));
        begin = end;
    }
    gaps.push((begin, until, true));
    gaps
}

fn breaches_of(of: &Judged<'_>, (begin, end, open): (Time, Time, bool), from: Time, out: &[(Time, Time)], figures: &mut Figures) {
    let mut parts: Vec<(Time, Time, i64, bool)> = Vec::new();
    for (piece, over, hours) in of.rules.pieces(from.max(begin), end) {
        let limit = begin + Span::hours(hours);
        let at = piece.max(limit);
        if at >= over {
            continue;
        }
        match parts.last_mut() {
            Some(last) if last.1 == at => last.1 = over,
            // Before the period the same rule held, or another that had been broken as well: then it is no new breach.
            _ => parts.push((at, over, hours, at == of.from && begin + Span::hours(of.rules.at(from - Span(1))) < from)),
        }
    }
    let last = parts.len();
    for (place, (at, over, hours, began_before)) in parts.into_iter().enumerate() {
        let counted = over - at - within(out, at, over);
        if counted > Span::ZERO {
            // A milder rule ends one too: only one that reaches the end of what is judged goes on.
            let ongoing = open && place + 1 == last && over == end;
            let (first, over) = (first_after(out, at), last_before(out, over));
            figures.breaches.push(Breach { from: first, until: over, began_before, ongoing, hours, counted });
        }
    }
}

fn longest_of((begin, end, open): (Time, Time, bool), from: Time, all: &[(Time, Time)], figures: &mut Figures) {
    let end = if open { last_before(all, end).max(begin) } else { end };
    let excluded = within(all, begin, end);
    let is_longer = |length: Span| figures.longest_gap.is_none_or(|known| length > known.length());
    if end > from && end - begin > excluded && is_longer(end - begin) {
        figures.longest_gap = Some(Gap { from: begin, until: end, open, excluded });
    }
}

fn cut(part: Excluded, from: Time, until: Time) -> Option<Excluded> {
    let (begin, end) = (part.from.max(from), part.until.unwrap_or(until).min(until));
    (begin < end).then_some(Excluded { from: begin, until: Some(end), cause: part.cause })
}

/// The times left out without overlaps, in order.
fn union(parts: &[Excluded], from: Time, until: Time) -> Vec<(Time, Time)> {
    let mut parts: Vec<(Time, Time)> =
        parts.iter().filter_map(|part| cut(*part, from, until)).map(|part| (part.from, part.until.unwrap_or(until))).collect();
    parts.sort_unstable();
    let mut union: Vec<(Time, Time)> = Vec::with_capacity(parts.len());
    for (begin, end) in parts {
        match union.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ => union.push((begin, end)),
        }
    }
    union
}

/// How much of `from` … `until` is left out.
fn within(out: &[(Time, Time)], from: Time, until: Time) -> Span {
    let first = out.partition_point(|(_, end)| *end <= from);
    let touched = out.get(first..).unwrap_or_default().iter().take_while(|(begin, _)| *begin < until);
    touched.fold(Span::ZERO, |sum, (begin, end)| sum + ((*end).min(until) - (*begin).max(from)))
}

/// The first moment from `at` on that isn't left out.
fn first_after(out: &[(Time, Time)], at: Time) -> Time {
    let place = out.partition_point(|(_, end)| *end <= at);
    out.get(place).filter(|(begin, _)| *begin <= at).map_or(at, |(_, end)| *end)
}

/// The end of what isn't left out before `at`.
fn last_before(out: &[(Time, Time)], at: Time) -> Time {
    let place = out.partition_point(|(_, end)| *end < at);
    out.get(place).filter(|(begin, _)| *begin < at).map_or(at, |(begin, _)| *begin)
}
