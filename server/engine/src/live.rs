//! The live hub: what has changed, to every open page. States, never increments; made once, sent to many.
//!
//! A change holds the subject as it is now (`subjects`); with several servers on one PostgreSQL the others hear of it (`servers`). What a
//! page begins with is a snapshot.

mod counts;
mod organizations;
mod saas;
mod servers;
mod snapshot;
mod subjects;

pub use counts::{ScopeNow, counts, scope_now};
pub use organizations::{BEAT, OrganizationState, OrganizationWatch, watch};
pub(crate) use saas::{of_organizations as saas_of_organizations, of_scope as saas_of_scope, sum_of as saas_of};
pub use snapshot::{Watched, snapshot};
pub use subjects::changes;

use crate::{Clock, reconcile::work::Work};
use domain::{
    access::Scope,
    ids::{DeviceId, OrganizationId, PartnerId},
    time::Time,
};
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc};

/// Messages a slow subscriber may fall behind before it has to take a snapshot.
const BEHIND: usize = 1_024;

/// A device or an account has changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its partner.
    pub partner: PartnerId,
    /// Its organization.
    pub organization: OrganizationId,
    /// Which device; an account by its id in the same clothes.
    pub device: DeviceId,
    /// What it is.
    pub of: ChangeOf,
    /// `DeviceNow` or `AccountNow`, serialised.
    pub json: Arc<str>,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOf {
    /// A device.
    Device,
    /// An account of a SaaS connection.
    Account,
}

/// Hands changes to subscribers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveHub {
    inner: Arc<Inner>,
}

struct Inner {
    changes: broadcast::Sender<Arc<Vec<Change>>>,
    /// To the other servers; none on SQLite.
    others: std::sync::OnceLock<mpsc::UnboundedSender<(PartnerId, DeviceId)>>,
    origin: u64,
    watched: organizations::Watched,
    clock: Clock,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl LiveHub {
    /// A hub of its own, on this clock.
    pub fn new(clock: Clock) -> Self {
        let (changes, _) = broadcast::channel(BEHIND);
        Self {
            inner: Arc::new(Inner {
                changes,
                others: std::sync::OnceLock::new(),
                origin: rand::random(),
                watched: organizations::Watched::default(),
                clock,
            }),
        }
    }

    /// Hands changes to all subscribers, here and at other servers. Call it after the commit.
    pub fn publish(&self, changes: Vec<Change>) {
        if let Some(others) = self.inner.others.get() {
            for change in &changes {
                let _ = others.send((change.partner, change.device));
            }
        }
        self.publish_here(changes);
    }

    /// Changes as they come. `Lagged`, and an empty list, mean that something may have been missed: take a new snapshot.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Vec<Change>>> {
        self.inner.changes.subscribe()
    }

    /// What time it is.
    fn now(&self) -> Time {
        (self.inner.clock)()
    }

    /// Open subscriptions.
    pub fn subscribers(&self) -> usize {
        self.inner.changes.receiver_count()
    }

    fn publish_here(&self, changes: Vec<Change>) {
        if !changes.is_empty() && self.subscribers() > 0 {
            let _ = self.inner.changes.send(Arc::new(changes));
        }
    }

    /// As [`LiveHub::publish`]; nothing is serialised while nobody listens.
    pub(crate) fn publish_work(&self, work: &Work<'_>) {
        if let Some(others) = self.inner.others.get() {
            for subject in &work.subjects {
                let _ = others.send((subject.partner, subject.device));
            }
        }
        if self.subscribers() > 0 {
            self.publish_here(work.changes());
        }
    }
}

/// Partners that a scope touches.
fn partners(scope: &Scope) -> &[PartnerId] {
    match scope {
        Scope::Partners(partners) => partners,
        Scope::Organization(partner, _) | Scope::Device(partner, ..) => std::slice::from_ref(partner),
    }
}
