//! What would raise a score, and to what (D3): each step is done to the facts in memory and decided by [`assess`], so that
//! whoever does what is advised gets the score that was promised.

use super::{Assessment, Band, Factors, Reason, Score, assess, score::ONE};
use crate::{
    facts::{Applied, DeviceFacts, JobFacts, JobHistory, RunSummary, Storage},
    ids::JobId,
    policy::Terms,
    run::RunState,
    schedule::{Pending, Slots},
    time::{Span, Time},
};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Most steps of a plan; each kind of step helps once.
const MOST_STEPS: usize = 6;

/// Where it takes more runs than come in so long, waiting until the failures leave the window is the better advice.
const LONGEST: Span = Span::days(3);
/// And never more than this.
const MOST_RUNS: u32 = 100;

/// Something that somebody can do about a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A usable backup of each of these jobs; of a first job, when the device has none.
    Backup {
        /// Those that failed, are past due or never had one.
        jobs: SmallVec<[JobId; 2]>,
    },
    /// The device or its agent says anything at all.
    Report,
    /// A restore test that passes.
    RestoreTest,
    /// Space used comes down to 80 % of the quota (or the quota goes up as far).
    Storage {
        /// Bytes that may be used.
        to: i64,
        /// The quota that would do, with what is used now.
        quota: i64,
    },
    /// So many usable runs more than now, while the failures of seven days still count.
    Runs {
        /// The job with the most bad runs.
        job: JobId,
        /// How many.
        more: u32,
    },
}

/// A step and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What to do.
    pub step: Step,
    /// Score once it is done.
    pub score: Score,
    /// Its band.
    pub band: Band,
    /// Points won by it; may be 0 where only the steps after it bring the band up.
    pub gain: u8,
}

/// Which factor; the order of [`Factors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Weight 35.
    Recency,
    /// Weight 30.
    Success,
    /// Weight 25.
    Restore,
    /// Weight 10.
    Storage,
}

impl Factor {
    /// All of them, by weight.
    pub const ALL: [Self; 4] = [Self::Recency, Self::Success, Self::Restore, Self::Storage];

    /// Weight in percent.
    pub const fn weight(self) -> u32 {
        match self {
            Self::Recency => 35,
            Self::Success => 30,
            Self::Restore => 25,
            Self::Storage => 10,
        }
    }

    /// Its value, in millionths.
    pub const fn of(self, factors: &Factors) -> u32 {
        match self {
            Self::Recency => factors.recency,
            Self::Success => factors.success,
            Self::Restore => factors.restore,
            Self::Storage => factors.storage,
        }
    }

    /// Tenths of a point that it takes away inside the band.
    pub fn lost_tenths(self, decided: &Assessment) -> u32 {
        let (low, high) = decided.band.range();
        let missing = u64::from(ONE - self.of(&decided.factors));
        let tenths = (missing * u64::from(self.weight()) * u64::from(high - low) * 10 + 50_000_000) / 100_000_000;
        u32::try_from(tenths).unwrap_or(0)
    }
}

/// Steps in the order in which they help most, each on top of those before it. Empty: nothing that can be done now raises it.
pub fn advice(facts: &DeviceFacts, now: Time) -> Vec<Advice> {
    let mut plan: Vec<Advice> = Vec::new();
    let mut facts = written(facts, now);
    let mut decided = assess(&facts, now);
    while plan.len() < MOST_STEPS && decided.score.0 < 100 {
        let mut best: Option<(Step, DeviceFacts, Assessment)> = None;
        for step in steps(&facts, &decided, now) {
            if plan.iter().any(|done| std::mem::discriminant(&done.step) == std::mem::discriminant(&step)) {
                continue;
            }
            let Some(after) = done(&facts, &step, now) else { continue };
            let then = assess(&after, now);
            if best.as_ref().is_none_or(|(.., known)| then.score > known.score) {
                best = Some((step, after, then));
            }
        }
        let Some((step, after, then)) = best else { break };
        // While nothing is known of it, the rest changes nothing.
        if then.band == Band::Unknown {
            break;
        }
        plan.push(Advice { step, score: then.score, band: then.band, gain: then.score.0.saturating_sub(decided.score.0) });
        (facts, decided) = (after, then);
    }
    // What moves nothing and ends nothing wrong is no advice.
    while plan.last().is_some_and(|last| last.gain == 0 && matches!(last.step, Step::Storage { .. } | Step::Runs { .. })) {
        plan.pop();
    }
    plan
}

