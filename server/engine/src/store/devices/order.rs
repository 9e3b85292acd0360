//! Which devices a list shows, and in what order: costs what is shown, not what there is.
//!
//! Each partner of the scope is asked by itself, within one statement that merges the parts: so an index gives the order of each part and a
//! part ends when it has enough. A filter that few devices pass is asked first, and only those are sorted ([`Way`]).

use super::list::{DeviceFilter, DeviceSort};
use crate::{
    error::Error,
    store::{
        page, scope,
        sql::{self, Sql},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    health::Band,
    ids::{DeviceId, OrganizationId, PartnerId},
    policy::{DeviceClass, DeviceLife},
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use serde::{Deserialize, Serialize};

/// So few devices are sorted sooner than found in the order of all.
const FEW: u64 = 5_000;

/// So few found by name are named one by one.
const FEW_NAMED: u64 = 512;

/// Partners that one statement asks.
const PARTNERS: usize = 100;

/// Place of a device in the order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Key {
    Number(i64),
    Text(String),
}

/// A device in its place.
pub(super) struct Placed {
    pub(super) partner: PartnerId,
    pub(super) device: DeviceId,
    pub(super) key: Key,
}

/// How one partner's part is found.
enum Way {
    /// Along the order of all; what isn't wanted is passed over.
    Along,
    /// All of the organization, sorted or along its own order.
    Organization(OrganizationId),
    /// Those of a class, policy and life, sorted.
    Kind,
    /// Those of a band, sorted.
    Band,
    /// These, sorted.
    Named(Vec<i64>),
}

/// The first `wanted` devices of the list after its cursor.
pub(super) async fn placed<C: ConnectionTrait>(conn: &C, actor: &Actor, filter: &DeviceFilter, wanted: u64) -> Result<Vec<Placed>, Error> {
    scope::require(actor, Action::SeeDashboards, "see devices")?;
    let after = page::read::<(Key, i64)>(filter.cursor.as_deref())?;
    if let Some((key, _)) = &after
        && matches!(key, Key::Text(_)) != (filter.sort == DeviceSort::Name)
    {
        return Err(page::foreign());
    }
    let asked = Asked { actor, filter, after, wanted, backend: conn.get_database_backend() };
    let mut found = Vec::new();
    let partners = scope::partners(&actor.scope);
    for part in partners.chunks(PARTNERS) {
        found.extend(asked.of(conn, part).await?);
    }
    if partners.len() > PARTNERS {
        found.sort_by(|a: &Placed, b| {
            let order = (&a.key, a.device).cmp(&(&b.key, b.device));
            if filter.descending { order.reverse() } else { order }
        });
        found.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    }
    Ok(found)
}

struct Asked<'a> {
    actor: &'a Actor,
    filter: &'a DeviceFilter,
    after: Option<(Key, i64)>,
    wanted: u64,
    backend: DbBackend,
}

