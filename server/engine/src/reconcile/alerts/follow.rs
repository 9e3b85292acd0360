//! What becomes of a subject's alerts: the conditions of now against what is stored, purely. Muted while nobody wants to hear of them,
//! damped while they flap, brought back to mind when nobody mends them.

use super::Alert;
use crate::reconcile::work::{Subject, SubjectKind, comes_from_a_run};
use domain::{
    alert::{AlertKind, Condition},
    flapping,
    ids::AlertId,
    policy::DeviceLife,
    run::RunState,
    text,
    time::{Span, Time},
};

/// Something to be said of an alert.
pub(super) struct Said {
    pub(super) alert: AlertId,
    pub(super) what: &'static str,
    pub(super) note: String,
}

/// The alerts as they should be now, what is to be said about the change, and when to look again if nothing happens.
pub(super) struct Followed {
    pub(super) after: Vec<Alert>,
    pub(super) said: Vec<Said>,
    pub(super) wake: Option<Time>,
}

/// What an alert follows beside its subject.
pub(super) struct Around {
    pub(super) now: Time,
    /// An alert that is not mended is brought back to mind after so long.
    pub(super) remind_after: Option<Span>,
}

/// Why alerts of a subject are recorded and not alerted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mute {
    Paused,
    /// Until then.
    Maintenance(Time),
}

impl Mute {
    fn of(subject: &Subject) -> Option<Self> {
        if matches!(subject.facts.life, DeviceLife::Paused | DeviceLife::Retired) {
            return Some(Self::Paused);
        }
        subject.assessment.as_ref().and_then(|assessment| assessment.quiet_until).map(Self::Maintenance)
    }

    fn words(self, kind: SubjectKind) -> String {
        match (self, kind) {
            (Self::Paused, SubjectKind::Device(_)) => "The device or its organization was paused: recorded, not alerted.".to_owned(),
            (Self::Paused, SubjectKind::Account(_)) => "The account or its organization was deactivated: recorded, not alerted.".to_owned(),
            (Self::Maintenance(until), _) => in_maintenance(until),
        }
    }
}

/// Why nobody is told in a window.
pub(in crate::reconcile) fn in_maintenance(until: Time) -> String {
    format!("In maintenance until {}: recorded, not alerted.", text::utc(until))
}

pub(super) fn follow(subject: &Subject, before: &[Alert], around: &Around, mint: &mut impl FnMut() -> AlertId) -> Followed {
    let now = around.now;
    let mute = Mute::of(subject);
    let mut after: Vec<Alert> = before.to_vec();
    let mut said = Vec::new();
    let conditions = subject.assessment.as_ref().map(|a| a.conditions.as_slice()).unwrap_or_default();
    for condition in conditions {
        let place = match after.iter().position(|a| a.kind == condition.kind && a.resolved_at.is_none()) {
            Some(place) => place,
            None => reopen_or_open(&mut after, condition, mute, now, mint, &mut said, subject),
        };
        let alert = &mut after[place];
        if alert.cleared_at.take().is_some() {
            // Damped: it says nothing, and goes on flapping.
            flapping::with(&mut alert.reopenings, now);
        }
        judge(alert, subject, condition, now, &mut said);
        if let Some(run) = failing_run(subject, condition)
            && alert.run_id.replace(run) != Some(run)
        {
            let job = subject.jobs.iter().find(|job| Some(job.job) == condition.job);
            alert.destination = job.and_then(|job| job.destination.clone());
        }
        unmute_or_mute(alert, subject, mute, now, &mut said);
    }
    for alert in after.iter_mut().filter(|a| a.resolved_at.is_none() && !conditions.iter().any(|c| c.kind == a.kind)) {
        clear(alert, conditions, mute, now, &mut said);
    }
    let mut wake = None;
    for alert in after.iter_mut().filter(|a| a.resolved_at.is_none() && !a.muted) {
        let next = [
            alert.cleared_at.map(|at| Time(at) + flapping::CLEAR_FOR),
            alert.snoozed_until.map(Time).filter(|until| *until > now),
            remind(alert, around, &mut said, |kind| {
                conditions.iter().find(|c| c.kind == kind).map(|condition| words(subject, condition, now)).unwrap_or_default()
            }),
        ];
        wake = next.into_iter().flatten().chain(wake).min();
    }
    Followed { after, said, wake }
}

