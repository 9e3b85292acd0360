//! Keeps the demo moving: what happens next is made a little ahead, and sent when its time has come.

use super::{
    Demo, DemoError,
    feed::{Feed, Item},
};
use domain::{
    access::Actor,
    time::{Span, Time},
};
use engine::Engine;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How often machines are heard, and how often it is noted how far the demo has come.
const TICK: Duration = Duration::from_secs(1);
const TICKS_A_NOTE: u32 = 20;

/// Lets a demo's fleet live on.
pub struct Mover {
    demo: Demo,
    actors: Arc<[Actor]>,
    queue: VecDeque<Item>,
    /// What happens before this is in the queue, or sent.
    made_to: Time,
    /// So much is made at a time.
    ahead: Span,
}

impl std::fmt::Debug for Mover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mover").field("waiting", &self.queue.len()).finish_non_exhaustive()
    }
}

impl Mover {
    /// Goes on from `from`, and makes so much `ahead` at a time.
    pub fn new(demo: Demo, from: Time, ahead: Span) -> Self {
        let actors = (0..demo.partners.len()).filter_map(|place| demo.actor(place)).collect();
        Self { demo, actors, queue: VecDeque::new(), made_to: from, ahead }
    }

    /// What happens before `until` and was not taken yet.
    pub(super) async fn take(&mut self, until: Time) -> Result<Feed, DemoError> {
        while self.made_to < until {
            let (from, to) = (self.made_to, (self.made_to + self.ahead).max(self.made_to + Span::MINUTE));
            let fleet = self.demo.fleet.clone();
            let made = tokio::task::spawn_blocking(move || {
                let mut items = Vec::new();
                for organization in fleet.organizations() {
                    for device in &organization.devices {
                        items.extend(device.happenings(from, to).filter_map(|happening| Item::of(&organization, device, happening)));
                    }
                    for connection in &organization.connections {
                        for account in &connection.accounts {
                            let happenings = account.happenings(from, to);
                            items
                                .extend(happenings.filter_map(|happening| Item::of_account(&organization, connection, account, happening)));
                        }
                    }
                }
                items.sort_by_key(|item| item.at);
                items
            });
            self.queue.extend(made.await.map_err(|error| engine::Error::Internal(error.to_string()))?);
            self.made_to = to;
        }
        let due = self.queue.partition_point(|item| item.at < until);
        Ok(Feed { actors: self.actors.clone(), items: self.queue.drain(..due).collect() })
    }

    /// Sends what happened before `now` and was not sent yet.
    ///
    /// # Errors
    /// The store fails.
    pub async fn step(&mut self, engine: &Engine, now: Time) -> Result<(), DemoError> {
        Ok(self.take(now).await?.send(engine, now).await?)
    }

    /// Moves until `stop`.
    pub async fn run(mut self, engine: Engine, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut count = 0_u32;
        let mut came_to = None;
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = ticks.tick() => {
                    let now = (engine.clock)();
                    match self.step(&engine, now).await {
                        Ok(()) => came_to = Some(now),
                        Err(error) => tracing::warn!(%error, "demo: what happened now is left out"),
                    }
                }
            }
            count = count.wrapping_add(1);
            if (count.is_multiple_of(TICKS_A_NOTE) || stop.is_cancelled())
                && let Some(time) = came_to
                && let Err(error) = self.demo.has_come_to(time)
            {
                tracing::warn!(%error, "demo: how far it has come is not noted");
            }
        }
    }
}
