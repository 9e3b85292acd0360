//! The weekly health summary of the person's partner: whether it goes, to whom and when; what went last; a test.

use crate::{api::organizations::reports::AddressView, error::UiError, wire::Wire};
use domain::{ids::MailId, mail::MailState, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod ssr;

/// A copy of the summary that went last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyView {
    /// Which mail.
    pub id: MailId,
    /// To whom.
    pub recipient: String,
    /// Where it stands.
    pub state: MailState,
}

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyView {
    /// The switch.
    pub enabled: bool,
    /// To whom.
    pub recipients: Vec<AddressView>,
    /// So many, at most.
    pub most: usize,
    /// 1: Monday, 7: Sunday.
    pub weekday: u8,
    /// 0–23, in the zone.
    pub hour: u8,
    /// The partner's zone.
    pub time_zone: String,
    /// When it goes next, and that in words of the zone; none: it is off.
    pub next: Option<(Time, String)>,
    /// What went last: its week in words, when it was made, its copies.
    pub last: Option<(String, Time, Vec<CopyView>)>,
    /// Domains that addresses may be on.
    pub domains: Vec<String>,
    /// Who mails: the platform's address.
    pub sender: String,
    /// The reader's own address, for a test.
    pub own_address: String,
    /// When and by whom it was changed last.
    pub changed: Option<(Time, String)>,
}

/// The settings, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyInput {
    /// The switch.
    #[serde(default)]
    pub enabled: bool,
    /// Addresses, one a line, or with commas between.
    #[serde(default)]
    pub addresses: String,
    /// 1: Monday, 7: Sunday.
    #[serde(default)]
    pub weekday: i64,
    /// 0–23.
    #[serde(default)]
    pub hour: i64,
}

/// The settings of the person's partner.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/weekly", output = Wire)]
pub async fn load_weekly() -> Result<WeeklyView, UiError> {
    ssr::view().await
}

/// Saves them.
///
/// # Errors
/// `forbidden`, `not_found`; at `addresses`: why one is refused; at `weekday`, `hour`.
#[server(prefix = "/sf", endpoint = "settings/save_weekly", output = crate::wire::Wire)]
pub async fn save_weekly(
    /// As typed.
    form: WeeklyInput,
) -> Result<(), UiError> {
    use engine::store::weekly::{self, NewWeekly};
    let (engine, actor) = crate::context::actor()?;
    let addresses = form.addresses.split(['\n', ',', ';']).map(|address| address.trim().to_owned()).collect();
    let new = NewWeekly { enabled: form.enabled, addresses, weekday: form.weekday, hour: form.hour };
    weekly::set(&engine.store, &actor, new, (engine.clock)()).await?;
    Ok(())
}

/// Mails the summary as it would go now to the reader's own address.
///
/// # Errors
/// `forbidden`, `not_found`, `too_soon`.
#[server(prefix = "/sf", endpoint = "settings/test_weekly", output = crate::wire::Wire)]
pub async fn test_weekly() -> Result<(), UiError> {
    ssr::test().await
}

/// Lets the summary go again to an address that bounced or unsubscribed.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/resume_weekly", output = crate::wire::Wire)]
pub async fn resume_weekly(
    /// Which address.
    address: String,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::weekly::resume(&engine, &actor, &address, (engine.clock)()).await?;
    Ok(())
}