/// Severity and reason of an open alert follow its condition.
fn judge(alert: &mut Alert, subject: &Subject, condition: &Condition, now: Time, said: &mut Vec<Said>) {
    if condition.severity > alert.severity {
        let mut note = words(subject, condition, now);
        if alert.acknowledged_at.take().is_some() {
            alert.acknowledged_by = None;
            note.push_str(" It was acknowledged as a warning; that no longer holds.");
        }
        alert.raised_at = Some(now.0);
        said.push(Said { alert: alert.id, what: "raised", note });
    } else if condition.severity < alert.severity {
        said.push(Said { alert: alert.id, what: "lowered", note: words(subject, condition, now) });
    }
    alert.severity = condition.severity;
    alert.since = condition.since.0;
    alert.reason = serde_json::to_string(&condition.reason).unwrap_or_default();
    alert.job_id = condition.job.map(|j| j.0);
}

fn unmute_or_mute(alert: &mut Alert, subject: &Subject, mute: Option<Mute>, now: Time, said: &mut Vec<Said>) {
    if alert.muted == mute.is_some() {
        return;
    }
    alert.muted = mute.is_some();
    let (what, note) = match mute {
        Some(mute) => ("muted", mute.words(subject.kind)),
        None => {
            alert.last_opened_at = now.0;
            let was_paused = subject.stored.as_ref().is_some_and(|s| matches!(s.life, DeviceLife::Paused | DeviceLife::Retired));
            let note = if was_paused {
                "The pause has ended and the condition is still there."
            } else {
                "The maintenance has ended and the condition is still there."
            };
            ("unmuted", note.to_owned())
        }
    };
    said.push(Said { alert: alert.id, what, note });
}

/// Its condition is gone: it resolves, unless it flaps and the condition has not been gone for long enough.
fn clear(alert: &mut Alert, conditions: &[Condition], mute: Option<Mute>, now: Time, said: &mut Vec<Said>) {
    let flaps = alert.flapping_since.is_some() && mute.is_none();
    let since = alert.cleared_at.unwrap_or(now.0);
    if flaps && (alert.cleared_at.is_some() || flapping::flaps(&alert.reopenings, now)) && now < Time(since) + flapping::CLEAR_FOR {
        alert.cleared_at = Some(since);
        return;
    }
    let mut note = what_cleared(alert.kind, conditions).to_owned();
    if alert.cleared_at.take().is_some() && flaps {
        note.push_str(" The condition has been gone for two hours.");
    }
    alert.flapping_since = None;
    alert.resolved_at = Some(now.0);
    said.push(Said { alert: alert.id, what: "resolved", note });
}

/// Brings an alert back to mind that nobody has mended; when that will be next.
fn remind(alert: &mut Alert, around: &Around, said: &mut Vec<Said>, words: impl Fn(AlertKind) -> String) -> Option<Time> {
    let after = around.remind_after.filter(|_| alert.cleared_at.is_none())?;
    let tended = [alert.acknowledged_at, alert.reminded_at, alert.snoozed_until].into_iter().flatten();
    let since = tended.chain([alert.last_opened_at]).max().map_or(around.now, Time);
    if around.now < since + after {
        return Some(since + after);
    }
    let lapsed = if alert.acknowledged_at.take().is_some() { " Its acknowledgement no longer holds." } else { "" };
    alert.acknowledged_by = None;
    alert.reminded_at = Some(around.now.0);
    let note = format!("Still not mended after {}. {}{lapsed}", text::span(after), words(alert.kind));
    said.push(Said { alert: alert.id, what: "reminder", note });
    Some(around.now + after)
}

