//! Maintenance windows: when what fails is recorded and not alerted, and left out of service levels.

use super::{
    paging::{Paged, created, id},
    table::Table,
};
use crate::{
    http::{auth::Caller, error::ApiResult, moment::Moment, read::Body},
    portal::Portal,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{Method, StatusCode},
    response::Response,
};
use domain::{
    ids::{MaintenanceId, OrganizationId, PartnerId},
    maintenance::{self, LocalDate, Reach},
};
use engine::store::maintenance::{self as windows, WindowChange, WindowRow, WindowState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Routes of this noun.
pub fn routes() -> Table {
    Table::default()
        .add(Method::GET, "/api/v1/maintenance-windows", list)
        .add(Method::POST, "/api/v1/maintenance-windows", create)
        .add(Method::GET, "/api/v1/maintenance-windows/{id}", get)
        .add(Method::PATCH, "/api/v1/maintenance-windows/{id}", edit)
        .add(Method::DELETE, "/api/v1/maintenance-windows/{id}", remove)
        .add(Method::POST, "/api/v1/maintenance-windows/{id}/end", end)
}

/// When a window occurs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Occurs {
    /// From one instant to another.
    Once {
        /// First instant.
        from: Moment,
        /// First instant after it.
        until: Moment,
    },
    /// Again and again.
    Recurring {
        /// Five fields: when it begins.
        cron: String,
        /// IANA zone of the line.
        zone: String,
        /// How many minutes it lasts.
        minutes: u32,
        /// Local dates on which it doesn't begin, `2026-12-27`.
        #[serde(default)]
        #[schema(value_type = Vec<String>)]
        except: Vec<LocalDate>,
    },
}

impl From<maintenance::Occurs> for Occurs {
    fn from(occurs: maintenance::Occurs) -> Self {
        match occurs {
            maintenance::Occurs::Once { from, until } => Self::Once { from: from.into(), until: until.into() },
            maintenance::Occurs::Recurring { cron, zone, minutes, except } => Self::Recurring { cron, zone, minutes, except },
        }
    }
}

impl From<Occurs> for maintenance::Occurs {
    fn from(occurs: Occurs) -> Self {
        match occurs {
            Occurs::Once { from, until } => Self::Once { from: from.into(), until: until.into() },
            Occurs::Recurring { cron, zone, minutes, except } => Self::Recurring { cron, zone, minutes, except },
        }
    }
}

/// An occurrence.
#[derive(Debug, Serialize, ToSchema)]
pub struct Occurrence {
    from: Moment,
    until: Moment,
}

/// A maintenance window.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaintenanceWindow {
    #[schema(value_type = String)]
    id: MaintenanceId,
    #[schema(value_type = String)]
    partner: PartnerId,
    name: String,
    /// Why.
    note: String,
    /// `{"device": id}`, `{"organization": id}`, `"partner"` (all its own organizations), `{"tag": "…"}` or `"all"` (with sub-resellers).
    #[schema(value_type = Object)]
    reach: Reach,
    /// Of a device or an organization: which organization.
    #[schema(value_type = Option<String>)]
    organization: Option<OrganizationId>,
    occurs: Occurs,
    /// That in words.
    words: String,
    /// `in_force`, `coming` or `over`.
    #[schema(value_type = String)]
    state: WindowState,
    /// The occurrence in force and those that come next, at most two.
    next: Vec<Occurrence>,
    ended_at: Option<Moment>,
    made_by: String,
    ended_by: Option<String>,
}

impl From<WindowRow> for MaintenanceWindow {
    fn from(row: WindowRow) -> Self {
        Self {
            id: row.id,
            partner: row.partner,
            name: row.name,
            note: row.note,
            reach: row.reach,
            organization: row.organization,
            occurs: row.occurs.into(),
            words: row.words,
            state: row.state,
            next: row.next.into_iter().map(|(from, until)| Occurrence { from: from.into(), until: until.into() }).collect(),
            ended_at: row.ended_at.map(Into::into),
            made_by: row.made_by,
            ended_by: row.ended_by,
        }
    }
}

