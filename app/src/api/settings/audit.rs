//! The audit log: who did what, when, and whether the chain is whole.

use crate::error::UiError;
use domain::time::Time;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Place in the chain.
    pub seq: i64,
    /// When.
    pub at: Time,
    /// A person's or key's name, or *the portal*.
    pub who: String,
    /// In words.
    pub what: String,
    /// About what.
    pub subject: String,
    /// Where that can be looked at.
    pub link: Option<String>,
    /// What was set: name and value.
    pub detail: Vec<(String, String)>,
    /// How its hash begins.
    pub hash: String,
}

/// The audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// Latest first.
    pub rows: Vec<AuditLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// The chain can be verified by the actor.
    pub may_verify: bool,
}

/// What a walk along the chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainState {
    /// The first entry that doesn't fit.
    pub broken_at: Option<i64>,
    /// When it was looked at.
    pub at: Time,
}

#[cfg(feature = "ssr")]
mod words;

/// Entries, latest first.
///
/// # Errors
/// `forbidden`, `invalid_cursor`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/audit", output = crate::wire::Wire)]
pub async fn list_audit(
    /// Where to go on.
    cursor: Option<String>,
) -> Result<AuditView, UiError> {
    use domain::access::Scope;
    use engine::store::audit::{self, AuditFilter};
    let (engine, actor) = crate::context::actor()?;
    let filter = AuditFilter { partner: None, cursor, limit: Some(50) };
    let page = audit::list(&engine.store, &actor, &filter).await?;
    let names = words::names(&engine, &actor).await?;
    Ok(AuditView {
        rows: page.items.into_iter().map(|row| words::line(row, &names)).collect(),
        next_cursor: page.next_cursor,
        may_verify: matches!(actor.scope, Scope::Partners(_)),
    })
}

/// Walks along the chain of the actor's own partner.
///
/// # Errors
/// `forbidden`, `not_found`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/verify_audit", output = crate::wire::Wire)]
pub async fn verify_audit() -> Result<ChainState, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let partner = actor.scope.partner().ok_or_else(|| UiError::not_found("partner"))?;
    let broken_at = engine::store::audit::verify(&engine.store, &actor, partner).await?;
    Ok(ChainState { broken_at, at: (engine.clock)() })
}
