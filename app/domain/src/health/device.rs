//! A device at one time: band, score, reasons and conditions out of its jobs, storage and restore tests (D3, D4).

use super::{
    Assessment, Band, Factors, MAX_MISSED, MAX_REASONS, Reason,
    job::{Ahead, Deadlines, Failures, JobView, Offline, Shrunk, TWO_DAYS, Week, far_less},
    score::{ONE, Place, is_full, shown_recency, storage_factor},
};
use crate::{
    alert::{AlertKind, Condition, Severity},
    facts::{DeviceFacts, JobFacts, Storage},
    ids::JobId,
    policy::DeviceLife,
    time::{Span, Time},
};
use smallvec::SmallVec;

/// A new device has so long for its first required restore test.
const FIRST_RESTORE_TEST: Span = Span::days(30);

/// An agent checks in every 15 minutes; after two of them it is shown as offline.
const OFFLINE_AFTER: Span = Span::minutes(30);

/// An assessment whose `next_change` is only a candidate.
pub(super) struct View {
    pub assessment: Assessment,
    /// The candidate needs no look: something is sure to change, or a list of slots ends.
    pub settled: bool,
}

/// How much a reason weighs; the order of reasons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Unknown,
    Critical,
    Warning,
    Told,
}

#[derive(Default)]
struct Reasons(SmallVec<[(Weight, Reason); 2]>);

impl Reasons {
    fn push(&mut self, weight: Weight, reason: Reason) {
        // Inserted in order: after those that weigh as much or more.
        let place = self.0.partition_point(|(known, _)| *known <= weight);
        if place < MAX_REASONS {
            self.0.truncate(MAX_REASONS - 1);
            self.0.insert(place, (weight, reason));
        }
    }

    fn band(&self) -> Band {
        match self.0.first().map(|(weight, _)| *weight) {
            Some(Weight::Unknown) => Band::Unknown,
            Some(Weight::Critical) => Band::Critical,
            Some(Weight::Warning) => Band::Warning,
            Some(Weight::Told) | None => Band::Healthy,
        }
    }
}

/// The worst job of each kind, so that a device has at most one condition of a kind.
#[derive(Default)]
struct Worst {
    failed: Option<(u32, Time, JobId)>,
    stuck: Option<(Time, Time, JobId)>,
    missed: Option<(Time, Time, Option<Time>, JobId)>,
    overdue: Option<(Time, Time, Option<Time>, JobId)>,
    far_less: Option<(Time, Shrunk, JobId)>,
}

impl Worst {
    fn take(&mut self, job: &JobFacts, failures: &Failures, deadlines: &Deadlines) {
        let id = job.job;
        let last = job.history.last_usable_end;
        if failures.count > 0
            && self.failed.is_none_or(|(count, since, _)| failures.count > count || (failures.count == count && failures.since < since))
        {
            self.failed = Some((failures.count, failures.since, id));
        }
        if let Some((found, start)) = failures.stuck
            && self.stuck.is_none_or(|(known, ..)| found < known)
        {
            self.stuck = Some((found, start, id));
        }
        if deadlines.is_missed && self.missed.is_none_or(|(known, ..)| deadlines.missed < known) {
            self.missed = Some((deadlines.missed, deadlines.due, last, id));
        }
        if deadlines.is_overdue && self.overdue.is_none_or(|(known, ..)| deadlines.overdue < known) {
            self.overdue = Some((deadlines.overdue, deadlines.due, last, id));
        }
        if let Some(shrunk) = far_less(&job.history)
            && let Some(end) = last
            && self.far_less.is_none_or(|(known, ..)| end < known)
        {
            self.far_less = Some((end, shrunk, id));
        }
    }

