//! Devices: the list.

use crate::{error::UiError, live::DeviceBrief, wire::Wire};
use domain::{
    ids::{DeviceId, OrganizationId, PolicyId},
    live::CountsNow,
    policy::DeviceClass,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The last days of a device: day (since 1970-01-01) of the last bar, and per day succeeded, warning, failed, missed; oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    /// Local day of the last bar.
    pub today: i32,
    /// None: no run that day.
    pub days: Vec<Option<(u32, u32, u32, u32)>>,
}

impl Bars {
    /// For the drawing.
    pub fn drawn(&self) -> Vec<charts::DayBar> {
        let first = self.today + 1 - i32::try_from(self.days.len()).unwrap_or(0);
        (first..)
            .zip(&self.days)
            .map(|(day, runs)| match runs {
                Some((succeeded, warning, failed, missed)) => charts::DayBar::of(day, *succeeded, *warning, *failed, *missed),
                None => charts::DayBar::no_data(day),
            })
            .collect()
    }
}

/// A device in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLine {
    /// Which device.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// Its class.
    pub class: DeviceClass,
    /// Its policy and that one's name.
    pub policy: (PolicyId, String),
    /// Everything that moves.
    pub now: DeviceBrief,
    /// Bytes used at the destination.
    pub storage_used: Option<i64>,
    /// Bytes allowed there.
    pub quota_bytes: Option<i64>,
    /// Tags.
    pub tags: Vec<String>,
    /// The last 28 days.
    pub bars: Bars,
    /// Open alerts.
    pub open_alerts: i64,
}

/// What the list asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicesQuery {
    /// Part of the name.
    pub search: String,
    /// Id of an organization.
    pub organization: String,
    /// Word of a band.
    pub band: String,
    /// Word of a class.
    pub class: String,
    /// Word of a life, as it counts; empty: all but retired.
    pub life: String,
    /// Id of a policy.
    #[serde(default)]
    pub policy: String,
    /// `need` (default), `score`, `name`, `last`, `due`, with `-` before it for the other way round.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

impl DevicesQuery {
    /// True if nothing narrows the list.
    pub fn is_all(&self) -> bool {
        self.is_whole() && [&self.band, &self.cursor].iter().all(|t| t.is_empty())
    }

    /// True if nothing but a band narrows the list.
    pub fn is_whole(&self) -> bool {
        self.organization.is_empty() && self.has_no_detail()
    }

    /// True if nothing but an organization and a band narrows the list: then its counts are known.
    pub fn has_no_detail(&self) -> bool {
        [&self.search, &self.class, &self.life, &self.policy].iter().all(|t| t.is_empty())
    }
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicesView {
    /// The rows.
    pub lines: Vec<DeviceLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// All devices of the list, where a stored count knows it.
    pub total: Option<i64>,
    /// The organization that the list is narrowed to: (id, name).
    pub organization: Option<(String, String)>,
    /// Counts of what the list shows, its band apart; none where only a count of rows could tell.
    pub counts: Option<CountsNow>,
}

/// The list of devices.
///
/// # Errors
/// Signed out, not allowed, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "backup/devices", input = Wire, output = Wire)]
pub async fn load_devices(query: DevicesQuery) -> Result<DevicesView, UiError> {
    ssr::devices(query).await
}

/// Organizations whose name holds what was typed, for a filter: (id, name), at most a dozen.
///
/// # Errors
/// Signed out, or not allowed.
#[server(prefix = "/sf", endpoint = "backup/find_organizations", input = Wire, output = Wire)]
pub async fn find_organizations(typed: String) -> Result<Vec<(String, String)>, UiError> {
    ssr::find_organizations(typed).await
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr;
