//! The Reports tab of an organization: delivery by mail, monthly reports, sharing, and the delivery log (D7).

use super::OrganizationView;
use crate::{error::UiError, wire::Wire};
use domain::{
    ids::{MailId, OrganizationId},
    mail::{MailKind, MailState},
    report::Month,
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod ssr;

/// A registered address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressView {
    /// The address.
    pub address: String,
    /// Why nothing is mailed to it, if so.
    pub hindrance: Option<Hindrance>,
}

/// Why nothing is mailed to an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hindrance {
    /// Its domain isn't verified any more.
    Unverified,
    /// Mail came back; with the other side's words.
    Bounced(Time, String),
    /// Its reader unsubscribed.
    Unsubscribed(Time),
}

/// Email Delivery Settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    /// The switch.
    pub enabled: bool,
    /// To whom, at most three.
    pub addresses: Vec<AddressView>,
    /// The organization's own people may take its reports away.
    pub shared: bool,
    /// Domains that addresses may be on.
    pub domains: Vec<String>,
    /// Who mails: the platform's address, for everybody the same.
    pub sender: String,
    /// When and by whom it was changed last.
    pub changed: Option<(Time, String)>,
    /// The reader's own address, for a test.
    pub own_address: String,
}

/// A monthly report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthLine {
    /// About which month.
    pub month: Month,
    /// When it was made.
    pub made_at: Time,
    /// Somebody had it made; else it was made by itself.
    pub by_hand: bool,
    /// When it is deleted.
    pub expires_at: Time,
    /// Its copies by mail: taken by mail servers, on their way, not delivered.
    pub copies: (usize, usize, usize),
}

/// A copy in the delivery log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLine {
    /// Which copy.
    pub id: MailId,
    /// What it is.
    pub kind: MailKind,
    /// To whom.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Where it stands.
    pub state: MailState,
    /// The other side's words.
    pub said: String,
    /// When it was queued.
    pub made_at: Time,
    /// When it is tried next.
    pub next_at: Option<Time>,
    /// Since when it is over.
    pub ended_at: Option<Time>,
}

/// The tab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportsView {
    /// What all tabs show.
    pub organization: OrganizationView,
    /// Delivery, for those at the partner.
    pub delivery: Option<DeliveryView>,
    /// Latest first, at most six.
    pub months: Vec<MonthLine>,
    /// The next one: its month, when it is due, and that in words of the organization's zone.
    pub next: (Month, Time, String),
    /// Why the one that is due could not be made.
    pub fault: Option<String>,
    /// Past months that have none; for those who may make them.
    pub missing: Vec<Month>,
    /// The delivery log, latest first, for those at the partner.
    pub log: Vec<MailLine>,
    /// The actor may change the delivery.
    pub may_edit: bool,
    /// The actor may verify domains.
    pub may_verify: bool,
}

/// Email Delivery Settings, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryInput {
    /// The switch.
    #[serde(default)]
    pub enabled: bool,
    /// First address.
    #[serde(default)]
    pub address_1: String,
    /// Second address.
    #[serde(default)]
    pub address_2: String,
    /// Third address.
    #[serde(default)]
    pub address_3: String,
}

/// The tab of an organization.
///
/// # Errors
/// `not_found`; `forbidden` to finance, and to the organization's own people unless reports are shared with them.
#[server(prefix = "/sf", endpoint = "reports/view", input = Wire, output = Wire)]
pub async fn load_reports(
    /// Which organization.
    id: String,
) -> Result<ReportsView, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let id = id.parse().map_err(|_| UiError::not_found("organization"))?;
    ssr::view(&engine, &actor, id).await
}

/// Saves the Email Delivery Settings.
///
/// # Errors
/// `not_found`, `forbidden`; at `address_1` to `address_3`: why the address is refused.
#[server(prefix = "/sf", endpoint = "reports/delivery", output = crate::wire::Wire)]
pub async fn save_delivery(
    /// Of which organization.
    id: OrganizationId,
    /// As typed.
    form: DeliveryInput,
) -> Result<(), UiError> {
    use engine::store::report_delivery::{self, NewDelivery};
    let (engine, actor) = crate::context::actor()?;
    let new = NewDelivery { enabled: form.enabled, addresses: vec![form.address_1, form.address_2, form.address_3] };
    report_delivery::set_delivery(&engine.store, &actor, id, new, (engine.clock)()).await?;
    Ok(())
}

/// Shares the reports with the organization's own people, or stops that.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "reports/share", output = crate::wire::Wire)]
pub async fn share_reports(
    /// Of which organization.
    id: OrganizationId,
    /// On or off.
    shared: bool,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::report_delivery::share(&engine.store, &actor, id, shared, (engine.clock)()).await?;
    Ok(())
}

/// Makes the report of a past month.
///
/// # Errors
/// `not_found`, `forbidden`; at `month`: why there can be none.
#[server(prefix = "/sf", endpoint = "reports/make", output = crate::wire::Wire)]
pub async fn make_monthly_report(
    /// Of which organization.
    id: OrganizationId,
    /// Which month, `2026-10`.
    month: String,
) -> Result<Month, UiError> {
    let (engine, actor) = crate::context::actor()?;
    let month = month.parse().map_err(|_| UiError::field("invalid_month", "month", "Choose a month."))?;
    let made = engine::store::reports::make(&engine.store, &engine.reports, &actor, id, month, (engine.clock)()).await?;
    Ok(made.row.month)
}

/// Mails the latest report to the reader's own address.
///
/// # Errors
/// `not_found`, `forbidden`, `too_soon`.
#[server(prefix = "/sf", endpoint = "reports/test", output = crate::wire::Wire)]
pub async fn send_test_report(
    /// Of which organization.
    id: OrganizationId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mails::send_test(&engine, &actor, id, (engine.clock)()).await?;
    Ok(())
}

/// Sends a copy again that has not, or maybe not, arrived.
///
/// # Errors
/// `not_found`, `forbidden`, `not_over`, `address_stopped`.
#[server(prefix = "/sf", endpoint = "reports/send_again", output = crate::wire::Wire)]
pub async fn send_report_again(
    /// Which copy.
    id: MailId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mails::send_again(&engine, &actor, id, (engine.clock)()).await?;
    Ok(())
}

/// Lets mail go to an address again that bounced or unsubscribed.
///
/// # Errors
/// `not_found`, `forbidden`.
#[server(prefix = "/sf", endpoint = "reports/resume_address", output = crate::wire::Wire)]
pub async fn resume_address(
    /// Of which organization.
    id: OrganizationId,
    /// Which address.
    address: String,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mails::lift_stop(&engine, &actor, id, &address, (engine.clock)()).await?;
    Ok(())
}
