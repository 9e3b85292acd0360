//! Restore tests of a device, latest first. Written by ingest.

use super::{Store, devices, entity::restore_test, scope};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    ids::{DeviceId, RestoreTestId},
    time::Time,
};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

const SHOWN: u64 = 100;

/// A restore test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreTestRow {
    /// Which test.
    pub id: RestoreTestId,
    /// Of which device.
    pub device: DeviceId,
    /// When it was made.
    pub at: Time,
    /// Whether it passed.
    pub passed: bool,
    /// What was restored.
    pub scope: String,
    /// Achieved recovery point, in seconds.
    pub rpo_seconds: Option<i64>,
    /// Achieved recovery time, in seconds.
    pub rto_seconds: Option<i64>,
    /// Free text.
    pub note: String,
    /// Who or what did it.
    pub made_by: String,
}

/// The last 100 restore tests of a device, latest first.
///
/// # Errors
/// `NotFound` (device); `Forbidden` without the right to read.
pub async fn list(store: &Store, actor: &Actor, device: DeviceId) -> Result<Vec<RestoreTestRow>, Error> {
    scope::require(actor, Action::SeeDashboards, "see restore tests")?;
    let device = devices::find(store.reads(), actor, device).await?;
    let rows = restore_test::Entity::find()
        .filter(restore_test::COLUMN.partner_id.eq(device.partner_id))
        .filter(restore_test::COLUMN.device_id.eq(device.id))
        .order_by_desc(restore_test::Column::At)
        .order_by_desc(restore_test::Column::Id)
        .limit(SHOWN)
        .all(store.reads())
        .await?;
    Ok(rows
        .into_iter()
        .map(|t| RestoreTestRow {
            id: RestoreTestId(t.id),
            device: DeviceId(t.device_id),
            at: Time(t.at),
            passed: t.passed,
            scope: t.scope,
            rpo_seconds: t.rpo_seconds,
            rto_seconds: t.rto_seconds,
            note: t.note,
            made_by: t.made_by,
        })
        .collect())
}
