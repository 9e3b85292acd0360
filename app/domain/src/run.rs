//! Runs and the events that make them (D1, *Run states*).
//!
//! A run is the join of its events: any order and any repetition gives the same run. So a late start, a doubled
//! end or a success that corrects a time-out need no special case anywhere else.

use crate::time::Time;
use serde::{Deserialize, Serialize};

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
