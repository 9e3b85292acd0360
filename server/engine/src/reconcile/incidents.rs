//! Incidents follow alerts (D4): whoever opens, resolves or changes alerts gathers those of one cause, and counts the members of the
//! incidents that it touched. Who belongs together is decided in [`domain::incident`].
//!
//! Exactly one transaction at a time does this for a partner, so that of two that open the ninth and the tenth alert one sees both. Order
//! of locks, the same everywhere: partners (commands), subjects, [`lock`], alerts, incidents, counts. Partners are locked in ascending
//! order. The members of an incident are counted anew from their alerts each time: nothing is added to what may have been missed.

use super::{
    alerts::{AlertEvent, Turn},
    work::Mint,
};
use crate::{
    error::Error,
    store::{
        facts::{at, parse},
        sql::Sql,
    },
};
use domain::{
    alert::{AlertKind, Severity},
    ids::{AlertId, ConnectionId, DeviceId, IncidentId, OrganizationId, PartnerId},
    incident::{Cause, Gathered, Ongoing, Recent, WITHIN, cause, gather},
    time::Time,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Alerts looked at for one gathering; more come with the next alert that opens.
const MOST_RECENT: usize = 16_000;

/// Waits until no other transaction changes alerts of these partners, and holds others off until the end of this one.
pub(crate) async fn lock(tx: &DatabaseTransaction, partners: &BTreeSet<PartnerId>) -> Result<(), Error> {
    if tx.get_database_backend() != DbBackend::Postgres || partners.is_empty() {
        return Ok(());
    }
    // Evaluated from left to right.
    let mut sql = String::from("SELECT ");
    for (place, partner) in partners.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        let _ = write!(sql, "{comma}(pg_advisory_xact_lock(hashtextextended('alerts', {})) IS NULL)", partner.0);
    }
    tx.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    Ok(())
}

/// Brings incidents in line with these turns. The alerts are written, their partners locked. What is to be said of alerts is the answer.
pub(crate) async fn follow(mint: &dyn Mint, tx: &DatabaseTransaction, turns: &[Turn], now: Time) -> Result<Vec<AlertEvent>, Error> {
    let mut by_partner: BTreeMap<PartnerId, Vec<&Turn>> = BTreeMap::new();
    for turn in turns {
        by_partner.entry(turn.partner).or_default().push(turn);
    }
    let mut said = Vec::new();
    for (partner, turns) in by_partner {
        said.extend(of_partner(mint, tx, partner, &turns, now).await?);
    }
    Ok(said)
}

async fn of_partner(
    mint: &dyn Mint,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    turns: &[&Turn],
    now: Time,
) -> Result<Vec<AlertEvent>, Error> {
    let mut touched = belonged(tx, partner, turns).await?;
    let mut said = Vec::new();
    if turns.iter().any(|turn| turn.began) {
        let ongoing = ongoing(tx, partner).await?;
        let open: BTreeSet<i64> = ongoing.iter().map(|incident| incident.incident.0).collect();
        // An alert that came back after its incident was over belongs to none, or to another.
        touched.retain(|incident| open.contains(incident));
        let mut recent = recent(tx, partner, &open, now).await?;
        for alert in &mut recent {
            alert.incident = alert.incident.filter(|incident| open.contains(&incident.0));
        }
        for gathered in gather(&recent, &ongoing, now) {
            let (incident, events) = take_in(mint, tx, partner, &gathered, now).await?;
            touched.insert(incident);
            said.extend(events);
        }
    }
    count(tx, partner, &touched, now).await?;
    Ok(said)
}

/// The incidents that these alerts belong to. With several servers, another may have taken an alert in since it was read.
async fn belonged(tx: &DatabaseTransaction, partner: PartnerId, turns: &[&Turn]) -> Result<BTreeSet<i64>, Error> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(turns.iter().filter_map(|turn| turn.incident).collect());
    }
    let mut sql = Sql::new("SELECT DISTINCT incident_id FROM alerts WHERE incident_id IS NOT NULL AND partner_id = ");
    sql.bind(partner.0).push(" AND id IN ").bind_list(turns.iter().map(|turn| turn.alert.0));
    tx.query_all_raw(sql.build(DbBackend::Postgres)).await?.iter().map(|row| at(row, 0)).collect()
}

async fn ongoing(tx: &DatabaseTransaction, partner: PartnerId) -> Result<Vec<Ongoing>, Error> {
    let sql = "SELECT id, cause, joined_at FROM incidents WHERE partner_id = $1 AND resolved_at IS NULL";
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [partner.0.into()])).await?;
    rows.iter()
        .map(|row| {
            let cause: String = at(row, 1)?;
            let cause = cause.parse().map_err(|_| Error::Internal(format!("an incident of cause {cause}")))?;
            Ok(Ongoing { incident: IncidentId(at(row, 0)?), cause, joined_at: Time(at(row, 2)?) })
        })
        .collect()
}

