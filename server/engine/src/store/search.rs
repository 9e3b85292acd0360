//! Jumping by name: the few organizations, devices and accounts that a typed text most likely means. An account is known by its address.
//!
//! Names that begin with it come from the index (a few rows a partner, however many there are). Names that hold it elsewhere are
//! looked for among a bounded number of names only. Order: beginning, beginning of a word, inside; then by name.
//! Two words may name an organization and a device of it.

use super::{
    Store,
    facts::{at, parse},
    organizations::OrganizationStatus,
    scope,
    sql::{Sql, contains},
};
use crate::error::Error;
use domain::{
    access::{Action, Actor, Scope},
    health::Band,
    ids::{AccountId, DeviceId, OrganizationId, PartnerId},
    policy::DeviceLife,
    saas::AccountStatus,
};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::collections::HashMap;

/// Most hits of a kind.
pub const MOST: usize = 8;
/// Rows of the index that are read from the typed text on, for each partner.
const AHEAD: i64 = 24;
/// Names that are looked through for the text inside of them, all partners together.
const LOOKED_THROUGH: i64 = 50_000;
/// Of these, so many that hold it are ranked.
const RANKED: i64 = 200;
/// Partners of one statement: SQLite takes at most 500 parts.
const PARTNERS: usize = 100;
/// Longest text that is looked for, in characters.
const LONGEST: usize = 120;

/// An organization that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationHit {
    /// Which one.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Activated or not.
    pub status: OrganizationStatus,
}

/// A device that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceHit {
    /// Which one.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization's name.
    pub organization: String,
    /// Its life.
    pub life: DeviceLife,
    /// Its stored band.
    pub band: Band,
}

/// An account that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountHit {
    /// Which one.
    pub id: AccountId,
    /// Its address.
    pub address: String,
    /// Its organization's name.
    pub organization: String,
    /// Whether it is backed up.
    pub status: AccountStatus,
}

/// What a text may mean, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// At most [`MOST`].
    pub organizations: Vec<OrganizationHit>,
    /// At most [`MOST`].
    pub devices: Vec<DeviceHit>,
    /// At most [`MOST`].
    pub accounts: Vec<AccountHit>,
}

#[derive(Clone, Copy)]
enum Noun {
    Organizations,
    Devices,
    Accounts,
}

impl Noun {
    const fn table(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Devices => "devices",
            Self::Accounts => "accounts",
        }
    }

    /// The column of its index.
    const fn name(self) -> &'static str {
        match self {
            Self::Organizations | Self::Devices => "name_lower",
            Self::Accounts => "address_lower",
        }
    }
}

/// Where a text stands in a name; lower is better. None: nowhere.
pub fn rank(name_lower: &str, text_lower: &str) -> Option<u8> {
    let mut best = None;
    for (place, _) in name_lower.match_indices(text_lower) {
        if place == 0 {
            return Some(0);
        }
        let begins_word = name_lower[..place].chars().next_back().is_some_and(|before| !before.is_alphanumeric());
        let here = if begins_word { 1 } else { 2 };
        best = Some(best.map_or(here, |best: u8| best.min(here)));
    }
    best
}

/// What the text may mean within the actor's scope. An empty text means nothing. Roles that see no devices get none.
///
/// # Errors
/// `Forbidden` for those who see neither devices nor seats.
pub async fn by_name(store: &Store, actor: &Actor, text: &str) -> Result<Hits, Error> {
    let sees_devices = actor.may(Action::SeeDashboards);
    if !sees_devices {
        scope::require(actor, Action::SeeSeats, "search")?;
    }
    let text: String = text.trim().to_lowercase().chars().take(LONGEST).collect();
    if text.is_empty() {
        return Ok(Hits::default());
    }
    let conn = store.reads();
    let organizations = keys(conn, &actor.scope, Noun::Organizations, &text).await?;
    let mut devices = if sees_devices { keys(conn, &actor.scope, Noun::Devices, &text).await? } else { Vec::new() };
    if sees_devices && devices.is_empty() {
        devices = of_both(conn, &actor.scope, &text).await?;
    }
    let accounts = if sees_devices { keys(conn, &actor.scope, Noun::Accounts, &text).await? } else { Vec::new() };
    Ok(Hits {
        organizations: organizations_of(conn, &organizations).await?,
        devices: devices_of(conn, &devices).await?,
        accounts: accounts_of(conn, &accounts).await?,
    })
}

