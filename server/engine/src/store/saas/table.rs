//! The organizations of the global dashboard: those with a connection, in order, page by page.
//!
//! Each partner is asked by itself and the parts are merged, so that one index gives the order of each part and a part ends when it has
//! enough. Where few of a partner's organizations have a connection, those are sorted instead ([`Way`]).

use super::may_see;
use crate::{
    error::Error,
    store::{
        Store,
        entity::{connection, partner},
        facts::{at, parse},
        organizations::{OrganizationStatus, PlanType},
        page::{self, Page},
        scope,
        sql::{self, Sql},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{OrganizationId, PartnerId},
    saas::{Consent, Service},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryResult, QuerySelect};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// So few customers of a partner are sorted sooner than found in the order of all its organizations.
const FEW: i64 = 500;
/// Partners that one statement asks.
const PARTNERS: usize = 60;
/// Most regions that can be chosen from.
const REGIONS: i64 = 100;

/// Order of the table; the id breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaasSort {
    /// By name.
    #[default]
    Organization,
    /// Activated before deactivated, then by name.
    Status,
    /// By region.
    Region,
    /// By name of the plan.
    PlanName,
    /// Archiver before Backup, then by name.
    PlanType,
    /// Fewest seats in use first.
    Seats,
}

impl std::str::FromStr for SaasSort {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "organization" => Ok(Self::Organization),
            "status" => Ok(Self::Status),
            "region" => Ok(Self::Region),
            "plan_name" => Ok(Self::PlanName),
            "plan_type" => Ok(Self::PlanType),
            "seats" => Ok(Self::Seats),
            _ => Err("an order is `organization`, `status`, `region`, `plan_name`, `plan_type` or `seats`"),
        }
    }
}

/// What the table asks for.
#[derive(Clone, Debug, Default)]
pub struct SaasFilter {
    /// Part of the name.
    pub search: Option<String>,
    /// Only those served, or those not.
    pub status: Option<OrganizationStatus>,
    /// Only where data lives there.
    pub region: Option<String>,
    /// Only this plan type.
    pub plan_type: Option<PlanType>,
    /// Only those with a connection to this service.
    pub service: Option<Service>,
    /// Only this partner's.
    pub partner: Option<PartnerId>,
    /// Order.
    pub sort: SaasSort,
    /// Turns the order round.
    pub descending: bool,
    /// Where to go on; belongs to the order.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}

/// A service that an organization has a connection to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceOfRow {
    /// Which.
    pub service: Service,
    /// Seats in use there.
    pub seats: i64,
    /// What the provider says; none for those who see seats only.
    pub consent: Option<Consent>,
}

/// An organization of the global dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaasRow {
    /// Which organization.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its partner and that one's name.
    pub partner: (PartnerId, String),
    /// Whether it is served.
    pub status: OrganizationStatus,
    /// Where its backup data lives.
    pub region: String,
    /// Name of its plan.
    pub plan_name: String,
    /// What was sold.
    pub plan_type: PlanType,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
    /// Known accounts.
    pub accounts: i64,
    /// Seats in use.
    pub seats: i64,
    /// Open runs in state running; nought for those who see seats only.
    pub running: i64,
    /// Open runs in state retrying; nought for those who see seats only.
    pub retrying: i64,
    /// Its connections.
    pub services: Vec<ServiceOfRow>,
}

/// First part of a key: what the order is by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Lead {
    Number(i64),
    Text(String),
}

/// Order, whether it is turned round, and the keys of the last row.
#[derive(Serialize, Deserialize)]
struct Place(SaasSort, bool, Lead, String, i64);

struct Found {
    partner: i64,
    lead: Lead,
    name: String,
    organization: i64,
}

/// How a partner's part is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Along the order of all its organizations.
    Along,
    /// All its customers, sorted.
    Sorted,
}

