//! How the organizations of a page are found, in order and no more of them than are wanted: the SQL of the partners' parts.
//!
//! One index gives the order of each part, and a part ends when it has enough. Where few of a partner's organizations have a connection,
//! those are sorted instead ([`Way`]).

use super::{Found, Lead, Place, SaasFilter, SaasSort};
use crate::{
    error::Error,
    store::{
        facts::at,
        organizations::PlanType,
        sql::{self, Sql},
    },
};
use domain::{
    access::{Actor, Scope},
    ids::PartnerId,
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use std::collections::HashMap;

/// So few customers of a partner are sorted sooner than found in the order of all its organizations.
const FEW: i64 = 500;

/// How a partner's part is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Along the order of all its organizations.
    Along,
    /// All its customers, sorted.
    Sorted,
}

/// What of a page is asked of one database, for several partners at once.
pub(super) struct Asked<'a> {
    pub(super) actor: &'a Actor,
    pub(super) filter: &'a SaasFilter,
    pub(super) after: Option<Place>,
    pub(super) wanted: u64,
    pub(super) backend: DbBackend,
}

impl Asked<'_> {
    fn join(&self) -> &'static str {
        if self.backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " }
    }

    fn search(&self) -> Option<&str> {
        self.filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty())
    }

    /// What is left out of a count of customers.
    pub(super) fn is_narrowed(&self) -> bool {
        let filter = self.filter;
        let own = matches!(self.actor.scope, Scope::Organization(..) | Scope::Device(..));
        own || self.search().is_some()
            || filter.status.is_some()
            || filter.region.is_some()
            || filter.plan_type.is_some()
            || filter.service.is_some()
    }

    /// Customers of each partner: out of one index alone.
    pub(super) async fn customers<C: ConnectionTrait>(&self, conn: &C, partners: &[PartnerId]) -> Result<HashMap<i64, i64>, Error> {
        let mut sql = Sql::new("SELECT partner_id, COUNT(*) FROM saas_counts WHERE partner_id IN ");
        sql.bind_list(partners.iter().map(|p| p.0)).push(" AND service = '' AND organization_id <> 0 GROUP BY partner_id");
        let rows = conn.query_all_raw(sql.build(self.backend)).await?;
        rows.iter().map(|row| Ok((at(row, 0)?, at(row, 1)?))).collect()
    }

    /// Customers of these partners that the filter leaves.
    pub(super) async fn count<C: ConnectionTrait>(&self, conn: &C, partners: &[PartnerId]) -> Result<i64, Error> {
        let mut sql = Sql::new("SELECT COUNT(*) FROM saas_counts c");
        sql.push(self.join()).push("organizations o ON o.partner_id = c.partner_id AND o.id = c.organization_id WHERE c.partner_id IN ");
        sql.bind_list(partners.iter().map(|p| p.0)).push(" AND c.service = '' AND c.organization_id <> 0");
        self.narrow(&mut sql);
        let row = conn.query_one_raw(sql.build(self.backend)).await?;
        row.map_or(Ok(0), |row| at(&row, 0))
    }

    /// The first rows behind the cursor, of these partners together, in order. `customers`: how many each has.
    pub(super) async fn of<C: ConnectionTrait>(
        &self,
        conn: &C,
        partners: &[PartnerId],
        customers: &HashMap<i64, i64>,
    ) -> Result<Vec<Found>, Error> {
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

#[cfg(all(test, feature = "test-support"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{
        store::Store,
        testing::{self, Kind},
    };

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