/// The same things again, by id and in the order given; what is gone or outside the scope is left out. At most [`MOST`] of each are looked up.
///
/// # Errors
/// As [`by_name`].
pub async fn by_id(
    store: &Store,
    actor: &Actor,
    organizations: &[OrganizationId],
    devices: &[DeviceId],
    accounts: &[AccountId],
) -> Result<Hits, Error> {
    let sees_devices = actor.may(Action::SeeDashboards);
    if !sees_devices {
        scope::require(actor, Action::SeeSeats, "search")?;
    }
    let conn = store.reads();
    let organizations: Vec<i64> = organizations.iter().take(MOST).map(|o| o.0).collect();
    let devices: Vec<i64> = devices.iter().take(if sees_devices { MOST } else { 0 }).map(|d| d.0).collect();
    let organizations = known(conn, &actor.scope, Noun::Organizations, &organizations).await?;
    let devices = known(conn, &actor.scope, Noun::Devices, &devices).await?;
    let accounts: Vec<i64> = accounts.iter().take(if sees_devices { MOST } else { 0 }).map(|a| a.0).collect();
    let accounts = known(conn, &actor.scope, Noun::Accounts, &accounts).await?;
    Ok(Hits {
        organizations: organizations_of(conn, &organizations).await?,
        devices: devices_of(conn, &devices).await?,
        accounts: accounts_of(conn, &accounts).await?,
    })
}

type Key = (PartnerId, i64);

/// Adds ` AND …` that keeps rows within a scope narrower than a partner.
fn narrow(sql: &mut Sql, scope: &Scope, noun: Noun) {
    match (scope, noun) {
        (Scope::Partners(_), _) => {}
        (Scope::Organization(_, o) | Scope::Device(_, o, _), Noun::Organizations) => {
            // A device's key sees its device, not the organization.
            let id = if matches!(scope, Scope::Device(..)) { -1 } else { o.0 };
            sql.push(" AND id = ").bind(id);
        }
        (Scope::Organization(_, o), Noun::Devices | Noun::Accounts) => {
            sql.push(" AND organization_id = ").bind(o.0);
        }
        (Scope::Device(..), Noun::Accounts) => {
            sql.push(" AND 1 = 0");
        }
        (Scope::Device(_, _, d), Noun::Devices) => {
            sql.push(" AND id = ").bind(d.0);
        }
    }
}

fn partners(scope: &Scope) -> &[PartnerId] {
    match scope {
        Scope::Partners(partners) => partners,
        Scope::Organization(partner, _) | Scope::Device(partner, ..) => std::slice::from_ref(partner),
    }
}

async fn keys(conn: &DatabaseConnection, scope: &Scope, noun: Noun, text: &str) -> Result<Vec<Key>, Error> {
    let mut found: Vec<(u8, String, Key)> = Vec::new();
    for some in partners(scope).chunks(PARTNERS) {
        // From the text on, in the index's order: those that begin with it come first.
        let rows = each(conn, scope, noun, some, |sql| {
            sql.push(" AND ").push(noun.name()).push(" >= ").bind(text);
            sql.push(" ORDER BY ").push(noun.name()).push(", id LIMIT ").bind(AHEAD);
        })
        .await?;
        found.extend(rows.into_iter().filter(|(name, _)| name.starts_with(text)).map(|(name, key)| (0, name, key)));
    }
    if found.len() < MOST && text.chars().count() > 1 {
        let share = (LOOKED_THROUGH / i64::try_from(partners(scope).len().max(1)).unwrap_or(1)).max(AHEAD);
        for some in partners(scope).chunks(PARTNERS) {
            let rows = each_through(conn, scope, noun, some, share, text).await?;
            found.extend(rows.into_iter().filter_map(|(name, key)| rank(&name, text).map(|rank| (rank, name, key))));
        }
    }
    found.sort();
    let mut seen = std::collections::HashSet::new();
    Ok(found.into_iter().map(|(.., key)| key).filter(|key| seen.insert(*key)).take(MOST).collect())
}

