//! SaaS: the two dashboards and one account. One server function a screen.

use crate::{
    api::backup::{AlertLine, RunLine},
    error::UiError,
    wire::Wire,
};
use domain::{
    ids::{AccountId, OrganizationId, PartnerId, PolicyId, RunId},
    run::RunState,
    saas::{AccountNow, AccountStatus, AccountType, Consent, SaasNow, Service, Workload, days::AccountDay},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the global table asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaasQuery {
    /// Part of the name.
    pub search: String,
    /// `activated` or `deactivated`.
    pub status: String,
    /// A region.
    pub region: String,
    /// `Backup` or `Archiver`.
    pub plan_type: String,
    /// Word of a service.
    pub service: String,
    /// Id of a partner.
    pub partner: String,
    /// `organization` (default), `status`, `region`, `plan_name`, `plan_type`, `seats`, with `-` before it for the other way round.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

impl SaasQuery {
    /// True if nothing narrows the table.
    pub fn is_all(&self) -> bool {
        [&self.search, &self.status, &self.region, &self.plan_type, &self.service, &self.partner, &self.cursor].iter().all(|t| t.is_empty())
    }
}

/// An organization of the global table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaasLine {
    /// Which organization.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its partner and that one's name.
    pub partner: (PartnerId, String),
    /// Backups are activated.
    pub activated: bool,
    /// Where the backup data lives.
    pub region: String,
    /// Name of its plan.
    pub plan_name: String,
    /// `Backup` or `Archiver`.
    pub plan_type: String,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
    /// Its connections and what the provider says of them; none where only seats are seen.
    pub services: Vec<(Service, Option<Consent>)>,
    /// Seats, accounts, and what is open now.
    pub now: SaasNow,
}

/// The global dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaasView {
    /// The rows.
    pub lines: Vec<SaasLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// All rows that fit.
    pub total: Option<i64>,
    /// Totals of the scope.
    pub now: SaasNow,
    /// Regions to choose from.
    pub regions: Vec<String>,
    /// Partners to choose from, where there are several: (id, name).
    pub partners: Vec<(String, String)>,
    /// The actor sees results; else seats and plans only.
    pub sees_results: bool,
}

/// What the table of accounts asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsQuery {
    /// Id of the organization.
    pub organization: String,
    /// Part of the address or name.
    pub search: String,
    /// Word of a type.
    pub kind: String,
    /// Word of a service.
    pub service: String,
    /// Word of a run's state, or `never`.
    pub result: String,
    /// `activated` or `deactivated`.
    pub status: String,
    /// `account` (default) or `last`, with `-` before it for the other way round.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

impl AccountsQuery {
    /// True if nothing narrows the table.
    pub fn is_all(&self) -> bool {
        [&self.search, &self.kind, &self.service, &self.result, &self.status, &self.cursor].iter().all(|t| t.is_empty())
    }
}

/// Days of an account, or of one workload of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaysLine {
    /// Local day (since 1970-01-01) of the last one.
    pub today: i32,
    /// What each was and how many runs succeeded, had warnings, failed, were missed; oldest first.
    pub days: Vec<(AccountDay, u32, u32, u32, u32)>,
}

impl DaysLine {
    /// For the drawing.
    pub fn drawn(&self) -> Vec<charts::DayBar> {
        use charts::DayState;
        let first = self.today + 1 - i32::try_from(self.days.len()).unwrap_or(0);
        let bar = |(day, (state, succeeded, warning, failed, missed)): (i32, &(AccountDay, u32, u32, u32, u32))| charts::DayBar {
            day,
            state: match state {
                AccountDay::NoData => DayState::NoData,
                AccountDay::Deactivated => DayState::Deactivated,
                AccountDay::Healthy => DayState::Healthy,
                AccountDay::Unhealthy => DayState::Unhealthy,
            },
            succeeded: *succeeded,
            warning: *warning,
            failed: *failed,
            missed: *missed,
        };
        (first..).zip(&self.days).map(bar).collect()
    }
}