/// A page of the table; its total is that of all pages.
///
/// # Errors
/// `Forbidden` without the right to see seats; `Invalid` (cursor, limit).
pub async fn list(store: &Store, actor: &Actor, filter: &SaasFilter) -> Result<Page<SaasRow>, Error> {
    may_see(actor)?;
    let limit = page::limit(filter.limit)?;
    let after = page::read::<Place>(filter.cursor.as_deref())?;
    if after.as_ref().is_some_and(|after| after.0 != filter.sort || after.1 != filter.descending) {
        return Err(page::foreign());
    }
    let wanted = limit + 1;
    let asked = Asked { actor, filter, after, wanted, backend: store.backend() };
    let conn = store.reads();
    let partners: Vec<PartnerId> =
        scope::partners(&actor.scope).iter().copied().filter(|p| filter.partner.is_none_or(|only| only == *p)).collect();
    let (mut found, mut total) = (Vec::new(), 0);
    for part in partners.chunks(PARTNERS) {
        let customers = asked.customers(conn, part).await?;
        total += if asked.is_narrowed() { asked.count(conn, part).await? } else { customers.values().sum() };
        found.extend(asked.of(conn, part, &customers).await?);
    }
    if partners.len() > PARTNERS {
        found.sort_by(|a: &Found, b| {
            let order = (&a.lead, &a.name, a.organization).cmp(&(&b.lead, &b.name, b.organization));
            if filter.descending { order.reverse() } else { order }
        });
        found.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    }
    let (sort, descending) = (filter.sort, filter.descending);
    let page = Page::cut(found, limit, |f| Place(sort, descending, f.lead.clone(), f.name.clone(), f.organization))?;
    let pairs: Vec<(i64, i64)> = page.items.iter().map(|f| (f.partner, f.organization)).collect();
    let mut rows = rows_of(store, actor, &pairs).await?;
    let items = pairs.iter().filter_map(|(_, id)| rows.remove(id)).collect();
    Ok(Page { items, next_cursor: page.next_cursor, total: Some(total) })
}

struct Asked<'a> {
    actor: &'a Actor,
    filter: &'a SaasFilter,
    after: Option<Place>,
    wanted: u64,
    backend: DbBackend,
}

