//! The sending task: takes what waits in the outbox to the mail server, or into a folder where there is none.
//!
//! Exactly one copy: the store knows when a message's last byte goes (`hand_over`), and what isn't sure afterwards is in doubt and not sent
//! again. Everything before that byte is tried again. Several servers share the work by claims; one that was too late stops before that byte.

mod folder;
mod key;
pub mod made;
pub mod routes;
mod send;
pub mod session;

use crate::{
    config::{Config, WrongSetting},
    secrets::Secrets,
};
use domain::time::{Span, Time};
use engine::{
    Engine, Error,
    store::mails::{self, Claim, Outcome},
    vault::Vault,
};
use futures_util::future::join_all;
use parking_lot::Mutex;
use post::stamp::Keys;
use send::Tried;
use session::{Session, Way};
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Conversations at once.
const LANES: usize = 4;
/// The longest pause between two looks: other servers write, too.
const LONGEST_PAUSE: i64 = 5_000;
/// How often the outcome is tried to be stored.
const TRIES: u32 = 8;
/// How often it is looked for what has been kept long enough.
const EMPTIED: Span = Span::hours(1);

/// Mail that goes out. Cheap to clone.
#[derive(Clone)]
pub struct Post(Arc<Shared>);

struct Shared {
    engine: Engine,
    vault: Vault,
    keys: Keys,
    from: (String, String),
    bounce_domain: Option<String>,
    public_url: String,
    out: Out,
    /// This process.
    by: String,
    poke: Notify,
    outage: Mutex<Outage>,
    /// When the outbox was emptied last.
    emptied: Mutex<Option<Time>>,
    /// Held while a key is made.
    making: tokio::sync::Mutex<()>,
}

enum Out {
    Server(Way),
    Folder(PathBuf),
}

/// The mail server can't be used: reached, trusted, signed in to.
#[derive(Default)]
struct Outage {
    until: Option<Time>,
    faults: u32,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("to", &self.place()).finish_non_exhaustive()
    }
}

impl Post {
    /// By the settings.
    ///
    /// # Errors
    /// The file of certificates can't be used.
    pub fn new(engine: Engine, config: &Config, secrets: &Secrets) -> Result<Self, WrongSetting> {
        let settings = &config.mail;
        let hello = settings.from.1.rsplit('@').next().unwrap_or("localhost").to_owned();
        let out = match &settings.server {
            Some(server) => Out::Server(Way::new(server.clone(), &hello)?),
            None => Out::Folder(config.data.join("outbox")),
        };
        Ok(Self(Arc::new(Shared {
            engine,
            vault: secrets.vault.clone(),
            keys: secrets.stamps.clone(),
            from: settings.from.clone(),
            bounce_domain: settings.bounce_domain.clone(),
            public_url: config.address(),
            out,
            by: format!("{:032x}", rand::random::<u128>()),
            poke: Notify::new(),
            outage: Mutex::default(),
            emptied: Mutex::default(),
            making: tokio::sync::Mutex::default(),
        })))
    }

    /// The address that all mail comes from.
    pub fn sender(&self) -> &str {
        &self.0.from.1
    }

    /// Where mail goes: the mail server, or none: the folder.
    pub fn place(&self) -> Option<String> {
        match &self.0.out {
            Out::Server(way) => Some(way.place()),
            Out::Folder(_) => None,
        }
    }

    /// Looks into the outbox now: something was queued.
    pub fn poke(&self) {
        self.0.poke.notify_one();
    }

    /// Keys of stamps in addresses and links.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    fn now(&self) -> Time {
        (self.0.engine.clock)()
    }

    /// Sends until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while let Err(error) = mails::free_at_start(&self.0.engine.store, self.now()).await {
            tracing::warn!(%error, "the outbox: will try again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        while !stop.is_cancelled() {
            if let Err(error) = self.tick(&stop).await {
                tracing::warn!(%error, "sending mail: will try again");
            }
            if let Err(error) = self.empty().await {
                tracing::warn!(%error, "emptying the outbox: will try again");
            }
            // While the mail server is away nothing is due before it is asked again.
            let away = self.0.outage.lock().until.unwrap_or(Time(0));
            let next = mails::earliest(&self.0.engine.store).await.ok().flatten().map(|next| next.max(away));
            let until = next.map_or(LONGEST_PAUSE, |next| (next - self.now()).0).clamp(250, LONGEST_PAUSE);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.0.poke.notified() => {}
                () = tokio::time::sleep(Duration::from_millis(until.unsigned_abs())) => {}
            }
        }
    }

    /// Sends all copies that are due by the engine's clock. Gives how many were tried.
    ///
    /// # Errors
    /// The store fails; the other lanes go on.
    pub async fn tick(&self, stop: &CancellationToken) -> Result<usize, Error> {
        if self.0.outage.lock().until.is_some_and(|until| until > self.now()) {
            return Ok(0);
        }
        // Mostly there is nothing: then one look is enough.
        let mut first = self.claim().await?;
        if first.is_none() {
            return Ok(0);
        }
        let lanes: Vec<_> = (0..LANES).map(|_| self.lane(first.take(), stop)).collect();
        join_all(lanes).await.into_iter().sum()
    }

    /// Once an hour: takes away what has been kept long enough, of the outbox and of its folder.
    ///
    /// # Errors
    /// The store fails; what was taken away before stays so.
    pub async fn empty(&self) -> Result<(), Error> {
        let now = self.now();
        if self.0.emptied.lock().is_some_and(|at| now < at + EMPTIED) {
            return Ok(());
        }
        let emptied = mails::empty(&self.0.engine.store, now).await?;
        if let Out::Folder(folder) = &self.0.out
            && let Err(error) = folder::sweep(folder, now - mails::CONTENTS_KEPT).await
        {
            tracing::warn!(%error, "the outbox folder can't be emptied");
        }
        if emptied != mails::Emptied::default() {
            tracing::info!(emptied.contents, emptied.rows, "old mail was taken away");
        }
        *self.0.emptied.lock() = Some(now);
        Ok(())
    }

    async fn claim(&self) -> Result<Option<Claim>, Error> {
        mails::claim_due(&self.0.engine.store, &self.0.by, self.now()).await
    }

    /// One conversation after the other, for as many copies as there are.
    async fn lane(&self, mut next: Option<Claim>, stop: &CancellationToken) -> Result<usize, Error> {
        let (mut done, mut session) = (0, None);
        loop {
            if next.is_none() && !stop.is_cancelled() && self.0.outage.lock().until.is_none_or(|until| until <= self.now()) {
                next = self.claim().await?;
            }
            let Some(claim) = next.take() else { break };
            let tried = self.send(&claim, &mut session).await;
            done += 1;
            if let Tried::Came(outcome) = tried {
                self.store(&claim, outcome).await?;
            }
        }
        if let Some(session) = session {
            Session::quit(session).await;
        }
        Ok(done)
    }

    /// What came of a copy must be stored: a copy that has gone would be in doubt otherwise.
    async fn store(&self, claim: &Claim, outcome: Outcome) -> Result<(), Error> {
        let mut tries = 1;
        loop {
            match mails::finish(&self.0.engine.store, claim, outcome.clone(), self.now()).await {
                Err(error) if tries < TRIES => {
                    tracing::warn!(%error, mail = %claim.id, "storing what came of a mail: will try again");
                    tokio::time::sleep(Duration::from_millis(50 << tries)).await;
                    tries += 1;
                }
                stored => return stored,
            }
        }
    }
}
