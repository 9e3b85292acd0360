//! Tokens at rest: JSON, sealed for their connection.

use crate::{
    error::Error,
    store::{Store, entity::connection, facts::parse},
    vault::Vault,
};
use domain::{
    ids::{ConnectionId, PartnerId},
    saas::Consent,
    time::Time,
};
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A connection's tokens. Shown in no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// For requests.
    pub access: String,
    /// Until when it holds.
    pub access_until: Time,
    /// For new ones.
    pub refresh: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("access_until", &self.access_until).finish_non_exhaustive()
    }
}

fn place(partner: PartnerId, id: ConnectionId) -> String {
    format!("tokens:{}:{}", partner.0, id.0)
}

pub(super) fn seal(vault: &Vault, partner: PartnerId, id: ConnectionId, tokens: &Tokens) -> Result<Vec<u8>, Error> {
    vault.seal(&place(partner, id), &serde_json::to_vec(tokens)?)
}

pub(super) fn open(vault: &Vault, partner: PartnerId, id: ConnectionId, sealed: &[u8]) -> Result<Tokens, Error> {
    Ok(serde_json::from_slice(&vault.open(&place(partner, id), sealed)?)?)
}

/// The tokens that a connection holds, and what the provider said last; no tokens: nobody has authorized it.
///
/// # Errors
/// `NotFound`; the key that sealed them isn't there.
pub async fn held(store: &Store, vault: &Vault, partner: PartnerId, id: ConnectionId) -> Result<(Consent, Option<Tokens>), Error> {
    let row = connection::Entity::find_by_id((partner.0, id.0)).one(store.reads()).await?.ok_or(Error::NotFound("connection"))?;
    let tokens = row.tokens.map(|sealed| open(vault, partner, id, &sealed)).transpose()?;
    Ok((parse(&row.consent)?, tokens))
}
