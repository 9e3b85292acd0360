//! The one function that decides: facts and a time in, score, band, reasons, conditions and next change out (D2–D4).

use crate::{alert::Condition, facts::DeviceFacts, ids::JobId, time::Time};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

mod advice;
mod device;
mod job;
mod outlook;
mod score;

pub use advice::{Advice, Factor, Step, advice, done, failures_leave, raise};
pub use device::allowance;
pub use outlook::{NewSlots, Outlook, WhatIf, first_change, outlook, what_if};

/// How many missed slots one assessment lists, the oldest first.
pub const MAX_MISSED: usize = 32;

/// How many reasons one assessment carries, the worst first.
pub const MAX_REASONS: usize = 8;

/// Band of a score, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// 0: nothing is known.
    Unknown,
    /// 40–69.
    Critical,
    /// 70–89.
    Warning,
    /// 90–100.
    Healthy,
}

/// Health score: 0, or 40–100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub u8);

/// Why a band or a condition is what it is. Carries instants, never elapsed times, so that it holds until the next change;
/// `text` makes words of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Reason {
    /// No run has ever been reported.
    NeverReported {
        /// Waiting since.
        since: Time,
    },
    /// Nothing heard for longer than the policy allows.
    Silent {
        /// Last heard of.
        since: Time,
    },
    /// Consecutive failures.
    Failing {
        /// The job.
        job: JobId,
        /// How many.
        failures: u32,
        /// First of them.
        since: Time,
    },
    /// Past due.
    PastDue {
        /// The job.
        job: JobId,
        /// When it was due (grace included).
        due: Time,
        /// Last usable run.
        last: Option<Time>,
    },
    /// A workstation is offline and within its allowance.
    Offline {
        /// Last heard of.
        since: Time,
    },
    /// The last restore test failed.
    RestoreFailed {
        /// When.
        at: Time,
    },
    /// A wanted restore test has never been made.
    RestoreMissing {
        /// Wanted since.
        since: Time,
    },
    /// The last restore test is older than the policy's interval.
    RestoreStale {
        /// Last one.
        at: Time,
    },
    /// Success rate of seven days under 80 %.
    LowSuccess {
        /// Usable runs.
        usable: u32,
        /// All that count.
        of: u32,
    },
    /// Storage above 95 % of quota (bytes).
    StorageFull {
        /// Used.
        used: i64,
        /// Quota.
        quota: i64,
    },
    /// A run passed the longest run time.
    Stuck {
        /// The job.
        job: JobId,
        /// Start of the run.
        since: Time,
    },
    /// Far less data than usual (bytes).
    FarLess {
        /// The job.
        job: JobId,
        /// What the last usable run held.
        bytes: i64,
        /// Median of those before it.
        usual: i64,
    },
    /// No files, where there were many.
    NoFiles {
        /// The job.
        job: JobId,
        /// Median number of those before.
        usual: i64,
    },
    /// The last runs all started exactly an hour beside their slots.
    HourOff {
        /// The job.
        job: JobId,
        /// After them; else before.
        late: bool,
    },
    /// The provider no longer accepts a connection's consent.
    ConsentGone {
        /// Of which service.
        service: crate::saas::Service,
        /// Why.
        cause: crate::consent::Cause,
        /// First refused.
        since: Time,
    },
    /// Nothing wrong: last usable run and the next one.
    AllWell {
        /// Last usable run.
        last: Time,
        /// Next due.
        due: Time,
    },
}

/// The four factors, in millionths (0–1,000,000), before weights 35/30/25/10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// 1 until due, then linear to 0 at 48 h past due, of the worst job. Shown in steps of 1 % (28.8 min), so that it
    /// holds until the next change; the score itself is made from the exact value.
    pub recency: u32,
    /// Usable ÷ (usable + failed + missed) over 7 days.
    pub success: u32,
    /// Restore tests.
    pub restore: u32,
    /// Storage.
    pub storage: u32,
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// 0, or 40–100.
    pub score: Score,
    /// Its band.
    pub band: Band,
    /// Why, worst first; never empty.
    pub reasons: SmallVec<[Reason; 2]>,
    /// What is wrong now; at most one of a kind (the worst), folded as D4 says.
    pub conditions: SmallVec<[Condition; 2]>,
    /// How the place inside the band came about.
    pub factors: Factors,
    /// Slots that have passed with nothing started, oldest first: the server writes a `missed` run for each.
    pub missed: SmallVec<[(JobId, Time); 2]>,
    /// Open runs that have passed the longest run time: the server ends each as `failed: timed out`.
    pub stuck: SmallVec<[JobId; 1]>,
    /// It is in maintenance until then: conditions are recorded and not alerted (D2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<Time>,
    /// Nothing in this assessment changes before this time, unless an event arrives. At it something does, or the
    /// listed slots are used up and have to be resolved again.
    pub next_change: Option<Time>,
}

/// Decides. Pure: the same facts and time give the same assessment, on the server and in the browser.
///
/// A deadline that has a run open which started at or before it is held back until that run ends or has gone on for
/// the longest run time; then the run counts as a failure that ended at that moment, as it will once the server has
/// written its end. Slots that pass while a run is open are not missed.
///
/// The offline allowance holds `missed`, `overdue` and missed slots that fall after the last sign of life of a
/// workstation with an agent, until that sign plus the allowance. It doesn't hold `due`: the score goes on ageing.
pub fn assess(facts: &DeviceFacts, now: Time) -> Assessment {
    let device::View { mut assessment, mut settled } = device::view(facts, now);
    // A candidate is an instant at which something may change. Unless it is sure, look whether it does.
    while !settled && let Some(candidate) = assessment.next_change {
        let then = device::view(facts, candidate);
        if !assessment.same_but_next(&then.assessment) {
            break;
        }
        assessment.next_change = then.assessment.next_change;
        settled = then.settled;
    }
    assessment
}

impl Assessment {
    fn same_but_next(&self, other: &Self) -> bool {
        self.score == other.score
            && self.band == other.band
            && self.factors == other.factors
            && self.reasons == other.reasons
            && self.conditions == other.conditions
            && self.missed == other.missed
            && self.stuck == other.stuck
            && self.quiet_until == other.quiet_until
    }
}