/// Devices of one name are in many organizations: "fairweather fs" and "fs fairweather" mean that one's.
async fn of_both(conn: &DatabaseConnection, scope: &Scope, text: &str) -> Result<Vec<Key>, Error> {
    let Some(((first, rest), (before, last))) = text.split_once(' ').zip(text.rsplit_once(' ')) else { return Ok(Vec::new()) };
    for (organization, device) in [(first, rest), (before, last), (rest, first), (last, before)] {
        let organizations = keys(conn, scope, Noun::Organizations, organization.trim()).await?;
        if organizations.is_empty() {
            continue;
        }
        let mut sql = Sql::new("SELECT partner_id, id, name_lower FROM devices");
        for (place, (partner, id)) in organizations.iter().enumerate() {
            sql.push(if place > 0 { " OR (" } else { " WHERE ((" }).push("partner_id = ").bind(partner.0);
            sql.push(" AND organization_id = ").bind(*id).push(")");
        }
        sql.push(") AND name_lower LIKE ").bind(contains(device)).push(" ESCAPE '\\'");
        narrow(&mut sql, scope, Noun::Devices);
        sql.push(" LIMIT ").bind(RANKED);
        let rows = read(conn, sql).await?;
        let mut found: Vec<_> =
            rows.into_iter().filter_map(|(name, key)| rank(&name, device.trim()).map(|rank| (rank, name, key))).collect();
        if !found.is_empty() {
            found.sort();
            return Ok(found.into_iter().map(|(.., key)| key).take(MOST).collect());
        }
    }
    Ok(Vec::new())
}

type Named = (String, Key);

/// One part a partner, so that each is a short walk along its index.
async fn each(
    conn: &DatabaseConnection,
    scope: &Scope,
    noun: Noun,
    partners: &[PartnerId],
    rest: impl Fn(&mut Sql),
) -> Result<Vec<Named>, Error> {
    let mut sql = Sql::default();
    for (place, partner) in partners.iter().enumerate() {
        sql.push(if place > 0 { " UNION ALL " } else { "" });
        sql.push("SELECT * FROM (SELECT partner_id, id, ").push(noun.name()).push(" AS name_lower FROM ").push(noun.table());
        sql.push(" WHERE partner_id = ").bind(partner.0);
        narrow(&mut sql, scope, noun);
        rest(&mut sql);
        sql.push(&format!(") AS p{place}"));
    }
    read(conn, sql).await
}

/// As [`each`], but a bounded number of names is looked through for the text inside.
async fn each_through(
    conn: &DatabaseConnection,
    scope: &Scope,
    noun: Noun,
    partners: &[PartnerId],
    share: i64,
    text: &str,
) -> Result<Vec<Named>, Error> {
    let mut sql = Sql::default();
    for (place, partner) in partners.iter().enumerate() {
        sql.push(if place > 0 { " UNION ALL " } else { "" });
        sql.push("SELECT * FROM (SELECT * FROM (SELECT partner_id, id, ").push(noun.name()).push(" AS name_lower FROM ").push(noun.table());
        sql.push(" WHERE partner_id = ").bind(partner.0);
        narrow(&mut sql, scope, noun);
        sql.push(" ORDER BY ").push(noun.name()).push(", id LIMIT ").bind(share);
        sql.push(&format!(") AS n{place} WHERE name_lower LIKE ")).bind(contains(text)).push(" ESCAPE '\\' LIMIT ").bind(RANKED);
        sql.push(&format!(") AS p{place}"));
    }
    read(conn, sql).await
}

