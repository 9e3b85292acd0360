//! From the engine's rows to what the pages of organizations show. Server side only.

use super::{OrganizationLine, OrganizationView, OrganizationsQuery, OrganizationsView};
use crate::{
    api::backup::clients::ssr::{order, overview, partner_choices, standings},
    context,
    error::UiError,
};
use domain::{
    access::{Action, Actor, Scope},
    ids::OrganizationId,
    live::OrganizationNow,
};
use engine::{
    Engine,
    store::organizations::{self, OrganizationFilter, OrganizationRow, OrganizationSort, OrganizationStatus, PlanType},
};

/// Somebody without dashboards gets no counts from the engine: plans and seats only.
fn line(row: OrganizationRow) -> OrganizationLine {
    OrganizationLine {
        id: row.id,
        name: row.name,
        partner: (row.partner, row.partner_name),
        activated: row.status == OrganizationStatus::Activated,
        plan_name: row.plan_name,
        plan_type: row.plan_type.as_str().to_owned(),
        region: row.region,
        time_zone: row.time_zone,
        seat_limit: row.seat_limit,
        counts: row.counts,
    }
}

pub(super) async fn list(query: OrganizationsQuery) -> Result<OrganizationsView, UiError> {
    let (engine, actor) = context::actor()?;
    let sees_health = actor.may(Action::SeeDashboards);
    let (mut sort, descending) = order(&query.sort, OrganizationSort::Name);
    if !sees_health && sort != OrganizationSort::Seats {
        // An address that somebody else has shared may ask for an order by health.
        sort = OrganizationSort::Name;
    }
    let filter = OrganizationFilter {
        search: Some(query.search),
        status: query.status.parse().ok(),
        partner: query.partner.parse().ok(),
        standing: None,
        sort,
        descending,
        cursor: Some(query.cursor),
        limit: None,
    };
    let page = organizations::list(&engine.store, &actor, &filter).await?;
    Ok(OrganizationsView {
        rows: page.items.into_iter().map(line).collect(),
        next_cursor: page.next_cursor,
        standings: standings(organizations::standings(&engine.store, &actor, &filter).await?),
        partners: partner_choices(&engine, &actor).await?,
        may_add: actor.may(Action::ManagePlans) && matches!(actor.scope, Scope::Partners(_)),
        sees_health,
    })
}

pub(super) async fn view(
    engine: &Engine,
    actor: &Actor,
    id: OrganizationId,
    part: &str,
    window: &str,
) -> Result<OrganizationView, UiError> {
    let sees_health = actor.may(Action::SeeDashboards);
    let may_change = actor.may(Action::ManagePlans);
    let row = organizations::get(&engine.store, actor, id).await?;
    let created_at = row.created_at;
    let line = line(row);
    let overview = match part {
        "overview" if sees_health => Some(overview(engine, actor, id, window, context::now(engine)).await?),
        _ => None,
    };
    if part == "settings" && !may_change {
        return Err(UiError::new(403, "forbidden", "You may not change organizations."));
    }
    let shows_saas = crate::api::saas::ssr::is_shown(engine, actor, id).await?;
    Ok(OrganizationView {
        // The overview counts what runs of accounts, too.
        now: OrganizationNow {
            organization: id,
            counts: line.counts,
            worst: None,
            saas: if overview.is_some() && shows_saas { crate::api::saas::ssr::now(engine, actor, id).await? } else { None },
        },
        line,
        created_at,
        overview,
        zones: if part == "settings" { zone_names() } else { Vec::new() },
        is_own: matches!(actor.scope, Scope::Organization(..)),
        may_change,
        may_add_devices: actor.may(Action::ManageDevices),
        sees_health,
        shows_saas,
        sees_reports: engine::store::report_delivery::may_see(&engine.store, actor, id).await?,
    })
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
