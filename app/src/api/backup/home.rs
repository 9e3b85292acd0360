//! Home: how the fleet is, and what needs attention.

use super::{AlertLine, DeviceLine};
use crate::error::UiError;
use crate::wire::Wire;
use domain::{live::CountsNow, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What Home shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeView {
    /// Counts of the scope.
    pub counts: CountsNow,
    /// The devices with the lowest scores that are not healthy.
    pub worst: Vec<DeviceLine>,
    /// Open alerts, latest first.
    pub alerts: Vec<AlertLine>,
    /// The server's time.
    pub at: Time,
}

/// Home.
///
/// # Errors
/// Signed out, or not allowed.
#[server(prefix = "/sf", endpoint = "backup/home", input = Wire, output = Wire)]
pub async fn load_home() -> Result<HomeView, UiError> {
    use domain::{health::Band, policy::DeviceLife};
    use engine::store::devices::{DeviceFilter, list};
    let (engine, actor) = crate::context::actor()?;
    let now = crate::context::now(&engine);
    let counts = engine::store::organizations::counts_in_scope(&engine.store, &actor).await?;
    let filter = DeviceFilter { limit: Some(12), ..DeviceFilter::default() };
    let worst = list(&engine.store, &actor, &filter, now).await?.items;
    let worst = worst
        .into_iter()
        .filter(|d| d.band != Band::Healthy && matches!(d.life, DeviceLife::Active | DeviceLife::Pending))
        .map(super::devices::ssr::line)
        .collect();
    let alerts = super::alerts::ssr::open(&engine, &actor, 8).await?;
    Ok(HomeView { counts, worst, alerts, at: now })
}
