//! What is good for a short time only is taken away once an hour: sessions that are over, and ways to a provider from which nobody came back.
//!
//! Mail empties its own outbox ([`crate::mail`]), reports expire with the month ([`crate::monthly`]). What is over says the store.

use engine::{
    Engine, Error,
    store::{connections, sessions},
};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(3_600);

/// Takes away what is over, at the start and each hour, until cancelled.
pub async fn run(engine: Engine, stop: CancellationToken) {
    let mut hours = tokio::time::interval(EVERY);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = hours.tick() => {}
        }
        if let Err(error) = tidy(&engine).await {
            tracing::warn!(%error, "what is over stays for another hour");
        }
    }
}

async fn tidy(engine: &Engine) -> Result<(), Error> {
    let now = (engine.clock)();
    let sessions = sessions::purge(&engine.store, now).await?;
    let authorizations = connections::purge(&engine.store, now).await?;
    if sessions + authorizations > 0 {
        tracing::info!(sessions, authorizations, "what is over was taken away");
    }
    Ok(())
}