/// A window to be planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMaintenanceWindow {
    /// Of `partner`, `tag` and `all`: whose; default: your own.
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    name: String,
    /// Why.
    #[serde(default)]
    note: String,
    /// As in a window.
    #[schema(value_type = Object)]
    reach: Reach,
    occurs: Occurs,
}

/// What changes of a window from now on; what it was stays as it was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMaintenanceWindow {
    name: Option<String>,
    note: Option<String>,
    #[schema(value_type = Option<Object>)]
    reach: Option<Reach>,
    occurs: Option<Occurs>,
}

/// Lists the maintenance windows of your scope: those in force, those that come, and the latest that are over.
#[utoipa::path(get, path = "/api/v1/maintenance-windows", tag = "maintenance", responses((status = 200, body = Paged<MaintenanceWindow>)))]
pub async fn list(State(portal): State<Portal>, caller: Caller) -> ApiResult<Json<Paged<MaintenanceWindow>>> {
    Ok(Paged::whole(windows::list(portal.store(), &caller.actor, portal.now()).await?, MaintenanceWindow::from))
}

/// One maintenance window.
#[utoipa::path(get, path = "/api/v1/maintenance-windows/{id}", tag = "maintenance", params(("id" = String, Path)), responses((status = 200, body = MaintenanceWindow), (status = 404)))]
pub async fn get(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<MaintenanceWindow>> {
    let id = id("maintenance window", &text)?;
    Ok(Json(windows::get(portal.store(), &caller.actor, id, portal.now()).await?.into()))
}

/// Plans maintenance. It holds at once if its time has come.
#[utoipa::path(post, path = "/api/v1/maintenance-windows", tag = "maintenance", request_body = NewMaintenanceWindow, responses((status = 201, body = MaintenanceWindow), (status = 404), (status = 422)))]
pub async fn create(State(portal): State<Portal>, caller: Caller, Body(new): Body<NewMaintenanceWindow>) -> ApiResult<Response> {
    let new = windows::NewWindow { partner: new.partner, name: new.name, note: new.note, reach: new.reach, occurs: new.occurs.into() };
    let id = windows::create(portal.engine(), &caller.actor, new, portal.now()).await?;
    let made: MaintenanceWindow = windows::get(portal.store(), &caller.actor, id, portal.now()).await?.into();
    Ok(created("/api/v1/maintenance-windows", id, made))
}

/// Changes a maintenance window from now on.
#[utoipa::path(patch, path = "/api/v1/maintenance-windows/{id}", tag = "maintenance", params(("id" = String, Path)), request_body = EditMaintenanceWindow, responses((status = 200, body = MaintenanceWindow), (status = 404), (status = 409), (status = 422)))]
pub async fn edit(
    State(portal): State<Portal>,
    caller: Caller,
    Path(text): Path<String>,
    Body(change): Body<EditMaintenanceWindow>,
) -> ApiResult<Json<MaintenanceWindow>> {
    let id = id("maintenance window", &text)?;
    let change = WindowChange { name: change.name, note: change.note, reach: change.reach, occurs: change.occurs.map(Into::into) };
    windows::change(portal.engine(), &caller.actor, id, change, portal.now()).await?;
    Ok(Json(windows::get(portal.store(), &caller.actor, id, portal.now()).await?.into()))
}

/// Takes a maintenance window away: it doesn't come any more, and ends if it is in force.
#[utoipa::path(delete, path = "/api/v1/maintenance-windows/{id}", tag = "maintenance", params(("id" = String, Path)), responses((status = 204), (status = 404), (status = 409)))]
pub async fn remove(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<StatusCode> {
    windows::remove(portal.engine(), &caller.actor, id("maintenance window", &text)?, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the occurrence that is in force; one that comes again stays for the next time.
#[utoipa::path(post, path = "/api/v1/maintenance-windows/{id}/end", tag = "maintenance", params(("id" = String, Path)), responses((status = 200, body = MaintenanceWindow), (status = 404), (status = 409)))]
pub async fn end(State(portal): State<Portal>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<MaintenanceWindow>> {
    let id = id("maintenance window", &text)?;
    windows::end_now(portal.engine(), &caller.actor, id, portal.now()).await?;
    Ok(Json(windows::get(portal.store(), &caller.actor, id, portal.now()).await?.into()))
}
