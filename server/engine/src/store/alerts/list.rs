//! Lists of alerts by keyset, and how many there are of which sort.
//!
//! Each partner of the scope is asked by itself and the parts are merged, so that one index gives the order of each: `alerts_worth` holds
//! open ones only, `alerts_resolved` those that are over, `alerts_list` all by their beginning.

use super::{AlertRow, AlertState, incidents, rows, seen};
use crate::{
    error::Error,
    store::{
        Store,
        entity::alert,
        facts::{at, parse},
        page::{self, Page},
        scope,
        sql::{self, Sql},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    alert::{AlertKind, Severity, worth},
    ids::{AlertId, DeviceId, IncidentId, OrganizationId, PartnerId},
    policy::DeviceClass,
    time::Time,
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter};

/// Alerts that are counted, of each partner, before a count says "or more".
const COUNTED: u64 = 1_000;

/// Order of a list; the id breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertSort {
    /// Latest opened first.
    #[default]
    Opened,
    /// What wants attention soonest first.
    Worth,
    /// Latest resolved first.
    Resolved,
}

/// What a list of alerts asks for.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// Which.
    pub state: AlertState,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Only this device's.
    pub device: Option<DeviceId>,
    /// Only this organization's.
    pub organization: Option<OrganizationId>,
    /// Only this kind.
    pub kind: Option<AlertKind>,
    /// Only of devices of this class.
    pub class: Option<DeviceClass>,
    /// Part of the device's or the organization's name, or of the account's address.
    pub search: Option<String>,
    /// Only those opened then or later.
    pub opened_since: Option<Time>,
    /// Only the members of this incident.
    pub incident: Option<IncidentId>,
    /// Without the members of open incidents, which stand for them.
    pub folded: bool,
    /// The time: what is snoozed until later is snoozed.
    pub now: Time,
    /// Order.
    pub sort: AlertSort,
    /// Where to go on; belongs to the order.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// How many open alerts there are of which sort.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertTally {
    groups: Vec<(Severity, bool, bool, i64)>,
    /// More are there than were counted.
    pub is_more: bool,
}

impl AlertTally {
    /// Of a state (an open one) and, if asked for, a severity.
    pub fn of(&self, state: AlertState, severity: Option<Severity>) -> i64 {
        let fits = |acknowledged: bool, snoozed: bool| match state {
            AlertState::Untended => !acknowledged && !snoozed,
            AlertState::Acknowledged => acknowledged,
            AlertState::Snoozed => snoozed,
            AlertState::Open | AlertState::Resolved | AlertState::Any => true,
        };
        self.groups.iter().filter(|(s, a, z, _)| severity.is_none_or(|asked| asked == *s) && fits(*a, *z)).map(|(.., n)| n).sum()
    }
}

type Key = (i64, i64);

/// The place in a list (its worth or time) after which a page goes on; none: it is the first.
///
/// # Errors
/// `Invalid`: a cursor of another order.
pub fn place_of(cursor: Option<&str>) -> Result<Option<i64>, Error> {
    Ok(page::read::<Key>(cursor)?.map(|(place, _)| place))
}