impl Asked<'_> {
    async fn of<C: ConnectionTrait>(&self, conn: &C, partners: &[PartnerId]) -> Result<Vec<Placed>, Error> {
        let mut query = Sql::new("SELECT p, k, i FROM (");
        for (place, partner) in partners.iter().enumerate() {
            if place > 0 {
                query.push(" UNION ALL ");
            }
            let way = self.way(conn, *partner).await?;
            query.push("SELECT * FROM (");
            self.part(&mut query, *partner, &way);
            query.push(") x").push(&place.to_string());
        }
        if partners.is_empty() {
            return Ok(Vec::new());
        }
        query.push(") y ORDER BY k").push(self.direction()).push(", i").push(self.direction());
        query.push(" LIMIT ").push(&self.wanted.to_string());
        conn.query_all_raw(query.build(self.backend)).await?.iter().map(|row| self.placed(row)).collect()
    }

    fn placed(&self, row: &QueryResult) -> Result<Placed, Error> {
        use crate::store::facts::at;
        let key = if self.filter.sort == DeviceSort::Name { Key::Text(at(row, 1)?) } else { Key::Number(at(row, 1)?) };
        Ok(Placed { partner: PartnerId(at(row, 0)?), device: DeviceId(at(row, 2)?), key })
    }

    const fn direction(&self) -> &'static str {
        if self.filter.descending { " DESC" } else { "" }
    }

    /// What the order is by, and the id beside it in the same index.
    const fn key(&self) -> (&'static str, &'static str) {
        match self.filter.sort {
            DeviceSort::Score => ("s.score", "s.device_id"),
            DeviceSort::Name => ("d.name_lower", "d.id"),
            DeviceSort::LastSuccess => ("COALESCE(s.last_usable_at, 0)", "s.device_id"),
            DeviceSort::Due => ("COALESCE(s.due_at, 9223372036854775807)", "s.device_id"),
        }
    }

    fn search(&self) -> Option<&str> {
        self.filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty())
    }

    const fn has_kind(&self) -> bool {
        self.filter.class.is_some() || self.filter.policy.is_some() || self.filter.life.is_some()
    }

    async fn way<C: ConnectionTrait>(&self, conn: &C, partner: PartnerId) -> Result<Way, Error> {
        match self.actor.scope {
            Scope::Device(_, _, device) => return Ok(Way::Named(vec![device.0])),
            Scope::Organization(_, own) => return Ok(Way::Organization(own)),
            Scope::Partners(_) => {}
        }
        if let Some(organization) = self.filter.organization {
            return Ok(Way::Organization(organization));
        }
        if let Some(search) = self.search() {
            let mut named = Sql::new("SELECT d.id FROM devices d WHERE d.partner_id = ");
            named.bind(partner.0).push(" AND d.name_lower LIKE ").bind(sql::contains(search)).push(" ESCAPE '\\' LIMIT ");
            named.push(&(FEW_NAMED + 1).to_string());
            let rows = conn.query_all_raw(named.build(self.backend)).await?;
            if rows.len() as u64 <= FEW_NAMED {
                let ids = rows.iter().map(|row| crate::store::facts::at(row, 0)).collect::<Result<_, _>>()?;
                return Ok(Way::Named(ids));
            }
        }
        if self.filter.life == Some(DeviceLife::Retired) {
            // Orders of all leave these out.
            return Ok(Way::Kind);
        }
        if self.has_kind() && self.is_few(conn, |query| self.of_kind(query, partner)).await? {
            return Ok(Way::Kind);
        }
        // In the order of scores a band stands together.
        let stands_apart = self.filter.sort != DeviceSort::Score;
        match self.filter.band {
            Some(band) if stands_apart && self.is_few(conn, |query| self.of_band(query, partner, band)).await? => Ok(Way::Band),
            _ => Ok(Way::Along),
        }
    }

    async fn is_few<C: ConnectionTrait>(&self, conn: &C, of: impl Fn(&mut Sql)) -> Result<bool, Error> {
        let mut query = Sql::new("SELECT COUNT(*) FROM (");
        of(&mut query);
        query.push(" LIMIT ").push(&(FEW + 1).to_string()).push(") few");
        let row = conn.query_one_raw(query.build(self.backend)).await?;
        let count: i64 = row.map(|row| crate::store::facts::at(&row, 0)).transpose()?.unwrap_or(0);
        Ok(count <= FEW.cast_signed())
    }

    /// Ids of a class, policy and life: out of an index alone.
    fn of_kind(&self, query: &mut Sql, partner: PartnerId) {
        query.push("SELECT d.id AS id FROM devices d WHERE d.partner_id = ").bind(partner.0);
        self.kind(query);
    }

    fn kind(&self, query: &mut Sql) {
        if let Some(policy) = self.filter.policy {
            query.push(" AND d.policy_id = ").bind(policy.0);
        }
        let classes = [DeviceClass::Workstation, DeviceClass::Server];
        let classes: Vec<&str> =
            classes.iter().filter(|c| self.filter.class.is_none_or(|asked| asked == **c)).map(|c| c.as_str()).collect();
        words(query, "d.class", &classes);
        let lives = [DeviceLife::Pending, DeviceLife::Active, DeviceLife::Paused, DeviceLife::Retired];
        let is_wanted = |life: &&DeviceLife| self.filter.life.map_or(**life != DeviceLife::Retired, |asked| asked == **life);
        let lives: Vec<&str> = lives.iter().filter(is_wanted).map(|l| l.as_str()).collect();
        words(query, "d.life", &lives);
    }

    /// Ids of a band: a range of scores.
    fn of_band(&self, query: &mut Sql, partner: PartnerId, band: Band) {
        query.push("SELECT s.device_id AS id FROM device_state s WHERE s.partner_id = ").bind(partner.0);
        query.push(" AND s.life <> 'retired'");
        self.band(query, band);
    }

    fn band(&self, query: &mut Sql, band: Band) {
        let (low, high) = band.range();
        query.push(" AND s.score BETWEEN ").push(&low.to_string()).push(" AND ").push(&high.to_string());
        query.push(" AND s.band = ").bind(band.as_str());
        if self.filter.life.is_none() {
            // A paused device is in no band, as counts have it.
            query.push(" AND s.life <> 'paused'");
        }
    }

    /// One partner's part: its id, key and device id, in order, as many as are wanted at most.
    fn part(&self, query: &mut Sql, partner: PartnerId, way: &Way) {
        let (key, id) = self.key();
        let join = if self.backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " };
        let by_name = self.filter.sort == DeviceSort::Name;
        // Both tables lead with the tenant; which comes first decides whose index gives the order.
        let needs_device = by_name || self.has_kind() || self.search().is_some() || !matches!(way, Way::Along);
        let needs_state = !by_name || self.filter.band.is_some() || !matches!(way, Way::Along);
        let has_own_order = matches!(self.filter.sort, DeviceSort::Score | DeviceSort::Name);
        let is_sorted = matches!(way, Way::Kind | Way::Band | Way::Named(_)) || matches!(way, Way::Organization(_)) && !has_own_order;
        // A sign before the key: sorted, not found along the order of all. PostgreSQL knows from its statistics.
        let sign = if is_sorted && self.backend == DbBackend::Sqlite { "+" } else { "" };
        match way {
            Way::Kind => {
                query.push("WITH few AS MATERIALIZED (");
                self.of_kind(query, partner);
                query.push(") ");
            }
            Way::Band => {
                query.push("WITH few AS MATERIALIZED (");
                if let Some(band) = self.filter.band {
                    self.of_band(query, partner, band);
                }
                query.push(") ");
            }
            _ => {}
        }
        query.push("SELECT ").push(if needs_state { "s.partner_id" } else { "d.partner_id" });
        query.push(" AS p, ").push(key).push(" AS k, ").push(id).push(" AS i FROM ");
        let state_of = |of: &str| format!("device_state s ON s.partner_id = {of}.partner_id AND s.device_id = {of}.id");
        match way {
            Way::Kind | Way::Band => {
                query.push("few").push(join).push("devices d ON d.partner_id = ").bind(partner.0).push(" AND d.id = few.id");
                query.push(join).push(&state_of("d"));
            }
            _ if by_name || matches!(way, Way::Named(_)) => {
                query.push("devices d");
                if needs_state {
                    query.push(join).push(&state_of("d"));
                }
            }
            _ => {
                query.push("device_state s");
                if needs_device {
                    query.push(join).push("devices d ON d.partner_id = s.partner_id AND d.id = s.device_id");
                }
            }
        }
        query.push(" WHERE 1 = 1");
        for (_, table) in [(needs_device, "d"), (needs_state, "s")].into_iter().filter(|(needed, _)| *needed) {
            query.push(" AND ").push(table).push(".partner_id = ").bind(partner.0);
        }
        match way {
            Way::Organization(organization) => {
                query.push(" AND ").push(if by_name { "d" } else { "s" }).push(".organization_id = ").bind(organization.0);
            }
            Way::Named(ids) => {
                query.push(" AND d.id IN ").bind_list(ids.iter().copied());
            }
            _ => {}
        }
        if let Some(asked) = self.filter.organization
            && matches!(self.actor.scope, Scope::Organization(..) | Scope::Device(..))
        {
            query.push(" AND ").push(if by_name { "d" } else { "s" }).push(".organization_id = ").bind(asked.0);
        }
        self.rest(query, needs_device, needs_state);
        self.beyond(query, &format!("{sign}{key}"), &format!("{sign}{id}"));
        query.push(" ORDER BY ").push(sign).push(key).push(self.direction());
        query.push(", ").push(sign).push(id).push(self.direction()).push(" LIMIT ").push(&self.wanted.to_string());
    }

    /// Conditions on each row.
    fn rest(&self, query: &mut Sql, has_device: bool, has_state: bool) {
        let only_retired = self.filter.life == Some(DeviceLife::Retired);
        if has_state && !only_retired {
            // In these words: indexes of the orders hold no others.
            query.push(" AND s.life <> 'retired'");
        }
        if has_device {
            if self.has_kind() {
                self.kind(query);
            } else if !has_state {
                query.push(" AND d.life <> 'retired'");
            }
            if let Some(search) = self.search() {
                query.push(" AND d.name_lower LIKE ").bind(sql::contains(search)).push(" ESCAPE '\\'");
            }
        }
        if let Some(band) = self.filter.band.filter(|_| has_state) {
            self.band(query, band);
        }
    }

    fn beyond(&self, query: &mut Sql, key: &str, id: &str) {
        let Some((last, last_id)) = &self.after else { return };
        let value = |query: &mut Sql| {
            match last {
                Key::Number(number) => query.bind(*number),
                Key::Text(text) => query.bind(text.clone()),
            };
        };
        let (from, beyond) = if self.filter.descending { (" <= ", " < ") } else { (" >= ", " > ") };
        query.push(" AND ").push(key).push(from);
        value(query);
        query.push(" AND (").push(key).push(beyond);
        value(query);
        query.push(" OR ").push(id).push(beyond).bind(*last_id).push(")");
    }
}

