//! Keys that a partner's mail is signed with (DKIM): made for a proved domain, used once their record is seen, replaced, taken away. Secrets
//! stay in the store.

use crate::error::UiError;
use domain::{ids::MailDomainId, time::Time};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod ssr;
#[cfg(feature = "ssr")]
pub(super) use ssr::view;

/// A key, its public half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// Whose name it signs in.
    pub domain: String,
    /// Which domain that is in the list, while it stands there.
    pub domain_id: Option<MailDomainId>,
    /// Which key in DNS.
    pub selector: String,
    /// Name of its TXT record.
    pub record: String,
    /// What the record holds.
    pub value: String,
    /// The same as several quoted texts: one may be 255 characters long.
    pub split: String,
    /// When it was made.
    pub made_at: Time,
    /// By whom.
    pub made_by: String,
    /// Since when it signs.
    pub signs_since: Option<Time>,
    /// When its record was looked for last, whether it was right, and what came of it.
    pub checked: Option<(Time, bool, String)>,
    /// The sender's address is of this domain, so that the signature counts for DMARC.
    pub aligned: bool,
}

/// What mail is signed with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningView {
    /// The address that all mail comes from.
    pub sender: String,
    /// The key that signs.
    pub signs: Option<KeyLine>,
    /// The key that waits for its record.
    pub waits: Option<KeyLine>,
}

/// Makes a key for a proved domain of the actor's partner. It signs once its record has been seen.
///
/// # Errors
/// `forbidden`, `not_found`, `not_own_domain`, `not_verified`, `key_made`.
#[server(prefix = "/sf", endpoint = "settings/make_mail_key", output = crate::wire::Wire)]
pub async fn make_mail_key(
    /// Which domain.
    id: MailDomainId,
) -> Result<(), UiError> {
    ssr::make(id).await
}

/// Looks for the record of a key. True: it is there, and a key that waited signs from now on.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/check_mail_key", output = crate::wire::Wire)]
pub async fn check_mail_key(
    /// Which key.
    selector: String,
) -> Result<bool, UiError> {
    ssr::check(&selector).await
}

/// Takes a key away: nothing is signed with it any more.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/remove_mail_key", output = crate::wire::Wire)]
pub async fn remove_mail_key(
    /// Which key.
    selector: String,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mail_keys::remove(&engine.store, &actor, &selector, (engine.clock)()).await?;
    Ok(())
}
