//! How a partner's devices are found: along the order of all, or those few that a filter passes, which are then sorted.

use super::{
    super::need::{self, NEED},
    Asked, DeviceSort,
};
use crate::{
    error::Error,
    store::sql::{self, Sql},
};
use domain::{
    access::Scope,
    health::Band,
    ids::{OrganizationId, PartnerId},
    policy::{DeviceClass, DeviceLife},
};
use sea_orm::ConnectionTrait;

/// So few devices are sorted sooner than found in the order of all.
const FEW: u64 = 5_000;

/// So few found by name are named one by one.
const FEW_NAMED: u64 = 512;

/// How one partner's part is found.
pub(super) enum Way {
    /// Along the order of all; what isn't wanted is passed over.
    Along,
    /// All of the organization, sorted or along its own order.
    Organization(OrganizationId),
    /// Those of the organization, along the order of all: too many to sort.
    Within(OrganizationId),
    /// Those of a class, policy and life, sorted.
    Kind,
    /// Those of a band, sorted.
    Band,
    /// Those that count as paused, sorted.
    Paused,
    /// These, sorted.
    Named(Vec<i64>),
}

impl Asked<'_> {
    /// The life that a device must have of its own, which `devices` knows. It may count as paused without.
    pub(super) fn own_life(&self) -> Option<DeviceLife> {
        self.filter.life.filter(|life| *life != DeviceLife::Paused)
    }

    pub(super) fn has_kind(&self) -> bool {
        self.filter.class.is_some() || self.filter.policy.is_some() || self.own_life().is_some()
    }

    /// How this partner's part is found: asks how many there are where that decides.
    pub(super) async fn way<C: ConnectionTrait>(&self, conn: &C, partner: PartnerId) -> Result<Way, Error> {
        match self.actor.scope {
            Scope::Device(_, _, device) => return Ok(Way::Named(vec![device.0])),
            Scope::Organization(_, own) => return self.way_within(conn, partner, own).await,
            Scope::Partners(_) => {}
        }
        if let Some(organization) = self.filter.organization {
            return self.way_within(conn, partner, organization).await;
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
        let is_by_need = self.filter.sort == DeviceSort::Need;
        if self.filter.life == Some(DeviceLife::Paused) && !is_by_need && self.is_few(conn, |query| of_paused(query, partner)).await? {
            return Ok(Way::Paused);
        }
        if self.has_kind() && self.is_few(conn, |query| self.of_kind(query, partner)).await? {
            return Ok(Way::Kind);
        }
        // In the orders of scores and of need a band stands together.
        let stands_apart = self.filter.sort != DeviceSort::Score && !is_by_need;
        match self.filter.band {
            Some(band) if stands_apart && self.is_few(conn, |query| self.of_band(query, partner, band)).await? => Ok(Way::Band),
            _ => Ok(Way::Along),
        }
    }

    async fn way_within<C: ConnectionTrait>(&self, conn: &C, partner: PartnerId, own: OrganizationId) -> Result<Way, Error> {
        let all = |query: &mut Sql| {
            query.push("SELECT s.device_id AS id FROM device_state s WHERE s.partner_id = ").bind(partner.0);
            query.push(" AND s.organization_id = ").bind(own.0);
        };
        // The other orders without an index of the organization are asked for by hand, this one by opening its page.
        let is_within = self.filter.sort == DeviceSort::Need && self.own_life() != Some(DeviceLife::Retired);
        Ok(if is_within && !self.is_few(conn, all).await? { Way::Within(own) } else { Way::Organization(own) })
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
    pub(super) fn of_kind(&self, query: &mut Sql, partner: PartnerId) {
        query.push("SELECT d.id AS id FROM devices d WHERE d.partner_id = ").bind(partner.0);
        self.kind(query);
    }

    /// Conditions on a device's own class, policy and life.
    pub(super) fn kind(&self, query: &mut Sql) {
        if let Some(policy) = self.filter.policy {
            query.push(" AND d.policy_id = ").bind(policy.0);
        }
        let classes = [DeviceClass::Workstation, DeviceClass::Server];
        let classes: Vec<&str> =
            classes.iter().filter(|c| self.filter.class.is_none_or(|asked| asked == **c)).map(|c| c.as_str()).collect();
        words(query, "d.class", &classes);
        let lives = [DeviceLife::Pending, DeviceLife::Active, DeviceLife::Paused, DeviceLife::Retired];
        let is_wanted = |life: &&DeviceLife| self.own_life().map_or(**life != DeviceLife::Retired, |asked| asked == **life);
        let lives: Vec<&str> = lives.iter().filter(is_wanted).map(|l| l.as_str()).collect();
        words(query, "d.life", &lives);
    }

    /// Ids of a band: a range of scores.
    pub(super) fn of_band(&self, query: &mut Sql, partner: PartnerId, band: Band) {
        query.push("SELECT s.device_id AS id FROM device_state s WHERE s.partner_id = ").bind(partner.0);
        query.push(" AND s.life <> 'retired'");
        between(query, "s.score", band.range());
        self.band(query, band);
    }

    pub(super) fn band(&self, query: &mut Sql, band: Band) {
        query.push(" AND s.band = ").bind(band.as_str());
        if self.filter.life.is_none() {
            // A paused device is in no band, as counts have it.
            query.push(" AND s.life <> 'paused'");
        }
    }

    /// Whether a part is read as a whole and then sorted.
    pub(super) const fn is_sorted(&self, way: &Way) -> bool {
        match way {
            Way::Kind | Way::Band | Way::Paused | Way::Named(_) => true,
            Way::Organization(_) => !matches!(self.filter.sort, DeviceSort::Score | DeviceSort::Name),
            Way::Along | Way::Within(_) => false,
        }
    }
}

/// Ids of those that count as paused.
pub(super) fn of_paused(query: &mut Sql, partner: PartnerId) {
    query.push("SELECT s.device_id AS id FROM device_state s WHERE s.partner_id = ").bind(partner.0);
    query.push(" AND s.life <> 'retired'");
    between(query, NEED, (need::PAUSED, need::PAUSED));
}

/// `AND key BETWEEN low AND high`.
pub(super) fn between<N: Into<i64>>(query: &mut Sql, key: &str, (low, high): (N, N)) {
    query.push(" AND ").push(key).push(" BETWEEN ").push(&low.into().to_string()).push(" AND ").push(&high.into().to_string());
}

/// `AND column IN (…)` of our own words.
fn words(query: &mut Sql, column: &str, words: &[&str]) {
    query.push(" AND ").push(column).push(" IN (");
    for (place, word) in words.iter().enumerate() {
        query.push(if place > 0 { ", '" } else { "'" }).push(word).push("'");
    }
    query.push(")");
}
