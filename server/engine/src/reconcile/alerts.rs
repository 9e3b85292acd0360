//! Alerts follow conditions (D4): opened, raised, reopened, resolved by the difference, at most one open per device and kind.

use super::{
    shelf::Shelf,
    work::{Subject, SubjectKind, Work, comes_from_a_run},
};
use crate::{
    error::Error,
    ingest::bulk::{Kind, Meet, Rows, Table},
    store::facts::{at, parse},
};
use domain::{
    alert::{AlertKind, Condition, Severity},
    ids::{AlertId, PartnerId},
    live::AlertNow,
    policy::DeviceLife,
    run::RunState,
    text,
    time::{Span, Time},
};
use sea_orm::QueryResult;
use std::collections::HashMap;

use Kind::{Bool, Int, Text};

/// A resolved alert that recurs within this time is the same alert again.
pub(super) const REOPENS: Span = Span::DAY;

static ALERTS: Table = Table {
    name: "alerts",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[("organization_id", Int), ("device_id", Int), ("kind", Text), ("opened_at", Int)],
    columns: &[
        ("job_id", Int),
        ("run_id", Int),
        ("severity", Text),
        ("since", Int),
        ("raised_at", Int),
        ("resolved_at", Int),
        ("reopened", Int),
        ("muted", Bool),
        ("acknowledged_at", Int),
        ("acknowledged_by", Text),
        ("snoozed_until", Int),
        ("reason", Text),
        ("worth", Int),
    ],
    meet: Meet::Replace,
};

static EVENTS: Table = Table {
    name: "alert_events",
    keys: &[("partner_id", Int), ("alert_id", Int), ("id", Int)],
    fixed: &[("at", Int), ("what", Text), ("who", Text), ("note", Text)],
    columns: &[],
    meet: Meet::Keep,
};

/// A row of `alerts`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alert {
    pub(crate) id: AlertId,
    pub(crate) kind: AlertKind,
    pub(crate) opened_at: Time,
    pub(crate) job_id: Option<i64>,
    pub(crate) run_id: Option<i64>,
    pub(crate) severity: Severity,
    pub(crate) since: i64,
    pub(crate) raised_at: Option<i64>,
    pub(crate) resolved_at: Option<i64>,
    pub(crate) reopened: i64,
    pub(crate) muted: bool,
    pub(crate) acknowledged_at: Option<i64>,
    pub(crate) acknowledged_by: Option<String>,
    pub(crate) snoozed_until: Option<i64>,
    pub(crate) reason: String,
}

struct Said {
    alert: AlertId,
    what: &'static str,
    note: String,
}

/// What became of the alerts of some devices.
#[derive(Default)]
pub(crate) struct AlertChanges {
    /// New or changed, each with the place of its device.
    pub(crate) alerts: Vec<(usize, Alert)>,
    /// What is to be said of them.
    pub(crate) events: Vec<AlertEvent>,
}

/// An entry of an alert's history.
pub(crate) struct AlertEvent {
    pub(crate) partner: PartnerId,
    pub(crate) alert: AlertId,
    pub(crate) id: i64,
    pub(crate) at: Time,
    pub(crate) what: &'static str,
    pub(crate) note: String,
}

/// Alerts that are open, or were resolved lately, by (partner, device, time).
pub(super) const KNOWN: &str = "SELECT a.device_id, a.partner_id, a.id, a.kind, a.opened_at, a.job_id, a.run_id, a.severity, a.since, a.raised_at, \
 a.resolved_at, a.reopened, a.muted, a.acknowledged_at, a.acknowledged_by, a.snoozed_until, a.reason \
 FROM {x} {join} alerts a ON a.partner_id = x.a AND a.device_id = x.b AND (a.resolved_at IS NULL OR a.resolved_at > x.c)";

impl Work<'_> {
    /// Brings the alerts of all subjects in line with their conditions.
    pub(super) async fn follow_alerts(&mut self, shelf: &impl Shelf) -> Result<AlertChanges, Error> {
        let mut wanted = Vec::new();
        for subject in &self.subjects {
            // Open alerts are exactly the conditions of the last assessment: without any, then and now, there is nothing to look for.
            let conditions = subject.assessment.as_ref().is_some_and(|a| !a.conditions.is_empty());
            if conditions || subject.stored.as_ref().is_none_or(|s| s.had_conditions || s.open_alerts > 0) {
                wanted.push((subject.partner, subject.device, self.now - REOPENS));
            }
        }
        let mut changes = AlertChanges::default();
        if wanted.is_empty() {
            return Ok(changes);
        }
        let mut known: HashMap<usize, Vec<Alert>> = HashMap::new();
        for (partner, device, alert) in shelf.alerts(&wanted).await? {
            if let Some(place) = self.places.get(&(partner, device)) {
                known.entry(*place).or_default().push(alert);
            }
        }
        for (place, subject) in self.subjects.iter_mut().enumerate() {
            let before = known.remove(&place).unwrap_or_default();
            let mut mint = || AlertId(self.mint.id(self.now));
            let (after, said) = follow(subject, &before, self.now, &mut mint);
            changes.events.extend(said.into_iter().map(|said| AlertEvent {
                partner: subject.partner,
                alert: said.alert,
                id: self.mint.id(self.now),
                at: self.now,
                what: said.what,
                note: said.note,
            }));
            let open = || after.iter().filter(|a| a.resolved_at.is_none() && !a.muted);
            subject.open_alerts = i64::try_from(open().count()).unwrap_or(0);
            subject.alerts = open()
                .map(|a| AlertNow {
                    alert: a.id,
                    kind: a.kind,
                    severity: a.severity,
                    opened_at: a.opened_at,
                    acknowledged: a.acknowledged_at.is_some(),
                })
                .collect();
            changes.alerts.extend(after.into_iter().filter(|a| !before.contains(a)).map(|alert| (place, alert)));
        }
        Ok(changes)
    }
}