/// `AND column IN (…)` of our own words.
fn words(query: &mut Sql, column: &str, words: &[&str]) {
    query.push(" AND ").push(column).push(" IN (");
    for (place, word) in words.iter().enumerate() {
        query.push(if place > 0 { ", '" } else { "'" }).push(word).push("'");
    }
    query.push(")");
}

#[cfg(all(test, feature = "test-support"))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::{self, Kind};
    use domain::ids::PolicyId;
    use sea_orm::Statement;

    async fn plan(store: &crate::store::Store, filter: &DeviceFilter, way: &Way) -> String {
        let partner = PartnerId(7);
        let actor = Actor::system(Scope::Partners([partner].into()));
        let after = Some((if filter.sort == DeviceSort::Name { Key::Text("m".into()) } else { Key::Number(70) }, 9));
        let asked = Asked { actor: &actor, filter, after, wanted: 51, backend: DbBackend::Sqlite };
        let mut query = Sql::new("EXPLAIN QUERY PLAN ");
        asked.part(&mut query, partner, way);
        let statement: Statement = query.build(DbBackend::Sqlite);
        let rows = store.reads().query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<String>(3).unwrap()).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn every_order_is_walked_along_an_index_of_its_own_and_ends_when_the_page_is_full() {
        let fresh = testing::fresh(Kind::Sqlite).await;
        let all = DeviceFilter::default();
        let filters = [
            all.clone(),
            DeviceFilter { class: Some(DeviceClass::Server), policy: Some(PolicyId(3)), ..all.clone() },
            DeviceFilter { band: Some(Band::Critical), life: Some(DeviceLife::Paused), ..all.clone() },
            DeviceFilter { search: Some("fs".into()), ..all },
        ];
        for (sort, index) in [
            (DeviceSort::Score, "device_state_score"),
            (DeviceSort::Name, "devices_sorted"),
            (DeviceSort::LastSuccess, "device_state_usable"),
            (DeviceSort::Due, "device_state_due"),
        ] {
            for (filter, descending) in filters.iter().flat_map(|f| [(f, false), (f, true)]) {
                let filter = DeviceFilter { sort, descending, ..filter.clone() };
                let plan = plan(&fresh.store, &filter, &Way::Along).await;
                assert!(plan.contains(index), "{filter:?}: {plan}");
                assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{filter:?}: {plan}");
            }
        }
    }

    #[tokio::test]
    async fn an_organizations_devices_and_few_of_a_kind_are_found_by_index_and_then_sorted() {
        let fresh = testing::fresh(Kind::Sqlite).await;
        let all = DeviceFilter::default();
        let organization = Way::Organization(OrganizationId(5));
        for sort in [DeviceSort::Score, DeviceSort::Name, DeviceSort::LastSuccess, DeviceSort::Due] {
            let of_one = plan(&fresh.store, &DeviceFilter { sort, ..all.clone() }, &organization).await;
            assert!(of_one.contains("device_state_organization") || of_one.contains("devices_name"), "{sort:?}: {of_one}");
            let kind = DeviceFilter { sort, class: Some(DeviceClass::Server), life: Some(DeviceLife::Retired), ..all.clone() };
            let of_kind = plan(&fresh.store, &kind, &Way::Kind).await;
            assert!(of_kind.contains("devices_class") && !of_kind.contains("SCAN d"), "{sort:?}: {of_kind}");
            let band = DeviceFilter { sort, band: Some(Band::Critical), ..all.clone() };
            let of_band = plan(&fresh.store, &band, &Way::Band).await;
            assert!(of_band.contains("device_state_score") && !of_band.contains("SCAN d"), "{sort:?}: {of_band}");
        }
    }
}
