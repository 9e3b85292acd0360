//! Organizations: the list, one organization, adding and changing.

use crate::{
    api::backup::{ClientOverview, Standings},
    error::UiError,
    wire::Wire,
};
use domain::{
    ids::{OrganizationId, PartnerId},
    live::{CountsNow, OrganizationNow},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub mod connections;
pub mod features;
pub mod reports;
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
    /// Its partner and that one's name.
    pub partner: (PartnerId, String),
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

/// What the list asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationsQuery {
    /// Part of the name.
    pub search: String,
    /// `activated` or `deactivated`.
    pub status: String,
    /// Id of a partner.
    pub partner: String,
    /// `name` (default), `compliance`, `devices`, `alerts`, `seats`, `need`, with `-` before it for the other way round.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

impl OrganizationsQuery {
    /// True if nothing narrows the list.
    pub fn is_all(&self) -> bool {
        [&self.search, &self.status, &self.partner, &self.cursor].iter().all(|t| t.is_empty())
    }
}

/// The list of organizations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationsView {
    /// The rows.
    pub rows: Vec<OrganizationLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many the list has.
    pub standings: Standings,
    /// Partners to choose from, where there are several: (id, name).
    pub partners: Vec<(String, String)>,
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

/// One organization: what all of its tabs show, and what only the asked one does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganizationView {
    /// The organization.
    pub line: OrganizationLine,
    /// Everything of it that moves.
    pub now: OrganizationNow,
    /// When it was made.
    pub created_at: Time,
    /// Overview, for those who see health.
    pub overview: Option<ClientOverview>,
    /// Settings: zones to choose from.
    pub zones: Vec<String>,
    /// The actor belongs to it: there is nothing above.
    pub is_own: bool,
    /// The actor may change it.
    pub may_change: bool,
    /// The actor may add devices.
    pub may_add_devices: bool,
    /// The actor sees health.
    pub sees_health: bool,
    /// It has, or may get, a connection to a SaaS service.
    pub shows_saas: bool,
    /// The actor sees its monthly reports.
    pub sees_reports: bool,
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

/// Name and zone, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsInput {
    /// Its name.
    pub name: String,
    /// Its zone.
    #[serde(default)]
    pub time_zone: String,
}

/// A page of organizations.
///
/// # Errors
/// `forbidden`, `invalid_cursor`; the store fails.
#[server(prefix = "/sf", endpoint = "organizations/list", input = Wire, output = Wire)]
pub async fn list_organizations(
    /// Which, and in what order.
    query: OrganizationsQuery,
) -> Result<OrganizationsView, UiError> {
    rows::list(query).await
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
    let to = if form.first { format!("/setup/device?organization={id}") } else { format!("/organizations/{id}/devices") };
    Ok(crate::api::start::go_on(&to))
}

/// One organization, as much as the tab needs.
///
/// # Errors
/// `not_found`, `forbidden`; the store fails.
#[server(prefix = "/sf", endpoint = "organizations/one", input = Wire, output = Wire)]
pub async fn load_organization(
    /// Which one.
    id: String,
    /// `overview`, `settings`; another: what all tabs show.
    part: String,
    /// Overview: `24h`, `7d` or `30d`.
    window: String,
) -> Result<OrganizationView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let id = id.parse().map_err(|_| UiError::not_found("organization"))?;
    rows::view(&engine, &actor, id, &part, &window).await
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
    form: DetailsInput,
) -> Result<(), UiError> {
    use engine::store::organizations::{self, OrganizationChange};
    let (engine, actor) = crate::context::actor()?;
    let now = organizations::get(&engine.store, &actor, id).await?;
    let change = OrganizationChange {
        name: (form.name != now.name).then_some(form.name),
        time_zone: (form.time_zone != now.time_zone).then_some(form.time_zone),
        ..OrganizationChange::default()
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