/// A page of alerts.
///
/// # Errors
/// `Forbidden` without the right to read; `Invalid` (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &AlertFilter) -> Result<Page<AlertRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let limit = page::limit(filter.limit)?;
    let before = page::read::<Key>(filter.cursor.as_deref())?;
    let conn = store.reads();
    // The members of an incident, or a device's alerts by their worth, are found by their own index, not in the order of all: an expression
    // isn't in an index.
    let (key, tie, order) = match (filter.sort, filter.incident.is_some(), filter.device.is_some()) {
        (AlertSort::Opened, false, _) => ("a.opened_at", " < ", " DESC, a.id DESC LIMIT "),
        (AlertSort::Opened, true, _) => ("(a.opened_at + 0)", " < ", " DESC, a.id DESC LIMIT "),
        (AlertSort::Worth, false, false) => ("a.worth", " > ", " DESC, a.id LIMIT "),
        (AlertSort::Worth, ..) => ("(a.worth + 0)", " > ", " DESC, a.id LIMIT "),
        (AlertSort::Resolved, _, false) => ("a.resolved_at", " < ", " DESC, a.id DESC LIMIT "),
        (AlertSort::Resolved, _, true) => ("(a.resolved_at + 0)", " < ", " DESC, a.id DESC LIMIT "),
    };
    let mut found: Vec<alert::Model> = Vec::new();
    for partner in scope::partners(&actor.scope) {
        let way = way(store, actor, filter, *partner).await?;
        let mut query = Sql::new("SELECT a.*");
        wanted(&mut query, actor, filter, *partner, way, store.backend());
        if let Some((last, id)) = before {
            query.push(" AND ").push(key).push(" <= ").bind(last);
            query.push(" AND (").push(key).push(" < ").bind(last).push(" OR a.id").push(tie).bind(id).push(")");
        }
        query.push(" ORDER BY ").push(key).push(order).push(&(limit + 1).to_string());
        for row in conn.query_all_raw(query.build(store.backend())).await? {
            found.push(alert::Model::from_query_result(&row, "")?);
        }
    }
    let key = |a: &alert::Model| match filter.sort {
        AlertSort::Opened => (a.opened_at, a.id),
        AlertSort::Worth => (a.worth, a.id),
        AlertSort::Resolved => (a.resolved_at.unwrap_or(0), a.id),
    };
    found.sort_by_key(|a| {
        let (first, id) = key(a);
        (-first, if filter.sort == AlertSort::Worth { id } else { -id })
    });
    let page = Page::cut(found, limit, key)?;
    Ok(Page { items: rows(conn, page.items).await?, next_cursor: page.next_cursor, total: None })
}

/// How many open alerts the filter leaves, whatever its state and severity. Counts at most 1,000 of a partner.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn tally(store: &Store, actor: &Actor, filter: &AlertFilter) -> Result<AlertTally, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let filter = AlertFilter { state: AlertState::Open, severity: None, ..filter.clone() };
    let mut tally = AlertTally::default();
    for partner in scope::partners(&actor.scope) {
        let way = way(store, actor, &filter, *partner).await?;
        let mut query = Sql::new(
            "SELECT x.severity, x.acknowledged, x.snoozed, COUNT(*) FROM (SELECT a.severity AS severity, \
             CASE WHEN a.acknowledged_at IS NULL THEN 0 ELSE 1 END AS acknowledged, CASE WHEN a.snoozed_until > ",
        );
        query.bind(filter.now.0).push(" THEN 1 ELSE 0 END AS snoozed");
        wanted(&mut query, actor, &filter, *partner, way, store.backend());
        query.push(" LIMIT ").push(&(COUNTED + 1).to_string()).push(") x GROUP BY x.severity, x.acknowledged, x.snoozed");
        let mut counted = 0;
        for row in store.reads().query_all_raw(query.build(store.backend())).await? {
            // CASE gives 32 bits on PostgreSQL.
            let flag = |place| at::<i32>(&row, place).map(|n| n != 0);
            let n: i64 = at(&row, 3)?;
            counted += n;
            tally.groups.push((parse(&at::<String>(&row, 0)?)?, flag(1)?, flag(2)?, n));
        }
        tally.is_more |= counted > COUNTED.cast_signed();
    }
    Ok(tally)
}

/// These alerts as they are, as far as they are within the scope, in no order.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn of_ids(store: &Store, actor: &Actor, ids: &[AlertId]) -> Result<Vec<AlertRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see alerts")?;
    let found = alert::Entity::find().filter(seen(actor)).filter(alert::COLUMN.id.is_in(ids.iter().map(|id| id.0)));
    rows(store.reads(), found.all(store.reads()).await?).await
}

/// Where a query begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// With the alerts, in the order of an index: where most of them are wanted, or they are few.
    Alerts,
    /// With the subjects that are wanted, each of which has a few alerts.
    Subjects,
}

/// Open alerts that are gone through to find those of a few subjects; with more, the subjects come first.
const FEW: i64 = 5_000;

