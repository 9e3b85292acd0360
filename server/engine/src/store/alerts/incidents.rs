//! Incidents as they are read: open ones in a list of alerts, one in full. They are made by the reconciler only (D4).

use super::{AlertFilter, AlertRow, AlertState, list, rows};
use crate::{
    error::Error,
    store::{
        Store,
        entity::{alert, incident},
        facts::{at, parse},
        page::Page,
        scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor, Scope},
    alert::{AlertKind, Severity},
    ids::{AlertId, ConnectionId, IncidentId, OrganizationId, PartnerId},
    incident::Cause,
    saas::Service,
    time::Time,
};
use sea_orm::{Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter};

/// Open incidents that a list shows of a partner.
const MOST: u64 = 20;
/// Members that a row names.
const NAMED: u64 = 4;
/// Untended members that are counted.
const COUNTED: i64 = 1_000;

/// What the members of an incident have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentCause {
    /// A SaaS connection: its service, where that is known.
    Connection(Option<Service>),
    /// A place that backups go to.
    Destination(String),
    /// One organization.
    Organization,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    /// Which incident.
    pub id: IncidentId,
    /// What its members have in common.
    pub cause: IncidentCause,
    /// The organization that all of them belong to, where it is one.
    pub organization: Option<(OrganizationId, String)>,
    /// The worst of its members'.
    pub severity: Severity,
    /// When the first alert of it was opened.
    pub opened_at: Time,
    /// When the last alert joined.
    pub joined_at: Time,
    /// When the last member resolved.
    pub resolved_at: Option<Time>,
    /// Alerts that belong to it.
    pub members: i64,
    /// Of them, those that are open.
    pub open_members: i64,
    /// Open members that nobody tends; at most 1,000 are counted.
    pub untended: i64,
    /// A few of its members, in no order; open ones while it is open.
    pub some: Vec<AlertRow>,
}

impl IncidentRow {
    /// Its place among alerts sorted by worth: before every alert of its severity.
    pub const fn worth(&self) -> i64 {
        worth(self.severity)
    }
}

const fn worth(severity: Severity) -> i64 {
    match severity {
        Severity::Critical => 299,
        Severity::Warning => 199,
    }
}

/// One incident with what is wrong with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentDetail {
    /// As in lists.
    pub row: IncidentRow,
    /// Kind, open members of that kind, all members of that kind; most first.
    pub kinds: Vec<(AlertKind, i64, i64)>,
    /// The members; open ones first, by worth.
    pub members: Page<AlertRow>,
}

/// Incidents of one organization are told to its people; those that reach beyond it are not.
fn incidents_seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, incident::Column::PartnerId, Some(incident::Column::OrganizationId), None::<incident::Column>)
}

/// `SELECT …` of the open incidents of a partner that stand for their members in a list of this scope and filter, the worst first, then the
/// latest: in the list itself, and where it leaves their members out. An alert that no shown incident stands for stands by itself.
fn standing(query: &mut Sql, what: &str, actor: &Actor, filter: &AlertFilter, partner: PartnerId) {
    query.push("SELECT ").push(what).push(" FROM incidents i WHERE i.resolved_at IS NULL AND i.open_members > 0 AND i.partner_id = ");
    query.bind(partner.0);
    if let Some(organization) = of_organization(actor, filter) {
        query.push(" AND i.organization_id = ").bind(organization.0);
    }
    if let Some(severity) = filter.severity {
        query.push(" AND i.severity = ").bind(severity.as_str());
    }
    query.push(" ORDER BY CASE i.severity WHEN 'critical' THEN 0 ELSE 1 END, i.opened_at DESC, i.id DESC LIMIT ").push(&MOST.to_string());
}

/// `AND …`: without members of open incidents that stand for them in a list of this scope and filter.
pub(super) fn without_members(query: &mut Sql, actor: &Actor, filter: &AlertFilter, partner: PartnerId) {
    query.push(" AND (a.incident_id IS NULL OR a.incident_id NOT IN (SELECT s.id FROM (");
    standing(query, "i.id", actor, filter, partner);
    query.push(") s))");
}

/// The organization that a list is cut to.
const fn of_organization(actor: &Actor, filter: &AlertFilter) -> Option<OrganizationId> {
    match actor.scope {
        Scope::Organization(_, organization) | Scope::Device(_, organization, _) => Some(organization),
        Scope::Partners(_) => filter.organization,
    }
}

/// The open incidents that stand for their members in a list of alerts: those of its scope, organization and severity; for untended
/// alerts those with an untended member. The worst first, then the latest.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn open_incidents(store: &Store, actor: &Actor, filter: &AlertFilter) -> Result<Vec<IncidentRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    if matches!(actor.scope, Scope::Device(..)) {
        return Ok(Vec::new());
    }
    let conn = store.reads();
    let mut found = Vec::new();
    for partner in scope::partners(&actor.scope) {
        let mut query = Sql::new("");
        standing(&mut query, "i.*", actor, filter, *partner);
        for row in conn.query_all_raw(query.build(store.backend())).await? {
            found.push(incident::Model::from_query_result(&row, "")?);
        }
    }
    let mut incidents = Vec::with_capacity(found.len());
    for model in found {
        let row = of_model(store, model, filter.now).await?;
        if row.open_members > 0 && (filter.state != AlertState::Untended || row.untended > 0) {
            incidents.push(row);
        }
    }
    incidents.sort_by_key(|i| (std::cmp::Reverse(i.severity), std::cmp::Reverse(i.opened_at), i.id));
    Ok(incidents)
}

async fn find(store: &Store, actor: &Actor, id: IncidentId) -> Result<incident::Model, Error> {
    let found = incident::Entity::find().filter(incidents_seen(actor)).filter(incident::COLUMN.id.eq(id.0));
    found.one(store.reads()).await?.ok_or(Error::NotFound("incident"))
}