/// Alerts of the last minutes that may become members: those of open incidents are members already, however many a storm has.
async fn recent(tx: &DatabaseTransaction, partner: PartnerId, open: &BTreeSet<i64>, now: Time) -> Result<Vec<Recent>, Error> {
    let mut sql = Sql::new(
        "SELECT a.id, a.device_id, a.organization_id, a.kind, a.last_opened_at, a.destination, a.incident_id, s.connection_id \
         FROM alerts a LEFT JOIN accounts s ON s.partner_id = a.partner_id AND s.id = a.device_id WHERE a.partner_id = ",
    );
    sql.bind(partner.0).push(" AND a.resolved_at IS NULL AND a.last_opened_at > ").bind((now - WITHIN).0).push(" AND a.muted = FALSE");
    if !open.is_empty() {
        sql.push(" AND (a.incident_id IS NULL OR a.incident_id NOT IN ").bind_list(open.iter().copied()).push(")");
    }
    sql.push(" ORDER BY a.last_opened_at DESC LIMIT ").push(&MOST_RECENT.to_string());
    let rows = tx.query_all_raw(sql.build(tx.get_database_backend())).await?;
    rows.iter()
        .map(|row| {
            let subject: i64 = at(row, 1)?;
            let kind: AlertKind = parse(&at::<String>(row, 3)?)?;
            let connection = match kind {
                AlertKind::ConsentExpired => Some(subject),
                _ => at::<Option<i64>>(row, 7)?,
            };
            let destination: Option<String> = at(row, 5)?;
            Ok(Recent {
                alert: AlertId(at(row, 0)?),
                subject: DeviceId(subject),
                cause: cause(connection.map(ConnectionId), destination.as_deref(), OrganizationId(at(row, 2)?)),
                at: Time(at(row, 4)?),
                incident: at::<Option<i64>>(row, 6)?.map(IncidentId),
            })
        })
        .collect()
}

/// Makes alerts members of an incident, a new one where there is none. Which incident, and what is to be said.
async fn take_in(
    mint: &dyn Mint,
    tx: &DatabaseTransaction,
    partner: PartnerId,
    gathered: &Gathered,
    now: Time,
) -> Result<(i64, Vec<AlertEvent>), Error> {
    let backend = tx.get_database_backend();
    let incident = match gathered.incident {
        Some(incident) => {
            let sql = "UPDATE incidents SET joined_at = $3 WHERE partner_id = $1 AND id = $2";
            tx.execute_raw(Statement::from_sql_and_values(backend, sql, [partner.0.into(), incident.0.into(), now.0.into()])).await?;
            incident.0
        }
        None => {
            let id = mint.id(now);
            let organization = organization_of(tx, partner, &gathered.cause).await?;
            let sql = "INSERT INTO incidents (partner_id, id, organization_id, cause, severity, opened_at, joined_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $6)";
            let cause = gathered.cause.to_string();
            let severity = Severity::Warning.as_str();
            let values = [partner.0.into(), id.into(), organization.into(), cause.into(), severity.into(), now.0.into()];
            tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
            id
        }
    };
    let mut sql = Sql::new("UPDATE alerts SET incident_id = ");
    sql.bind(incident).push(" WHERE partner_id = ").bind(partner.0).push(" AND id IN ");
    sql.bind_list(gathered.alerts.iter().map(|alert| alert.0));
    tx.execute_raw(sql.build(backend)).await?;
    let what = match &gathered.cause {
        Cause::Connection(_) => "of the same connection",
        Cause::Destination(_) => "with the same destination",
        Cause::Organization(_) => "of the same organization",
    };
    let note = if gathered.incident.is_some() {
        format!("Part of an incident {what}: it joined while that was going on.")
    } else {
        format!("Part of an incident: {} alerts {what} opened within ten minutes.", gathered.alerts.len())
    };
    let event = |alert: &AlertId| AlertEvent { partner, alert: *alert, id: mint.id(now), at: now, what: "incident", note: note.clone() };
    Ok((incident, gathered.alerts.iter().map(event).collect()))
}

/// The organization that all members of a cause belong to; 0: they may belong to several.
async fn organization_of(tx: &DatabaseTransaction, partner: PartnerId, cause: &Cause) -> Result<i64, Error> {
    match cause {
        Cause::Organization(id) => Ok(id.0),
        Cause::Destination(_) => Ok(0),
        Cause::Connection(id) => {
            let sql = "SELECT organization_id FROM connections WHERE partner_id = $1 AND id = $2";
            let values = [partner.0.into(), id.0.into()];
            let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
            row.as_ref().map_or(Ok(0), |row| at(row, 0))
        }
    }
}

/// Counts the members of these incidents anew; one without open members resolves.
async fn count(tx: &DatabaseTransaction, partner: PartnerId, incidents: &BTreeSet<i64>, now: Time) -> Result<(), Error> {
    let backend = tx.get_database_backend();
    for incident in incidents {
        let sql = "SELECT COUNT(*), \
                   CAST(COALESCE(SUM(CASE WHEN resolved_at IS NULL AND muted = FALSE THEN 1 ELSE 0 END), 0) AS BIGINT), \
                   CAST(COALESCE(SUM(CASE WHEN resolved_at IS NULL AND muted = FALSE AND severity = 'critical' THEN 1 ELSE 0 END), 0) AS BIGINT) \
                   FROM alerts WHERE partner_id = $1 AND incident_id = $2";
        let values = [partner.0.into(), (*incident).into()];
        let Some(row) = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await? else { continue };
        let (members, open, critical): (i64, i64, i64) = (at(&row, 0)?, at(&row, 1)?, at(&row, 2)?);
        let mut sql = Sql::new("UPDATE incidents SET members = ");
        sql.bind(members).push(", open_members = ").bind(open);
        if open == 0 {
            // Its severity stays what it was.
            sql.push(", resolved_at = ").bind(now.0);
        } else {
            let severity = if critical > 0 { Severity::Critical } else { Severity::Warning };
            sql.push(", severity = ").bind(severity.as_str());
        }
        sql.push(" WHERE resolved_at IS NULL AND partner_id = ").bind(partner.0).push(" AND id = ").bind(*incident);
        tx.execute_raw(sql.build(backend)).await?;
    }
    Ok(())
}
