//! Tokens kept alive: connections whose renewal is due, one that is checked by hand, one whose token is wanted now. All take the same way: claim,
//! ask, store.

use super::{Consents, fault_of, kept};
use domain::{
    ids::{ConnectionId, PartnerId},
    saas::Consent,
    time::{Span, Time},
};
use engine::{
    Error,
    store::connections::{self, Claim, Claimed},
};
use futures_util::future::join_all;
use providers::{Kind, Refusal, Secret};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Connections that are renewed at once: a provider that doesn't answer holds up so many, and no more.
const LANES: usize = 8;
/// An access token that holds less long is renewed before it is used.
const FRESH: Span = Span::minutes(5);
/// The longest pause between two looks: other servers write, too.
const LONGEST_PAUSE: i64 = 15_000;
/// How often what the provider gave is tried to be stored.
const TRIES: u32 = 8;
/// How long somebody who wants a token waits for another who is renewing it: longer than a claim.
const PATIENCE: Duration = Duration::from_secs(100);

/// What a renewal came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// New tokens are stored.
    Renewed,
    /// Refused for the first time; it is asked again after a minute before it is believed.
    Doubted(Refusal),
    /// Consent is gone.
    Gone(Refusal),
    /// A fault that passes.
    Passing(Refusal),
    /// A fault of the portal itself.
    Ours(Refusal),
    /// Somebody else is renewing it.
    Taken,
    /// Nobody has authorized it, or it was authorized anew or removed meanwhile.
    Nothing,
}

/// Why there is no access token.
#[derive(Debug)]
pub enum NoToken {
    /// Nobody has authorized the connection.
    NeverGiven,
    /// Consent is gone.
    Gone,
    /// Not now; try again later.
    Later(String),
    /// The store fails.
    Store(Error),
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Why a renewal has no outcome.
enum NotRenewed {
    /// Before the provider was asked, or when its refusal was to be stored: the old tokens are as good as before.
    Here(Error),
    /// It gave tokens, and they can't be stored.
    Lost(Error),
}

impl From<Error> for NotRenewed {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

impl Consents {
    /// Renews what is due, and waits for what is due next, until cancelled. A renewal that is under way is finished: what a provider has given
    /// must be stored.
    pub async fn run(self, stop: CancellationToken) {
        let services = self.services();
        if services.is_empty() {
            return;
        }
        while !stop.is_cancelled() {
            if let Err(error) = self.tick(&stop).await {
                tracing::warn!(%error, "renewing tokens: will try again");
            }
            let next = connections::earliest(&self.0.engine.store, &services).await.ok().flatten();
            let until = next.map_or(LONGEST_PAUSE, |next| (next - self.now()).0).clamp(1_000, LONGEST_PAUSE);
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(Duration::from_millis(until.unsigned_abs())) => {}
            }
        }
    }

    /// Renews all connections that are due by the engine's clock. Gives how many there were.
    ///
    /// # Errors
    /// The store fails; the other lanes go on.
    pub async fn tick(&self, stop: &CancellationToken) -> Result<usize, Error> {
        // Mostly there is nothing: then one look is enough.
        let mut first = self.claim_due().await?;
        if first.is_none() {
            return Ok(0);
        }
        let lanes: Vec<_> = (0..LANES).map(|_| self.lane(first.take(), stop)).collect();
        join_all(lanes).await.into_iter().sum()
    }

    async fn lane(&self, mut next: Option<Claim>, stop: &CancellationToken) -> Result<usize, Error> {
        let mut done = 0;
        loop {
            if next.is_none() && !stop.is_cancelled() {
                next = self.claim_due().await?;
            }
            let Some(claim) = next.take() else { return Ok(done) };
            self.renew(&claim).await?;
            done += 1;
        }
    }

    async fn claim_due(&self) -> Result<Option<Claim>, Error> {
        connections::claim_due(&self.0.engine.store, &self.0.vault, &self.services(), self.now()).await
    }

    /// Renews a connection now, due or not. Goes on when nobody waits for it any more: a request that is cancelled must not lose what the
    /// provider has given meanwhile.
    pub(crate) async fn renew_now(&self, partner: PartnerId, connection: ConnectionId) -> Result<Renewal, Error> {
        self.renew_apart(partner, connection, None).await.map(|(renewal, _)| renewal)
    }

    /// As [`Self::renew_now`]; a token that holds for `enough` is given instead of being renewed.
    async fn renew_apart(
        &self,
        partner: PartnerId,
        connection: ConnectionId,
        enough: Option<Span>,
    ) -> Result<(Renewal, Option<Secret>), Error> {
        let own = self.clone();
        let renewal = self.0.asked.spawn(async move {
            let store = &own.0.engine.store;
            match connections::claim(store, &own.0.vault, partner, connection, own.now()).await? {
                // Another has renewed it since we looked.
                Claimed::Ours(claim) if enough.is_some_and(|enough| claim.tokens.access_until >= own.now() + enough) => {
                    connections::give_back(store, &claim).await?;
                    Ok((Renewal::Nothing, Some(Secret::new(claim.tokens.access))))
                }
                Claimed::Ours(claim) => Ok((own.renew(&claim).await?, None)),
                Claimed::Taken => Ok((Renewal::Taken, None)),
                Claimed::Nothing => Ok((Renewal::Nothing, None)),
            }
        });
        renewal.await.map_err(|error| Error::Internal(format!("a renewal ended early: {error}")))?
    }

