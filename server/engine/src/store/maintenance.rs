//! Maintenance windows: planned, changed, ended, listed (D2). What they mean is decided in [`domain::maintenance`] and `assess`.
//!
//! A change ends a row and begins another of its series, so that the past keeps what was announced for it. A window is known by its
//! series. Windows live with the partner whose devices they concern; what reaches sub-resellers lives with the partner above.

mod commands;
mod in_force;
mod touched;

pub use commands::{NewWindow, WindowChange, change, create, end_now, remove};
pub(crate) use in_force::{Ancestors, InForce, lines, versions};
pub use touched::{Concerned, concerned};

use super::{
    Store,
    entity::{device, maintenance_window, organization, user},
    scope,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, MaintenanceId, OrganizationId, PartnerId, UserId},
    maintenance::{Occurs, Reach, Window, words},
    time::Time,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use std::collections::HashMap;

/// Windows listed at most that still hold.
const MOST: u64 = 1_000;
/// Windows listed at most that are over.
const MOST_OVER: u64 = 50;
/// Occurrences that a row tells.
const TOLD: usize = 2;

/// How a window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// It is going on.
    InForce,
    /// It comes, or comes again.
    Coming,
    /// It is over, or was taken away.
    Over,
}

/// A window as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WindowRow {
    /// Which window; the same through all changes.
    pub id: MaintenanceId,
    /// With which partner it lives.
    pub partner: PartnerId,
    /// Its name.
    pub name: String,
    /// Why.
    pub note: String,
    /// Whom it concerns.
    pub reach: Reach,
    /// Name of that device or organization; empty for the others.
    pub reach_name: String,
    /// Of a device or an organization: which organization.
    pub organization: Option<OrganizationId>,
    /// When it occurs.
    pub occurs: Occurs,
    /// That in words.
    pub words: String,
    /// How it stands.
    pub state: WindowState,
    /// The occurrence in force and those that come next, at most two.
    pub next: Vec<(Time, Time)>,
    /// Since when it holds as it is.
    pub from: Time,
    /// When it was ended or taken away.
    pub ended_at: Option<Time>,
    /// Who planned it: a name, `an API key` or `system`.
    pub made_by: String,
    /// Who ended it.
    pub ended_by: Option<String>,
}

fn seen(actor: &Actor) -> Condition {
    scope::within(
        &actor.scope,
        maintenance_window::Column::PartnerId,
        Some(maintenance_window::Column::OrganizationId),
        Some(maintenance_window::Column::DeviceId),
    )
}

/// The version of a window that holds, or the last that did.
async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: MaintenanceId) -> Result<maintenance_window::Model, Error> {
    maintenance_window::Entity::find()
        .filter(seen(actor))
        .filter(maintenance_window::COLUMN.series_id.eq(id.0))
        .order_by_desc(maintenance_window::Column::Id)
        .one(conn)
        .await?
        .ok_or(Error::NotFound("maintenance window"))
}

fn reach(model: &maintenance_window::Model) -> Result<Reach, Error> {
    Ok(match model.scope.as_str() {
        "device" => Reach::Device(DeviceId(model.device_id)),
        "organization" => Reach::Organization(OrganizationId(model.organization_id)),
        "partner" => Reach::Partner,
        "tag" => Reach::Tag(model.tag.clone()),
        "all" => Reach::All,
        other => return Err(Error::Internal(format!("a maintenance window of scope {other}"))),
    })
}

fn window(model: &maintenance_window::Model) -> Result<Window, Error> {
    Ok(Window {
        occurs: serde_json::from_str(&model.occurs)?,
        reach: reach(model)?,
        own: true,
        from: Time(model.from_at),
        until: model.until_at.map(Time),
    })
}

/// Took place once, and is over.
fn passed(now: Time) -> Condition {
    // With a NULL neither this nor its opposite would hold.
    Condition::all().add(maintenance_window::Column::OverAt.is_not_null()).add(maintenance_window::Column::OverAt.lte(now.0))
}

/// The windows of the scope: those in force first, then those that come, by their next occurrence; then the latest that are over.
///
/// # Errors
/// `Forbidden` without the right to read.
pub async fn list(store: &Store, actor: &Actor, now: Time) -> Result<Vec<WindowRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see maintenance windows")?;
    let conn = store.reads();
    let mut models = maintenance_window::Entity::find()
        .filter(seen(actor))
        .filter(maintenance_window::Column::UntilAt.is_null())
        .filter(passed(now).not())
        .order_by_desc(maintenance_window::Column::Id)
        .limit(MOST)
        .all(conn)
        .await?;
    let held: Vec<i64> = models.iter().map(|model| model.series_id).collect();
    let ended = maintenance_window::Entity::find()
        .filter(seen(actor))
        .filter(Condition::any().add(maintenance_window::Column::UntilAt.is_not_null()).add(passed(now)))
        .order_by_desc(maintenance_window::Column::Id)
        .limit(MOST_OVER * 4)
        .all(conn)
        .await?;
    let mut known: std::collections::HashSet<i64> = held.into_iter().collect();
    // The latest version of each series comes first.
    models.extend(ended.into_iter().filter(|model| known.insert(model.series_id)).take(usize::try_from(MOST_OVER).unwrap_or(0)));
    let mut rows = rows(conn, models, now).await?;
    rows.sort_by_key(|row| {
        let next = row.next.first().map_or(Time(i64::MAX), |(from, _)| *from);
        let ended = std::cmp::Reverse(row.ended_at.unwrap_or(row.from));
        (row.state, next, ended)
    });
    Ok(rows)
}

