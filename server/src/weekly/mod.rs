//! The weekly health summary (D8): its mail, made of the figures that the engine reads (`store::weekly`), and the task that sends what is due.

mod letter;
mod picture;

pub use letter::For;

use crate::mail::Post;
use domain::{
    access::{Actor, Scope},
    time::{Span, Time},
};
use engine::{
    Engine, Error,
    store::{
        branding,
        mails::Written,
        weekly::{self, Due, Figures},
    },
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The longest pause between two looks: settings are changed and partners move to other zones.
const LONGEST_PAUSE: Span = Span::minutes(1);
/// After something went wrong.
const AFTER_FAULT: Duration = Duration::from_secs(30);

/// What a tick has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Summaries whose copies were queued.
    pub sent: usize,
    /// Summaries that could not be made now; they stay due.
    pub failed: usize,
}

/// Subject and mail of figures, in the look of the actor's partner.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn written(engine: &Engine, actor: &Actor, figures: Figures, address: &str, whom: For) -> Result<(String, Written), Error> {
    let look = branding::branding(&engine.store, actor).await?;
    let address = address.to_owned();
    let made = tokio::task::spawn_blocking(move || letter::letter(&figures, &look, &address, whom));
    made.await.map_err(|error| Error::Internal(error.to_string()))
}

/// The mail as it would go now.
///
/// # Errors
/// `NotFound` (an actor without a partner), `Forbidden` without the right to change settings.
pub async fn now(engine: &Engine, actor: &Actor, address: &str, whom: For) -> Result<(String, Written), Error> {
    let figures = weekly::as_of_now(&engine.store, actor, (engine.clock)()).await?;
    written(engine, actor, figures, address, whom).await
}

/// Sends what is due by `now`, at most twenty summaries. `address`: of the portal.
///
/// # Errors
/// The database fails; what was queued before stays.
pub async fn tick(engine: &Engine, address: &str, now: Time, stop: &(impl Fn() -> bool + Sync)) -> Result<Tick, Error> {
    let mut done = Tick::default();
    for due in weekly::due(&engine.store, now).await? {
        if stop() {
            break;
        }
        match send(engine, &due, address, now).await {
            Ok(sent) => done.sent += usize::from(sent),
            Err(error) => {
                tracing::warn!(partner = %due.partner, %error, "a weekly summary could not be made");
                done.failed += 1;
            }
        }
        // The others on this thread first.
        tokio::task::yield_now().await;
    }
    Ok(done)
}

async fn send(engine: &Engine, due: &Due, address: &str, now: Time) -> Result<bool, Error> {
    let actor = Actor::system(Scope::Partners([due.partner].into()));
    let figures = weekly::figures(&engine.store, &actor, due.partner, due.day, now).await?;
    let (subject, content) = written(engine, &actor, figures.clone(), address, For::Recipients).await?;
    Ok(weekly::send(&engine.store, due, figures, (&subject, &content), now).await?.is_some())
}

/// Sends what is due and waits for what comes next, until cancelled.
pub async fn run(engine: Engine, post: Post, stop: CancellationToken) {
    let address = engine.reports.public_url.clone();
    while !stop.is_cancelled() {
        let now = (engine.clock)();
        let pause = match tick(&engine, &address, now, &|| stop.is_cancelled()).await {
            Ok(Tick { failed: 1.., .. }) => AFTER_FAULT,
            Ok(done) => {
                if done.sent > 0 {
                    tracing::info!(sent = done.sent, "weekly summaries");
                    post.poke();
                }
                let next = weekly::earliest(&engine.store).await.ok().flatten();
                let wait = next.map_or(LONGEST_PAUSE, |at| (at - (engine.clock)()).min(LONGEST_PAUSE)).max(Span(500));
                Duration::from_millis(wait.0.unsigned_abs())
            }
            Err(error) => {
                tracing::warn!(%error, "weekly summaries: will try again");
                AFTER_FAULT
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
