//! What a device's own page tells beside its state: its storage by day, who paused it and why, and how many share its policy.
//! Each reads a bounded number of rows.

use super::find;
use crate::{
    error::Error,
    store::{
        Store,
        entity::device_storage,
        facts::{at, resolve},
        scope,
        sql::Sql,
    },
};
use domain::{
    access::{Action, Actor},
    facts::JobHistory,
    health::NewSlots,
    ids::{DeviceId, PartnerId, PolicyId},
    schedule::Schedule,
    time::Time,
    zones,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

/// Most days of a storage trend.
const MOST_DAYS: u64 = 400;

/// More devices than this under one policy are told as "more than".
pub const MOST_SHARING: i64 = 1_000;

/// Audit entries among which the last pause is looked for.
const LOOKED_AT: i64 = 2_000;

/// What the last check-in of a local day said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StorageDay {
    /// Days since 1970-01-01, in the organization's zone.
    pub day: i64,
    /// Bytes used at the destination.
    pub used: i64,
    /// Bytes allowed there.
    pub quota: Option<i64>,
}

/// Who paused or retired a device, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PauseNote {
    /// When.
    pub at: Time,
    /// `user:ID`, `key:ID` or `system`.
    pub who: String,
    /// The person's name, where it was one.
    pub name: Option<String>,
    /// What was said; may be empty.
    pub reason: String,
}

/// Storage of a device over the last 400 days, oldest first. Days without a check-in are left out.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read.
pub async fn storage(store: &Store, actor: &Actor, id: DeviceId) -> Result<Vec<StorageDay>, Error> {
    scope::require(actor, Action::SeeDashboards, "see devices")?;
    let conn = store.reads();
    let device = find(conn, actor, id).await?;
    let mut rows = device_storage::Entity::find()
        .filter(device_storage::COLUMN.partner_id.eq(device.partner_id))
        .filter(device_storage::COLUMN.device_id.eq(device.id))
        .order_by_desc(device_storage::Column::Day)
        .limit(MOST_DAYS)
        .all(conn)
        .await?;
    rows.reverse();
    Ok(rows.into_iter().map(|r| StorageDay { day: r.day, used: r.used, quota: r.quota }).collect())
}

/// The slots that this schedule would give the device's jobs if its policy asked for it from `now` on. Changes nothing.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to read; `Invalid` (schedule).
pub async fn slots_under(store: &Store, actor: &Actor, id: DeviceId, schedule: &Schedule, now: Time) -> Result<NewSlots, Error> {
    zones::validate(schedule).map_err(|e| Error::invalid("invalid_schedule", "schedule", e.to_string()))?;
    let loaded = super::loaded(store, actor, id).await?;
    let jobs = loaded.facts.jobs.iter().map(|job| Ok((job.job, resolve(schedule, job.enrolled_at, &job.history, now)?)));
    Ok(NewSlots::Given {
        jobs: jobs.collect::<Result<_, Error>>()?,
        expected: resolve(schedule, loaded.facts.enrolled_at, &JobHistory::default(), now)?,
    })
}

/// Devices under a policy that are not retired, counted up to [`MOST_SHARING`] + 1.
pub(super) async fn sharing<C: ConnectionTrait>(conn: &C, partner: PartnerId, policy: PolicyId) -> Result<i64, Error> {
    let mut sql = Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM devices WHERE partner_id = ");
    sql.bind(partner.0)
        .push(" AND policy_id = ")
        .bind(policy.0)
        .push(" AND life <> 'retired' LIMIT ")
        .bind(MOST_SHARING + 1)
        .push(") shared");
    let row = conn.query_one_raw(sql.build(conn.get_database_backend())).await?;
    row.map_or(Ok(0), |row| at(&row, 0))
}

/// The last pause or retirement of a device, if it is among the latest entries of the partner's log.
pub(super) async fn paused<C: ConnectionTrait>(conn: &C, partner: PartnerId, id: DeviceId) -> Result<Option<PauseNote>, Error> {
    let mut sql = Sql::new("SELECT a.at, a.who, a.detail FROM (SELECT seq, at, who, what, subject, detail FROM audit WHERE partner_id = ");
    sql.bind(partner.0)
        .push(" ORDER BY seq DESC LIMIT ")
        .bind(LOOKED_AT)
        .push(") a WHERE a.what IN ('device.pause', 'device.retire') AND a.subject = ")
        .bind(format!("device:{id}"))
        .push(" ORDER BY a.seq DESC LIMIT 1");
    let Some(row) = conn.query_one_raw(sql.build(conn.get_database_backend())).await? else { return Ok(None) };
    let (time, who, detail): (i64, String, String) = (at(&row, 0)?, at(&row, 1)?, at(&row, 2)?);
    let detail: serde_json::Value = serde_json::from_str(&detail)?;
    let name = match who.strip_prefix("user:").and_then(|id| id.parse::<domain::ids::UserId>().ok()) {
        Some(user) => crate::store::entity::user::Entity::find_by_id(user.0).one(conn).await?.map(|person| person.name),
        None => None,
    };
    let reason = detail.get("reason").and_then(|r| r.as_str()).unwrap_or_default().to_owned();
    Ok(Some(PauseNote { at: Time(time), who, name, reason }))
}
