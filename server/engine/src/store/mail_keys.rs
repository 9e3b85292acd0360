//! Keys that partners' mail is signed with (DKIM): the secret is sealed, the public half is what the partner puts into DNS.

use super::{
    Store,
    audit::{self, Entry},
    entity::mail_key,
    scope,
};
use crate::{error::Error, vault::Vault};
use domain::{
    access::{Action, Actor},
    ids::PartnerId,
    time::Time,
};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde_json::json;

/// A key to sign with. Shown in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Whose name it signs in.
    pub domain: String,
    /// Which key in DNS.
    pub selector: String,
    /// RSA, PKCS #1, PEM.
    pub secret: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("domain", &self.domain).field("selector", &self.selector).finish_non_exhaustive()
    }
}

fn place(partner: PartnerId) -> String {
    format!("mail_key:{}", partner.0)
}

/// The key of a partner; none: its mail isn't signed here.
///
/// # Errors
/// The key that sealed it isn't there.
pub async fn signer(store: &Store, vault: &Vault, partner: PartnerId) -> Result<Option<SigningKey>, Error> {
    let Some(row) = mail_key::Entity::find_by_id(partner.0).one(store.reads()).await? else { return Ok(None) };
    let secret = String::from_utf8(vault.open(&place(partner), &row.secret)?).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Some(SigningKey { domain: row.domain, selector: row.selector, secret }))
}

/// Signs the mail of the actor's partner with this key from now on. `public`: as it stands in DNS.
///
/// # Errors
/// `NotFound` (an actor without a partner), `Forbidden`.
pub async fn put(store: &Store, vault: &Vault, actor: &Actor, key: SigningKey, public: String, now: Time) -> Result<(), Error> {
    let partner = scope::own_partner(actor)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManageSettings, "change what mail is signed with")?;
    let row = mail_key::ActiveModel {
        partner_id: Set(partner.0),
        domain: Set(key.domain.clone()),
        selector: Set(key.selector.clone()),
        secret: Set(vault.seal(&place(partner), key.secret.as_bytes())?),
        public: Set(public),
        made_at: Set(now.0),
        made_by: Set(audit::who(actor)),
    };
    let changed = [
        mail_key::Column::Domain,
        mail_key::Column::Selector,
        mail_key::Column::Secret,
        mail_key::Column::Public,
        mail_key::Column::MadeAt,
        mail_key::Column::MadeBy,
    ];
    let met = OnConflict::column(mail_key::Column::PartnerId).update_columns(changed).to_owned();
    let tx = store.begin_for(partner).await?;
    mail_key::Entity::insert(row).on_conflict(met).exec_without_returning(&tx).await?;
    let detail = json!({ "domain": key.domain, "selector": key.selector });
    let entry = Entry { partner, organization: None, what: "mail.sign", subject: format!("partner:{partner}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}
