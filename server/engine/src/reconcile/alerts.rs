//! Alerts follow conditions (D4): opened, raised, reopened, resolved by the difference, at most one open per device and kind.
//! What becomes of one subject's alerts is decided in `follow`; which of them make an incident, in `incidents`.

mod follow;

use super::{
    shelf::Shelf,
    work::{Subject, Work},
};
use crate::{
    error::Error,
    ingest::bulk::{Kind, Meet, Rows, Table},
    store::facts::{at, parse},
};
use domain::{
    alert::{AlertKind, Severity},
    ids::{AlertId, PartnerId},
    live::AlertNow,
    time::{Span, Time},
};
pub(super) use follow::in_maintenance;
use follow::{Around, follow};
use sea_orm::QueryResult;
use std::collections::HashMap;

use Kind::{Bool, Int, Text};

/// A resolved alert that recurs within this time is the same alert again.
pub(super) const REOPENS: Span = Span::DAY;

/// Without `incident_id`, which only `incidents` writes: it may change under another subject's lock.
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
        ("destination", Text),
        ("last_opened_at", Int),
        ("reopenings", Text),
        ("flapping_since", Int),
        ("cleared_at", Int),
        ("reminded_at", Int),
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
    /// As it was read; written by `incidents` only.
    pub(crate) incident_id: Option<i64>,
    pub(crate) destination: Option<String>,
    /// When it was opened, reopened or unmuted last.
    pub(crate) last_opened_at: i64,
    /// The latest reopenings, the oldest first.
    pub(crate) reopenings: Vec<Time>,
    pub(crate) flapping_since: Option<i64>,
    /// The condition is gone since then; it stays open, because it flaps.
    pub(crate) cleared_at: Option<i64>,
    pub(crate) reminded_at: Option<i64>,
}

impl Alert {
    /// Open, and somebody wants to hear of it.
    pub(crate) const fn counts(&self) -> bool {
        self.resolved_at.is_none() && !self.muted
    }
}

/// What became of the alerts of some devices.
#[derive(Default)]
pub(crate) struct AlertChanges {
    /// New or changed, each with the place of its device.
    pub(crate) alerts: Vec<(usize, Alert)>,
    /// What is to be said of them.
    pub(crate) events: Vec<AlertEvent>,
    /// What incidents follow.
    pub(crate) turns: Vec<Turn>,
}

/// An alert that began to count, ceased to, or changed its severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) partner: PartnerId,
    pub(crate) alert: AlertId,
    /// It was opened, reopened or unmuted.
    pub(crate) began: bool,
    /// The incident that it belonged to.
    pub(crate) incident: Option<i64>,
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
 a.resolved_at, a.reopened, a.muted, a.acknowledged_at, a.acknowledged_by, a.snoozed_until, a.reason, \
 a.incident_id, a.destination, a.last_opened_at, a.reopenings, a.flapping_since, a.cleared_at, a.reminded_at \
 FROM {x} {join} alerts a ON a.partner_id = x.a AND a.device_id = x.b AND (a.resolved_at IS NULL OR a.resolved_at > x.c)";

impl Work<'_> {
    /// Brings the alerts of all subjects in line with their conditions.
    pub(super) async fn follow_alerts(&mut self, shelf: &impl Shelf) -> Result<AlertChanges, Error> {
        let mut wanted = Vec::new();
        for subject in &self.subjects {
            // Open alerts are the conditions of the last assessment, and those that are damped, which count: without any, then and now,
            // there is nothing to look for.
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
            let around = Around { now: self.now, remind_after: self.reminders.get(&subject.partner).copied() };
            let followed = follow(subject, &before, &around, &mut mint);
            changes.events.extend(followed.said.into_iter().map(|said| AlertEvent {
                partner: subject.partner,
                alert: said.alert,
                id: self.mint.id(self.now),
                at: self.now,
                what: said.what,
                note: said.note,
            }));
            if let Some(wake) = followed.wake {
                let wake = wake.max(self.now + Span::SECOND);
                subject.next_change = Some(subject.next_change.map_or(wake, |next| next.min(wake)));
            }
            let open = || followed.after.iter().filter(|a| a.counts());
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
            for alert in followed.after {
                let was = before.iter().find(|known| known.id == alert.id);
                if was == Some(&alert) {
                    continue;
                }
                let counted = was.is_some_and(Alert::counts);
                if counted != alert.counts() || (counted && was.is_some_and(|was| was.severity != alert.severity)) {
                    let began = alert.counts() && !counted;
                    changes.turns.push(Turn { partner: subject.partner, alert: alert.id, began, incident: alert.incident_id });
                }
                changes.alerts.push((place, alert));
            }
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
        incident_id: at(row, 17)?,
        destination: at(row, 18)?,
        last_opened_at: at(row, 19)?,
        reopenings: serde_json::from_str(&at::<String>(row, 20)?)?,
        flapping_since: at(row, 21)?,
        cleared_at: at(row, 22)?,
        reminded_at: at(row, 23)?,
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
        .int(domain::alert::worth(alert.kind, alert.severity, subject.kind.class()))
        .maybe_text(alert.destination.clone())
        .int(alert.last_opened_at)
        .text(serde_json::to_string(&alert.reopenings).unwrap_or_else(|_| "[]".into()))
        .maybe_int(alert.flapping_since)
        .maybe_int(alert.cleared_at)
        .maybe_int(alert.reminded_at);
}
