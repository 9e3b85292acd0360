//! Domains that mail may go to: added, proved by a record or by a code, removed.

use super::mail_keys::SigningView;
use crate::error::UiError;
use domain::{
    ids::{MailDomainId, OrganizationId},
    time::Time,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
mod ssr;

/// A domain in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainLine {
    /// Which.
    pub id: MailDomainId,
    /// In ASCII.
    pub domain: String,
    /// Of which organization; none: a partner's own, that holds for all of its clients.
    pub organization: Option<(OrganizationId, String)>,
    /// Whose.
    pub partner: String,
    /// Name of the TXT record.
    pub record: String,
    /// What the record holds.
    pub value: String,
    /// When it was proved; true: by its record, else by a code.
    pub proved: Option<(Time, bool)>,
    /// When its record was looked for last, and what came of it.
    pub checked: Option<(Time, String)>,
    /// Where a code was mailed to, while it can be entered.
    pub code_to: Option<String>,
    /// When it was added.
    pub made_at: Time,
    /// By whom.
    pub made_by: String,
    /// A key to sign mail with may be made for it: it is proved, the partner's own, and has none.
    pub may_sign: bool,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainsView {
    /// Those without a proof first, then by name.
    pub rows: Vec<DomainLine>,
    /// The organization that the address names: its domains and its partner's are shown, and a new one is its own unless said otherwise.
    pub organization: Option<(OrganizationId, String)>,
    /// The actor's own partner.
    pub partner: String,
    /// Mailboxes that a code can be mailed to.
    pub mailboxes: Vec<String>,
    /// What the partner's mail is signed with.
    pub signing: SigningView,
}

/// A domain, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainInput {
    /// Its name.
    #[serde(default)]
    pub domain: String,
    /// Id of its organization; empty: the partner's own.
    #[serde(default)]
    pub organization: String,
}

/// Domains of the scope; of one organization and its partner, where an id is given.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/domains", input = crate::wire::Wire, output = crate::wire::Wire)]
pub async fn load_domains(
    /// Id of an organization, or empty.
    organization: String,
) -> Result<DomainsView, UiError> {
    ssr::view(&organization).await
}

/// Adds a domain.
///
/// # Errors
/// `forbidden`, `not_found`; at `domain`: what is wrong with it.
#[server(prefix = "/sf", endpoint = "settings/add_domain", output = crate::wire::Wire)]
pub async fn add_domain(
    /// As typed.
    form: DomainInput,
) -> Result<(), UiError> {
    ssr::add(form).await
}

/// Looks for the record of a domain. True: the domain is proved.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/check_domain", output = crate::wire::Wire)]
pub async fn check_domain(
    /// Which.
    id: MailDomainId,
) -> Result<bool, UiError> {
    ssr::check(id).await
}

/// Mails a code to a mailbox of a domain. Says where it goes.
///
/// # Errors
/// `forbidden`, `not_found`, `code_sent`, `domain_verified`; at `mailbox`: none of ours.
#[server(prefix = "/sf", endpoint = "settings/send_domain_code", output = crate::wire::Wire)]
pub async fn send_domain_code(
    /// Which domain.
    id: MailDomainId,
    /// What stands before the `@`.
    mailbox: String,
) -> Result<String, UiError> {
    let (engine, actor) = crate::context::actor()?;
    Ok(engine::store::mail_domains::send_code(&engine.store, &actor, id, &mailbox, (engine.clock)()).await?)
}

/// Takes the code that was mailed.
///
/// # Errors
/// `forbidden`, `not_found`; at `code`: it is not the one, or worth nothing any more.
#[server(prefix = "/sf", endpoint = "settings/enter_domain_code", output = crate::wire::Wire)]
pub async fn enter_domain_code(
    /// Which domain.
    id: MailDomainId,
    /// As typed.
    code: String,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mail_domains::enter_code(&engine.store, &actor, id, &code, (engine.clock)()).await?;
    Ok(())
}

/// Removes a domain.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/sf", endpoint = "settings/remove_domain", output = crate::wire::Wire)]
pub async fn remove_domain(
    /// Which.
    id: MailDomainId,
) -> Result<(), UiError> {
    let (engine, actor) = crate::context::actor()?;
    engine::store::mail_domains::remove(&engine.store, &actor, id, (engine.clock)()).await?;
    Ok(())
}
