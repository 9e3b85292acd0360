//! Schedules and what is left of them for `assess`: resolved slots, free of zones and cron (D1 *Schedule*, D2).
//!
//! Cron and zones are resolved on the server (`zones`); the browser only ever sees slots.

use crate::{
    facts::{JobHistory, RECENT},
    time::{Span, Time},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;

/// When runs of a job should start. JSON as in the API: `{"every_minutes": n}`, `{"cron": "…", "time_zone": "…"}`, `"learned"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// A fixed gap.
    Every {
        /// Minutes between two runs, at least 1.
        every_minutes: u32,
    },
    /// Five-field cron in an IANA zone.
    Cron {
        /// For example `30 2 * * 1-5`.
        cron: String,
        /// For example `Europe/Berlin`.
        time_zone: String,
    },
    /// The median gap of the last successes.
    Learned,
}

/// A schedule resolved around the last usable run and the last start, for one job.
///
/// `due` is the slot itself, without grace. `interval` is I of D2: the gap between the slots around S.
/// `slack` is half of the smaller of the gaps before and after `due`: for even schedules ½ I, so that
/// *missed* = S + I + slack + G is D2's S + 1.5 × I + G (docs/decisions/uneven-cron.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// The next slot after S.
    pub due: Time,
    /// I.
    pub interval: Span,
    /// Half of the smaller gap beside `due`.
    pub slack: Span,
    /// Slots after the last start in which nothing has been written yet, and when each counts as missed.
    pub pending: Pending,
    /// The last runs all started exactly an hour beside their slots: by so much after them, or before where it is negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Span>,
}

/// The slots that may still be missed: those after the last known start of a run of any kind, less those already written as `missed` runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pending {
    /// The k-th (from 0) is at `first` + k × `gap`.
    Every {
        /// First slot that is neither started in nor written as missed.
        first: Time,
        /// Gap between slots.
        gap: Span,
    },
    /// Resolved from cron: (slot, slack), ascending. Empty or passed: resolve again.
    Listed(Vec<(Time, Span)>),
}

/// The interval of a learned schedule while there is too little to learn from.
pub const LEARNING_INTERVAL: Span = Span::DAY;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Every { every_minutes: u32 },
    Cron { cron: String, time_zone: String },
    Word(String),
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Every { every_minutes } => Wire::Every { every_minutes: *every_minutes },
            Self::Cron { cron, time_zone } => Wire::Cron { cron: cron.clone(), time_zone: time_zone.clone() },
            Self::Learned => Wire::Word("learned".to_owned()),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const SHAPES: &str =
            "a schedule is {\"every_minutes\": n}, {\"cron\": \"30 2 * * *\", \"time_zone\": \"Europe/Berlin\"} or \"learned\"";
        match Wire::deserialize(deserializer).map_err(|_| de::Error::custom(SHAPES))? {
            Wire::Every { every_minutes: 0 } => Err(de::Error::custom("every_minutes must be at least 1")),
            Wire::Every { every_minutes } => Ok(Self::Every { every_minutes }),
            Wire::Cron { cron, time_zone } => Ok(Self::Cron { cron, time_zone }),
            Wire::Word(word) if word == "learned" => Ok(Self::Learned),
            Wire::Word(_) => Err(de::Error::custom(SHAPES)),
        }
    }
}

/// The median gap between the starts of the last usable runs, at least a minute; none while there are fewer than
/// three of them (still learning: [`LEARNING_INTERVAL`] holds).
pub fn learned_interval(history: &JobHistory) -> Option<Span> {
    if history.recent.len() < 3 {
        return None;
    }
    let mut starts: SmallVec<[Time; RECENT]> = history.recent.iter().map(|run| run.started_at).collect();
    starts.sort_unstable();
    let mut gaps: SmallVec<[Span; RECENT]> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let (low, high) = (gaps[(gaps.len() - 1) / 2], gaps[gaps.len() / 2]);
    Some(((low + high) / 2).max(Span::MINUTE))
}

impl Schedule {
    /// The slots of an even schedule, which need no zones: of a fixed gap, or of the learned one. None for cron.
    /// Slots up to `watched_since` are never pending.
    pub fn evenly(&self, enrolled_at: Time, history: &JobHistory, watched_since: Time) -> Option<Slots> {
        let interval = match self {
            Self::Every { every_minutes } => Span::minutes((*every_minutes).into()),
            Self::Learned => learned_interval(history).unwrap_or(LEARNING_INTERVAL),
            Self::Cron { .. } => return None,
        };
        let since = history.last_usable_end.unwrap_or(enrolled_at);
        let grid = history.last_start.unwrap_or(enrolled_at);
        Some(Slots::every(interval, since, grid, covered(enrolled_at, history, watched_since)))
    }
}

/// Slots up to here are accounted for: a run was going, a `missed` run is written, or nobody watched.
pub(crate) fn covered(enrolled_at: Time, history: &JobHistory, watched_since: Time) -> Time {
    let grid = history.last_start.unwrap_or(enrolled_at);
    [history.last_end, history.last_missed_slot, Some(watched_since)].into_iter().flatten().fold(grid, Time::max)
}

impl Slots {
    /// Slots of a fixed interval. `since`: S of D2 (last usable end, or enrolment). `grid`: the last start, or the
    /// enrolment; slots follow it at whole intervals. `covered`: slots up to here are accounted for (a run was going,
    /// or a `missed` run is written).
    pub fn every(interval: Span, since: Time, grid: Time, covered: Time) -> Self {
        let interval = interval.max(Span::MINUTE);
        let passed = ((covered - grid).0.div_euclid(interval.0)).max(0);
        Self {
            due: since + interval,
            interval,
            slack: interval / 2,
            pending: Pending::Every { first: grid + interval * (passed + 1), gap: interval },
            off: None,
        }
    }

    /// When a pending slot counts as missed; none for an instant that is not a slot listed here.
    pub fn missed_at(&self, slot: Time, grace: Span) -> Option<Time> {
        match &self.pending {
            Pending::Every { first, gap } => {
                let after = slot - *first;
                (after.0 >= 0 && after.0 % gap.0.max(1) == 0).then_some(slot + self.slack + grace)
            }
            Pending::Listed(slots) => {
                let place = slots.binary_search_by_key(&slot, |(listed, _)| *listed).ok()?;
                Some(slot + slots[place].1 + grace)
            }
        }
    }
}