    /// Waits for renewals that somebody asked for.
    pub async fn finish(&self) {
        self.0.asked.close();
        self.0.asked.wait().await;
    }

    async fn renew(&self, claim: &Claim) -> Result<Renewal, Error> {
        let outcome = self.ask(claim).await;
        match outcome {
            Ok(renewal) => Ok(renewal),
            Err(NotRenewed::Lost(error)) => Err(error),
            Err(NotRenewed::Here(error)) => {
                // Nothing was cut short: the next one must not believe so.
                if let Err(also) = connections::give_back(&self.0.engine.store, claim).await {
                    tracing::warn!(error = %also, connection = %claim.connection, "a claim could not be given back");
                }
                Err(error)
            }
        }
    }

    async fn ask(&self, claim: &Claim) -> Result<Renewal, NotRenewed> {
        let engine = &self.0.engine;
        let answer = self.client(claim.service)?.refresh(&Secret::new(claim.tokens.refresh.as_str())).await;
        let now = self.now();
        let refusal = match answer {
            Ok(granted) => {
                let Some(tokens) = kept(&granted, Some(&claim.tokens.refresh), now) else { return Ok(Renewal::Nothing) };
                return self.store(claim, &tokens, now).await.map_err(NotRenewed::Lost);
            }
            Err(refusal) => refusal,
        };
        tracing::info!(connection = %claim.connection, service = claim.service.as_str(), code = refusal.code, kind = ?refusal.kind, "refused");
        let said = (refusal.code.as_str(), refusal.detail.as_str());
        match (refusal.kind, fault_of(refusal.kind)) {
            (_, Some(fault)) => {
                connections::ours(engine, claim, fault, said, now).await?;
                Ok(Renewal::Ours(refusal))
            }
            (Kind::Gone, None) => match connections::refused(engine, claim, said, now).await? {
                true => Ok(Renewal::Gone(refusal)),
                false => Ok(Renewal::Doubted(refusal)),
            },
            (_, None) => {
                connections::passing(engine, claim, said, now).await?;
                Ok(Renewal::Passing(refusal))
            }
        }
    }

    /// The old refresh token may be worth nothing any more: so storing the new one is tried again and again.
    async fn store(&self, claim: &Claim, tokens: &connections::Tokens, now: Time) -> Result<Renewal, Error> {
        let mut tries = 1;
        loop {
            match connections::renewed(&self.0.engine, &self.0.vault, claim, tokens, now).await {
                Ok(true) => return Ok(Renewal::Renewed),
                Ok(false) => return Ok(Renewal::Nothing),
                Err(error) if tries >= TRIES => {
                    tracing::error!(%error, connection = %claim.connection, "renewed tokens could not be stored and are lost");
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(%error, connection = %claim.connection, "storing renewed tokens: will try again");
                    tokio::time::sleep(Duration::from_millis(100 << tries)).await;
                    tries += 1;
                }
            }
        }
    }

    /// An access token that holds for some minutes at least; renewed first if it must be. For discovery.
    ///
    /// # Errors
    /// As [`NoToken`].
    pub async fn access_token(&self, partner: PartnerId, connection: ConnectionId) -> Result<Secret, NoToken> {
        let patience = tokio::time::Instant::now() + PATIENCE;
        loop {
            let (consent, held) = connections::held(&self.0.engine.store, &self.0.vault, partner, connection).await?;
            let Some(held) = held else { return Err(NoToken::NeverGiven) };
            if consent != Consent::Connected {
                return Err(NoToken::Gone);
            }
            if held.access_until >= self.now() + FRESH {
                return Ok(Secret::new(held.access));
            }
            let (renewal, fresh) = self.renew_apart(partner, connection, Some(FRESH)).await?;
            if let Some(token) = fresh {
                return Ok(token);
            }
            match renewal {
                // One that lives shorter than we'd like is used all the same.
                Renewal::Renewed => {
                    let (_, held) = connections::held(&self.0.engine.store, &self.0.vault, partner, connection).await?;
                    return held.map(|held| Secret::new(held.access)).ok_or(NoToken::NeverGiven);
                }
                Renewal::Gone(_) => return Err(NoToken::Gone),
                Renewal::Doubted(refusal) | Renewal::Passing(refusal) | Renewal::Ours(refusal) => return Err(NoToken::Later(refusal.code)),
                Renewal::Taken | Renewal::Nothing => {}
            }
            if tokio::time::Instant::now() > patience {
                return Err(NoToken::Later("renewed elsewhere".into()));
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}
