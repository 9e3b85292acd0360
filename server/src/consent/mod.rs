//! Consent of SaaS connections: a person's way to the provider and back, and tokens kept alive.
//!
//! Puts together what knows nothing of each other: `providers` asks and says what a refusal means, the engine's `connections` keep what
//! follows from it.

mod renewal;
pub mod routes;

pub use renewal::{NoToken, Renewal};

use crate::{
    config::{Config, WrongSetting},
    secrets::Secrets,
};
use domain::{
    access::{Action, Actor},
    consent::how_to_set_up,
    ids::{ConnectionId, OrganizationId},
    saas::Service,
    time::{Span, Time},
};
use engine::{
    Engine, Error,
    store::{
        connections::{self, NewConnection, Tokens},
        organizations,
        platform::{self, Fault},
    },
    vault::Vault,
};
use providers::{Client, Granted, Http, Kind, Refusal, Secret};
use std::{fmt, sync::Arc};
use tokio_util::task::TaskTracker;

/// Where people come back to.
pub const CALLBACK: &str = "/consent/callback";

/// The services that are set up. Cheap to clone.
#[derive(Clone)]
pub struct Consents(Arc<Shared>);

struct Shared {
    engine: Engine,
    vault: Vault,
    clients: Vec<Client>,
    http: Http,
    /// Renewals that somebody asked for: they outlive who asked.
    asked: TaskTracker,
}

impl fmt::Debug for Consents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consents").field("services", &self.services()).finish_non_exhaustive()
    }
}

/// What a browser brings back from the provider.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What was sent along.
    pub state: String,
    /// For tokens.
    pub code: Option<String>,
    /// Instead of a code.
    pub error: Option<String>,
    /// With an error.
    pub description: String,
}

/// Why an authorization came to nothing.
#[derive(Debug)]
pub enum NotGranted {
    /// Before or after the provider: what was sent along is unknown, or the tokens can't be kept.
    Here(Error),
    /// The provider gives no tokens. With the organization, to go back to.
    There(OrganizationId, Service, Refusal),
}

impl From<Error> for NotGranted {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

impl Consents {
    /// Of the services that have a client id in the settings. People come back to this portal's public address.
    ///
    /// # Errors
    /// An address can't be used; a client has no secret.
    pub fn new(engine: Engine, config: &Config, secrets: &Secrets, public_url: &str) -> Result<Self, WrongSetting> {
        let http = Http::new();
        let mut clients = Vec::new();
        for service in Service::ALL {
            let settings = config.saas.of(*service);
            let Some(id) = &settings.client_id else { continue };
            let secret = settings.client_secret.as_ref().or_else(|| secrets.client_secret(*service)).ok_or_else(|| {
                let line = format!(
                    "setting {} has a client id, but the secrets file has no client_secret for it: put it there under [{}]",
                    service.name(),
                    service.as_str()
                );
                WrongSetting::new(line)
            })?;
            let redirect = format!("{public_url}{CALLBACK}");
            let made =
                Client::new(*service, &settings.authorize_url, &settings.token_url, id, secret, &settings.scopes, &redirect, http.clone());
            clients.push(made.map_err(|e| WrongSetting::new(format!("setting of {}: {e}", service.name())))?);
        }
        Ok(Self(Arc::new(Shared { engine, vault: secrets.vault.clone(), clients, http, asked: TaskTracker::new() })))
    }

    /// The services that are set up.
    pub fn services(&self) -> Vec<Service> {
        self.0.clients.iter().map(Client::service).collect()
    }

    /// The HTTP client for what is done with a token.
    pub fn http(&self) -> &Http {
        &self.0.http
    }

    fn client(&self, service: Service) -> Result<&Client, Error> {
        self.0.clients.iter().find(|client| client.service() == service).ok_or_else(|| {
            let message = format!("{} is not set up in this portal. {}", service.name(), how_to_set_up(service));
            Error::conflict("service_not_set_up", message)
        })
    }

    fn now(&self) -> Time {
        (self.0.engine.clock)()
    }