    /// Critical ones first. An account is *SaaS overdue* where a device is missed or overdue. `reported`: without a single reported run, *never reported* stands for missed and overdue.
    fn conditions(self, reported: bool, is_account: bool, out: &mut SmallVec<[Condition; 2]>) {
        let condition = |kind, severity, since, job, reason| Condition { kind, severity, since, job: Some(job), reason };
        if let Some((failures, since, job)) = self.failed {
            let severity = if failures >= 3 { Severity::Critical } else { Severity::Warning };
            out.push(condition(AlertKind::JobFailed, severity, since, job, Reason::Failing { job, failures, since }));
        }
        if reported && is_account {
            if let Some((since, due, last, job)) = self.overdue {
                let reason = Reason::PastDue { job, due, last };
                out.push(condition(AlertKind::SaasOverdue, Severity::Warning, since, job, reason));
            }
        } else if reported {
            if let Some((since, due, last, job)) = self.overdue {
                let reason = Reason::PastDue { job, due, last };
                out.push(condition(AlertKind::BackupOverdue, Severity::Critical, since, job, reason));
            } else if let Some((since, due, last, job)) = self.missed {
                let reason = Reason::PastDue { job, due, last };
                out.push(condition(AlertKind::MissedSchedule, Severity::Warning, since, job, reason));
            }
        }
        if let Some((found, since, job)) = self.stuck {
            out.push(condition(AlertKind::RunStuck, Severity::Warning, found, job, Reason::Stuck { job, since }));
        }
        if let Some((since, shrunk, job)) = self.far_less {
            let reason = match shrunk {
                Shrunk::Bytes { bytes, usual } => Reason::FarLess { job, bytes, usual },
                Shrunk::NoFiles { usual } => Reason::NoFiles { job, usual },
            };
            out.push(condition(AlertKind::SizeAnomaly, Severity::Warning, since, job, reason));
        }
    }
}

/// All that one pass over the jobs finds.
#[derive(Default)]
struct Jobs {
    week: Week,
    worst: Worst,
    /// Some run has been reported, of whatever kind.
    reported: bool,
    /// Some run has ended usable or failed.
    known: bool,
    /// Due time of the job that is past due for longest.
    past_due: Option<Time>,
    /// The earliest and the latest due.
    due: Option<(Time, Time)>,
    last_usable: Option<Time>,
    /// The earliest `missed`, for *never reported*: when, and whether it has come.
    missed: Option<(Time, bool)>,
    slots: SmallVec<[(JobId, Time); 2]>,
    stuck: SmallVec<[JobId; 1]>,
}

impl Jobs {
    fn take(&mut self, job: &JobFacts, view: &JobView<'_>, watched: bool, reasons: &mut Reasons, ahead: &mut Ahead) {
        let id = job.job;
        let deadlines = view.deadlines(ahead);
        let failures = view.failures();
        view.count(&mut self.week, watched, ahead);
        view.list_ends(ahead);
        if watched {
            view.missed_slots(|slot| self.slots.push((id, slot)));
        }
        if view.stuck_open().is_some() {
            self.stuck.push(id);
        }
        self.reported |= job.history.last_start.is_some();
        self.known |= job.history.last_usable_end.is_some() || failures.count > 0;
        self.last_usable = self.last_usable.max(job.history.last_usable_end);
        let (first, last) = self.due.unwrap_or((deadlines.due, deadlines.due));
        self.due = Some((first.min(deadlines.due), last.max(deadlines.due)));
        if self.missed.is_none_or(|(known, _)| deadlines.missed < known) {
            self.missed = Some((deadlines.missed, deadlines.is_missed));
        }
        if failures.count > 0 {
            let weight = if failures.count >= 3 { Weight::Critical } else { Weight::Warning };
            reasons.push(weight, Reason::Failing { job: id, failures: failures.count, since: failures.since });
            if let Some((_, since)) = failures.stuck {
                reasons.push(weight, Reason::Stuck { job: id, since });
            }
        }
        if deadlines.past_due {
            let critical = ahead.later_than(deadlines.due + TWO_DAYS);
            self.past_due = Some(self.past_due.map_or(deadlines.due, |known| known.min(deadlines.due)));
            let last = job.history.last_usable_end;
            let weight = if critical { Weight::Critical } else { Weight::Warning };
            reasons.push(weight, Reason::PastDue { job: id, due: deadlines.due, last });
        }
        self.worst.take(job, &failures, &deadlines);
    }
}

