//! Everything that a tab watches, at once: what it begins with, and what it takes when it may have missed something.

use super::{OrganizationWatch, ScopeNow, partners, scope_now, subjects::now_of};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{Store, facts::at},
};
use domain::{
    access::Actor,
    ids::{AccountId, DeviceId, OrganizationId, PartnerId},
    live::{DeviceNow, Snapshot},
    time::Time,
};
use std::collections::HashMap;

/// What a tab watches beside the counts of its scope.
#[derive(Clone, Debug, Default)]
pub struct Watched<'w> {
    /// Devices.
    pub devices: &'w [DeviceId],
    /// Accounts of SaaS connections.
    pub accounts: &'w [AccountId],
}

/// Everything a tab watches: counts of the actor's scope, and the watched accounts and organizations in it; apart from them the devices.
///
/// # Errors
/// `Forbidden`: the actor doesn't see dashboards. The database fails.
pub async fn snapshot(
    store: &Store,
    actor: &Actor,
    watched: &Watched<'_>,
    organizations: &OrganizationWatch,
    build: &str,
    now: Time,
) -> Result<(Snapshot, Vec<DeviceNow>), Error> {
    let ScopeNow { counts, saas } = scope_now(store, actor, now).await?;
    let accounts: Vec<DeviceId> = watched.accounts.iter().map(|account| DeviceId(account.0)).collect();
    let mut subjects = found(store, actor, watched.devices, "devices").await?;
    subjects.extend(found(store, actor, &accounts, "accounts").await?);
    let work = now_of(store, &subjects, Some(now)).await?;
    let devices = (0..work.subjects.len()).filter_map(|place| work.device_now(place)).collect();
    let accounts = (0..work.subjects.len()).filter_map(|place| work.account_now(place)).collect();
    let organizations = organizations.now(store, now).await?;
    Ok((Snapshot { build: build.to_owned(), at: now, counts, saas, accounts, organizations }, devices))
}

/// Those of the watched subjects that exist for the actor.
async fn found(store: &Store, actor: &Actor, watched: &[DeviceId], table: &str) -> Result<Vec<(PartnerId, DeviceId)>, Error> {
    let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
    for partner in partners(&actor.scope) {
        for device in watched {
            keys.int(partner.0).int(device.0);
        }
    }
    let sql = format!("SELECT d.partner_id, d.organization_id, d.id FROM {{x}} {{join}} {table} d ON d.partner_id = x.a AND d.id = x.b");
    let mut found = HashMap::new();
    for row in keys.query(store.reads(), &sql).await? {
        let (partner, organization, device) = (PartnerId(at(&row, 0)?), OrganizationId(at(&row, 1)?), DeviceId(at(&row, 2)?));
        if actor.scope.contains(partner, Some(organization), Some(device)) {
            found.insert(device, partner);
        }
    }
    Ok(watched.iter().filter_map(|device| Some((*found.get(device)?, *device))).collect())
}