fn reopen_or_open(
    after: &mut Vec<Alert>,
    condition: &Condition,
    mute: Option<Mute>,
    now: Time,
    mint: &mut impl FnMut() -> AlertId,
    said: &mut Vec<Said>,
    subject: &Subject,
) -> usize {
    let latest =
        after.iter().enumerate().filter(|(_, a)| a.kind == condition.kind).max_by_key(|(_, a)| a.resolved_at).map(|(place, _)| place);
    let mut note = words(subject, condition, now);
    if let Some(mute) = mute {
        note.push(' ');
        note.push_str(&mute.words(subject.kind));
    }
    if let Some(place) = latest {
        let alert = &mut after[place];
        alert.resolved_at = None;
        alert.reopened += 1;
        alert.severity = condition.severity;
        alert.acknowledged_at = None;
        alert.acknowledged_by = None;
        alert.reminded_at = None;
        alert.muted = mute.is_some();
        alert.last_opened_at = now.0;
        flapping::with(&mut alert.reopenings, now);
        said.push(Said { alert: alert.id, what: "reopened", note });
        if alert.flapping_since.is_none() && mute.is_none() && flapping::flaps(&alert.reopenings, now) {
            alert.flapping_since = Some(now.0);
            let note =
                "It came back three times within 24 hours: from now on it stays open until its condition has been gone for two hours.";
            said.push(Said { alert: alert.id, what: "flapping", note: note.into() });
        }
        return place;
    }
    let id = mint();
    after.push(Alert {
        id,
        kind: condition.kind,
        opened_at: now,
        job_id: None,
        run_id: None,
        severity: condition.severity,
        since: condition.since.0,
        raised_at: None,
        resolved_at: None,
        reopened: 0,
        muted: mute.is_some(),
        acknowledged_at: None,
        acknowledged_by: None,
        snoozed_until: None,
        reason: String::new(),
        incident_id: None,
        destination: None,
        last_opened_at: now.0,
        reopenings: Vec::new(),
        flapping_since: None,
        cleared_at: None,
        reminded_at: None,
    });
    said.push(Said { alert: id, what: "opened", note });
    after.len() - 1
}

fn words(subject: &Subject, condition: &Condition, now: Time) -> String {
    text::reason(&condition.reason, now, |job| {
        subject.facts.jobs.iter().find(|j| j.job == job).map_or_else(|| "a job".to_owned(), |j| j.name.clone())
    })
}

fn failing_run(subject: &Subject, condition: &Condition) -> Option<i64> {
    if !comes_from_a_run(condition.kind) {
        return None;
    }
    let job = subject.jobs.iter().find(|j| Some(j.job) == condition.job)?;
    job.last_run.filter(|(_, state)| condition.kind == AlertKind::SizeAnomaly || *state == RunState::Failed).map(|(id, _)| id.0)
}

const fn what_cleared(kind: AlertKind, now: &[Condition]) -> &'static str {
    match kind {
        AlertKind::JobFailed => "A usable backup came after the failures.",
        AlertKind::MissedSchedule if !now.is_empty() => "A usable backup came, or the alert went on as backup overdue.",
        AlertKind::MissedSchedule | AlertKind::BackupOverdue | AlertKind::SaasOverdue => "A usable backup came, or it is no longer due.",
        AlertKind::StorageQuota => "Storage is below 95 % of its quota again.",
        AlertKind::ConsentExpired => "The provider accepts the connection again.",
        AlertKind::RestoreTestFailed => "A later restore test passed.",
        AlertKind::NeverReported => "The first report has arrived.",
        AlertKind::RunStuck => "A later run ended, or the run reported its end after all.",
        AlertKind::SizeAnomaly => "The last usable run holds its usual size again.",
    }
}
