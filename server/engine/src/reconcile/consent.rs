//! The alert of a connection whose consent is gone (D4): opened, reopened within 24 hours, muted with its organization, resolved when
//! the provider accepts the connection again.
//!
//! A connection is no subject of `assess`: its state is what the provider says, twice. The alert follows that state by difference, as
//! those of devices follow theirs.

use super::{
    alerts::{AlertChanges, AlertEvent, REOPENS, Turn, in_maintenance},
    incidents,
};
use crate::{
    error::Error,
    live::{Change, ChangeOf},
    store::{
        Store,
        entity::{alert, alert_event, connection, organization},
        facts::parse,
        maintenance::InForce,
    },
};
use domain::{
    alert::{self as kinds, AlertKind, Severity},
    consent::Cause,
    health::Reason,
    ids::{AlertId, ConnectionId, DeviceId, OrganizationId, PartnerId},
    policy::DeviceClass,
    saas::{Consent, Service},
    text,
    time::{Span, Time},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, Statement,
};

const KIND: AlertKind = AlertKind::ConsentExpired;
const SEVERITY: Severity = Severity::Critical;

/// Brings the alert of a connection in line with its state and its organization's. The partner is locked by the caller. Publish the
/// answer after the commit.
pub(crate) async fn follow(
    store: &Store,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    id: ConnectionId,
    now: Time,
) -> Result<Vec<Change>, Error> {
    let Some(connection) = connection::Entity::find_by_id((partner.0, id.0)).one(tx).await? else {
        return settle(store, tx, (partner, id), None, now).await;
    };
    let Some(organization) = organization::Entity::find_by_id((partner.0, connection.organization_id)).one(tx).await? else {
        return Ok(Vec::new());
    };
    let wanted = if parse::<Consent>(&connection.consent)? == Consent::Expired {
        let service: Service = parse(&connection.service)?;
        let since = Time(connection.refused_at.unwrap_or(connection.consent_at));
        let reason = Reason::ConsentGone { service, cause: Cause::of(&connection.consent_code), since };
        let mut note = text::reason(&reason, now, |_| String::new());
        if !connection.consent_code.is_empty() {
            note.push_str(&format!(" ({})", connection.consent_code));
        }
        let mut windows = InForce::load(tx, Some(&store.short().ancestors), [partner].into(), now).await?;
        let quiet = windows.quiet_organization(partner, OrganizationId(organization.id), now);
        let remind_after = windows.reminders().get(&partner).copied();
        let mute = if organization.status == "deactivated" {
            Some("The organization was deactivated: recorded, not alerted.".to_owned())
        } else {
            domain::maintenance::quiet_until(&quiet, now).map(in_maintenance)
        };
        Some(Wanted { organization: connection.organization_id, since, reason, note, mute, remind_after })
    } else {
        None
    };
    settle(store, tx, (partner, id), wanted, now).await
}

/// As [`follow`] for all connections of an organization.
pub(crate) async fn follow_organization(
    store: &Store,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    organization: i64,
    now: Time,
) -> Result<Vec<Change>, Error> {
    let connections = connection::Entity::find()
        .filter(connection::COLUMN.partner_id.eq(partner.0))
        .filter(connection::COLUMN.organization_id.eq(organization))
        .all(tx)
        .await?;
    let mut changes = Vec::new();
    for connection in connections {
        changes.extend(follow(store, tx, partner, ConnectionId(connection.id), now).await?);
    }
    Ok(changes)
}

struct Wanted {
    organization: i64,
    since: Time,
    reason: Reason,
    note: String,
    /// Why it is recorded and not alerted, in words.
    mute: Option<String>,
    /// An alert that is not mended is brought back to mind after so long.
    remind_after: Option<Span>,
}

