//! Clients: who needs a look first.

use super::{AlertLine, Bars, DeviceLine, LogLine};
use crate::error::UiError;
use crate::wire::Wire;
use domain::{
    ids::{OrganizationId, PartnerId},
    live::{CountsNow, OrganizationNow},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A client in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientLine {
    /// Which organization.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its partner and that one's name.
    pub partner: (PartnerId, String),
    /// Served; else its devices are muted.
    pub activated: bool,
    /// Everything that moves.
    pub now: OrganizationNow,
    /// The last 28 days of all its devices.
    pub days: Bars,
}

/// How many clients stand how; the words of the filter `standing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standings {
    /// All.
    pub all: i64,
    /// With a critical device.
    pub critical: i64,
    /// With a device in breach of the service level.
    pub in_breach: i64,
    /// With a device with a warning.
    pub warning: i64,
    /// With a device of which nothing is known.
    pub unknown: i64,
    /// With devices, all of them healthy.
    pub healthy: i64,
}

impl Standings {
    /// What one client adds.
    pub fn of(counts: &CountsNow) -> Self {
        let has = |n: i64| i64::from(n > 0);
        let is_well = counts.healthy > 0 && counts.critical + counts.warning + counts.unknown == 0;
        Self {
            all: 1,
            critical: has(counts.critical),
            in_breach: has(counts.in_breach),
            warning: has(counts.warning),
            unknown: has(counts.unknown),
            healthy: i64::from(is_well),
        }
    }

    /// Goes from what a client added to what it adds now.
    pub fn move_on(&mut self, before: &CountsNow, now: &CountsNow) {
        let (before, now) = (Self::of(before), Self::of(now));
        self.critical += now.critical - before.critical;
        self.in_breach += now.in_breach - before.in_breach;
        self.warning += now.warning - before.warning;
        self.unknown += now.unknown - before.unknown;
        self.healthy += now.healthy - before.healthy;
    }

    /// Of those that stand so: the word of the filter; empty: all.
    pub fn count(&self, standing: &str) -> Option<i64> {
        Some(match standing {
            "" => self.all,
            "critical" => self.critical,
            "in_breach" => self.in_breach,
            "warning" => self.warning,
            "unknown" => self.unknown,
            "healthy" => self.healthy,
            _ => return None,
        })
    }
}

/// What the list asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientsQuery {
    /// Part of the name.
    pub search: String,
    /// Id of a partner.
    pub partner: String,
    /// Word of a standing.
    pub standing: String,
    /// `need` (default), `name`, `compliance`, `devices`, `alerts`, with `-` before it for the other way round.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

impl ClientsQuery {
    /// True if nothing narrows the list.
    pub fn is_all(&self) -> bool {
        [&self.search, &self.partner, &self.standing, &self.cursor].iter().all(|t| t.is_empty())
    }
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientsView {
    /// The rows.
    pub lines: Vec<ClientLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many clients the list has, by standing; the chosen standing itself left out.
    pub standings: Standings,
    /// Partners to choose from, where there are several: (id, name).
    pub partners: Vec<(String, String)>,
    /// The actor may add organizations.
    pub may_add: bool,
    /// Service level: hours for workstations, for servers, and whether other hours hold for some.
    pub hours: (i64, i64, bool),
}

/// How a client does: the first page of its organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientOverview {
    /// Of which time the ended runs are: `24h`, `7d` or `30d`.
    pub window: String,
    /// Usable runs that ended in it.
    pub success: i64,
    /// Of them with issues.
    pub warning: i64,
    /// Failed and missed runs.
    pub failed: i64,
    /// The last 28 days.
    pub days: Bars,
    /// Open alerts that are worth most.
    pub alerts: Vec<AlertLine>,
    /// The devices that need a look first, those that are not healthy.
    pub devices: Vec<DeviceLine>,
    /// The latest runs.
    pub runs: Vec<LogLine>,
    /// The server's time.
    pub at: Time,
}

/// The list of clients.
///
/// # Errors
/// Signed out, not allowed, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "backup/clients", input = Wire, output = Wire)]
pub async fn load_clients(query: ClientsQuery) -> Result<ClientsView, UiError> {
    ssr::clients(query).await
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_filters_move_with_the_rows() {
        let (well, bad) =
            (CountsNow { healthy: 3, ..CountsNow::default() }, CountsNow { healthy: 2, critical: 1, in_breach: 1, ..CountsNow::default() });
        let mut standings = Standings { all: 9, healthy: 4, critical: 2, ..Standings::default() };
        standings.move_on(&well, &bad);
        assert_eq!((standings.healthy, standings.critical, standings.in_breach, standings.all), (3, 3, 1, 9));
        standings.move_on(&bad, &well);
        assert_eq!((standings.healthy, standings.critical, standings.in_breach), (4, 2, 0));
        assert_eq!(Standings::of(&CountsNow::default()).healthy, 0, "without devices nothing is healthy");
    }
}
