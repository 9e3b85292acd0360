//! Compliance with the service level: now, and over a period.

use crate::{error::UiError, wire::Wire};
use domain::{
    health::Reason,
    ids::{DeviceId, OrganizationId},
    policy::{DeviceClass, DeviceLife},
    sla::Cause,
    time::{Span, Time},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the address asks for; empty texts ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComplianceQuery {
    /// Empty: now. `30d`, `month`, `quarter`, or `custom` with `from` and `to`.
    pub period: String,
    /// First day, `2026-10-01`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Id of an organization.
    pub organization: String,
    /// Now: `breach` (default) or `meeting`.
    pub held: String,
    /// `server` or `workstation`.
    pub class: String,
    /// Now: `since` (default) or `-since`. A period: `share` (default), `name`, `gap`, `breaches`, with `-` before it for the other way round.
    pub sort: String,
    /// Where to go on.
    pub cursor: String,
}

/// A device and its rule, now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NowLine {
    /// Which device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: DeviceClass,
    /// Its organization.
    pub organization: (OrganizationId, String),
    /// Hours of the rule.
    pub hours: i64,
    /// End of its last usable backup.
    pub last_usable_at: Option<Time>,
    /// When the limit passed, or passes.
    pub breach_at: Time,
    /// What is known of the cause.
    pub why: Option<Reason>,
    /// The job that it speaks of.
    pub job: Option<String>,
}

/// Who meets the service level now, or who doesn't.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NowView {
    /// The rows.
    pub lines: Vec<NowLine>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// The server's time.
    pub at: Time,
}

/// Figures of one client, or of all devices together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumView {
    /// Devices with covered or left-out time.
    pub devices: i64,
    /// Of them with time in breach.
    pub broken: i64,
    /// Share of the covered time in compliance, hundredths of a percent. None: nothing was covered.
    pub share: Option<u32>,
    /// Covered time of all.
    pub covered: Span,
    /// Of it in breach.
    pub in_breach: Span,
    /// Time left out.
    pub left_out: Span,
    /// Times in breach.
    pub breaches: i64,
    /// RPO achieved: how long, of which device.
    pub gap: Option<(Span, DeviceId, String)>,
    /// Restore tests of the period that passed, and that failed.
    pub tests: (i64, i64),
    /// Devices never tested.
    pub untested: i64,
    /// Longest RTO achieved, seconds.
    pub rto: Option<i64>,
}

/// A client over the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientPeriod {
    /// Which organization.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its figures.
    pub sum: SumView,
}

/// A time, with its words in the zone of the report: `16 Oct 2026, 10:43`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: Time,
    /// In words.
    pub words: String,
}

/// A time in breach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachLine {
    /// Its beginning in the period.
    pub from: Moment,
    /// Its end in the period.
    pub until: Moment,
    /// It had begun before.
    pub began_before: bool,
    /// No usable backup had ended it.
    pub ongoing: bool,
    /// Hours of the rule.
    pub hours: i64,
    /// How long it counts.
    pub counted: Span,
}

/// A time left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutLine {
    /// Its beginning in the period.
    pub from: Moment,
    /// Its end in the period.
    pub until: Moment,
    /// Why.
    pub cause: Cause,
    /// Names of the maintenance windows behind it, where they are told.
    pub name: String,
}

/// The longest time between usable backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapLine {
    /// How long, by the clock on the wall.
    pub length: Span,
    /// Its beginning.
    pub from: Moment,
    /// No usable backup had ended it.
    pub open: bool,
    /// How much of it is left out.
    pub excluded: Span,
}

/// A device over the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicePeriod {
    /// Which device.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: DeviceClass,
    /// Its life.
    pub life: DeviceLife,
    /// Hours of the rule at the end.
    pub hours: i64,
    /// Share of its covered time in compliance.
    pub share: Option<u32>,
    /// Time in breach.
    pub in_breach: Span,
    /// Time left out.
    pub left_out: Span,
    /// Times in breach, the latest [`TOLD`] of them, in order.
    pub breaches: Vec<BreachLine>,
    /// How many in all.
    pub breach_count: i64,
    /// RPO achieved.
    pub gap: Option<GapLine>,
    /// Times left out, the latest [`TOLD`], in order.
    pub excluded: Vec<LeftOutLine>,
    /// How many in all.
    pub excluded_count: i64,
    /// Restore tests of the period that passed, and that failed.
    pub tests: (i64, i64),
    /// The last restore test: when, whether it passed, RTO in seconds.
    pub last_test: Option<(Time, bool, Option<i64>)>,
}

/// Intervals that a row tells.
pub const TOLD: usize = 12;

/// A period judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodView {
    /// Its first day, for the form.
    pub from: String,
    /// Its last day.
    pub to: String,
    /// In words: `1 Jul – 30 Sep 2026`.
    pub words: String,
    /// The zone of its days.
    pub zone: String,
    /// True when it isn't over: judged up to now.
    pub going_on: bool,
    /// The end of what is judged: ages are told from it.
    pub until: Time,
    /// All together.
    pub sum: SumView,
    /// Time left out by cause.
    pub left_out: Vec<(Cause, Span)>,
    /// Rules that were applied, in words; of one client.
    pub rules: Vec<String>,
    /// Clients, when the scope has them.
    pub clients: Vec<ClientPeriod>,
    /// Devices of one client.
    pub devices: Vec<DevicePeriod>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Rows in all.
    pub total: i64,
    /// Query of the documents made of the same: `from=…&until=…`.
    pub export: String,
}

/// A report that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    /// Its id.
    pub id: String,
    /// Whom it is about.
    pub about: String,
    /// Its period in words.
    pub words: String,
    /// When it was made.
    pub made_at: Time,
    /// Who made it.
    pub made_by: String,
    /// The beginning of its hash.
    pub hash: String,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComplianceView {
    /// The client that it is narrowed to.
    pub organization: Option<(String, String)>,
    /// Devices that a rule covers now, and those of them in breach.
    pub standing: (i64, i64),
    /// Now.
    pub now: Option<NowView>,
    /// Over a period.
    pub period: Option<PeriodView>,
    /// Reports that are kept.
    pub reports: Vec<ReportLine>,
    /// The reader may make reports.
    pub may_report: bool,
    /// The reader may change service levels.
    pub may_manage: bool,
}

/// Compliance, now or over a period.
///
/// # Errors
/// Signed out, not allowed, a period that can't be, or a cursor of another order.
#[server(prefix = "/sf", endpoint = "backup/compliance", input = Wire, output = Wire)]
pub async fn load_compliance(
    /// What the address asks for.
    query: ComplianceQuery,
) -> Result<ComplianceView, UiError> {
    ssr::page(query).await
}

/// Makes a report of a period and keeps it.
///
/// # Errors
/// `forbidden`, `not_found`; a period that can't be.
#[server(prefix = "/sf", endpoint = "backup/make_report", output = Wire)]
pub async fn make_report(
    /// Id of an organization; empty: all of the scope.
    #[server(default)]
    organization: String,
    /// First day.
    from: String,
    /// Last day.
    to: String,
) -> Result<crate::api::start::GoOn, UiError> {
    ssr::make(organization, from, to).await
}

#[cfg(feature = "ssr")]
pub mod ssr;
