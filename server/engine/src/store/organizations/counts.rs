//! Counts of organizations: of a window from hourly rows, live ones from stored counts (D6). Never from runs.

use super::{Window, find, may_see};
use crate::{
    error::Error,
    store::{
        Store,
        entity::{organization_count, organization_hour},
    },
};
use domain::{
    access::Actor,
    ids::{OrganizationId, PartnerId},
    live::CountsNow,
    time::Time,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use std::collections::HashMap;

/// Counts of an organization, of its devices and its SaaS accounts together: finished runs of a window, open ones now (D6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WindowCounts {
    /// Seats in use.
    pub seats: i64,
    /// Runs that ended succeeded or warning.
    pub success: i64,
    /// Of them with issues.
    pub warning: i64,
    /// Runs that ended failed or were missed.
    pub failed: i64,
    /// Open runs in state running, now.
    pub running: i64,
    /// Open runs in state retrying, now.
    pub retrying: i64,
    /// The window.
    pub window: Window,
}

/// Counts of a window, from hourly and live counts.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn counts(store: &Store, actor: &Actor, id: OrganizationId, window: Window, now: Time) -> Result<WindowCounts, Error> {
    may_see(actor)?;
    let model = find(store.reads(), actor, id).await?;
    let live = counts_of(store.reads(), std::iter::once((model.partner_id, model.id))).await?;
    let live = live.get(&id.0).copied().unwrap_or_default();
    let hours = organization_hour::Entity::find()
        .filter(organization_hour::COLUMN.partner_id.eq(model.partner_id))
        .filter(organization_hour::COLUMN.organization_id.eq(model.id))
        .filter(organization_hour::COLUMN.hour.gt((now - window.span()).hour()))
        .filter(organization_hour::COLUMN.hour.lte(now.hour()))
        .all(store.reads())
        .await?;
    let pair = (PartnerId(model.partner_id), id);
    let saas = crate::live::saas_of_organizations(store.reads(), &[pair], now).await?.remove(&pair).unwrap_or_default();
    let ended = match window {
        Window::Day => saas.day,
        Window::Week => saas.week,
        Window::Month => saas.month,
    };
    let sum = |of: fn(&organization_hour::Model) -> i64| hours.iter().map(of).sum::<i64>();
    let warning = sum(|h| h.warning);
    Ok(WindowCounts {
        seats: saas.seats,
        success: sum(|h| h.succeeded) + warning + ended.success,
        warning: warning + ended.warning,
        failed: sum(|h| h.failed) + sum(|h| h.missed) + ended.failed,
        running: live.running + saas.running,
        retrying: live.retrying + saas.retrying,
        window,
    })
}

pub(super) async fn counts_of<C: ConnectionTrait>(
    conn: &C,
    of: impl Iterator<Item = (i64, i64)>,
) -> Result<HashMap<i64, CountsNow>, Error> {
    let (mut partners, ids): (Vec<i64>, Vec<i64>) = of.unzip();
    partners.sort_unstable();
    partners.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = organization_count::Entity::find()
        .filter(organization_count::COLUMN.partner_id.is_in(partners))
        .filter(organization_count::COLUMN.organization_id.is_in(ids))
        .all(conn)
        .await?;
    Ok(rows.iter().map(|c| (c.organization_id, counts_now(c))).collect())
}

fn counts_now(model: &organization_count::Model) -> CountsNow {
    CountsNow {
        healthy: model.healthy,
        warning: model.warning,
        critical: model.critical,
        unknown: model.unknown,
        paused: model.paused,
        running: model.running,
        retrying: model.retrying,
        open_alerts: model.open_alerts,
        covered: model.covered,
        in_breach: model.in_breach,
    }
}
