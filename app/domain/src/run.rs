//! Runs and the events that make them (D1, *Run states*).
//!
//! A run is the join of its events: any order and any repetition gives the same run. So a late start, a doubled
//! end or a success that corrects a time-out need no special case anywhere else.

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The state of a run. `Running` and `Retrying` are open; the rest are ends.
/// The declaration order is the tie-break between ends of the same attempt and time: the later wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// In progress.
    Running,
    /// Did not start or complete as expected and is being attempted again.
    Retrying,
    /// Synthetic: nothing started in a schedule slot. Written by the server only.
    Missed,
    /// The previous run was still going.
    Skipped,
    /// Stopped by somebody.
    Cancelled,
    /// No usable backup came of it.
    Failed,
    /// A usable backup exists, with issues.
    Warning,
    /// A usable backup exists.
    Succeeded,
}

/// What a finished run means for health. `None` of [`RunState::outcome`]: still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Counts as a backup for recency and success.
    Usable,
    /// Counts against success.
    Bad,
    /// Counts for nothing (cancelled, skipped).
    Neutral,
}

/// The tool that made a run, as far as it said so.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tool {
    /// For example `restic`.
    pub name: String,
    /// For example `0.14.0`; empty when unknown.
    #[serde(default)]
    pub version: String,
}

/// One event of one run, already parsed and limited. Sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// What the event says the run is now.
    pub state: RunState,
    /// When it became so.
    pub at: Time,
    /// Attempt, from 1.
    pub attempt: u16,
    /// True for the end that the server itself gives to a run past its longest run time; any reported end wins over it.
    pub timed_out: bool,
    /// How far an open run is, in percent.
    pub percent: Option<u8>,
    /// Files or messages handled.
    pub items: Option<i64>,
    /// Size handled.
    pub bytes: Option<i64>,
    /// New data stored.
    pub bytes_added: Option<i64>,
    /// One line for a person.
    pub message: Option<String>,
    /// Files that could not be read.
    pub failed_items: Vec<String>,
    /// The tool.
    pub tool: Option<Tool>,
    /// Where it stores: a repository or a bucket, as the tool names it; never with a secret. At most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// When a run first entered a state in an attempt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Transition {
    /// Attempt, from 1.
    pub attempt: u16,
    /// The state entered.
    pub state: RunState,
    /// First time seen.
    pub at: Time,
    /// What was said then.
    pub message: Option<String>,
}

/// A run: the join of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Earliest time of any event.
    pub started_at: Time,
    /// Time of the end, if it has ended.
    pub ended_at: Option<Time>,
    /// The event that decides state and figures: ends over open states, reported ends over time-outs, then attempt, time, state.
    pub head: RunEvent,
    /// First time of each (attempt, state), sorted; at most [`MAX_TRANSITIONS`].
    pub transitions: Vec<Transition>,
}

/// How many transitions a run remembers (the latest attempts are kept).
pub const MAX_TRANSITIONS: usize = 64;

impl RunState {
    /// True for every state but running and retrying.
    pub const fn is_end(self) -> bool {
        !self.is_open()
    }

    /// Running or retrying.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Retrying)
    }

    /// What an end means for health; none while the run is open.
    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Running | Self::Retrying => None,
            Self::Succeeded | Self::Warning => Some(Outcome::Usable),
            Self::Failed | Self::Missed => Some(Outcome::Bad),
            Self::Cancelled | Self::Skipped => Some(Outcome::Neutral),
        }
    }

    /// Succeeded or warning: a usable backup exists.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Succeeded | Self::Warning)
    }
}

impl RunEvent {
    /// An event that says nothing but its state and time: attempt 1, reported, no figures.
    pub const fn new(state: RunState, at: Time) -> Self {
        Self {
            state,
            at,
            attempt: 1,
            timed_out: false,
            percent: None,
            items: None,
            bytes: None,
            bytes_added: None,
            message: None,
            failed_items: Vec::new(),
            tool: None,
            destination: None,
        }
    }

    /// Which of two events decides the run: the greater one. Total over all contents, so that a tie is a copy.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let rank = |e: &Self| (e.state.is_end(), !e.timed_out, e.attempt, e.at, e.state);
        let figures = |e: &Self| (e.percent, e.items, e.bytes, e.bytes_added);
        rank(self)
            .cmp(&rank(other))
            .then_with(|| figures(self).cmp(&figures(other)))
            .then_with(|| self.message.cmp(&other.message))
            .then_with(|| self.failed_items.cmp(&other.failed_items))
            .then_with(|| self.tool.cmp(&other.tool))
            .then_with(|| self.destination.cmp(&other.destination))
    }
}

impl Transition {
    fn key(&self) -> (u16, RunState) {
        (self.attempt, self.state)
    }

    /// Of one (attempt, state) the earliest is kept; at the same time, one that says something.
    fn precedes(&self, other: &Self) -> bool {
        let rank = |t: &Self| (t.at, t.message.is_none());
        rank(self).cmp(&rank(other)).then_with(|| self.message.cmp(&other.message)) == Ordering::Less
    }
}

impl Run {
    /// The run as its first known event tells it.
    pub fn first(event: RunEvent) -> Self {
        let mut run = Self {
            started_at: event.at,
            ended_at: event.state.is_end().then_some(event.at),
            transitions: Vec::with_capacity(2),
            head: event,
        };
        let first = Self::transition_of(&run.head);
        run.transitions.push(first);
        run
    }

    /// The run of all these events, in any order, with any repetition; none if there are no events.
    pub fn from_events(events: impl IntoIterator<Item = RunEvent>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut run = Self::first(events.next()?);
        for event in events {
            run.merge(&event);
        }
        Some(run)
    }

    /// Takes in one more event. True if the run is another one now; a copy, or a late start, changes nothing and
    /// gives false unless it moves the start or adds a transition.
    pub fn merge(&mut self, event: &RunEvent) -> bool {
        let mut changed = self.enter(event);
        if event.at < self.started_at {
            self.started_at = event.at;
            changed = true;
        }
        if event.precedence(&self.head) == Ordering::Greater {
            self.head.clone_from(event);
            self.ended_at = event.state.is_end().then_some(event.at);
            changed = true;
        }
        changed
    }

    /// The state the run is in.
    pub const fn state(&self) -> RunState {
        self.head.state
    }

    /// What the history of its job needs of it.
    pub fn summary(&self) -> crate::facts::RunSummary {
        crate::facts::RunSummary {
            started_at: self.started_at,
            ended_at: self.ended_at,
            state: self.head.state,
            timed_out: self.head.timed_out,
            attempt: self.head.attempt,
            bytes: self.head.bytes.unwrap_or(0),
            items: self.head.items,
        }
    }

    fn transition_of(event: &RunEvent) -> Transition {
        Transition { attempt: event.attempt, state: event.state, at: event.at, message: event.message.clone() }
    }

    /// Records the first time of the event's (attempt, state). Keeping the greatest keys stays a join: a key among
    /// the greatest of all was among the greatest of every part, so its minimum was never dropped.
    fn enter(&mut self, event: &RunEvent) -> bool {
        let entered = Self::transition_of(event);
        match self.transitions.binary_search_by(|t| t.key().cmp(&entered.key())) {
            Ok(place) if entered.precedes(&self.transitions[place]) => {
                self.transitions[place] = entered;
                true
            }
            Ok(_) => false,
            Err(place) if self.transitions.len() < MAX_TRANSITIONS => {
                self.transitions.insert(place, entered);
                true
            }
            Err(0) => false,
            Err(place) => {
                self.transitions.remove(0);
                self.transitions.insert(place - 1, entered);
                true
            }
        }
    }
}
