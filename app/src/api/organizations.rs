//! Organizations: the list, one organization, adding and changing.

use crate::error::UiError;
use domain::{
    ids::OrganizationId,
    live::{CountsNow, DeviceNow},
    policy::{DeviceClass, DeviceLife},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod rows;
#[cfg(feature = "ssr")]
pub(in crate::api) use rows::at_name;

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationLine {
    /// Which organization.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Served; else its devices are muted.
    pub activated: bool,
    /// Name of its plan, may be empty.
    pub plan_name: String,
    /// `Backup` or `Archiver`.
    pub plan_type: String,
    /// Where its data lives, may be empty.
    pub region: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
    /// Devices by band, open runs and alerts.
    pub counts: CountsNow,
}

/// The list of organizations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationsView {
    /// The rows.
    pub rows: Vec<OrganizationLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// The actor may add organizations.
    pub may_add: bool,
    /// The actor sees health; else seats and plans only.
    pub sees_health: bool,
}

/// The page on which an organization is added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOrganizationView {
    /// Zones to choose from.
    pub zones: Vec<String>,
    /// The partner's zone.
    pub zone: String,
    /// The actor may add organizations.
    pub may: bool,
}

/// Runs that ended in a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowView {
    /// `24h`, `7d` or `30d`.
    pub window: String,
    /// Usable runs.
    pub success: i64,
    /// Of them with issues.
    pub warning: i64,
    /// Failed and missed runs.
    pub failed: i64,
}

/// A device of the organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceLine {
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: DeviceClass,
    /// Its life.
    pub life: DeviceLife,
    /// Its policy's name.
    pub policy: String,
    /// Its state at the time of the page.
    pub now: DeviceNow,
    /// Open alerts at the time of the page.
    pub open_alerts: i64,
}

/// One organization. Parts of other tabs than the asked one are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganizationView {
    /// Which tab this is: `overview`, `devices` or `settings`.
    pub tab: String,
    /// The organization with its live counts.
    pub line: OrganizationLine,
    /// When it was made.
    pub created_at: Time,
    /// Overview: runs of the window.
    pub window: Option<WindowView>,
    /// Overview: the worst few; Devices: a page of them, worst first.
    pub devices: Vec<DeviceLine>,
    /// Devices: where the next page begins.
    pub next_cursor: Option<String>,
    /// Settings: zones to choose from.
    pub zones: Vec<String>,
    /// The actor may change it.
    pub may_change: bool,
    /// The actor may add devices.
    pub may_add_devices: bool,
    /// The actor sees health.
    pub sees_health: bool,
}

/// An organization, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationInput {
    /// Its name.
    pub name: String,
    /// Its zone; empty: the partner's.
    #[serde(default)]
    pub time_zone: String,
    /// Where its data lives.
    #[serde(default)]
    pub region: String,
    /// Name of its plan.
    #[serde(default)]
    pub plan_name: String,
    /// `Backup` or `Archiver`.
    #[serde(default)]
    pub plan_type: String,
    /// Seats; empty: no limit.
    #[serde(default)]
    pub seat_limit: String,
    /// Part of the first start.
    #[serde(default)]
    pub first: bool,
}

/// A page of organizations, by name.
///
/// # Errors
/// `forbidden`, `invalid_cursor`; the store fails.
#[server(prefix = "/sf", endpoint = "organizations/list", output = crate::wire::Wire)]
pub async fn list_organizations(
    /// Part of the name.
    search: Option<String>,
    /// `activated` or `deactivated`.
    status: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
) -> Result<OrganizationsView, UiError> {
    use domain::access::{Action, Scope};
    use engine::store::organizations::{self, OrganizationFilter};
    let (engine, actor) = crate::context::actor()?;
    let status = status.and_then(|s| s.parse().ok());
    let filter = OrganizationFilter { search, status, cursor, limit: Some(50) };
    let page = organizations::list(&engine.store, &actor, &filter).await?;
    let sees_health = actor.may(Action::SeeDashboards);
    Ok(OrganizationsView {
        rows: page.items.into_iter().map(|row| rows::line(row, sees_health)).collect(),
        next_cursor: page.next_cursor,
        may_add: actor.may(Action::ManagePlans) && matches!(actor.scope, Scope::Partners(_)),
        sees_health,
    })
}

