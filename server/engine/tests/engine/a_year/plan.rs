//! What is planned: subjects, their runs, everything else that is done to them, and the troubles among it.

use crate::a_year::calendar::{Slots, at, written};
use domain::{
    alert::AlertKind,
    run::RunState,
    time::{Span, Time},
};
use std::collections::BTreeMap;

/// The year's first instant.
pub fn begin() -> Time {
    at(2028, 1, 1, 0, 0)
}

/// What a policy asks, in lengths.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub grace: Span,
    pub longest: Span,
    /// Hours, where it differs from 24 and 12.
    pub overdue: Option<i64>,
    pub allowance: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Workstation,
    Server,
    /// Of a connection, by its place.
    Account(usize),
    /// A connection itself, by its place: its consent has alerts of its own.
    Connection(usize),
}

/// A device or an account.
#[derive(Clone)]
pub struct Subject {
    pub name: String,
    pub class: Class,
    pub organization: usize,
    /// Place of its rhythm.
    pub rhythm: usize,
    pub terms: Terms,
    pub enrolled: Time,
    pub jobs: Vec<&'static str>,
    /// Its clock is off by so much.
    pub skew: Span,
    /// The agent checks in with each run.
    pub agent: bool,
}

impl Subject {
    pub fn is_account(&self) -> bool {
        matches!(self.class, Class::Account(_))
    }

    /// T of D2.
    pub fn overdue_after(&self) -> Span {
        Span::hours(self.terms.overdue.unwrap_or(if self.class == Class::Server { 12 } else { 24 }))
    }
}

/// A run as it is, and when the portal hears of its start and end.
#[derive(Clone, Debug)]
pub struct Run {
    pub start: Time,
    pub start_known: Option<Time>,
    /// As the machine's clock says; none: it hangs for ever.
    pub end: Option<Time>,
    pub end_known: Option<Time>,
    pub state: RunState,
    pub bytes: i64,
    pub files: i64,
    /// The slot that it is of.
    pub slot: Time,
    /// Told twice, the second time so much later.
    pub again: Option<Span>,
    /// Attempts before it that are told of as `retrying`.
    pub retried: bool,
}

impl Run {
    pub fn is_usable(&self) -> bool {
        matches!(self.state, RunState::Succeeded | RunState::Warning)
    }
}

/// What happens to a subject beside its runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Enrol,
    /// Bytes used, where it is told.
    CheckIn(Option<i64>),
    Restore(bool),
    Pause,
    Resume,
    /// A maintenance window is planned, by its place.
    Window(usize),
    /// The provider refuses a connection's tokens.
    Refuse,
    /// It can't be asked.
    Stumble,
    /// Somebody has authorized the connection (again).
    Grant,
    /// The portal is there again.
    Return,
}

/// Whom a maintenance window concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Device(usize),
    Organization(usize),
    Partner,
}

/// When.
#[derive(Clone, Debug)]
pub enum Occurs {
    Once(Time, Time),
    /// Every week: cron line, zone; the same as weekday, hour and minute; so many minutes; and the local dates left out.
    Weekly(&'static str, chrono_tz::Tz, u32, (u32, u32), i64, Vec<chrono::NaiveDate>),
}

/// A maintenance window.
#[derive(Clone, Debug)]
pub struct Window {
    pub reach: Reach,
    pub occurs: Occurs,
    pub planned: Time,
}

/// Subjects that fail at the same time for the same reason: one incident.
#[derive(Clone, Debug)]
pub struct Storm {
    pub members: Vec<usize>,
    pub kind: AlertKind,
    /// Its night.
    pub slot: Time,
}

/// Why there is something to alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Silent,
    Failing,
    Hanging,
    FarLess,
    NeverReported,
    Quota,
    Restore,
    Off,
    Consent,
}

/// Something that was planned to go wrong: the only time in which there may be a condition of a subject.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    pub subject: usize,
    pub cause: Cause,
    pub from: Time,
    pub until: Time,
}

/// All of a year.
pub struct Plan {
    pub until: Time,
    pub slots: Vec<Slots>,
    pub organizations: usize,
    /// Of each connection: organization and rhythm.
    pub connections: Vec<(usize, usize)>,
    pub subjects: Vec<Subject>,
    /// By (subject, job), in the order in which they end.
    pub runs: BTreeMap<(usize, usize), Vec<Run>>,
    /// (when, subject, what).
    pub acts: Vec<(Time, usize, Act)>,
    pub troubles: Vec<Trouble>,
    pub windows: Vec<Window>,
    pub storms: Vec<Storm>,
    /// When the portal itself was away.
    pub outages: Vec<(Time, Time)>,
    /// What was done that must not alert: how often, by name.
    pub harmless: BTreeMap<&'static str, usize>,
}

/// Something wrong with a subject, by the rules: from when until when, Critical from when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub subject: usize,
    pub kind: AlertKind,
    pub from: Time,
    pub until: Time,
    pub critical: Option<Time>,
}

impl Plan {
    /// Prints what one subject goes through, for looking.
    pub fn show(&self, name: &str) {
        let Some(s) = self.subjects.iter().position(|subject| subject.name == name) else { return };
        println!("{name}: rhythm {}, {:?}, clock {} s", self.subjects[s].rhythm, self.subjects[s].terms, self.subjects[s].skew.0 / 1_000);
        let known = |at: Option<Time>| at.map_or_else(|| "never".to_owned(), written);
        for ((_, job), runs) in self.runs.range((s, 0)..(s + 1, 0)) {
            for run in runs {
                let (begun, ended) = (known(run.start_known), known(run.end_known));
                println!(
                    "  {job} {:?} {} – {} of {}; heard of {begun} – {ended}",
                    run.state,
                    written(run.start),
                    known(run.end),
                    written(run.slot)
                );
            }
        }
        for (from, until) in crate::a_year::verdict::quiet(self, s).into_iter().filter(|quiet| quiet.1 < self.until) {
            println!("  quiet {} – {}", written(from), written(until));
        }
        for (from, until) in &self.outages {
            println!("  away {} – {}", written(*from), written(*until));
        }
        for trouble in self.troubles.iter().filter(|trouble| trouble.subject == s) {
            println!("  {:?} {} – {}", trouble.cause, written(trouble.from), written(trouble.until));
        }
    }
}