impl Asked<'_> {
    fn join(&self) -> &'static str {
        if self.backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " }
    }

    fn search(&self) -> Option<&str> {
        self.filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty())
    }

    /// What is left out of a count of customers.
    fn is_narrowed(&self) -> bool {
        let filter = self.filter;
        let own = matches!(self.actor.scope, Scope::Organization(..) | Scope::Device(..));
        own || self.search().is_some()
            || filter.status.is_some()
            || filter.region.is_some()
            || filter.plan_type.is_some()
            || filter.service.is_some()
    }

    /// Customers of each partner: out of one index alone.
    async fn customers<C: ConnectionTrait>(&self, conn: &C, partners: &[PartnerId]) -> Result<HashMap<i64, i64>, Error> {
        let mut sql = Sql::new("SELECT partner_id, COUNT(*) FROM saas_counts WHERE partner_id IN ");
        sql.bind_list(partners.iter().map(|p| p.0)).push(" AND service = '' AND organization_id <> 0 GROUP BY partner_id");
        let rows = conn.query_all_raw(sql.build(self.backend)).await?;
        rows.iter().map(|row| Ok((at(row, 0)?, at(row, 1)?))).collect()
    }

    async fn count<C: ConnectionTrait>(&self, conn: &C, partners: &[PartnerId]) -> Result<i64, Error> {
        let mut sql = Sql::new("SELECT COUNT(*) FROM saas_counts c");
        sql.push(self.join()).push("organizations o ON o.partner_id = c.partner_id AND o.id = c.organization_id WHERE c.partner_id IN ");
        sql.bind_list(partners.iter().map(|p| p.0)).push(" AND c.service = '' AND c.organization_id <> 0");
        self.narrow(&mut sql);
        let row = conn.query_one_raw(sql.build(self.backend)).await?;
        row.map_or(Ok(0), |row| at(&row, 0))
    }

    async fn of<C: ConnectionTrait>(&self, conn: &C, partners: &[PartnerId], customers: &HashMap<i64, i64>) -> Result<Vec<Found>, Error> {
        let mut sql = Sql::new("SELECT p, k, n, i FROM (");
        let mut parts = 0;
        for partner in partners {
            let Some(many) = customers.get(&partner.0) else { continue };
            let way = if *many <= FEW { Way::Sorted } else { Way::Along };
            // One part for each plan type, in its order: no index leads with it.
            let types = match (self.filter.sort, way) {
                (SaasSort::PlanType, Way::Along) => vec![Some(PlanType::Archiver), Some(PlanType::Backup)],
                _ => vec![None],
            };
            for plan_type in types {
                sql.push(if parts > 0 { " UNION ALL SELECT * FROM (" } else { "SELECT * FROM (" });
                self.part(&mut sql, *partner, way, plan_type);
                sql.push(") x").push(&parts.to_string());
                parts += 1;
            }
        }
        if parts == 0 {
            return Ok(Vec::new());
        }
        let direction = self.direction();
        for (place, key) in ["k", "n", "i"].into_iter().enumerate() {
            sql.push(if place == 0 { ") y ORDER BY " } else { ", " }).push(key).push(direction);
        }
        sql.push(" LIMIT ").push(&self.wanted.to_string());
        conn.query_all_raw(sql.build(self.backend)).await?.iter().map(|row| self.found(row)).collect()
    }

    fn found(&self, row: &QueryResult) -> Result<Found, Error> {
        let lead = if self.filter.sort == SaasSort::Seats { Lead::Number(at(row, 1)?) } else { Lead::Text(at(row, 1)?) };
        Ok(Found { partner: at(row, 0)?, lead, name: at(row, 2)?, organization: at(row, 3)? })
    }

    const fn direction(&self) -> &'static str {
        if self.filter.descending { " DESC" } else { "" }
    }

    /// What the order is by, what breaks its ties before the id, and the id beside it in the same index.
    const fn keys(&self) -> (&'static str, Option<&'static str>, &'static str) {
        match self.filter.sort {
            SaasSort::Organization => ("o.name_lower", None, "o.id"),
            SaasSort::Status => ("o.status", Some("o.name_lower"), "o.id"),
            SaasSort::Region => ("o.region", None, "o.id"),
            SaasSort::PlanName => ("o.plan_name", None, "o.id"),
            SaasSort::PlanType => ("o.plan_type", Some("o.name_lower"), "o.id"),
            SaasSort::Seats => ("c.seats", None, "c.organization_id"),
        }
    }

    /// One partner's part: its keys in order, as many as are wanted at most.
    fn part(&self, sql: &mut Sql, partner: PartnerId, way: Way, plan_type: Option<PlanType>) {
        let (lead, name, id) = self.keys();
        sql.push("SELECT o.partner_id AS p, ").push(lead).push(" AS k, ").push(name.unwrap_or("''")).push(" AS n, ").push(id);
        sql.push(" AS i FROM ");
        if way == Way::Sorted || self.filter.sort == SaasSort::Seats {
            sql.push("saas_counts c").push(self.join()).push("organizations o ON o.partner_id = c.partner_id AND o.id = c.organization_id");
        } else {
            sql.push("organizations o").push(self.join()).push("saas_counts c ON c.partner_id = o.partner_id AND c.organization_id = o.id");
        }
        // Both lead with the tenant, so that whichever comes first gives the order.
        sql.push(" WHERE c.partner_id = ").bind(partner.0).push(" AND o.partner_id = ").bind(partner.0);
        sql.push(" AND c.service = '' AND c.organization_id <> 0");
        if let Some(plan_type) = plan_type {
            sql.push(" AND o.plan_type = ").bind(plan_type.as_str());
        }
        self.narrow(sql);
        self.beyond(sql, lead, name, id);
        // A sign before the key: sorted, not found along an order of all. PostgreSQL knows from its statistics.
        let sign = if way == Way::Sorted && self.backend == DbBackend::Sqlite && self.filter.sort != SaasSort::Seats { "+" } else { "" };
        // A part of one plan type is in the order of names.
        let lead = if plan_type.is_some() { None } else { Some(lead) };
        for (place, key) in [lead, name, Some(id)].into_iter().flatten().enumerate() {
            sql.push(if place == 0 { " ORDER BY " } else { ", " }).push(sign).push(key).push(self.direction());
        }
        sql.push(" LIMIT ").push(&self.wanted.to_string());
    }

    fn narrow(&self, sql: &mut Sql) {
        let filter = self.filter;
        match &self.actor.scope {
            Scope::Partners(_) => {}
            Scope::Organization(_, own) => {
                sql.push(" AND o.id = ").bind(own.0);
            }
            Scope::Device(..) => {
                sql.push(" AND 1 = 0");
            }
        }
        if let Some(search) = self.search() {
            sql.push(" AND o.name_lower LIKE ").bind(sql::contains(search)).push(" ESCAPE '\\'");
        }
        if let Some(status) = filter.status {
            sql.push(" AND o.status = ").bind(status.as_str());
        }
        if let Some(region) = &filter.region {
            sql.push(" AND o.region = ").bind(region.as_str());
        }
        if let Some(plan_type) = filter.plan_type {
            sql.push(" AND o.plan_type = ").bind(plan_type.as_str());
        }
        if let Some(service) = filter.service {
            sql.push(
                " AND EXISTS (SELECT 1 FROM saas_counts v WHERE v.partner_id = o.partner_id AND v.organization_id = o.id AND v.service = ",
            );
            sql.bind(service.as_str()).push(")");
        }
    }

    /// Rows behind the last one: a bound for the index first, then exactly.
    fn beyond(&self, sql: &mut Sql, lead: &str, name: Option<&str>, id: &str) {
        let Some(Place(_, _, last, last_name, last_id)) = &self.after else { return };
        let (from, beyond) = if self.filter.descending { (" <= ", " < ") } else { (" >= ", " > ") };
        let value = |sql: &mut Sql| {
            match last {
                Lead::Number(number) => sql.bind(*number),
                Lead::Text(text) => sql.bind(text.as_str()),
            };
        };
        sql.push(" AND ").push(lead).push(from);
        value(sql);
        sql.push(" AND (").push(lead).push(beyond);
        value(sql);
        match name {
            Some(name) => {
                sql.push(" OR ").push(name).push(beyond).bind(last_name.as_str());
                sql.push(" OR (")
                    .push(name)
                    .push(" = ")
                    .bind(last_name.as_str())
                    .push(" AND ")
                    .push(id)
                    .push(beyond)
                    .bind(*last_id)
                    .push("))");
            }
            None => {
                sql.push(" OR ").push(id).push(beyond).bind(*last_id).push(")");
            }
        }
    }
}