/// Resolved alerts are many, open ones mostly few. PostgreSQL knows more from its statistics.
async fn way(store: &Store, actor: &Actor, filter: &AlertFilter, partner: PartnerId) -> Result<Way, Error> {
    if searched(filter).is_none() && organization(actor, filter).is_none() {
        return Ok(Way::Alerts);
    }
    if !filter.state.is_open() {
        return Ok(Way::Subjects);
    }
    let mut query = Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM alerts a WHERE a.partner_id = ");
    query.bind(partner.0).push(" AND a.resolved_at IS NULL LIMIT ").push(&(FEW + 1).to_string()).push(") counted");
    let open: i64 = match store.reads().query_one_raw(query.build(store.backend())).await? {
        Some(row) => at(&row, 0)?,
        None => 0,
    };
    Ok(if open > FEW { Way::Subjects } else { Way::Alerts })
}

fn searched(filter: &AlertFilter) -> Option<&str> {
    filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty())
}

/// The organization that a list is narrowed to.
const fn organization(actor: &Actor, filter: &AlertFilter) -> Option<OrganizationId> {
    match (&actor.scope, filter.organization) {
        (_, Some(asked)) => Some(asked),
        (Scope::Organization(_, own) | Scope::Device(_, own, _), None) => Some(*own),
        (Scope::Partners(_), None) => None,
    }
}

/// ` AND …`: alerts that can be of this severity or kind by their worth, so that the index of open ones skips the rest.
fn worths(query: &mut Sql, filter: &AlertFilter) {
    let severities = filter.severity.map_or_else(|| Severity::ALL.to_vec(), |asked| vec![asked]);
    match (filter.kind, filter.severity) {
        (Some(kind), _) => {
            let classes = [DeviceClass::Server, DeviceClass::Workstation];
            let all = severities.into_iter().flat_map(|severity| classes.map(|class| worth(kind, severity, class)));
            query.push(" AND a.worth IN ").bind_list(all);
        }
        (None, Some(Severity::Critical)) => {
            query.push(" AND a.worth >= ").bind(WORTH_OF_CRITICAL);
        }
        (None, Some(Severity::Warning)) => {
            query.push(" AND a.worth < ").bind(WORTH_OF_CRITICAL);
        }
        (None, None) => {}
    }
}

/// The least that a critical alert is worth; a warning is worth less.
const WORTH_OF_CRITICAL: i64 = 200;