async fn settle(
    store: &Store,
    tx: &DatabaseTransaction,
    (partner, id): (PartnerId, ConnectionId),
    wanted: Option<Wanted>,
    now: Time,
) -> Result<Vec<Change>, Error> {
    // As whoever changes alerts.
    incidents::lock(tx, &[partner].into()).await?;
    let known = alert::Entity::find()
        .filter(alert::COLUMN.partner_id.eq(partner.0))
        .filter(alert::COLUMN.device_id.eq(id.0))
        .filter(alert::COLUMN.kind.eq(KIND.as_str()))
        .filter(Condition::any().add(alert::Column::ResolvedAt.is_null()).add(alert::Column::ResolvedAt.gt((now - REOPENS).0)))
        .order_by_desc(alert::Column::OpenedAt)
        .all(tx)
        .await?;
    let is_counted = |alert: &alert::Model| alert.resolved_at.is_none() && !alert.muted;
    let open = known.iter().find(|a| a.resolved_at.is_none()).cloned();
    let (before, after) = match (open, wanted) {
        (None, None) => return Ok(Vec::new()),
        (Some(open), None) => {
            let mut model = open.clone().into_active_model();
            model.resolved_at = Set(Some(now.0));
            let after = model.update(tx).await?;
            said(store, tx, &after, "resolved", "The provider accepts the connection again, or it was disconnected.", now).await?;
            (Some(open), after)
        }
        (Some(open), Some(wanted)) => {
            let mut model = open.clone().into_active_model();
            model.since = Set(wanted.since.0);
            model.reason = Set(serde_json::to_string(&wanted.reason)?);
            model.muted = Set(wanted.mute.is_some());
            if open.muted && wanted.mute.is_none() {
                model.last_opened_at = Set(now.0);
            }
            let reminder = reminder(&open, &wanted, now);
            if reminder.is_some() {
                (model.acknowledged_at, model.acknowledged_by, model.reminded_at) = (Set(None), Set(None), Set(Some(now.0)));
            }
            let after = model.update(tx).await?;
            if let Some(words) = reminder {
                said(store, tx, &after, "reminder", &words, now).await?;
            }
            if open.muted != wanted.mute.is_some() {
                let (what, note) = match &wanted.mute {
                    Some(words) => ("muted", words.as_str()),
                    None => ("unmuted", "The maintenance has ended, or the organization is activated again; consent is still gone."),
                };
                said(store, tx, &after, what, note, now).await?;
            }
            (Some(open), after)
        }
        (None, Some(wanted)) => {
            let latest = known.into_iter().max_by_key(|a| a.resolved_at);
            let (after, what) = open_or_reopen(store, tx, (partner, id), latest, &wanted, now).await?;
            let note = wanted.mute.as_ref().map_or_else(|| wanted.note.clone(), |mute| format!("{} {mute}", wanted.note));
            said(store, tx, &after, what, &note, now).await?;
            (None, after)
        }
    };
    let counted = i64::from(is_counted(&after)) - i64::from(before.as_ref().is_some_and(is_counted));
    if counted != 0 {
        let turn = Turn { partner, alert: AlertId(after.id), began: counted > 0, incident: after.incident_id };
        let events = incidents::follow(store, tx, &[turn], now).await?;
        write_events(tx, events).await?;
    }
    count(tx, partner, after.organization_id, counted).await?;
    // Nobody watches a connection; whoever counts its organization's alerts counts again.
    let organization = OrganizationId(after.organization_id);
    Ok(vec![Change { partner, organization, device: DeviceId(id.0), of: ChangeOf::Account, json: "{}".into() }])
}

/// What is said of an alert that nobody has mended for so long. The provider is asked daily: it is no more often than that.
fn reminder(open: &alert::Model, wanted: &Wanted, now: Time) -> Option<String> {
    let after = wanted.remind_after.filter(|_| wanted.mute.is_none() && !open.muted)?;
    let tended = [open.acknowledged_at, open.reminded_at, open.snoozed_until, Some(open.last_opened_at)];
    let since = Time(tended.into_iter().flatten().max()?);
    let lapsed = if open.acknowledged_at.is_some() { " Its acknowledgement no longer holds." } else { "" };
    (now >= since + after).then(|| format!("Still not mended after {}. {}{lapsed}", text::span(after), wanted.note))
}