/// Rows of (partner, organization), by organization: three queries.
async fn rows_of(store: &Store, actor: &Actor, pairs: &[(i64, i64)]) -> Result<HashMap<i64, SaasRow>, Error> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let conn = store.reads();
    let sees_results = actor.may(Action::SeeDashboards);
    let mut owners: Vec<i64> = pairs.iter().map(|(partner, _)| *partner).collect();
    owners.sort_unstable();
    owners.dedup();
    let names: HashMap<i64, String> = partner::Entity::find()
        .select_only()
        .columns([partner::Column::Id, partner::Column::Name])
        .filter(partner::Column::Id.is_in(owners.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let mut sql = Sql::new(
        "SELECT o.partner_id, o.id, o.name, o.status, o.region, o.plan_name, o.plan_type, o.seat_limit, \
         c.service, c.accounts, c.seats, c.running, c.retrying FROM organizations o",
    );
    sql.push(if store.backend() == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " });
    sql.push("saas_counts c ON c.partner_id = o.partner_id AND c.organization_id = o.id WHERE o.partner_id IN ");
    sql.bind_list(owners.iter().copied()).push(" AND o.id IN ").bind_list(pairs.iter().map(|(_, id)| *id));
    sql.push(" ORDER BY o.id, c.service");
    let mut rows: HashMap<i64, SaasRow> = HashMap::with_capacity(pairs.len());
    for row in conn.query_all_raw(sql.build(store.backend())).await? {
        let (partner, id): (i64, i64) = (at(&row, 0)?, at(&row, 1)?);
        let service: String = at(&row, 8)?;
        let seats: i64 = at(&row, 10)?;
        if service.is_empty() {
            let open = |place| if sees_results { at::<i64>(&row, place) } else { Ok(0) };
            rows.insert(
                id,
                SaasRow {
                    organization: OrganizationId(id),
                    name: at(&row, 2)?,
                    partner: (PartnerId(partner), names.get(&partner).cloned().unwrap_or_default()),
                    status: parse(&at::<String>(&row, 3)?)?,
                    region: at(&row, 4)?,
                    plan_name: at(&row, 5)?,
                    plan_type: parse(&at::<String>(&row, 6)?)?,
                    seat_limit: at(&row, 7)?,
                    accounts: at(&row, 9)?,
                    seats,
                    running: open(11)?,
                    retrying: open(12)?,
                    services: Vec::new(),
                },
            );
        } else if let Some(own) = rows.get_mut(&id) {
            own.services.push(ServiceOfRow { service: parse(&service)?, seats, consent: None });
        }
    }
    if sees_results {
        consents(conn, &owners, pairs, &mut rows).await?;
    }
    Ok(rows)
}

async fn consents<C: ConnectionTrait>(
    conn: &C,
    owners: &[i64],
    pairs: &[(i64, i64)],
    rows: &mut HashMap<i64, SaasRow>,
) -> Result<(), Error> {
    let found: Vec<(i64, String, String)> = connection::Entity::find()
        .select_only()
        .columns([connection::Column::OrganizationId, connection::Column::Service, connection::Column::Consent])
        .filter(connection::Column::PartnerId.is_in(owners.iter().copied()))
        .filter(connection::Column::OrganizationId.is_in(pairs.iter().map(|(_, id)| *id)))
        .into_tuple()
        .all(conn)
        .await?;
    for (organization, service, consent) in found {
        let service: Service = parse(&service)?;
        let of = rows.get_mut(&organization).and_then(|row| row.services.iter_mut().find(|s| s.service == service));
        if let Some(of) = of {
            of.consent = Some(parse(&consent)?);
        }
    }
    Ok(())
}

/// One organization's row, as long as it has a connection.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to see seats.
pub async fn get(store: &Store, actor: &Actor, id: OrganizationId) -> Result<Option<SaasRow>, Error> {
    may_see(actor)?;
    let model = crate::store::organizations::find(store.reads(), actor, id).await?;
    Ok(rows_of(store, actor, &[(model.partner_id, model.id)]).await?.remove(&id.0))
}

/// Regions that organizations of the scope have, sorted, to choose from: one step of an index for each.
///
/// # Errors
/// `Forbidden` without the right to see seats.
pub async fn regions(store: &Store, actor: &Actor) -> Result<Vec<String>, Error> {
    may_see(actor)?;
    let Scope::Partners(partners) = &actor.scope else { return Ok(Vec::new()) };
    let mut regions = Vec::new();
    for partner in partners.iter() {
        let mut sql = Sql::new("WITH RECURSIVE r (region) AS (SELECT MIN(o.region) FROM organizations o WHERE o.partner_id = ");
        sql.bind(partner.0).push(" UNION ALL SELECT (SELECT MIN(o.region) FROM organizations o WHERE o.partner_id = ").bind(partner.0);
        sql.push(" AND o.region > r.region) FROM r WHERE r.region IS NOT NULL) SELECT region FROM r WHERE region <> '' LIMIT ");
        sql.bind(REGIONS);
        for row in store.reads().query_all_raw(sql.build(store.backend())).await? {
            regions.push(at::<String>(&row, 0)?);
        }
    }
    regions.sort();
    regions.dedup();
    Ok(regions)
}

#[cfg(all(test, feature = "test-support"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::{self, Kind};

    async fn plan(store: &Store, filter: &SaasFilter, way: Way, plan_type: Option<PlanType>) -> String {
        let partner = PartnerId(7);
        let actor = Actor::system(Scope::Partners([partner].into()));
        let lead = if filter.sort == SaasSort::Seats { Lead::Number(9) } else { Lead::Text("m".into()) };
        let after = Some(Place(filter.sort, filter.descending, lead, "m".into(), 9));
        let asked = Asked { actor: &actor, filter, after, wanted: 51, backend: DbBackend::Sqlite };
        let mut sql = Sql::new("EXPLAIN QUERY PLAN ");
        asked.part(&mut sql, partner, way, plan_type);
        let rows = store.reads().query_all_raw(sql.build(DbBackend::Sqlite)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<String>(3).unwrap()).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn every_order_is_walked_along_an_index_of_its_own_and_ends_when_the_page_is_full() {
        let fresh = testing::fresh(Kind::Sqlite).await;
        for (sort, index, plan_type) in [
            (SaasSort::Organization, "organizations_name", None),
            (SaasSort::Status, "organizations_status", None),
            (SaasSort::Region, "organizations_region", None),
            (SaasSort::PlanName, "organizations_plan", None),
            (SaasSort::PlanType, "organizations_name", Some(PlanType::Backup)),
            (SaasSort::Seats, "saas_counts_seats", None),
        ] {
            for (descending, search) in [(false, None), (true, None), (false, Some("har")), (true, Some("har"))] {
                let filter = SaasFilter { sort, descending, search: search.map(str::to_owned), ..Default::default() };
                let plan = plan(&fresh.store, &filter, Way::Along, plan_type).await;
                assert!(plan.contains(index), "{filter:?}: {plan}");
                assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{filter:?}: {plan}");
            }
        }
    }

    #[tokio::test]
    async fn few_customers_are_found_by_their_counts_and_then_sorted() {
        let fresh = testing::fresh(Kind::Sqlite).await;
        for sort in [SaasSort::Organization, SaasSort::Status, SaasSort::Region, SaasSort::PlanName, SaasSort::PlanType] {
            let filter = SaasFilter { sort, ..Default::default() };
            let plan = plan(&fresh.store, &filter, Way::Sorted, None).await;
            assert!(plan.contains("saas_counts") && !plan.contains("SCAN"), "{sort:?}: {plan}");
        }
    }
}