/// What can be chosen for a new organization.
///
/// # Errors
/// `not_found` for those bound to an organization; the store fails.
#[server(prefix = "/sf", endpoint = "organizations/add_view", output = crate::wire::Wire)]
pub async fn load_add_organization() -> Result<AddOrganizationView, UiError> {
    use domain::access::Action;
    let (engine, actor) = crate::context::actor()?;
    let zone = match actor.scope.partner() {
        Some(partner) => engine::store::partners::get(&engine.store, &actor, partner).await?.time_zone,
        None => "UTC".to_owned(),
    };
    Ok(AddOrganizationView { zones: rows::zone_names(), zone, may: actor.may(Action::ManagePlans) })
}

/// Adds an organization.
///
/// # Errors
/// At a field: what is wrong with it.
#[server(prefix = "/sf", endpoint = "organizations/add", output = crate::wire::Wire)]
pub async fn add_organization(
    /// As typed.
    form: OrganizationInput,
) -> Result<crate::api::start::GoOn, UiError> {
    use engine::store::organizations::{self, NewOrganization};
    let (engine, actor) = crate::context::actor()?;
    let new = NewOrganization {
        partner: None,
        plan_type: rows::plan_type(&form.plan_type)?,
        seat_limit: rows::seats(&form.seat_limit)?,
        name: form.name,
        time_zone: Some(form.time_zone).filter(|z| !z.trim().is_empty()),
        region: form.region,
        plan_name: form.plan_name,
    };
    let id = organizations::create(&engine.store, &actor, new, (engine.clock)()).await.map_err(rows::at_name)?;
    let to = if form.first { format!("/setup/device?organization={id}") } else { format!("/organizations/{id}?tab=devices") };
    Ok(crate::api::start::go_on(&to))
}

/// One organization, as much as the tab needs. `window`: `24h`, `7d` or `30d`.
///
/// # Errors
/// `not_found`, `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "organizations/one", output = crate::wire::Wire)]
pub async fn load_organization(
    /// Which one.
    id: OrganizationId,
    /// `overview`, `devices` or `settings`.
    tab: Option<String>,
    /// `24h`, `7d` or `30d`.
    window: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
) -> Result<OrganizationView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    rows::view(&engine, &actor, id, tab.as_deref().unwrap_or("overview"), window, cursor).await
}

/// Changes what differs.
///
/// # Errors
/// `not_found`, `forbidden`; at a field: what is wrong with it.
#[server(prefix = "/sf", endpoint = "organizations/change", output = crate::wire::Wire)]
pub async fn change_organization(
    /// Which one.
    id: OrganizationId,
    /// As typed.
    form: OrganizationInput,
) -> Result<(), UiError> {
    use engine::store::organizations::{self, OrganizationChange};
    let (engine, actor) = crate::context::actor()?;
    let now = organizations::get(&engine.store, &actor, id).await?;
    let (plan_type, seats) = (rows::plan_type(&form.plan_type)?, rows::seats(&form.seat_limit)?);
    let change = OrganizationChange {
        name: (form.name != now.name).then_some(form.name),
        time_zone: (form.time_zone != now.time_zone).then_some(form.time_zone),
        status: None,
        region: (form.region != now.region).then_some(form.region),
        plan_name: (form.plan_name != now.plan_name).then_some(form.plan_name),
        plan_type: (plan_type != now.plan_type).then_some(plan_type),
        seat_limit: (seats != now.seat_limit).then_some(seats),
    };
    organizations::edit(&engine, &actor, id, change, (engine.clock)()).await.map_err(rows::at_name)?;
    Ok(())
}

/// Activates or deactivates an organization.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "organizations/activation", output = crate::wire::Wire)]
pub async fn set_activation(
    /// Which one.
    id: OrganizationId,
    /// On or off.
    activated: bool,
) -> Result<(), UiError> {
    use engine::store::organizations::{self, OrganizationChange, OrganizationStatus};
    let (engine, actor) = crate::context::actor()?;
    let status = if activated { OrganizationStatus::Activated } else { OrganizationStatus::Deactivated };
    let change = OrganizationChange { status: Some(status), ..OrganizationChange::default() };
    organizations::edit(&engine, &actor, id, change, (engine.clock)()).await?;
    Ok(())
}