async fn read(conn: &DatabaseConnection, sql: Sql) -> Result<Vec<Named>, Error> {
    let rows = conn.query_all_raw(sql.build(conn.get_database_backend())).await?;
    rows.iter().map(|row| Ok((at::<String>(row, 2)?, (PartnerId(at(row, 0)?), at::<i64>(row, 1)?)))).collect()
}

/// Which of these ids are there, in the order given.
async fn known(conn: &DatabaseConnection, scope: &Scope, noun: Noun, ids: &[i64]) -> Result<Vec<Key>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT partner_id, id, ");
    sql.push(noun.name()).push(" FROM ").push(noun.table()).push(" WHERE partner_id IN ").bind_list(partners(scope).iter().map(|p| p.0));
    sql.push(" AND id IN ").bind_list(ids.iter().copied());
    narrow(&mut sql, scope, noun);
    let found: HashMap<i64, Key> = read(conn, sql).await?.into_iter().map(|(_, key)| (key.1, key)).collect();
    Ok(ids.iter().filter_map(|id| found.get(id).copied()).collect())
}

/// ` WHERE (partner = … AND id = …) OR …`
fn of_keys(sql: &mut Sql, alias: &str, keys: &[Key]) {
    for (place, (partner, id)) in keys.iter().enumerate() {
        sql.push(if place > 0 { " OR (" } else { " WHERE (" }).push(alias).push(".partner_id = ").bind(partner.0);
        sql.push(" AND ").push(alias).push(".id = ").bind(*id).push(")");
    }
}

async fn organizations_of(conn: &DatabaseConnection, keys: &[Key]) -> Result<Vec<OrganizationHit>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT o.id, o.name, o.status FROM organizations o");
    of_keys(&mut sql, "o", keys);
    let mut found = HashMap::new();
    for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
        let id: i64 = at(&row, 0)?;
        found.insert(id, OrganizationHit { id: OrganizationId(id), name: at(&row, 1)?, status: parse(&at::<String>(&row, 2)?)? });
    }
    Ok(keys.iter().filter_map(|(_, id)| found.remove(id)).collect())
}

async fn devices_of(conn: &DatabaseConnection, keys: &[Key]) -> Result<Vec<DeviceHit>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT d.id, d.name, d.life, o.name, s.band FROM devices d \
         JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id \
         JOIN device_state s ON s.partner_id = d.partner_id AND s.device_id = d.id",
    );
    of_keys(&mut sql, "d", keys);
    let mut found = HashMap::new();
    for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
        let id: i64 = at(&row, 0)?;
        let hit = DeviceHit {
            id: DeviceId(id),
            name: at(&row, 1)?,
            life: parse(&at::<String>(&row, 2)?)?,
            organization: at(&row, 3)?,
            band: parse(&at::<String>(&row, 4)?)?,
        };
        found.insert(id, hit);
    }
    Ok(keys.iter().filter_map(|(_, id)| found.remove(id)).collect())
}

async fn accounts_of(conn: &DatabaseConnection, keys: &[Key]) -> Result<Vec<AccountHit>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT a.id, a.address, a.status, o.name FROM accounts a \
         JOIN organizations o ON o.partner_id = a.partner_id AND o.id = a.organization_id",
    );
    of_keys(&mut sql, "a", keys);
    let mut found = HashMap::new();
    for row in conn.query_all_raw(sql.build(conn.get_database_backend())).await? {
        let id: i64 = at(&row, 0)?;
        let hit =
            AccountHit { id: AccountId(id), address: at(&row, 1)?, status: parse(&at::<String>(&row, 2)?)?, organization: at(&row, 3)? };
        found.insert(id, hit);
    }
    Ok(keys.iter().filter_map(|(_, id)| found.remove(id)).collect())
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn the_beginning_of_a_name_ranks_before_that_of_a_word_and_that_before_the_inside() {
        assert_eq!(rank("fs-01", "fs"), Some(0));
        assert_eq!(rank("berlin-fs-01", "fs"), Some(1));
        assert_eq!(rank("offset", "fs"), Some(2));
        assert_eq!(rank("offset fs", "fs"), Some(1));
        assert_eq!(rank("db-01", "fs"), None);
    }
}
