//! Organizations that open pages watch, asked for once for all of them: at once after the first change, then at most four times a
//! second, and only those that changed and are watched. One query for all of them, however many tabs look.

use super::{LiveHub, partners};
use crate::{
    error::Error,
    ingest::bulk::{Keys, Kind},
    store::{Store, facts::at, organizations::now_of},
};
use domain::{
    access::{Action, Actor},
    ids::{OrganizationId, PartnerId},
    live::OrganizationNow,
    time::Time,
};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Least time between two states of one topic of the live stream.
pub const BEAT: Duration = Duration::from_millis(250);
/// States a slow tab may fall behind before it has to take a snapshot.
const BEHIND: usize = 256;

/// An organization has changed.
#[derive(Clone, Debug)]
pub struct OrganizationState {
    /// Which one.
    pub organization: OrganizationId,
    /// `OrganizationNow`, serialised.
    pub json: Arc<str>,
}

type States = broadcast::Sender<Arc<Vec<OrganizationState>>>;

/// What is watched, and by how many; the running feed, while anything is.
#[derive(Debug, Default)]
pub(super) struct Watched(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    organizations: HashMap<(PartnerId, OrganizationId), usize>,
    feed: Option<(States, DropGuard)>,
}

/// Watches some organizations until it is dropped.
#[derive(Debug)]
pub struct OrganizationWatch {
    hub: LiveHub,
    pairs: Vec<(PartnerId, OrganizationId)>,
    ids: HashSet<OrganizationId>,
    states: broadcast::Receiver<Arc<Vec<OrganizationState>>>,
}

impl Drop for OrganizationWatch {
    fn drop(&mut self) {
        let mut inner = self.hub.inner.watched.0.lock();
        for pair in &self.pairs {
            if let Some(users) = inner.organizations.get_mut(pair) {
                *users -= 1;
                if *users == 0 {
                    inner.organizations.remove(pair);
                }
            }
        }
        if inner.organizations.is_empty() {
            inner.feed = None;
        }
    }
}

impl OrganizationWatch {
    /// The next states of watched organizations. None: something was missed, take a snapshot. Nothing watched: never.
    pub async fn next(&mut self) -> Option<Vec<OrganizationState>> {
        loop {
            match self.states.recv().await {
                Ok(states) => {
                    let own: Vec<_> = states.iter().filter(|state| self.ids.contains(&state.organization)).cloned().collect();
                    if !own.is_empty() {
                        return Some(own);
                    }
                }
                Err(RecvError::Lagged(_)) => return None,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// The organizations as they are now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn now(&self, store: &Store, now: Time) -> Result<Vec<OrganizationNow>, Error> {
        now_of(store.reads(), &self.pairs, now).await
    }
}

/// Begins to watch those of the organizations that exist for the actor.
///
/// # Errors
/// `Forbidden`: the actor doesn't see dashboards. The database fails.
pub async fn watch(store: &Store, hub: &LiveHub, actor: &Actor, asked: &[OrganizationId]) -> Result<OrganizationWatch, Error> {
    if !actor.may(Action::SeeDashboards) {
        return Err(Error::Forbidden("see dashboards"));
    }
    let mut keys = Keys::new(&[Kind::Int, Kind::Int]);
    for partner in partners(&actor.scope) {
        for organization in asked {
            keys.int(partner.0).int(organization.0);
        }
    }
    let rows =
        keys.query(store.reads(), "SELECT o.partner_id, o.id FROM {x} {join} organizations o ON o.partner_id = x.a AND o.id = x.b").await?;
    let mut pairs = Vec::with_capacity(asked.len());
    for row in rows {
        let (partner, organization) = (PartnerId(at(&row, 0)?), OrganizationId(at(&row, 1)?));
        if actor.scope.contains(partner, Some(organization), None) {
            pairs.push((partner, organization));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut inner = hub.inner.watched.0.lock();
    for pair in &pairs {
        *inner.organizations.entry(*pair).or_insert(0) += 1;
    }
    let states = match &inner.feed {
        Some((feed, _)) => feed.subscribe(),
        None => {
            let (feed, states) = broadcast::channel(BEHIND);
            if !pairs.is_empty() {
                let ends = CancellationToken::new();
                inner.feed = Some((feed.clone(), ends.clone().drop_guard()));
                // Listens before anybody takes a snapshot, so that no change falls between.
                let changes = hub.subscribe();
                let (hub, store) = (hub.clone(), store.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = ends.cancelled() => {}
                        () = run(&hub, &store, &feed, changes) => {}
                    }
                });
            }
            states
        }
    };
    drop(inner);
    Ok(OrganizationWatch { hub: hub.clone(), ids: pairs.iter().map(|(_, id)| *id).collect(), pairs, states })
}

async fn run(hub: &LiveHub, store: &Store, feed: &States, mut changes: broadcast::Receiver<Arc<Vec<super::Change>>>) {
    let mut changed = HashSet::new();
    let mut asked = Instant::now().checked_sub(BEAT).unwrap_or_else(Instant::now);
    loop {
        let due = asked + BEAT;
        let batch = tokio::select! {
            batch = changes.recv() => Some(batch),
            () = sleep_until(due), if !changed.is_empty() => None,
        };
        let is_due = {
            let inner = hub.inner.watched.0.lock();
            match batch {
                Some(Ok(batch)) if !batch.is_empty() => changed.extend(
                    batch.iter().map(|change| (change.partner, change.organization)).filter(|pair| inner.organizations.contains_key(pair)),
                ),
                // Something may have been missed.
                Some(Ok(_) | Err(RecvError::Lagged(_))) => changed.extend(inner.organizations.keys().copied()),
                Some(Err(RecvError::Closed)) => return,
                None => {}
            }
            !changed.is_empty() && Instant::now() >= due
        };
        if !is_due {
            continue;
        }
        asked = Instant::now();
        let pairs: Vec<_> = changed.drain().collect();
        match now_of(store.reads(), &pairs, hub.now()).await {
            Ok(states) => {
                let states = states.iter().filter_map(|now| {
                    Some(OrganizationState { organization: now.organization, json: serde_json::to_string(now).ok()?.into() })
                });
                let _ = feed.send(Arc::new(states.collect()));
            }
            Err(error) => tracing::warn!(%error, "organizations could not be read for open pages"),
        }
    }
}
