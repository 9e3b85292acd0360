//! Which devices a list shows, and in what order: costs what is shown, not what there is.
//!
//! Each partner of the scope is asked by itself, within one statement that merges the parts: so an index gives the order of each part and a
//! part ends when it has enough. A filter that few devices pass is asked first, and only those are sorted ([`Way`]).

mod way;

use super::{
    list::{DeviceFilter, DeviceSort},
    need::{self, NEED},
};
use crate::{
    error::Error,
    store::{
        page, scope,
        sql::{self, Sql},
    },
};
use domain::{
    access::{Action, Actor, Scope},
    ids::{DeviceId, PartnerId},
    policy::DeviceLife,
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use serde::{Deserialize, Serialize};
use way::{Way, between, of_paused};

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

/// Which rows of a part. Along an index the two edges of a cursor are asked for one by one: as one condition, all that share the last
/// row's key, which may be most of a fleet, would be passed over again for each page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// All, or what is beyond the cursor.
    Whole,
    /// Those with the cursor's key, beyond its id.
    Tied,
    /// Those beyond the cursor's key.
    Past,
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
        let mut place = 0;
        for partner in partners {
            let way = self.way(conn, *partner).await?;
            let edges: &[Edge] = if self.after.is_none() || self.is_sorted(&way) { &[Edge::Whole] } else { &[Edge::Tied, Edge::Past] };
            for edge in edges {
                query.push(if place > 0 { " UNION ALL " } else { "" }).push("SELECT * FROM (");
                self.part(&mut query, *partner, &way, *edge);
                query.push(") x").push(&place.to_string());
                place += 1;
            }
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
            DeviceSort::Need => (NEED, "s.device_id"),
            DeviceSort::Name => ("d.name_lower", "d.id"),
            DeviceSort::LastSuccess => ("COALESCE(s.last_usable_at, 0)", "s.device_id"),
            DeviceSort::Due => ("COALESCE(s.due_at, 9223372036854775807)", "s.device_id"),
        }
    }

    fn search(&self) -> Option<&str> {
        self.filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty())
    }

    /// What part of an order of all holds everything that is wanted: first and last key.
    fn range(&self) -> Option<(i64, i64)> {
        match (self.filter.sort, self.filter.life, self.filter.band) {
            (DeviceSort::Need, Some(DeviceLife::Paused), _) => Some((need::PAUSED, need::PAUSED)),
            (DeviceSort::Need, _, Some(band)) => Some(need::range(band)),
            (DeviceSort::Need, Some(_), None) => Some((0, need::PAUSED - 1)),
            (DeviceSort::Score, _, Some(band)) => Some((band.range().0.into(), band.range().1.into())),
            _ => None,
        }
    }

    /// One partner's part: its id, key and device id, in order, as many as are wanted at most.
    fn part(&self, query: &mut Sql, partner: PartnerId, way: &Way, edge: Edge) {
        let (key, id) = self.key();
        let join = if self.backend == DbBackend::Sqlite { " CROSS JOIN " } else { " JOIN " };
        let by_name = self.filter.sort == DeviceSort::Name;
        // Both tables lead with the tenant; which comes first decides whose index gives the order.
        let needs_device = by_name || self.has_kind() || self.search().is_some() || !matches!(way, Way::Along | Way::Within(_));
        let needs_state = !by_name || self.filter.band.is_some() || self.filter.life.is_some() || !matches!(way, Way::Along);
        let is_sorted = self.is_sorted(way);
        // A sign before the key: sorted, not found along the order of all. PostgreSQL knows from its statistics.
        let not_by_index = if self.backend == DbBackend::Sqlite { "+" } else { "" };
        let sign = if is_sorted { not_by_index } else { "" };
        if matches!(way, Way::Kind | Way::Band | Way::Paused) {
            query.push("WITH few AS MATERIALIZED (");
            match (way, self.filter.band) {
                (Way::Paused, _) => of_paused(query, partner),
                (Way::Band, Some(band)) => self.of_band(query, partner, band),
                _ => self.of_kind(query, partner),
            }
            query.push(") ");
        }
        query.push("SELECT ").push(if needs_state { "s.partner_id" } else { "d.partner_id" });
        query.push(" AS p, ").push(key).push(" AS k, ").push(id).push(" AS i FROM ");
        let state_of = |of: &str| format!("device_state s ON s.partner_id = {of}.partner_id AND s.device_id = {of}.id");
        match way {
            Way::Kind | Way::Band | Way::Paused => {
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
            Way::Within(organization) => {
                query.push(" AND ").push(not_by_index).push("s.organization_id = ").bind(organization.0);
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
        let (sorted_key, sorted_id) = (format!("{sign}{key}"), format!("{sign}{id}"));
        self.beyond(query, &sorted_key, &sorted_id, edge);
        if let Some((low, high)) = self.range().filter(|_| !is_sorted) {
            // Beyond a cursor only the far end: of two conditions on the near one SQLite may walk from the wrong one.
            match edge {
                Edge::Whole => between(query, key, (low, high)),
                Edge::Tied => {}
                Edge::Past => {
                    let (to, far) = if self.filter.descending { (" >= ", low) } else { (" <= ", high) };
                    query.push(" AND ").push(key).push(to).push(&far.to_string());
                }
            }
        } else if let Some(band) = self.filter.band.filter(|_| is_sorted) {
            between(query, "s.score", band.range());
        }
        query.push(" ORDER BY ");
        if edge != Edge::Tied {
            query.push(&sorted_key).push(self.direction()).push(", ");
        }
        query.push(&sorted_id).push(self.direction()).push(" LIMIT ").push(&self.wanted.to_string());
    }

    /// Conditions on each row.
    fn rest(&self, query: &mut Sql, has_device: bool, has_state: bool) {
        let only_retired = self.filter.life == Some(DeviceLife::Retired);
        if has_state && !only_retired {
            // In these words: indexes of the orders hold no others.
            query.push(" AND s.life <> 'retired'");
        }
        if let Some(life) = self.filter.life.filter(|life| has_state && *life != DeviceLife::Retired) {
            // The one that counts: that of a device whose client is deactivated is paused.
            query.push(" AND s.life = ").bind(life.as_str());
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

    fn beyond(&self, query: &mut Sql, key: &str, id: &str, edge: Edge) {
        let Some((last, last_id)) = &self.after else { return };
        let value = |query: &mut Sql| {
            match last {
                Key::Number(number) => query.bind(*number),
                Key::Text(text) => query.bind(text.clone()),
            };
        };
        let beyond = if self.filter.descending { " < " } else { " > " };
        query.push(" AND (").push(key).push(if edge == Edge::Tied { " = " } else { beyond });
        value(query);
        if edge == Edge::Whole {
            query.push(" OR ").push(key).push(" = ");
            value(query);
        }
        if edge != Edge::Past {
            query.push(" AND ").push(id).push(beyond).bind(*last_id);
        }
        query.push(")");
    }
}

#[cfg(all(test, feature = "test-support"))]
mod tests;