/// One incident as in lists.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden`.
pub async fn incident_row(store: &Store, actor: &Actor, id: IncidentId, now: Time) -> Result<IncidentRow, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    of_model(store, find(store, actor, id).await?, now).await
}

/// One incident. `page`: where to go on in its members.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden`; `Invalid` (cursor).
pub async fn incident(store: &Store, actor: &Actor, id: IncidentId, page: Option<String>, now: Time) -> Result<IncidentDetail, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let conn = store.reads();
    let model = find(store, actor, id).await?;
    let mut query = Sql::new(
        "SELECT a.kind, CAST(SUM(CASE WHEN a.resolved_at IS NULL THEN 1 ELSE 0 END) AS BIGINT), COUNT(*) FROM alerts a WHERE a.partner_id = ",
    );
    query.bind(model.partner_id).push(" AND a.incident_id = ").bind(id.0).push(" GROUP BY a.kind ORDER BY 3 DESC, 1");
    let mut kinds = Vec::new();
    for row in conn.query_all_raw(query.build(store.backend())).await? {
        kinds.push((parse(&at::<String>(&row, 0)?)?, at(&row, 1)?, at(&row, 2)?));
    }
    // While it is open, its open members; afterwards all of them.
    let state = if model.resolved_at.is_none() { AlertState::Open } else { AlertState::Any };
    let sort = if model.resolved_at.is_none() { super::AlertSort::Worth } else { super::AlertSort::Opened };
    let filter = AlertFilter { state, sort, incident: Some(id), now, cursor: page, ..AlertFilter::default() };
    let members = list(store, actor, &filter).await?;
    Ok(IncidentDetail { row: of_model(store, model, now).await?, kinds, members })
}

async fn of_model(store: &Store, model: incident::Model, now: Time) -> Result<IncidentRow, Error> {
    let conn = store.reads();
    let (partner, id) = (PartnerId(model.partner_id), model.id);
    let mut query = Sql::new("SELECT a.* FROM alerts a WHERE a.partner_id = ");
    query.bind(partner.0).push(" AND a.incident_id = ").bind(id);
    query
        .push(if model.resolved_at.is_none() { " AND a.resolved_at IS NULL AND NOT a.muted LIMIT " } else { " LIMIT " })
        .push(&NAMED.to_string());
    let mut some = Vec::new();
    for row in conn.query_all_raw(query.build(store.backend())).await? {
        some.push(alert::Model::from_query_result(&row, "")?);
    }
    let mut count = Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM alerts a WHERE a.partner_id = ");
    count.bind(partner.0).push(" AND a.incident_id = ").bind(id);
    count
        .push(
            " AND a.resolved_at IS NULL AND NOT a.muted AND a.acknowledged_at IS NULL AND (a.snoozed_until IS NULL OR a.snoozed_until <= ",
        )
        .bind(now.0);
    count.push(") LIMIT ").push(&COUNTED.to_string()).push(") counted");
    let untended = match conn.query_one_raw(count.build(store.backend())).await? {
        Some(row) => at(&row, 0)?,
        None => 0,
    };
    let organization = match model.organization_id {
        0 => None,
        organization => {
            let names = crate::store::runs::Names::of(conn, std::iter::once((partner.0, organization, 0, None))).await?;
            Some((OrganizationId(organization), names.organization(organization)))
        }
    };
    let cause = match model.cause.parse() {
        Ok(Cause::Connection(connection)) => IncidentCause::Connection(service(store, partner, connection).await?),
        Ok(Cause::Destination(place)) => IncidentCause::Destination(place),
        Ok(Cause::Organization(_)) | Err(_) => IncidentCause::Organization,
    };
    Ok(IncidentRow {
        id: IncidentId(id),
        cause,
        organization,
        severity: parse(&model.severity)?,
        opened_at: Time(model.opened_at),
        joined_at: Time(model.joined_at),
        resolved_at: model.resolved_at.map(Time),
        members: model.members,
        open_members: model.open_members,
        untended,
        some: rows(conn, some).await?,
    })
}

async fn service(store: &Store, partner: PartnerId, id: ConnectionId) -> Result<Option<Service>, Error> {
    let mut query = Sql::new("SELECT service FROM connections WHERE partner_id = ");
    query.bind(partner.0).push(" AND id = ").bind(id.0);
    match store.reads().query_one_raw(query.build(store.backend())).await? {
        Some(row) => Ok(parse(&at::<String>(&row, 0)?).ok()),
        None => Ok(None),
    }
}

/// Ids of an incident's open members as far as they are within the scope, to be tended together: those that nobody tends first, at most
/// 20,000.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden`.
pub async fn open_members(store: &Store, actor: &Actor, id: IncidentId) -> Result<Vec<AlertId>, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let model = find(store, actor, id).await?;
    let mut query = Sql::new("SELECT a.id FROM alerts a WHERE a.partner_id = ");
    query.bind(model.partner_id).push(" AND a.incident_id = ").bind(id.0).push(" AND a.resolved_at IS NULL AND NOT a.muted");
    if let Scope::Organization(_, organization) | Scope::Device(_, organization, _) = &actor.scope {
        query.push(" AND a.organization_id = ").bind(organization.0);
    }
    if let Scope::Device(_, _, device) = &actor.scope {
        query.push(" AND a.device_id = ").bind(device.0);
    }
    query.push(" ORDER BY CASE WHEN a.acknowledged_at IS NULL AND a.snoozed_until IS NULL THEN 0 ELSE 1 END, a.id LIMIT 20000");
    let rows = store.reads().query_all_raw(query.build(store.backend())).await?;
    rows.iter().map(|row| Ok(AlertId(at(row, 0)?))).collect()
}