/// What would raise one factor, and the score with that step alone; none when the factor is full, or when it counts for nothing
/// because the device stays Unknown.
pub fn raise(facts: &DeviceFacts, factor: Factor, now: Time) -> Option<Advice> {
    let facts = &written(facts, now);
    let decided = assess(facts, now);
    if factor.of(&decided.factors) == ONE {
        return None;
    }
    let candidates = steps(facts, &decided, now);
    let wanted = |step: &&Step| match factor {
        Factor::Recency => matches!(step, Step::Backup { .. }),
        Factor::Success => matches!(step, Step::Backup { .. } | Step::Runs { .. }),
        Factor::Restore => matches!(step, Step::RestoreTest),
        Factor::Storage => matches!(step, Step::Storage { .. }),
    };
    let step = candidates.iter().find(wanted)?.clone();
    let then = assess(&done(facts, &step, now)?, now);
    (then.band != Band::Unknown).then(|| Advice {
        step,
        score: then.score,
        band: then.band,
        gain: then.score.0.saturating_sub(decided.score.0),
    })
}

/// When the last bad run of the window leaves it; none: there is none.
pub fn failures_leave(facts: &DeviceFacts, now: Time) -> Option<Time> {
    let gone = now.hour() - 168;
    let last = facts.jobs.iter().flat_map(|job| &job.history.week).filter(|b| b.bad > 0 && b.hour > gone).map(|b| b.hour).max()?;
    Some(Time((last + 168) * Span::HOUR.0))
}

/// Steps that could help, the likeliest first.
fn steps(facts: &DeviceFacts, decided: &Assessment, now: Time) -> SmallVec<[Step; 5]> {
    let mut steps = SmallVec::new();
    let troubled = troubled(facts, decided, now);
    if facts.jobs.is_empty() || !troubled.is_empty() {
        steps.push(Step::Backup { jobs: troubled });
    } else if decided.band == Band::Unknown {
        steps.push(Step::Report);
    }
    if decided.factors.restore < ONE {
        steps.push(Step::RestoreTest);
    }
    if decided.factors.storage < ONE
        && let Some(Storage { used, quota: Some(quota) }) = facts.storage
        && quota > 0
    {
        let to = i64::try_from(i128::from(quota) * 4 / 5).unwrap_or(i64::MAX);
        let wanted = i64::try_from((i128::from(used) * 5 + 3) / 4).unwrap_or(i64::MAX);
        steps.push(Step::Storage { to, quota: wanted });
    }
    if decided.factors.success < ONE && !facts.jobs.is_empty() {
        let low = decided.reasons.iter().find_map(|r| if let Reason::LowSuccess { usable, of } = r { Some((*usable, *of)) } else { None });
        // (usable + n) ÷ (of + n) ≥ 80 %.
        let more = low.map_or(1, |(usable, of)| (4 * i64::from(of) - 5 * i64::from(usable)).max(1));
        let worst = facts.jobs.iter().max_by_key(|job| (bad_runs(&job.history, now), std::cmp::Reverse(job.job)));
        if let Some(worst) = worst
            && let Ok(more @ 1..=MOST_RUNS) = u32::try_from(more)
            && (more == 1 || worst.slots.interval * i64::from(more) <= LONGEST)
        {
            steps.push(Step::Runs { job: worst.job, more });
        }
    }
    steps
}

fn bad_runs(history: &JobHistory, now: Time) -> u32 {
    let gone = now.hour() - 168;
    history.week.iter().filter(|bucket| bucket.hour > gone).map(|bucket| bucket.bad).sum()
}

/// Jobs that a usable backup would help: failing, past due, or, while nothing is known, without one so far.
fn troubled(facts: &DeviceFacts, decided: &Assessment, now: Time) -> SmallVec<[JobId; 2]> {
    let is_troubled = |job: &JobFacts| {
        let due = job.slots.due + facts.terms.grace;
        let open = job.history.open.map(|run| (run.started_at, run.started_at + facts.terms.longest_run));
        let is_stuck = open.is_some_and(|(_, limit)| now >= limit);
        let is_held = open.is_some_and(|(start, limit)| start <= due && now < limit);
        job.history.consecutive_failures > 0
            || is_stuck
            || (now >= due && !is_held)
            || (decided.band == Band::Unknown && job.history.last_usable_end.is_none())
    };
    facts.jobs.iter().filter(|job| is_troubled(job)).map(|job| job.job).collect()
}