/// `FROM … WHERE …` of one partner.
fn wanted(query: &mut Sql, actor: &Actor, filter: &AlertFilter, partner: PartnerId, way: Way, backend: DbBackend) {
    let search = searched(filter);
    let join = if backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " };
    let on = " ON d.partner_id = a.partner_id AND d.id = a.device_id";
    // The name of a subject, or of its organization.
    let named = |query: &mut Sql, name: &str, organization: &str| {
        let Some(search) = search else { return };
        let pattern = sql::contains(search);
        query.push(" AND (").push(name).push(" LIKE ").bind(pattern.clone()).push(" ESCAPE '\\' OR ").push(organization).push(" IN ");
        query.push("(SELECT o.id FROM organizations o WHERE o.partner_id = ").bind(partner.0);
        query.push(" AND o.name_lower LIKE ").bind(pattern).push(" ESCAPE '\\'))");
    };
    if way == Way::Subjects {
        query.push(" FROM (");
        let tables = [
            ("name_lower", "class", "devices"),
            ("address_lower", "NULL", "accounts"),
            ("REPLACE(service, '_', ' ')", "NULL", "connections"),
        ];
        for (place, (name, class, table)) in tables.into_iter().enumerate() {
            query.push(if place > 0 { " UNION ALL " } else { "" });
            query.push("SELECT x.partner_id, x.id, ").push(class).push(" AS class FROM ").push(table).push(" x WHERE x.partner_id = ");
            query.bind(partner.0);
            if let Some(organization) = organization(actor, filter) {
                query.push(" AND x.organization_id = ").bind(organization.0);
            }
            named(query, name, "x.organization_id");
        }
        query.push(") d").push(join).push("alerts a").push(on);
    } else if filter.class.is_some() {
        // Only devices have a class.
        query.push(" FROM alerts a").push(join).push("devices d").push(on);
    } else if search.is_some() {
        query.push(" FROM alerts a LEFT JOIN devices d").push(on);
    } else {
        query.push(" FROM alerts a");
    }
    if search.is_some() && way == Way::Alerts {
        query.push(" LEFT JOIN accounts s ON s.partner_id = a.partner_id AND s.id = a.device_id");
        query.push(" LEFT JOIN connections c ON c.partner_id = a.partner_id AND c.id = a.device_id");
    }
    query.push(" WHERE a.partner_id = ").bind(partner.0);
    match &actor.scope {
        Scope::Partners(_) => {}
        Scope::Organization(_, organization) => {
            query.push(" AND a.organization_id = ").bind(organization.0);
        }
        Scope::Device(_, organization, device) => {
            query.push(" AND a.organization_id = ").bind(organization.0).push(" AND a.device_id = ").bind(device.0);
        }
    }
    if filter.state.is_open() {
        query.push(" AND a.resolved_at IS NULL AND NOT a.muted");
    }
    match filter.state {
        AlertState::Open | AlertState::Any => {}
        AlertState::Untended => {
            query.push(" AND a.acknowledged_at IS NULL AND (a.snoozed_until IS NULL OR a.snoozed_until <= ").bind(filter.now.0).push(")");
        }
        AlertState::Acknowledged => {
            query.push(" AND a.acknowledged_at IS NOT NULL");
        }
        AlertState::Snoozed => {
            query.push(" AND a.snoozed_until > ").bind(filter.now.0);
        }
        // Each subject has a few: SQLite would go through all resolved ones for each, by their own index. An expression isn't in an index.
        AlertState::Resolved if way == Way::Subjects => {
            query.push(" AND (a.resolved_at + 0) IS NOT NULL");
        }
        AlertState::Resolved => {
            query.push(" AND a.resolved_at IS NOT NULL");
        }
    }
    if let Some(severity) = filter.severity {
        query.push(" AND a.severity = ").bind(severity.as_str());
    }
    if let Some(device) = filter.device {
        query.push(" AND a.device_id = ").bind(device.0);
    }
    if let Some(organization) = filter.organization {
        query.push(" AND a.organization_id = ").bind(organization.0);
    }
    if let Some(kind) = filter.kind {
        query.push(" AND a.kind = ").bind(kind.as_str());
    }
    if let Some(since) = filter.opened_since {
        query.push(" AND a.opened_at >= ").bind(since.0);
    }
    if let Some(incident) = filter.incident {
        query.push(" AND a.incident_id = ").bind(incident.0);
    }
    if filter.folded {
        incidents::without_members(query, actor, filter, partner);
    }
    if let Some(class) = filter.class {
        query.push(" AND d.class = ").bind(class.as_str());
    }
    if way == Way::Alerts {
        named(query, "COALESCE(d.name_lower, s.address_lower, REPLACE(c.service, '_', ' '))", "a.organization_id");
    }
    if filter.state.is_open() && filter.sort == AlertSort::Worth && way == Way::Alerts {
        worths(query, filter);
    }
}

#[cfg(all(test, feature = "test-support"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::{self, Kind};

    #[tokio::test]
    async fn what_is_searched_is_found_by_its_subjects_and_not_among_all_alerts() {
        let fresh = testing::fresh(Kind::Sqlite).await;
        let actor = Actor::system(Scope::Partners([PartnerId(7)].into()));
        for state in [AlertState::Open, AlertState::Untended, AlertState::Resolved] {
            let filter = AlertFilter { state, search: Some("fs".into()), ..AlertFilter::default() };
            for order in ["", " ORDER BY a.worth DESC, a.id LIMIT 51", " ORDER BY a.resolved_at DESC, a.id DESC LIMIT 51"] {
                let mut query = Sql::new("EXPLAIN QUERY PLAN SELECT a.*");
                wanted(&mut query, &actor, &filter, PartnerId(7), Way::Subjects, DbBackend::Sqlite);
                query.push(order);
                let rows = fresh.store.reads().query_all_raw(query.build(DbBackend::Sqlite)).await.unwrap();
                let plan = rows.iter().map(|row| row.try_get_by_index::<String>(3).unwrap()).collect::<Vec<_>>().join("\n");
                assert!(plan.contains("SEARCH a USING INDEX alerts_device (partner_id=? AND device_id=?)"), "{state:?}{order}: {plan}");
            }
        }
    }
}
