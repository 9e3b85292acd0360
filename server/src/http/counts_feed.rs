//! Counts of a scope, asked for once for all of its streams: at once after the first change, then at most four times a second.
//!
//! Thousands of tabs of one partner share one feed; it ends with its last stream.

use crate::portal::Portal;
use domain::{
    access::{Actor, Scope},
    ids::{DeviceId, OrganizationId, PartnerId},
};
use engine::live::{self, BEAT, ScopeNow};
use parking_lot::Mutex;
use std::collections::HashMap;
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::{Instant, sleep_until},
};

/// What tells scopes apart; roles see the same counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Partners(PartnerId),
    Organization(OrganizationId),
    Device(DeviceId),
}

fn key(scope: &Scope) -> Option<Key> {
    Some(match scope {
        Scope::Partners(partners) => Key::Partners(*partners.first()?),
        Scope::Organization(_, organization) => Key::Organization(*organization),
        Scope::Device(_, _, device) => Key::Device(*device),
    })
}

/// The running feeds.
#[derive(Debug, Default)]
pub struct CountsFeeds(Mutex<HashMap<Key, watch::Receiver<ScopeNow>>>);

impl CountsFeeds {
    /// The feed of an actor's scope, started if nobody else listens yet. Its value is never older than the call.
    ///
    /// # Errors
    /// The database fails.
    pub async fn join(&self, portal: &Portal, actor: &Actor) -> Result<watch::Receiver<ScopeNow>, engine::Error> {
        let Some(key) = key(&actor.scope) else { return Ok(watch::channel(ScopeNow::default()).1) };
        if let Some(feed) = self.0.lock().get(&key).filter(|feed| feed.has_changed().is_ok()) {
            return Ok(feed.clone());
        }
        // Listens before it asks, so that no change falls between.
        let mut changes = portal.engine().live.subscribe();
        let first = live::scope_now(portal.store(), actor, portal.now()).await?;
        let (sender, receiver) = watch::channel(first);
        {
            let mut feeds = self.0.lock();
            if let Some(feed) = feeds.get(&key).filter(|feed| feed.has_changed().is_ok()) {
                return Ok(feed.clone());
            }
            feeds.insert(key.clone(), receiver.clone());
        }
        let (portal, actor) = (portal.clone(), actor.clone());
        tokio::spawn(async move {
            let mut asked = Instant::now();
            loop {
                let touched = tokio::select! {
                    () = portal.stop().cancelled() => return,
                    change = changes.recv() => match change {
                        Ok(batch) => batch.is_empty() || batch.iter().any(|c| actor.scope.contains(c.partner, Some(c.organization), Some(c.device))),
                        Err(RecvError::Lagged(_)) => true,
                        Err(RecvError::Closed) => return,
                    },
                };
                {
                    // The map itself holds one receiver; nobody can take another while it is locked.
                    let mut feeds = portal.feeds().0.lock();
                    if sender.receiver_count() <= 1 {
                        feeds.remove(&key);
                        return;
                    }
                }
                if !touched {
                    continue;
                }
                sleep_until(asked + BEAT).await;
                // What came meanwhile is in the counts that are asked for now.
                changes = changes.resubscribe();
                asked = Instant::now();
                match live::scope_now(portal.store(), &actor, portal.now()).await {
                    Ok(counts) => {
                        sender.send_if_modified(|old| std::mem::replace(old, counts) != counts);
                    }
                    Err(error) => tracing::warn!(%error, "counts could not be read"),
                }
            }
        });
        Ok(receiver)
    }
}
