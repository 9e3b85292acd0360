//! The inbox: sources that no device answers to, and what becomes of them.

use crate::{api::start::Choice, error::UiError};
use domain::{
    ids::{DeviceId, InboxId},
    time::Time,
};
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
}

/// What became of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedView {
    /// The device.
    pub device: DeviceId,
    /// Waiting reports that were taken in.
    pub taken: i64,
    /// Waiting reports that couldn't be.
    pub rejected: i64,
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

/// Sources that wait, last seen first, and what they can be assigned to.
///
/// # Errors
/// `forbidden`, `invalid_cursor`; the store fails.
#[server(prefix = "/sf", endpoint = "settings/inbox", output = crate::wire::Wire)]
pub async fn list_inbox(
    /// Where to go on.
    cursor: Option<String>,
) -> Result<InboxView, UiError> {
    use crate::api::start::choices;
    use engine::store::{
        devices::{self, DeviceFilter, DeviceSort},
        inbox::{self, InboxFilter},
    };
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let page = inbox::list(&engine.store, &actor, &InboxFilter { cursor, limit: Some(50) }).await?;
    if page.items.is_empty() {
        return Ok(InboxView { rows: Vec::new(), next_cursor: None, organizations: Vec::new(), policies: Vec::new(), devices: Vec::new() });
    }
    let organizations = choices::organizations(&engine, &actor, None).await?;
    let filter = DeviceFilter { sort: DeviceSort::Name, limit: Some(500), ..DeviceFilter::default() };
    let devices = devices::list(&engine.store, &actor, &filter, now).await?.items;
    let line = |row: inbox::InboxRow| {
        let organization = row.organization.map(|id| id.to_string());
        InboxLine {
            id: row.id,
            organization_name: organizations
                .iter()
                .find(|o| Some(&o.value) == organization.as_ref())
                .map(|o| o.label.clone())
                .unwrap_or_default(),
            organization,
            source: row.source,
            first_seen_at: row.first_seen_at,
            last_seen_at: row.last_seen_at,
            events: row.events,
        }
    };
    let rows = page.items.into_iter().map(line).collect();
    let target = |row: devices::DeviceRow| {
        let label = format!("{} ({})", row.name, row.organization.1);
        (row.organization.0.to_string(), Choice { value: row.id.to_string(), label, chosen: false, server_note: None })
    };
    Ok(InboxView {
        rows,
        next_cursor: page.next_cursor,
        policies: choices::policies(&engine, &actor, now).await?,
        devices: devices.into_iter().map(target).collect(),
        organizations,
    })
}

/// From now on a source's reports are a device's; those that wait are taken in.
///
/// # Errors
/// At a field: what is wrong with it. `not_found`, `forbidden`, `already_assigned`.
#[server(prefix = "/sf", endpoint = "settings/assign", output = crate::wire::Wire)]
pub async fn assign_source(
    /// As typed.
    form: AssignInput,
) -> Result<AssignedView, UiError> {
    use crate::api::{organizations::at_name, start::choices};
    use domain::{ids::OrganizationId, policy::DeviceClass};
    use engine::store::{
        devices::NewDevice,
        inbox::{self, Assignment},
    };
    let (engine, actor) = crate::context::actor()?;
    let now = (engine.clock)();
    let id = form.inbox.parse::<InboxId>().map_err(|_| UiError::not_found("source"))?;
    let to = if form.device == "new" {
        let organization = form
            .organization
            .parse::<OrganizationId>()
            .map_err(|_| UiError::field("organization_needed", "organization", "Choose the organization the device belongs to."))?;
        let class =
            form.class.parse::<DeviceClass>().map_err(|_| UiError::field("class_needed", "class", "Choose a workstation or a server."))?;
        if form.name.trim().is_empty() {
            return Err(UiError::field("empty_name", "name", "Give the device a name."));
        }
        let policy = choices::policy(&engine, &actor, organization, &form.policy, now).await?;
        Assignment::New(NewDevice { organization, name: form.name, class, policy, quota_bytes: None, tags: Vec::new() })
    } else {
        let device =
            form.device.parse::<DeviceId>().map_err(|_| UiError::field("device_needed", "device", "Choose a device, or a new one."))?;
        Assignment::Device(device)
    };
    let assigned = inbox::assign(&engine, &actor, id, to, now).await.map_err(at_name)?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(AssignedView { device: assigned.device, taken: count(assigned.receipt.accepted), rejected: count(assigned.receipt.rejected.len()) })
}

/// Throws a source's waiting reports away; later ones are refused.
///
/// # Errors
/// `not_found`, `forbidden`, `already_assigned`.
#[server(prefix = "/sf", endpoint = "settings/dismiss", output = crate::wire::Wire)]
pub async fn dismiss_source(
    /// Which one.
    id: InboxId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::inbox::dismiss(&engine.store, &actor, id, (engine.clock)()).await?;
    Ok(())
}
