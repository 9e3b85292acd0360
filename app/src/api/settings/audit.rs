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