async fn open_or_reopen(
    store: &Store,
    tx: &DatabaseTransaction,
    (partner, id): (PartnerId, ConnectionId),
    latest: Option<alert::Model>,
    wanted: &Wanted,
    now: Time,
) -> Result<(alert::Model, &'static str), Error> {
    let reason = serde_json::to_string(&wanted.reason)?;
    if let Some(latest) = latest {
        let reopened = latest.reopened + 1;
        let mut model = latest.into_active_model();
        model.resolved_at = Set(None);
        model.reopened = Set(reopened);
        model.acknowledged_at = Set(None);
        model.acknowledged_by = Set(None);
        model.since = Set(wanted.since.0);
        model.muted = Set(wanted.mute.is_some());
        model.reason = Set(reason);
        model.last_opened_at = Set(now.0);
        model.reminded_at = Set(None);
        return Ok((model.update(tx).await?, "reopened"));
    }
    let model = alert::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(store.id(now)),
        organization_id: Set(wanted.organization),
        device_id: Set(id.0),
        job_id: Set(None),
        run_id: Set(None),
        kind: Set(KIND.as_str().into()),
        severity: Set(SEVERITY.as_str().into()),
        since: Set(wanted.since.0),
        opened_at: Set(now.0),
        raised_at: Set(None),
        resolved_at: Set(None),
        reopened: Set(0),
        muted: Set(wanted.mute.is_some()),
        acknowledged_at: Set(None),
        acknowledged_by: Set(None),
        snoozed_until: Set(None),
        reason: Set(reason),
        // All of an organization's accounts wait for it: what a server is among machines.
        worth: Set(kinds::worth(KIND, SEVERITY, DeviceClass::Server)),
        last_opened_at: Set(now.0),
        ..Default::default()
    };
    Ok((model.insert(tx).await?, "opened"))
}

async fn write_events(tx: &DatabaseTransaction, events: Vec<AlertEvent>) -> Result<(), Error> {
    for (rows, table) in (AlertChanges { events, ..AlertChanges::default() }).rows(&[]) {
        rows.write(tx, table).await?;
    }
    Ok(())
}

/// Brings the alerts of these connections in line, each in a transaction of its own, and publishes. For whoever finds that a time of
/// maintenance has begun or ended, after its own commit: connections are locked after partners, which it can't wait for any more.
pub(crate) async fn follow_each(
    store: &Store,
    live: &crate::live::LiveHub,
    connections: Vec<(PartnerId, ConnectionId)>,
    now: Time,
) -> Result<(), Error> {
    for (partner, connection) in connections {
        let tx = store.begin_for(partner).await?;
        let changes = follow(store, &tx, partner, connection, now).await?;
        tx.commit().await?;
        live.publish(changes);
    }
    Ok(())
}

/// Connections of these organizations whose consent is gone.
pub(crate) async fn refused(store: &Store, of: &[(PartnerId, OrganizationId)]) -> Result<Vec<(PartnerId, ConnectionId)>, Error> {
    let mut found = Vec::new();
    for (partner, organization) in of {
        let rows = connection::Entity::find()
            .filter(connection::COLUMN.partner_id.eq(partner.0))
            .filter(connection::COLUMN.organization_id.eq(organization.0))
            .filter(connection::COLUMN.consent.eq("expired"))
            .all(store.reads())
            .await?;
        found.extend(rows.into_iter().map(|row| (*partner, ConnectionId(row.id))));
    }
    Ok(found)
}

async fn said(store: &Store, tx: &DatabaseTransaction, alert: &alert::Model, what: &str, note: &str, now: Time) -> Result<(), Error> {
    let event = alert_event::ActiveModel {
        partner_id: Set(alert.partner_id),
        alert_id: Set(alert.id),
        id: Set(store.id(now)),
        at: Set(now.0),
        what: Set(what.into()),
        who: Set("system".into()),
        note: Set(note.into()),
    };
    alert_event::Entity::insert(event).exec_without_returning(tx).await?;
    Ok(())
}

/// Adds to the organization's open alerts.
async fn count(tx: &DatabaseTransaction, partner: PartnerId, organization: i64, more: i64) -> Result<(), Error> {
    if more == 0 {
        return Ok(());
    }
    let sql = "INSERT INTO organization_counts (partner_id, organization_id, open_alerts) VALUES ($1, $2, $3) \
               ON CONFLICT (partner_id, organization_id) DO UPDATE SET open_alerts = organization_counts.open_alerts + excluded.open_alerts";
    let values = [partner.0.into(), organization.into(), more.into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}
