//! Devices: lists by keyset, one device in full, and the commands that change what decides their health.
//!
//! A list costs six queries, however many devices there are: rows, facts (two), bars, latest runs, counts. Commands settle the
//! device in their own transaction and publish the change after the commit.

mod commands;
mod foresight;
mod list;
mod need;
mod order;
mod story;

pub use commands::{Created, DeviceChange, NewDevice, create, create_with_key, edit, pause, pause_because, resume, retire};
pub(crate) use commands::{insert, uuid};
pub use list::{BARS, DayBar, DeviceFilter, DeviceRow, DeviceSort, list};
pub use story::{MOST_SHARING, PauseNote, StorageDay, slots_under, storage};

use super::{
    Store,
    entity::device,
    facts::{self, Loaded},
    scope,
};
use crate::{error::Error, live::Change};
use domain::{
    access::{Action, Actor},
    health::{self, Assessment},
    ids::{DeviceId, PartnerId},
    policy::{DeviceLife, Policy},
    schedule::Schedule,
    time::Time,
};
use sea_orm::{Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde::Serialize;

/// A device in full: its row in lists and what only its own page shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceDetail {
    /// As in lists.
    #[serde(flatten)]
    pub row: DeviceRow,
    /// Its partner.
    pub partner: PartnerId,
    /// Secret part of its ping addresses.
    pub ping_uuid: String,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// The machine's own name.
    pub hostname: Option<String>,
    /// The organization's IANA zone.
    pub time_zone: String,
    /// True when the organization is deactivated: nothing is alerted.
    pub organization_deactivated: bool,
    /// When it was changed last.
    pub updated_at: Time,
    /// Its assessment now.
    pub assessment: Assessment,
    /// The policy's schedule.
    pub schedule: Schedule,
    /// The policy.
    pub terms: Policy,
    /// Devices under the same policy, this one included; [`MOST_SHARING`] + 1: more than that.
    pub sharing: i64,
    /// Who paused or retired it and why, while it is paused or retired.
    pub paused: Option<PauseNote>,
}

pub(crate) fn seen(actor: &Actor) -> Condition {
    scope::within(&actor.scope, device::Column::PartnerId, Some(device::Column::OrganizationId), Some(device::Column::Id))
}

/// The device's row, if it is within the scope.
pub(crate) async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: DeviceId) -> Result<device::Model, Error> {
    device::Entity::find().filter(seen(actor)).filter(device::COLUMN.id.eq(id.0)).one(conn).await?.ok_or(Error::NotFound("device"))
}

async fn facts_of<C: ConnectionTrait>(conn: &C, partner: PartnerId, id: DeviceId) -> Result<Loaded, Error> {
    facts::load(conn, &[(partner, id)]).await?.pop().ok_or(Error::NotFound("device"))
}

/// One device in full.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn get(store: &Store, actor: &Actor, id: DeviceId, now: Time) -> Result<DeviceDetail, Error> {
    scope::require(actor, Action::SeeDashboards, "see devices")?;
    let conn = store.reads();
    let model = find(conn, actor, id).await?;
    let partner = PartnerId(model.partner_id);
    let loaded = facts_of(conn, partner, id).await?;
    let assessment = health::assess(&loaded.facts, now);
    let (time_zone, organization_deactivated) = (loaded.time_zone.clone(), loaded.deactivated);
    let terms = loaded.policy.clone();
    let sharing = story::sharing(conn, partner, loaded.policy_id).await?;
    let paused = match loaded.life {
        DeviceLife::Paused | DeviceLife::Retired => story::paused(conn, partner, id).await?,
        DeviceLife::Pending | DeviceLife::Active => None,
    };
    let row = list::complete(conn, vec![(model.clone(), loaded)], now).await?.pop().ok_or(Error::NotFound("device"))?;
    Ok(DeviceDetail {
        row,
        partner,
        ping_uuid: model.ping_uuid,
        agent_version: model.agent_version,
        hostname: model.hostname,
        time_zone,
        organization_deactivated,
        updated_at: Time(model.updated_at),
        assessment,
        schedule: terms.schedule.clone(),
        terms,
        sharing,
        paused,
    })
}

/// The facts of a device, as the browser gets them.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn loaded(store: &Store, actor: &Actor, id: DeviceId) -> Result<Loaded, Error> {
    scope::require(actor, Action::SeeDashboards, "see devices")?;
    let model = find(store.reads(), actor, id).await?;
    facts_of(store.reads(), PartnerId(model.partner_id), id).await
}

/// The assessment as it is, or will be at `at` if nothing more happens.
///
/// A time before `now` is answered from today's facts, too: what they would have meant then.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn assessment(store: &Store, actor: &Actor, id: DeviceId, at: Time, now: Time) -> Result<Assessment, Error> {
    let mut loaded = loaded(store, actor, id).await?;
    if at > now {
        foresight::let_time_pass(&mut loaded, now, at)?;
    }
    Ok(health::assess(&loaded.facts, at))
}

/// Locks devices and accounts against ingest and the reconciler, in their order, before a command changes them.
pub(crate) async fn lock(store: &Store, tx: &DatabaseTransaction, devices: &[(PartnerId, DeviceId)]) -> Result<(), Error> {
    let mut devices = devices.to_vec();
    devices.sort_unstable();
    devices.dedup();
    crate::reconcile::work::lock(store, tx, &devices).await
}

/// Settles devices within a command's transaction; what to publish after the commit.
pub(crate) async fn settle(
    store: &Store,
    tx: &DatabaseTransaction,
    devices: &[(PartnerId, DeviceId)],
    now: Time,
) -> Result<Vec<Change>, Error> {
    if devices.is_empty() {
        return Ok(Vec::new());
    }
    crate::reconcile::settle(store, tx, devices, now).await
}
