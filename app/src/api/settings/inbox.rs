//! The inbox: sources that no device answers to, and what becomes of them.

use crate::{api::start::Choice, error::UiError};
use domain::{ids::InboxId, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A source that no device answers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxLine {
    /// Which source.
    pub id: InboxId,
    /// The name it gave.
    pub source: String,
    /// Its organization's id as text.
    pub organization: Option<String>,
    /// Its organization's name.
    pub organization_name: String,
    /// First event.
    pub first_seen_at: Time,
    /// Last event.
    pub last_seen_at: Time,
    /// Events so far.
    pub events: i64,
}

/// The inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxView {
    /// Latest first.
    pub rows: Vec<InboxLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Organizations for a new device.
    pub organizations: Vec<Choice>,
    /// Policies for a new device.
    pub policies: Vec<Choice>,
    /// Devices that a source can be given to: `organization`, then value and label.
    pub devices: Vec<(String, Choice)>,
    /// The actor may assign and dismiss.
    pub may_manage: bool,
}

/// To which device a source belongs, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignInput {
    /// Which source.
    pub inbox: String,
    /// `new`, or a device's id.
    pub device: String,
    /// New: its name.
    #[serde(default)]
    pub name: String,
    /// New: its class.
    #[serde(default)]
    pub class: String,
    /// New: its organization.
    #[serde(default)]
    pub organization: String,
    /// New: its policy.
    #[serde(default)]
    pub policy: String,
}