    /// Where to send a person who wants to connect a service, or to authorize it again. Makes the connection where there is none.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Conflict` (not set up, deactivated organization).
    pub async fn begin(&self, actor: &Actor, organization: OrganizationId, service: Service) -> Result<String, Error> {
        let engine = &self.0.engine;
        organizations::get(&engine.store, actor, organization).await?;
        if !actor.may(Action::ManageDevices) {
            return Err(Error::Forbidden("connect SaaS services"));
        }
        // Before anything is made: a key can't consent.
        connections::person(actor)?;
        let client = self.client(service)?;
        let there = connections::list(&engine.store, actor, organization).await?;
        let connection = match there.iter().find(|row| row.service == service) {
            Some(row) => row.id,
            None => connections::create(engine, actor, NewConnection { organization, service, policy: None }, self.now()).await?,
        };
        let authorization = client.authorize_url();
        let kept = (authorization.state.expose(), authorization.verifier.expose());
        connections::begin(engine, actor, &self.0.vault, connection, kept, self.now()).await?;
        Ok(authorization.url)
    }

    /// A person has come back. Gives the organization whose connection is connected now.
    ///
    /// # Errors
    /// As [`NotGranted`].
    pub async fn complete(&self, actor: &Actor, answer: Answer) -> Result<(OrganizationId, Service), NotGranted> {
        let engine = &self.0.engine;
        let begun = connections::take(engine, actor, &self.0.vault, &answer.state, self.now()).await?;
        let refused = |refusal| NotGranted::There(begun.organization, begun.service, refusal);
        let Some(code) = answer.code.filter(|_| answer.error.is_none()) else {
            // A browser says so, and anybody can make a browser say anything: it is told to its person, and no fault of the platform.
            let refusal = Refusal::of_callback(answer.error.as_deref().unwrap_or("no_answer"), &answer.description);
            tracing::info!(connection = %begun.connection, code = refusal.code, kind = ?refusal.kind, "came back without a code");
            return Err(refused(refusal));
        };
        let granted = match self.client(begun.service)?.exchange(&code, &Secret::new(begun.verifier)).await {
            Ok(granted) => granted,
            Err(refusal) => {
                tracing::info!(connection = %begun.connection, code = refusal.code, kind = ?refusal.kind, "the code was refused");
                // A code that a browser made up may be called a wrong request; our own secret is judged without looking at the code.
                if refusal.kind == Kind::OurSecret {
                    self.tell(begun.service, &refusal).await?;
                }
                return Err(refused(refusal));
            }
        };
        let Some(tokens) = kept(&granted, None, self.now()) else {
            let detail = "No refresh token was given: the scope offline_access may be missing.";
            let refusal = Refusal { kind: Kind::OurBug, code: "no_refresh_token".into(), detail: detail.into() };
            self.tell(begun.service, &refusal).await?;
            return Err(refused(refusal));
        };
        connections::granted(engine, actor, &self.0.vault, begun.connection, (tokens, granted.tenant), self.now()).await?;
        Ok((begun.organization, begun.service))
    }

    /// What the token endpoint finds our own fault is told to whoever runs the portal, without the words: they may speak of one tenant.
    async fn tell(&self, service: Service, refusal: &Refusal) -> Result<(), Error> {
        let Some(fault) = fault_of(refusal.kind) else { return Ok(()) };
        platform::report(&self.0.engine.store, fault, service, &refusal.code, self.now()).await
    }

    /// Asks the provider now whether consent still holds.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Conflict` (never authorized, not set up).
    pub async fn check(&self, actor: &Actor, connection: ConnectionId) -> Result<(OrganizationId, Renewal), Error> {
        let row = connections::get(&self.0.engine.store, actor, connection).await?;
        if !actor.may(Action::ManageDevices) {
            return Err(Error::Forbidden("check connections"));
        }
        self.client(row.service)?;
        let renewal = self.renew_now(row.partner, connection).await?;
        Ok((row.organization, renewal))
    }
}

const fn fault_of(kind: Kind) -> Option<Fault> {
    match kind {
        Kind::OurSecret => Some(Fault::ClientSecret),
        Kind::OurBug => Some(Fault::Request),
        Kind::Passing | Kind::Gone => None,
    }
}

/// What is to be kept of an answer; none: it holds no refresh token, and there was none before.
fn kept(granted: &Granted, before: Option<&str>, now: Time) -> Option<Tokens> {
    let refresh = granted.refresh.as_ref().map(Secret::expose).or(before)?;
    let lifetime = Span(i64::try_from(granted.lifetime.as_millis()).unwrap_or(0));
    Some(Tokens { access: granted.access.expose().to_owned(), access_until: now + lifetime, refresh: refresh.to_owned() })
}