/// One window as it stands.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: MaintenanceId, now: Time) -> Result<WindowRow, Error> {
    scope::require(actor, Action::SeeDashboards, "see maintenance windows")?;
    let model = find(store.reads(), actor, id).await?;
    rows(store.reads(), vec![model], now).await?.pop().ok_or(Error::NotFound("maintenance window"))
}

async fn rows<C: ConnectionTrait>(conn: &C, models: Vec<maintenance_window::Model>, now: Time) -> Result<Vec<WindowRow>, Error> {
    let names = Names::of(conn, &models).await?;
    let mut ids: Vec<i64> = Vec::new();
    for who in models.iter().flat_map(|m| [Some(m.made_by.as_str()), m.ended_by.as_deref()]).flatten() {
        ids.extend(who.strip_prefix("user:").and_then(|id| id.parse::<UserId>().ok()).map(|id| id.0));
    }
    let whos = people(conn, ids).await?;
    let named = |who: &str| match whos.get(who) {
        Some(name) => name.clone(),
        None if who.starts_with("key:") => "an API key".to_owned(),
        None => who.to_owned(),
    };
    models
        .into_iter()
        .map(|model| {
            let window = window(&model)?;
            let mut next = window.ahead(now).map_err(|e| Error::Internal(format!("a stored window: {e}")))?;
            next.truncate(TOLD);
            let state = match next.first() {
                Some((from, _)) if *from <= now => WindowState::InForce,
                Some(_) => WindowState::Coming,
                None => WindowState::Over,
            };
            Ok(WindowRow {
                id: MaintenanceId(model.series_id),
                partner: PartnerId(model.partner_id),
                reach_name: names.of_reach(&window.reach),
                organization: (model.organization_id != 0).then_some(OrganizationId(model.organization_id)),
                words: words(&window.occurs),
                reach: window.reach,
                occurs: window.occurs,
                state,
                next,
                from: window.from,
                ended_at: window.until,
                made_by: named(&model.made_by),
                ended_by: model.ended_by.as_deref().map(named),
                name: model.name,
                note: model.note,
            })
        })
        .collect()
}

/// Names of those who planned and ended, by what rows say of them.
async fn people<C: ConnectionTrait>(conn: &C, mut ids: Vec<i64>) -> Result<HashMap<String, String>, Error> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = user::Entity::find().filter(user::Column::Id.is_in(ids)).all(conn).await?;
    Ok(found.into_iter().map(|person| (format!("user:{}", UserId(person.id)), person.name)).collect())
}

/// Names of the devices and organizations that windows are for.
struct Names(HashMap<i64, String>);

impl Names {
    async fn of<C: ConnectionTrait>(conn: &C, models: &[maintenance_window::Model]) -> Result<Self, Error> {
        let partners: Vec<i64> = models.iter().map(|model| model.partner_id).collect();
        let mut names = HashMap::new();
        let devices: Vec<i64> = models.iter().map(|model| model.device_id).filter(|id| *id != 0).collect();
        if !devices.is_empty() {
            let found: Vec<(i64, String)> = device::Entity::find()
                .select_only()
                .column(device::Column::Id)
                .column(device::Column::Name)
                .filter(device::Column::PartnerId.is_in(partners.clone()))
                .filter(device::Column::Id.is_in(devices))
                .into_tuple()
                .all(conn)
                .await?;
            names.extend(found);
        }
        let organizations: Vec<i64> = models.iter().map(|model| model.organization_id).filter(|id| *id != 0).collect();
        if !organizations.is_empty() {
            let found: Vec<(i64, String)> = organization::Entity::find()
                .select_only()
                .column(organization::Column::Id)
                .column(organization::Column::Name)
                .filter(organization::Column::PartnerId.is_in(partners))
                .filter(organization::Column::Id.is_in(organizations))
                .into_tuple()
                .all(conn)
                .await?;
            names.extend(found);
        }
        Ok(Self(names))
    }

    fn of_reach(&self, reach: &Reach) -> String {
        let id = match reach {
            Reach::Device(id) => id.0,
            Reach::Organization(id) => id.0,
            Reach::Partner | Reach::Tag(_) | Reach::All => return String::new(),
        };
        self.0.get(&id).cloned().unwrap_or_default()
    }
}
