//! The way of a person to the provider and back. What was begun holds for ten minutes, for the person who began it, once.

use super::{
    find,
    renew::next_renewal,
    tokens::{self, Tokens},
};
use crate::{
    Engine,
    error::Error,
    reconcile::consent,
    store::{
        Store,
        audit::{self, Entry},
        entity::{authorization, user},
        facts::parse,
        platform, scope,
        sessions::token_hash,
    },
    vault::Vault,
};
use domain::{
    access::{Action, Actor, Ground},
    ids::{ConnectionId, OrganizationId, PartnerId, UserId},
    saas::{Consent, Service},
    time::{Span, Time},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter};
use serde_json::json;

/// How long somebody may take at the provider.
const HOLDS: Span = Span::minutes(10);

/// An authorization whose person has come back.
#[derive(Clone, Debug)]
pub struct Begun {
    /// For which connection.
    pub connection: ConnectionId,
    /// Of which organization.
    pub organization: OrganizationId,
    /// To which service.
    pub service: Service,
    /// Proves at the exchange that it was us who asked.
    pub verifier: String,
}

/// Who it is; consent is given by somebody, never by a key.
///
/// # Errors
/// `Forbidden` for keys.
pub fn person(actor: &Actor) -> Result<UserId, Error> {
    match actor.ground {
        Ground::Member(user, _) => Ok(user),
        Ground::Key(..) | Ground::System => Err(Error::Forbidden("authorize connections with a key: somebody has to sign in")),
    }
}

/// Remembers that a person is sent to the provider.
///
/// # Errors
/// `NotFound`, `Forbidden` (also for keys: it is bound to a person).
pub async fn begin(
    engine: &Engine,
    actor: &Actor,
    vault: &Vault,
    id: ConnectionId,
    (state, verifier): (&str, &str),
    now: Time,
) -> Result<(), Error> {
    let stored = find(engine.store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageDevices, "authorize connections")?;
    let user = person(actor)?;
    let state_hash = token_hash(state);
    let row = authorization::ActiveModel {
        verifier: Set(vault.seal(&place(&state_hash), verifier.as_bytes())?),
        state_hash: Set(state_hash),
        partner_id: Set(stored.partner_id),
        connection_id: Set(id.0),
        user_id: Set(user.0),
        created_at: Set(now.0),
        expires_at: Set((now + HOLDS).0),
    };
    let tx = engine.store.begin().await?;
    authorization::Entity::insert(row).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes what was begun and whose person didn't come back in time; how many.
///
/// # Errors
/// The database fails.
pub async fn purge(store: &Store, now: Time) -> Result<u64, Error> {
    let tx = store.begin().await?;
    let over = authorization::COLUMN.expires_at.lte(now.0);
    let gone = authorization::Entity::delete_many().filter(over).exec(&tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}

fn place(state_hash: &str) -> String {
    format!("verifier:{state_hash}")
}

/// What was begun under this state. It is used up by asking, whatever comes of it.
///
/// # Errors
/// `Conflict` when nothing was begun, its time is over, or somebody else began it; `NotFound`, `Forbidden`.
pub async fn take(engine: &Engine, actor: &Actor, vault: &Vault, state: &str, now: Time) -> Result<Begun, Error> {
    let over = || {
        let message = "This answer belongs to no authorization that waits: it was used already, took longer than ten minutes, or was begun \
                       by somebody else. Begin again on the organization's Features page.";
        Error::conflict("authorization_over", message)
    };
    let user = person(actor)?;
    let state_hash = token_hash(state);
    let tx = engine.store.begin().await?;
    let row = authorization::Entity::find_by_id(state_hash.clone()).one(&tx).await?.ok_or_else(over)?;
    let deleted = row.clone().delete(&tx).await?;
    tx.commit().await?;
    if deleted.rows_affected != 1 || row.user_id != user.0 || row.expires_at <= now.0 {
        return Err(over());
    }
    let stored = find(engine.store.reads(), actor, ConnectionId(row.connection_id)).await?;
    scope::require(actor, Action::ManageDevices, "authorize connections")?;
    let verifier = vault.open(&place(&state_hash), &row.verifier)?;
    Ok(Begun {
        connection: ConnectionId(stored.id),
        organization: OrganizationId(stored.organization_id),
        service: parse(&stored.service)?,
        verifier: String::from_utf8(verifier).map_err(|_| Error::Internal("a verifier that is no text".into()))?,
    })
}

/// The provider has given tokens: the connection is connected, an alert about it is resolved.
///
/// # Errors
/// `NotFound`, `Forbidden`; `Conflict` when they are of another tenant than those before, or of nobody knows which.
pub async fn granted(
    engine: &Engine,
    actor: &Actor,
    vault: &Vault,
    id: ConnectionId,
    (tokens, tenant): (Tokens, Option<String>),
    now: Time,
) -> Result<(), Error> {
    let store = &engine.store;
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageDevices, "authorize connections")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    if tenant.is_none() && !stored.tenant.is_empty() {
        let message = format!(
            "The provider doesn't say to which tenant that account belongs; this connection is of {}. Sign in with an account of that tenant; \
             to move to another, remove the connection first.",
            stored.tenant
        );
        return Err(Error::conflict("other_tenant", message));
    }
    if let Some(tenant) = tenant.as_deref().filter(|tenant| !stored.tenant.is_empty() && *tenant != stored.tenant) {
        let message = format!(
            "That account belongs to another tenant ({tenant}) than this connection ({}). Sign in with an account of the right one; to move \
             to another tenant, remove the connection first.",
            stored.tenant
        );
        return Err(Error::conflict("other_tenant", message));
    }
    let by = match actor.ground {
        Ground::Member(id, _) => user::Entity::find_by_id(id.0).one(&tx).await?.map(|person| person.name),
        Ground::Key(..) | Ground::System => None,
    };
    let (organization, service) = (OrganizationId(stored.organization_id), parse::<Service>(&stored.service)?);
    let was_connected = parse::<Consent>(&stored.consent)? == Consent::Connected;
    let sealed = tokens::seal(vault, partner, id, &tokens)?;
    let mut row = stored.into_active_model();
    if !was_connected {
        row.consent = Set(Consent::Connected.as_str().into());
        row.consent_at = Set(now.0);
    }
    row.consent_code = Set(String::new());
    row.consent_detail = Set(String::new());
    row.tokens = Set(Some(sealed));
    if let Some(tenant) = tenant {
        row.tenant = Set(tenant);
    }
    row.granted_at = Set(Some(now.0));
    row.granted_by = Set(by.unwrap_or_else(|| audit::who(actor)));
    row.refreshed_at = Set(Some(now.0));
    row.next_refresh_at = Set(Some(next_renewal(now).0));
    row.refused_at = Set(None);
    row.troubled_since = Set(None);
    row.attempts = Set(0);
    // A renewal that is under way works with the old tokens: what it brings is of no use any more.
    row.claimed_until = Set(None);
    row.claimed_by = Set(None);
    row.next_discovery_at = Set(Some(now.0));
    row.updated_at = Set(now.0);
    row.update(&tx).await?;
    platform::over(&tx, service, (partner, id), now).await?;
    let entry = Entry {
        partner,
        organization: Some(organization),
        what: "connection.authorize",
        subject: format!("connection:{id}"),
        detail: json!({ "service": service }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    let changes = consent::follow(store, &tx, partner, id, now).await?;
    tx.commit().await?;
    engine.live.publish(changes);
    Ok(())
}