/// The facts with what the server is about to write into them: runs past their longest time, and slots that were missed.
fn written(facts: &DeviceFacts, now: Time) -> DeviceFacts {
    let decided = assess(facts, now);
    let mut facts = facts.clone();
    let Terms { grace, longest_run, .. } = facts.terms;
    for id in &decided.stuck {
        let Some(job) = facts.jobs.iter_mut().find(|job| job.job == *id) else { continue };
        let Some(open) = job.history.open else { continue };
        let state = if open.retrying { RunState::Retrying } else { RunState::Running };
        let running = RunSummary {
            started_at: open.started_at,
            ended_at: None,
            state,
            timed_out: false,
            attempt: open.attempt,
            bytes: 0,
            items: None,
        };
        let ended = RunSummary { ended_at: Some(open.started_at + longest_run), state: RunState::Failed, timed_out: true, ..running };
        if job.history.apply(Some(&running), &ended) == Applied::Done {
            job.slots = after_covered(&job.slots, &job.history);
        }
    }
    for (id, slot) in &decided.missed {
        let Some(job) = facts.jobs.iter_mut().find(|job| job.job == *id) else { continue };
        let Some(at) = job.slots.missed_at(*slot, grace) else { continue };
        let missed = RunSummary {
            started_at: *slot,
            ended_at: Some(at),
            state: RunState::Missed,
            timed_out: false,
            attempt: 1,
            bytes: 0,
            items: None,
        };
        if job.history.apply(None, &missed) == Applied::Done {
            job.slots = after_covered(&job.slots, &job.history);
        }
    }
    facts
}

/// The slots without those that are written by now.
fn after_covered(slots: &Slots, history: &JobHistory) -> Slots {
    let covered = history.last_end.max(history.last_missed_slot);
    let pending = match &slots.pending {
        Pending::Every { first, gap } => {
            let gap = Span(gap.0.max(1));
            let passed = covered.map_or(0, |covered| ((covered - *first).0.div_euclid(gap.0) + 1).max(0));
            Pending::Every { first: *first + gap * passed, gap }
        }
        Pending::Listed(listed) => Pending::Listed(listed.iter().copied().filter(|(slot, _)| Some(*slot) > covered).collect()),
    };
    Slots { pending, ..slots.clone() }
}

/// The facts once a step is done at `now`; none when that can't be known from here.
pub fn done(facts: &DeviceFacts, step: &Step, now: Time) -> Option<DeviceFacts> {
    let mut after = facts.clone();
    match step {
        Step::Backup { jobs } => {
            if after.jobs.is_empty() {
                let first = JobFacts {
                    job: JobId(0),
                    name: String::new(),
                    enrolled_at: now,
                    history: JobHistory::default(),
                    slots: after.expected.clone(),
                };
                after.jobs.push(first);
            }
            let is_first = jobs.is_empty();
            for job in after.jobs.iter_mut().filter(|job| is_first || jobs.contains(&job.job)) {
                succeed(job, 1, now)?;
            }
            after.last_seen = after.last_seen.max(Some(now));
        }
        Step::Runs { job, more } => {
            let job = after.jobs.iter_mut().find(|own| own.job == *job)?;
            succeed(job, *more, now)?;
            after.last_seen = after.last_seen.max(Some(now));
        }
        Step::Report => after.last_seen = after.last_seen.max(Some(now)),
        Step::RestoreTest => after.restore.last = Some((now, true)),
        Step::Storage { to, .. } => after.storage = after.storage.map(|storage| Storage { used: *to, ..storage }),
    }
    Some(after)
}

/// So many usable runs that end now.
fn succeed(job: &mut JobFacts, runs: u32, now: Time) -> Option<()> {
    // As large as the last one: size is no matter here.
    let bytes = job.history.recent.first().map_or(0, |run| run.bytes);
    let run =
        RunSummary { started_at: now, ended_at: Some(now), state: RunState::Succeeded, timed_out: false, attempt: 1, bytes, items: None };
    for _ in 0..runs {
        if job.history.apply(None, &run) == Applied::NeedsRebuild {
            return None;
        }
    }
    job.slots = from_now(&job.slots, now);
    Some(())
}

/// The slots of a job whose last usable run ends now.
fn from_now(slots: &Slots, now: Time) -> Slots {
    match &slots.pending {
        Pending::Every { gap, .. } => Slots::every(*gap, now, now, now),
        Pending::Listed(listed) => {
            let left: Vec<(Time, Span)> = listed.iter().copied().filter(|(slot, _)| *slot > now).collect();
            let (due, slack) = left.first().copied().unwrap_or((now + slots.interval.max(Span::MINUTE), slots.slack));
            Slots { due, interval: slots.interval, slack, pending: Pending::Listed(left), off: None }
        }
    }
}
