//! Commands on devices.

use crate::error::UiError;
use crate::wire::Wire;
use domain::{ids::DeviceId, policy::DeviceClass};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the form of a device holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceEdit {
    /// Name.
    pub name: String,
    /// Class.
    pub class: DeviceClass,
    /// Id of the policy.
    pub policy: String,
    /// Bytes allowed at the destination.
    pub quota_bytes: Option<i64>,
    /// Tags.
    pub tags: Vec<String>,
}

/// Changes a device.
///
/// # Errors
/// Signed out, not allowed, not within the scope, or input that can't be taken.
#[server(prefix = "/sf", endpoint = "backup/edit_device", input = Wire, output = Wire)]
pub async fn edit_device(id: DeviceId, edit: DeviceEdit) -> Result<(), UiError> {
    use engine::store::devices::DeviceChange;
    let (engine, actor) = crate::context::actor()?;
    let policy = edit.policy.parse().map_err(|_| UiError::field("unknown_policy", "policy", "Choose one of the policies."))?;
    let change = DeviceChange {
        name: Some(edit.name),
        class: Some(edit.class),
        policy: Some(policy),
        quota_bytes: Some(edit.quota_bytes),
        tags: Some(edit.tags),
    };
    Ok(engine::store::devices::edit(&engine, &actor, id, change, crate::context::now(&engine)).await?)
}

/// Pauses a device: its conditions are recorded, not alerted. The reason is shown while it lasts; it may be empty.
///
/// # Errors
/// Signed out, not allowed, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/pause_device", input = Wire, output = Wire)]
pub async fn pause_device(id: DeviceId, reason: String) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    Ok(engine::store::devices::pause_because(&engine, &actor, id, &reason, crate::context::now(&engine)).await?)
}

/// Ends a pause, or brings a retired device back.
///
/// # Errors
/// Signed out, not allowed, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/resume_device", input = Wire, output = Wire)]
pub async fn resume_device(id: DeviceId) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    Ok(engine::store::devices::resume(&engine, &actor, id, crate::context::now(&engine)).await?)
}

/// Retires a device: kept for its history only.
///
/// # Errors
/// Signed out, not allowed, or not within the scope.
#[server(prefix = "/sf", endpoint = "backup/retire_device", input = Wire, output = Wire)]
pub async fn retire_device(id: DeviceId) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    Ok(engine::store::devices::retire(&engine, &actor, id, crate::context::now(&engine)).await?)
}