impl AlertChanges {
    /// As rows; `subjects` are those the places speak of.
    pub(crate) fn rows(&self, subjects: &[Subject]) -> [(Rows, &'static Table); 2] {
        let (mut alerts, mut events) = (Rows::default(), Rows::default());
        for (place, alert) in &self.alerts {
            row(&mut alerts, &subjects[*place], alert);
        }
        for event in &self.events {
            events
                .int(event.partner.0)
                .int(event.alert.0)
                .int(event.id)
                .int(event.at.0)
                .text(event.what)
                .text("system")
                .text(event.note.as_str());
        }
        [(alerts, &ALERTS), (events, &EVENTS)]
    }
}

/// The alerts as they should be now, and what is to be said about the change.
fn follow(subject: &Subject, before: &[Alert], now: Time, mint: &mut impl FnMut() -> AlertId) -> (Vec<Alert>, Vec<Said>) {
    let muted = matches!(subject.facts.life, DeviceLife::Paused | DeviceLife::Retired);
    let mut after: Vec<Alert> = before.to_vec();
    let mut said = Vec::new();
    let conditions = subject.assessment.as_ref().map(|a| a.conditions.as_slice()).unwrap_or_default();
    for condition in conditions {
        let place = match after.iter().position(|a| a.kind == condition.kind && a.resolved_at.is_none()) {
            Some(place) => place,
            None => reopen_or_open(&mut after, condition, muted, now, mint, &mut said, subject),
        };
        let alert = &mut after[place];
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
        if let Some(run) = failing_run(subject, condition) {
            alert.run_id = Some(run);
        }
        if alert.muted != muted {
            alert.muted = muted;
            let (what, note) = if muted {
                match subject.kind {
                    SubjectKind::Device(_) => ("muted", "The device or its organization was paused: recorded, not alerted."),
                    SubjectKind::Account(_) => ("muted", "The account or its organization was deactivated: recorded, not alerted."),
                }
            } else {
                ("unmuted", "The pause has ended and the condition is still there.")
            };
            said.push(Said { alert: alert.id, what, note: note.into() });
        }
    }
    for alert in after.iter_mut().filter(|a| a.resolved_at.is_none() && !conditions.iter().any(|c| c.kind == a.kind)) {
        alert.resolved_at = Some(now.0);
        said.push(Said { alert: alert.id, what: "resolved", note: what_cleared(alert.kind, conditions).into() });
    }
    (after, said)
}

fn reopen_or_open(
    after: &mut Vec<Alert>,
    condition: &Condition,
    muted: bool,
    now: Time,
    mint: &mut impl FnMut() -> AlertId,
    said: &mut Vec<Said>,
    subject: &Subject,
) -> usize {
    let latest =
        after.iter().enumerate().filter(|(_, a)| a.kind == condition.kind).max_by_key(|(_, a)| a.resolved_at).map(|(place, _)| place);
    let note = words(subject, condition, now);
    if let Some(place) = latest {
        let alert = &mut after[place];
        alert.resolved_at = None;
        alert.reopened += 1;
        alert.severity = condition.severity;
        alert.acknowledged_at = None;
        alert.acknowledged_by = None;
        alert.muted = muted;
        said.push(Said { alert: alert.id, what: "reopened", note });
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
        muted,
        acknowledged_at: None,
        acknowledged_by: None,
        snoozed_until: None,
        reason: String::new(),
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

pub(super) fn alert(row: &QueryResult) -> Result<Alert, Error> {
    Ok(Alert {
        id: AlertId(at(row, 2)?),
        kind: parse(&at::<String>(row, 3)?)?,
        opened_at: Time(at(row, 4)?),
        job_id: at(row, 5)?,
        run_id: at(row, 6)?,
        severity: parse(&at::<String>(row, 7)?)?,
        since: at(row, 8)?,
        raised_at: at(row, 9)?,
        resolved_at: at(row, 10)?,
        reopened: at(row, 11)?,
        muted: at(row, 12)?,
        acknowledged_at: at(row, 13)?,
        acknowledged_by: at(row, 14)?,
        snoozed_until: at(row, 15)?,
        reason: at(row, 16)?,
    })
}

fn row(rows: &mut Rows, subject: &Subject, alert: &Alert) {
    rows.int(subject.partner.0)
        .int(alert.id.0)
        .int(subject.organization.0)
        .int(subject.device.0)
        .text(alert.kind.as_str())
        .int(alert.opened_at.0)
        .maybe_int(alert.job_id)
        .maybe_int(alert.run_id)
        .text(alert.severity.as_str())
        .int(alert.since)
        .maybe_int(alert.raised_at)
        .maybe_int(alert.resolved_at)
        .int(alert.reopened)
        .flag(alert.muted)
        .maybe_int(alert.acknowledged_at)
        .maybe_text(alert.acknowledged_by.clone())
        .maybe_int(alert.snoozed_until)
        .text(alert.reason.as_str())
        .int(domain::alert::worth(alert.kind, alert.severity, subject.kind.class()));
}
