//! From the engine's rows to what the pages of organizations show. Server side only.

use super::{DeviceLine, OrganizationLine, OrganizationView, WindowView};
use crate::{api::start::choices::device_now, error::UiError};
use domain::{
    access::{Action, Actor},
    ids::OrganizationId,
    live::CountsNow,
};
use engine::{
    Engine,
    store::{
        devices::{self, DeviceFilter, DeviceRow},
        organizations::{self, OrganizationRow, OrganizationStatus, PlanType, Window},
    },
};

/// How many devices the overview names.
const NAMED: u64 = 8;

/// Somebody without dashboards sees plans and seats, not health.
pub(super) fn line(row: OrganizationRow, sees_health: bool) -> OrganizationLine {
    OrganizationLine {
        id: row.id,
        name: row.name,
        activated: row.status == OrganizationStatus::Activated,
        plan_name: row.plan_name,
        plan_type: row.plan_type.as_str().to_owned(),
        region: row.region,
        time_zone: row.time_zone,
        seat_limit: row.seat_limit,
        counts: if sees_health { row.counts } else { CountsNow::default() },
    }
}

fn device(row: DeviceRow) -> DeviceLine {
    DeviceLine {
        now: device_now(&row),
        name: row.name,
        class: row.class,
        life: row.life,
        policy: row.policy.1,
        open_alerts: row.open_alerts,
    }
}

pub(super) async fn view(
    engine: &Engine,
    actor: &Actor,
    id: OrganizationId,
    tab: &str,
    window: Option<String>,
    cursor: Option<String>,
) -> Result<OrganizationView, UiError> {
    let sees_health = actor.may(Action::SeeDashboards);
    let may_change = actor.may(Action::ManagePlans);
    let row = organizations::get(&engine.store, actor, id).await?;
    let tab = match tab {
        "devices" if sees_health => "devices",
        "settings" if may_change => "settings",
        _ => "overview",
    };
    let mut view = OrganizationView {
        tab: tab.to_owned(),
        created_at: row.created_at,
        line: line(row, sees_health),
        window: None,
        devices: Vec::new(),
        next_cursor: None,
        zones: Vec::new(),
        may_change,
        may_add_devices: actor.may(Action::ManageDevices),
        sees_health,
    };
    match tab {
        "settings" => view.zones = zone_names(),
        "devices" => {
            let filter = DeviceFilter { organization: Some(id), cursor, limit: Some(100), ..DeviceFilter::default() };
            let page = devices::list(&engine.store, actor, &filter, (engine.clock)()).await?;
            view.devices = page.items.into_iter().map(device).collect();
            view.next_cursor = page.next_cursor;
        }
        _ if sees_health => {
            let window: Window = window.and_then(|w| w.parse().ok()).unwrap_or_default();
            let counts = organizations::counts(&engine.store, actor, id, window, (engine.clock)()).await?;
            view.window = Some(WindowView {
                window: window.as_str().to_owned(),
                success: counts.success,
                warning: counts.warning,
                failed: counts.failed,
            });
            let filter = DeviceFilter { organization: Some(id), limit: Some(NAMED), ..DeviceFilter::default() };
            view.devices = devices::list(&engine.store, actor, &filter, (engine.clock)()).await?.items.into_iter().map(device).collect();
        }
        _ => {}
    }
    Ok(view)
}

pub(super) fn zone_names() -> Vec<String> {
    domain::wall_clock::zone_names().into_iter().map(str::to_owned).collect()
}

/// Seats as typed: empty for no limit.
pub(super) fn seats(typed: &str) -> Result<Option<i64>, UiError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    typed
        .parse()
        .map(Some)
        .map_err(|_| UiError::field("invalid_seat_limit", "seat_limit", "Give a whole number of seats, or leave it empty for no limit."))
}

/// What was sold, as typed; nothing typed: Backup.
pub(super) fn plan_type(typed: &str) -> Result<PlanType, UiError> {
    if typed.is_empty() {
        return Ok(PlanType::default());
    }
    typed.parse().map_err(|_| UiError::field("invalid_plan_type", "plan_type", "Choose Backup or Archiver."))
}

/// A name that is taken is shown at the name.
pub(in crate::api) fn at_name(error: engine::error::Error) -> UiError {
    let mut error = UiError::from(error);
    if error.code == "name_taken" {
        error.field = Some("name".to_owned());
    }
    error
}
