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
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Organizations a key can be bound to.
    pub organizations: Vec<Choice>,
    /// The actor may make and revoke keys.
    pub may_manage: bool,
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
}
