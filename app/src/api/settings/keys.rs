//! API keys: list, make, revoke.

use crate::{api::start::Choice, error::UiError};
use domain::{access::KeyRights, ids::KeyId, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An API key in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// Which key.
    pub id: KeyId,
    /// Its name.
    pub name: String,
    /// How it begins.
    pub start: String,
    /// What it reaches, in words.
    pub scope: String,
    /// Where that can be looked at.
    pub link: Option<String>,
    /// What it may.
    pub rights: KeyRights,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Option<Time>,
    /// When it was used last.
    pub last_used_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// It has ended by itself.
    pub ended: bool,
}

/// The list of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysView {
    /// Latest first.
    pub rows: Vec<KeyLine>,
    /// How many older ones are not shown.
    pub hidden: usize,
    /// A key can reach everything of the partner.
    pub whole: bool,
    /// Organizations a key can be bound to.
    pub organizations: Vec<Choice>,
    /// The actor may make and revoke keys.
    pub may_manage: bool,
    /// Lines that use a key: what for, and the line, with a place for the key.
    pub lines: Vec<(String, String)>,
}

/// A key, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInput {
    /// Its name.
    pub name: String,
    /// `partner`, or an organization's id.
    pub scope: String,
    /// May send events.
    #[serde(default)]
    pub ingest: bool,
    /// May read.
    #[serde(default)]
    pub read: bool,
    /// May change.
    #[serde(default)]
    pub manage: bool,
    /// Ends after so many days; empty: never.
    #[serde(default)]
    pub days: String,
}

/// A fresh key. Shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshKey {
    /// Its name.
    pub name: String,
    /// The key itself.
    pub token: String,
    /// Lines that use it: what for, and the line.
    pub lines: Vec<(String, String)>,
}

/// Lines for a shell that use a key of these rights.
#[cfg(feature = "ssr")]
fn usage(rights: KeyRights, token: &str) -> Vec<(String, String)> {
    let url = leptos::prelude::use_context::<crate::context::PublicUrl>().unwrap_or_default().0;
    let header = format!("-H 'Authorization: Bearer {token}'");
    let mut lines = Vec::new();
    if rights.ingest {
        let event = r#"{"device": "fs-01", "job": "nightly", "state": "succeeded"}"#;
        lines.push(("Say that a backup worked".to_owned(), format!("curl {header} --json '{event}' {url}/api/v1/events")));
    }
    if rights.read || rights.manage {
        lines.push(("List the devices".to_owned(), format!("curl {header} {url}/api/v1/devices")));
    }
    lines
}

/// Keys of the scope, latest first; at most 500.
///
/// # Errors
/// `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/keys", output = crate::wire::Wire)]
pub async fn list_keys() -> Result<KeysView, UiError> {
    use crate::api::start::choices;
    use domain::access::{Action, Scope};
    use engine::store::keys::{self, KeyScope};
    const MOST: usize = 500;
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let rows = keys::list(&engine.store, &actor).await?;
    let organizations = choices::organizations(&engine, &actor, None).await?;
    let named =
        |id: String| organizations.iter().find(|o| o.value == id).map_or_else(|| "one organization".to_owned(), |o| o.label.clone());
    let hidden = rows.len().saturating_sub(MOST);
    let line = |row: keys::KeyRow| {
        let (scope, link) = match row.scope {
            KeyScope::Partner(_) => ("Everything".to_owned(), None),
            KeyScope::Organization(id) => (named(id.to_string()), Some(format!("/organizations/{id}"))),
            KeyScope::Device(id) => ("One device".to_owned(), Some(format!("/devices/{id}"))),
        };
        KeyLine {
            id: row.id,
            name: row.name,
            start: row.token_start,
            scope,
            link,
            rights: row.rights,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            ended: row.expires_at.is_some_and(|end| end <= now),
        }
    };
    Ok(KeysView {
        rows: rows.into_iter().take(MOST).map(line).collect(),
        hidden,
        may_manage: actor.may(Action::ManageSettings),
        lines: usage(KeyRights { ingest: true, read: true, manage: false }, "hf_…"),
        whole: matches!(actor.scope, Scope::Partners(_)),
        organizations,
    })
}

/// Makes a key. The answer holds it, this once.
///
/// # Errors
/// At a field: what is wrong with it. `forbidden`.
#[server(prefix = "/sf", endpoint = "settings/make_key", output = crate::wire::Wire)]
pub async fn make_key(
    /// As typed.
    form: KeyInput,
) -> Result<FreshKey, UiError> {
    use domain::time::Span;
    use engine::store::keys::{self, KeyScope, NewKey};
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    if form.name.trim().is_empty() {
        return Err(UiError::field("empty_name", "name", "Say what the key is for, so that it is known later."));
    }
    let scope = match form.scope.as_str() {
        "partner" => KeyScope::Partner(actor.scope.partner().ok_or_else(|| UiError::not_found("partner"))?),
        id => KeyScope::Organization(id.parse().map_err(|_| UiError::field("scope_needed", "scope", "Choose what the key reaches."))?),
    };
    let rights = KeyRights { ingest: form.ingest, read: form.read, manage: form.manage };
    if rights == KeyRights::default() {
        return Err(UiError::field("no_rights", "can", "Choose at least one right: a key without any can do nothing."));
    }
    let expires_at = match form.days.trim() {
        "" => None,
        typed => {
            let days = typed.parse::<u16>().ok().filter(|d| *d > 0);
            let days = days.ok_or_else(|| UiError::field("invalid_number", "days", "Give a whole number of days, or leave it empty."))?;
            Some(now + Span::days(days.into()))
        }
    };
    let new = NewKey { scope, name: form.name.clone(), rights, expires_at };
    let (_, token) = keys::create(&engine.store, &actor, new, now).await?;
    Ok(FreshKey { name: form.name, lines: usage(rights, &token), token })
}

/// Revokes a key.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "settings/revoke_key", output = crate::wire::Wire)]
pub async fn revoke_key(
    /// Which one.
    id: KeyId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::keys::revoke(&engine.store, &actor, id, (engine.clock)()).await?;
    Ok(())
}