/// An account of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// Which account.
    pub id: AccountId,
    /// Its address.
    pub address: String,
    /// Its name, may be empty.
    pub name: String,
    /// What kind of seat it is.
    pub kind: AccountType,
    /// Where.
    pub service: Service,
    /// Whether it is backed up.
    pub status: AccountStatus,
    /// The provider lists it no longer.
    pub is_gone: bool,
    /// Everything that moves; its workloads are the active ones.
    pub now: AccountNow,
    /// All workloads that it may have, in the order of icons.
    pub workloads: Vec<Workload>,
    /// Objects of the last successful backup of each workload, together.
    pub objects: Option<i64>,
    /// Bytes of it.
    pub bytes: Option<i64>,
    /// End of the last usable backup.
    pub last_usable_at: Option<Time>,
    /// When the next is due, grace included.
    pub due_at: Option<Time>,
    /// Open alerts.
    pub open_alerts: i64,
    /// Its last 31 days, for those who see results.
    pub days: Option<DaysLine>,
}

/// The dashboard of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsView {
    /// Which organization.
    pub organization: OrganizationId,
    /// The rows.
    pub lines: Vec<AccountLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// All rows that fit, where that is known.
    pub total: Option<i64>,
    /// Totals of the organization.
    pub now: SaasNow,
    /// Seats it may use.
    pub seat_limit: Option<i64>,
    /// Its connections and what the provider says of them.
    pub services: Vec<(Service, Option<Consent>)>,
    /// The actor sees results; else seats and plans only.
    pub sees_results: bool,
    /// The actor may connect services and activate accounts.
    pub may_manage: bool,
}

/// The last successful backup of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodLine {
    /// The run, if it is still kept.
    pub run: Option<RunId>,
    /// Its end.
    pub at: Time,
    /// Objects it held.
    pub items: Option<i64>,
    /// Bytes it held.
    pub bytes: Option<i64>,
}

/// A workload of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadLine {
    /// Which.
    pub workload: Workload,
    /// It is backed up.
    pub active: bool,
    /// The run that started last.
    pub run: Option<RunId>,
    /// Its state.
    pub state: Option<RunState>,
    /// Its end, or its start while it is open.
    pub at: Option<Time>,
    /// When the next is due, grace included.
    pub due_at: Option<Time>,
    /// The last successful backup.
    pub good: Option<GoodLine>,
    /// Its last 31 days.
    pub days: DaysLine,
    /// Bytes of the last usable runs, oldest first.
    pub sizes: Vec<i64>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// As in the table.
    pub line: AccountLine,
    /// Its workloads, in the order of icons.
    pub workloads: Vec<WorkloadLine>,
    /// Its organization and that one's name.
    pub organization: (OrganizationId, String),
    /// The organization is served.
    pub organization_activated: bool,
    /// The organization's IANA zone.
    pub time_zone: String,
    /// What the provider says of its connection.
    pub consent: Consent,
    /// The connection's policy and that one's name.
    pub policy: (PolicyId, String),
    /// The schedule in words.
    pub schedule: String,
    /// When it was first seen.
    pub created_at: Time,
    /// What it held: (day, bytes), oldest first.
    pub sizes: Vec<(i32, i64)>,
    /// Its alerts, open ones first.
    pub alerts: Vec<AlertLine>,
    /// Its latest runs.
    pub runs: Vec<RunLine>,
    /// The server's time.
    pub at: Time,
}

/// The global dashboard.
///
/// # Errors
/// Signed out, not allowed, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "saas/overview", input = Wire, output = Wire)]
pub async fn load_saas(
    /// Which, and in what order.
    query: SaasQuery,
) -> Result<SaasView, UiError> {
    ssr::overview(query).await
}

/// The accounts of an organization, with its totals.
///
/// # Errors
/// Signed out, not allowed, not within the scope, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "saas/accounts", input = Wire, output = Wire)]
pub async fn load_accounts(
    /// Which, and in what order.
    query: AccountsQuery,
) -> Result<AccountsView, UiError> {
    ssr::accounts(query).await
}

/// One account.
///
/// # Errors
/// Signed out, not allowed, or not within the scope.
#[server(prefix = "/sf", endpoint = "saas/account", input = Wire, output = Wire)]
pub async fn load_account(
    /// Which one.
    id: String,
) -> Result<AccountView, UiError> {
    ssr::account(id).await
}

#[cfg(feature = "ssr")]
pub(in crate::api) mod ssr;