/// The assessment at `now`, with a candidate for the next change.
pub(super) fn view(facts: &DeviceFacts, now: Time) -> View {
    let mut ahead = Ahead::new(now);
    let mut reasons = Reasons::default();
    let mut conditions = SmallVec::new();
    let offline = offline(facts, &mut ahead);
    let watched = !matches!(facts.life, DeviceLife::Paused | DeviceLife::Retired);

    let mut jobs = Jobs::default();
    for job in &facts.jobs {
        let view = JobView::new(facts, job, offline, &mut ahead);
        jobs.take(job, &view, watched, &mut reasons, &mut ahead);
    }
    if facts.jobs.len() > 1 {
        jobs.slots.sort_unstable_by_key(|(job, slot)| (*slot, *job));
        jobs.slots.truncate(MAX_MISSED);
    }

    let success = success(facts, &mut jobs, &mut reasons, &mut ahead);
    let reported = jobs.reported;
    std::mem::take(&mut jobs.worst).conditions(reported, facts.terms.saas_overdue_after.is_some(), &mut conditions);
    // Of an account without a workload nothing is expected.
    let expects = facts.terms.saas_overdue_after.is_none() || !facts.jobs.is_empty();
    if !reported && expects {
        never_reported(facts, &jobs, offline, &mut conditions, &mut ahead);
    }
    let restore = restore(facts, &mut reasons, &mut conditions, &mut ahead);
    let storage = storage(facts, &mut reasons, &mut conditions);
    known(facts, &jobs, &mut reasons, &mut ahead);
    if let Some(offline) = offline
        && ahead.reached(offline.since + OFFLINE_AFTER)
        && !ahead.reached(offline.until)
    {
        reasons.push(Weight::Told, Reason::Offline { since: offline.since });
    }

    let band = reasons.band();
    if band == Band::Healthy
        && let (Some(last), Some((due, _))) = (jobs.last_usable, jobs.due)
    {
        reasons.push(Weight::Told, Reason::AllWell { last, due });
    }
    for job in &facts.jobs {
        if let Some(off) = job.slots.off {
            reasons.push(Weight::Told, Reason::HourOff { job: job.job, late: off > Span::ZERO });
        }
    }
    let past = jobs.past_due.map(|due| now - due);
    let factors = Factors { recency: past.map_or(ONE, shown_recency), success, restore, storage };
    let place = Place::new(band, &factors);
    if let Some(next) = jobs.past_due.and_then(|due| place.next(due, now)) {
        ahead.at(next);
    }
    let quiet_until = quiet(facts, &mut ahead);
    // Critical before warning; within that as found.
    if conditions.len() > 1 {
        conditions.sort_by_key(|condition: &Condition| std::cmp::Reverse(condition.severity));
    }
    let next = ahead.next.min(ahead.exhausted);
    let sure = ahead.sure == next && reasons.0.len() < MAX_REASONS;
    View {
        assessment: Assessment {
            score: place.score(past),
            band,
            reasons: reasons.0.into_iter().map(|(_, reason)| reason).collect(),
            conditions,
            factors,
            missed: jobs.slots,
            stuck: jobs.stuck,
            quiet_until,
            next_change: (next.0 < i64::MAX).then_some(next),
        },
        settled: sure || ahead.exhausted == next,
    }
}

/// Maintenance: at its beginning and its end something is sure to change.
fn quiet(facts: &DeviceFacts, ahead: &mut Ahead) -> Option<Time> {
    let now = ahead.now;
    for boundary in facts.quiet.iter().flat_map(|(from, until)| [*from, *until]).filter(|boundary| *boundary > now) {
        ahead.at(boundary);
        ahead.sure = ahead.sure.min(boundary);
    }
    crate::maintenance::quiet_until(&facts.quiet, now)
}

fn offline(facts: &DeviceFacts, ahead: &mut Ahead) -> Option<Offline> {
    let offline = Offline::of(facts)?;
    ahead.at(offline.until);
    Some(offline)
}

/// When a device would count as offline by its last sign of life, and until when the policy allows that (D2); none: it has no such
/// allowance.
pub fn allowance(facts: &DeviceFacts) -> Option<(Time, Time)> {
    Offline::of(facts).map(|offline| (offline.since + OFFLINE_AFTER, offline.until))
}

