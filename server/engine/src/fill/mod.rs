//! Loads a made-up fleet with its whole history into an empty store, in one pass: for demos, tests and benchmarks.
//!
//! What happened is decided by the code of live ingest and of the reconciler, one device or account at a time, each thing at its own time,
//! with runs and alerts looked up in memory ([`memory`]). Only how rows reach the tables differs ([`load`]): once, as they are in the end.
//! Not for a store in use, nor durable while it goes on: a fill that failed is thrown away.

mod course;
mod life;
mod load;
mod memory;
mod mint;
mod organization;
mod seat;
mod tables;
mod tenants;
mod whole;

use crate::{
    error::Error,
    ingest::bulk::{Rows, Table},
    reconcile::consent,
    store::Store,
};
use domain::{
    ids::{ConnectionId, OrganizationId, PartnerId, UserId},
    time::Time,
};
use fleet::Fleet;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tenants::Tenants;
use tokio::sync::mpsc;

/// How far a fill has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Organizations to be made.
    pub organizations: usize,
    /// Organizations made.
    pub made: usize,
    /// Their devices.
    pub devices: usize,
    /// Their SaaS accounts.
    pub accounts: usize,
    /// Runs of both, missed ones included.
    pub runs: usize,
}

/// What a fill has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Partners, in the fleet's order.
    pub partners: Vec<PartnerId>,
    /// Organizations with their place in the fleet.
    pub organizations: Vec<(usize, OrganizationId)>,
    /// People, partner by partner in the fleet's order.
    pub people: Vec<UserId>,
    /// How many devices.
    pub devices: usize,
    /// How many SaaS accounts.
    pub accounts: usize,
    /// How many runs, missed ones included.
    pub runs: usize,
    /// How many alerts, resolved ones included.
    pub alerts: usize,
}

/// An organization in full, ready to be written.
struct Made {
    index: usize,
    organization: OrganizationId,
    devices: usize,
    accounts: usize,
    runs: usize,
    alerts: usize,
    /// Connections whose consent is gone.
    expired: Vec<Expired>,
    tables: Vec<(&'static Table, Rows)>,
}

/// A connection whose consent is gone.
#[derive(Clone, Copy)]
struct Expired {
    partner: PartnerId,
    connection: ConnectionId,
    at: Time,
}

/// Organizations that wait to be written.
const WAITING: usize = 4;

/// Fills an empty store with the fleet and its history up to its end. All its people have this password.
///
/// # Errors
/// `Conflict` (`not_empty`) when there is a partner already; `Invalid` (password); the database fails, then the store is of no use.
pub async fn fill(store: &Store, fleet: &Fleet, password: &str, progress: impl Fn(Progress) + Send) -> Result<Filled, Error> {
    let tenants = Arc::new(tenants::make(store, fleet).await?);
    let mut filled = organizations(store, fleet, &tenants, progress).await?;
    filled.organizations.sort_unstable();
    let known: HashMap<usize, OrganizationId> = filled.organizations.iter().copied().collect();
    filled.people = tenants::people(store, fleet, &tenants, &known, password).await?;
    Ok(filled)
}

async fn organizations(store: &Store, fleet: &Fleet, tenants: &Arc<Tenants>, progress: impl Fn(Progress) + Send) -> Result<Filled, Error> {
    let mut filled = Filled {
        partners: tenants.partners.iter().map(|p| p.id).collect(),
        organizations: Vec::new(),
        people: Vec::new(),
        devices: 0,
        accounts: 0,
        runs: 0,
        alerts: 0,
    };
    let mut told = Progress { organizations: fleet.count(), ..Progress::default() };
    let (made, mut waiting) = mpsc::channel(WAITING);
    let (next, ordinals) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
        let (fleet, tenants, made) = (fleet.clone(), tenants.clone(), made.clone());
        let (next, ordinals) = (next.clone(), ordinals.clone());
        tokio::task::spawn_blocking(move || {
            while let Some(plan) = fleet.organization(next.fetch_add(1, Ordering::Relaxed)) {
                let result = organization::organization(&tenants, &fleet, &plan, &ordinals);
                let failed = result.is_err();
                if made.blocking_send(result).is_err() || failed {
                    return;
                }
            }
        });
    }
    drop(made);
    let mut loader = load::Loader::begin(store).await?;
    let (mut whole, mut expired) = (whole::Whole::default(), Vec::new());
    while let Some(organization) = waiting.recv().await {
        let organization = organization?;
        filled.organizations.push((organization.index, organization.organization));
        filled.devices += organization.devices;
        filled.accounts += organization.accounts;
        filled.runs += organization.runs;
        filled.alerts += organization.alerts;
        told = Progress { made: told.made + 1, devices: filled.devices, accounts: filled.accounts, runs: filled.runs, ..told };
        expired.extend(organization.expired);
        loader.take(whole.take(organization.tables)).await?;
        progress(told);
    }
    loader.take(whole.into_rows()).await?;
    loader.finish().await?;
    for Expired { partner, connection, at } in expired {
        let tx = store.begin_for(partner).await?;
        filled.alerts += consent::follow(store, &tx, partner, connection, at).await?.len();
        tx.commit().await?;
    }
    Ok(filled)
}