/// Success over seven days, pooled; with no finished run in them the last finished one decides.
fn success(facts: &DeviceFacts, jobs: &mut Jobs, reasons: &mut Reasons, ahead: &mut Ahead) -> u32 {
    let Week { usable, bad, leaves, last } = jobs.week;
    // With none bad, the rate stays 1 when hours leave, also when the last does: the last finished run was usable.
    if bad > 0
        && let Some(leaves) = leaves
    {
        ahead.at(leaves);
    }
    let of = usable.saturating_add(bad);
    if of == 0 {
        return if last.is_some_and(|(_, usable)| usable) { ONE } else { 0 };
    }
    let low = u64::from(usable) * 100 < u64::from(of) * 80;
    if low && (jobs.known || facts.jobs.is_empty()) {
        reasons.push(Weight::Warning, Reason::LowSuccess { usable, of });
    }
    u32::try_from(u64::from(usable) * u64::from(ONE) / u64::from(of)).unwrap_or(ONE)
}

/// Unknown: no run has ended usable or failed, or nothing was heard for longer than the policy allows.
fn known(facts: &DeviceFacts, jobs: &Jobs, reasons: &mut Reasons, ahead: &mut Ahead) {
    if !jobs.known {
        reasons.0.retain(|(_, reason)| !matches!(reason, Reason::PastDue { .. }));
        reasons.push(Weight::Unknown, Reason::NeverReported { since: facts.enrolled_at });
        return;
    }
    let seen = facts.last_seen.unwrap_or(facts.enrolled_at);
    let mut silent = seen + facts.terms.silence;
    if facts.checked_in_at.is_none()
        && let Some((_, latest)) = jobs.due
    {
        // Without an agent nothing can be heard before the next run is due.
        silent = silent.max(latest);
    }
    if ahead.later_than(silent) {
        reasons.push(Weight::Unknown, Reason::Silent { since: seen });
    }
}

fn never_reported(
    facts: &DeviceFacts,
    jobs: &Jobs,
    offline: Option<Offline>,
    conditions: &mut SmallVec<[Condition; 2]>,
    ahead: &mut Ahead,
) {
    let (since, come) = jobs.missed.unwrap_or_else(|| {
        let slots = &facts.expected;
        let missed = facts.enrolled_at + slots.interval + slots.slack + facts.terms.grace;
        let held = offline.is_some_and(|offline| missed > offline.since && ahead.now < offline.until);
        (missed, ahead.reached(facts.believed(missed)) && !held)
    });
    if come {
        let reason = Reason::NeverReported { since: facts.enrolled_at };
        conditions.push(Condition { kind: AlertKind::NeverReported, severity: Severity::Warning, since, job: None, reason });
    }
}

/// The restore factor, its reason and condition.
fn restore(facts: &DeviceFacts, reasons: &mut Reasons, conditions: &mut SmallVec<[Condition; 2]>, ahead: &mut Ahead) -> u32 {
    match (facts.restore.last, facts.terms.restore_test_every) {
        (None, None) | (Some((_, true)), None) => ONE,
        (None, Some(_)) => {
            let since = facts.enrolled_at + FIRST_RESTORE_TEST;
            if ahead.reached(since) {
                reasons.push(Weight::Warning, Reason::RestoreMissing { since });
            }
            ONE / 2
        }
        (Some((at, true)), Some(every)) => {
            if !ahead.later_than(at + every) {
                return ONE;
            }
            reasons.push(Weight::Warning, Reason::RestoreStale { at });
            ONE / 2
        }
        (Some((at, false)), _) => {
            let reason = Reason::RestoreFailed { at };
            reasons.push(Weight::Critical, reason);
            conditions.push(Condition { kind: AlertKind::RestoreTestFailed, severity: Severity::Critical, since: at, job: None, reason });
            0
        }
    }
}

/// The storage factor, its reason and condition. When the quota was crossed isn't a fact: `since` is the last sign of life.
fn storage(facts: &DeviceFacts, reasons: &mut Reasons, conditions: &mut SmallVec<[Condition; 2]>) -> u32 {
    if let Some(Storage { used, quota: Some(quota) }) = facts.storage
        && is_full(used, quota)
    {
        let reason = Reason::StorageFull { used, quota };
        reasons.push(Weight::Warning, reason);
        conditions.push(Condition {
            kind: AlertKind::StorageQuota,
            severity: Severity::Warning,
            since: facts.last_seen.unwrap_or(facts.enrolled_at),
            job: None,
            reason,
        });
    }
    storage_factor(facts.storage)
}
