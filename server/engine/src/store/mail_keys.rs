//! Keys that a partner's mail is signed with (DKIM): the secret is sealed, the public half is what the partner puts into DNS.
//!
//! A partner has at most two: the one that signs, and one that waits until its record has been seen. So nothing is ever signed with a key that
//! nobody can find, and a key is replaced without a gap. They belong to a proved domain of the partner itself and go with it. The store asks
//! nobody: whoever calls makes the key and looks the record up.

mod record;

use super::{
    Store,
    audit::{self, Entry},
    entity::mail_key,
    mail_domains::{self, Looked},
    scope, sla,
};
use crate::{error::Error, vault::Vault};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    access::{Action, Actor},
    ids::{MailDomainId, PartnerId},
    time::{Span, Time},
};
use rand::distr::{Alphanumeric, SampleString};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, sea_query::OnConflict};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;

/// What selectors begin with: whoever reads the DNS sees whose they are.
const BEGINS: &str = "holdfast-";
/// No two keys are made within.
const PAUSE: Span = Span::minutes(1);

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

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("domain", &self.domain).field("selector", &self.selector).finish_non_exhaustive()
    }
}

/// Both halves of a fresh key. Shown in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// RSA, PKCS #1, PEM.
    pub secret: String,
    /// SubjectPublicKeyInfo in Base64.
    pub public: String,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").finish_non_exhaustive()
    }
}

/// A key as people see it: its public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Whose name it signs in.
    pub domain: String,
    /// Which key in DNS.
    pub selector: String,
    /// Name of its TXT record.
    pub record: String,
    /// What the record holds.
    pub value: String,
    /// When it was made.
    pub made_at: Time,
    /// By whom: a name, `key:ID` or `system`.
    pub made_by: String,
    /// Since when it signs; none: it waits.
    pub signs_since: Option<Time>,
    /// When its record was looked for last, whether it was right, and what came of it.
    pub checked: Option<(Time, bool, String)>,
}

/// The keys of a partner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// The one that signs.
    pub signs: Option<KeyRow>,
    /// The one that waits for its record.
    pub waits: Option<KeyRow>,
}

/// A domain that a key may be made for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    partner: PartnerId,
    id: MailDomainId,
}

/// A key as it is stored, its secret sealed.
#[derive(Clone, Serialize, Deserialize)]
struct Held {
    domain: String,
    selector: String,
    secret: String,
    public: String,
    made_at: i64,
    made_by: String,
    #[serde(default)]
    signs_since: Option<i64>,
    #[serde(default)]
    checked: Option<(i64, bool, String)>,
}

fn place(partner: PartnerId, selector: &str) -> String {
    format!("mail_key:{}:{selector}", partner.0)
}

async fn load<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Vec<Held>, Error> {
    match mail_key::Entity::find_by_id(partner.0).one(conn).await? {
        Some(row) => Ok(serde_json::from_slice(&row.secret)?),
        None => Ok(Vec::new()),
    }
}

/// Beside the keys themselves stands which of them signs, or else waits: for whoever reads the table.
async fn save(tx: &DatabaseTransaction, partner: PartnerId, held: &[Held]) -> Result<(), Error> {
    let Some(first) = held.iter().find(|key| key.signs_since.is_some()).or(held.first()) else {
        mail_key::Entity::delete_by_id(partner.0).exec(tx).await?;
        return Ok(());
    };
    let row = mail_key::ActiveModel {
        partner_id: Set(partner.0),
        domain: Set(first.domain.clone()),
        selector: Set(first.selector.clone()),
        secret: Set(serde_json::to_vec(held)?),
        public: Set(first.public.clone()),
        made_at: Set(first.made_at),
        made_by: Set(first.made_by.clone()),
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
    mail_key::Entity::insert(row).on_conflict(met).exec_without_returning(tx).await?;
    Ok(())
}

/// The key that a partner's mail is signed with; none: it isn't signed here.
///
/// # Errors
/// The key that sealed it isn't there.
pub async fn signer(store: &Store, vault: &Vault, partner: PartnerId) -> Result<Option<SigningKey>, Error> {
    let held = load(store.reads(), partner).await?;
    let Some(key) = held.into_iter().find(|key| key.signs_since.is_some()) else { return Ok(None) };
    let sealed = STANDARD.decode(&key.secret).map_err(|e| Error::Internal(e.to_string()))?;
    let secret = String::from_utf8(vault.open(&place(partner, &key.selector), &sealed)?).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Some(SigningKey { domain: key.domain, selector: key.selector, secret }))
}

/// The actor's own partner, whose keys it may see and change.
fn own(actor: &Actor, what: &'static str) -> Result<PartnerId, Error> {
    let partner = scope::own_partner(actor)?;
    scope::inside(actor, "partner", partner, None, None)?;
    scope::require(actor, Action::ManageSettings, what)?;
    Ok(partner)
}

/// Keys of the actor's partner, without their secrets.
///
/// # Errors
/// `NotFound` (an actor without a partner), `Forbidden`.
pub async fn of_partner(store: &Store, actor: &Actor) -> Result<Keys, Error> {
    let partner = own(actor, "see what mail is signed with")?;
    let held = load(store.reads(), partner).await?;
    let whos: Vec<String> = held.iter().map(|key| key.made_by.clone()).collect();
    let people = sla::people(store.reads(), &whos).await?;
    let row = |key: &Held| KeyRow {
        domain: key.domain.clone(),
        selector: key.selector.clone(),
        record: record::name(&key.selector, &key.domain),
        value: record::value(&key.public),
        made_at: Time(key.made_at),
        made_by: people.get(&key.made_by).cloned().unwrap_or_else(|| key.made_by.clone()),
        signs_since: key.signs_since.map(Time),
        checked: key.checked.clone().map(|(at, right, said)| (Time(at), right, said)),
    };
    let one = |signs: bool| held.iter().find(|key| key.signs_since.is_some() == signs).map(row);
    Ok(Keys { signs: one(true), waits: one(false) })
}

/// Says whether a key may be made for a domain now: ask before making one, which costs.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Conflict` (the domain is a client's or another partner's, isn't proved; one was made just now).
pub async fn asked(store: &Store, actor: &Actor, id: MailDomainId, now: Time) -> Result<Asked, Error> {
    let row = mail_domains::get(store, actor, id).await?;
    let partner = own(actor, "change what mail is signed with")?;
    may(&row, partner)?;
    let held = load(store.reads(), partner).await?;
    in_peace(&held, now)?;
    Ok(Asked { partner, id })
}

fn may(row: &mail_domains::DomainRow, partner: PartnerId) -> Result<(), Error> {
    if row.partner.0 != partner || row.organization.is_some() {
        return Err(Error::conflict("not_own_domain", "Mail is signed in the name of your own company: choose a domain of your own."));
    }
    if row.proved.is_none() {
        return Err(Error::conflict("not_verified", format!("Verify {} first: nobody signs for a domain of others.", row.domain)));
    }
    Ok(())
}

fn in_peace(held: &[Held], now: Time) -> Result<(), Error> {
    if held.iter().any(|key| now < Time(key.made_at) + PAUSE) {
        return Err(Error::conflict("key_made", "A key was made just now. Wait a minute before the next one."));
    }
    Ok(())
}

/// Keeps a fresh key until its record has been seen, in place of one that waits. Gives its selector.
///
/// # Errors
/// As [`asked`].
pub async fn put(store: &Store, vault: &Vault, actor: &Actor, asked: Asked, pair: Pair, now: Time) -> Result<String, Error> {
    let Asked { partner, id } = asked;
    let selector = format!("{BEGINS}{}", Alphanumeric.sample_string(&mut rand::rng(), 6).to_lowercase());
    let sealed = vault.seal(&place(partner, &selector), pair.secret.as_bytes())?;
    let tx = store.begin_for(partner).await?;
    // Looked at again: it may have been removed while the key was made.
    let row = mail_domains::in_transaction(&tx, actor, id).await?;
    may(&row, partner)?;
    let mut held = load(&tx, partner).await?;
    in_peace(&held, now)?;
    held.retain(|key| key.signs_since.is_some());
    held.push(Held {
        domain: row.domain.clone(),
        selector: selector.clone(),
        secret: STANDARD.encode(sealed),
        public: pair.public,
        made_at: now.0,
        made_by: audit::who(actor),
        signs_since: None,
        checked: None,
    });
    save(&tx, partner, &held).await?;
    log(&tx, actor, partner, "mail_key.make", (&row.domain, &selector), now).await?;
    tx.commit().await?;
    Ok(selector)
}

async fn log(
    tx: &DatabaseTransaction,
    actor: &Actor,
    partner: PartnerId,
    what: &'static str,
    (domain, selector): (&str, &str),
    now: Time,
) -> Result<(), Error> {
    let detail = json!({ "domain": domain, "selector": selector });
    let entry = Entry { partner, organization: None, what, subject: format!("partner:{partner}"), detail };
    audit::append(tx, audit::who(actor), entry, now).await
}

/// Where the record of a key has to be looked for.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn record_of(store: &Store, actor: &Actor, selector: &str) -> Result<String, Error> {
    let partner = own(actor, "change what mail is signed with")?;
    let held = load(store.reads(), partner).await?;
    let key = held.iter().find(|key| key.selector == selector).ok_or(Error::NotFound("key"))?;
    Ok(record::name(&key.selector, &key.domain))
}

/// Takes what a name server said of a key's record. True: it is there. One that waited signs from now on, and the one before is gone.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn looked_up(store: &Store, actor: &Actor, selector: &str, looked: &Looked, now: Time) -> Result<bool, Error> {
    let partner = own(actor, "change what mail is signed with")?;
    let tx = store.begin_for(partner).await?;
    let mut held = load(&tx, partner).await?;
    let key = held.iter_mut().find(|key| key.selector == selector).ok_or(Error::NotFound("key"))?;
    let (right, said) = record::judge(looked, &key.public, &record::name(&key.selector, &key.domain));
    key.checked = Some((now.0, right, said));
    let begins = right && key.signs_since.is_none();
    if begins {
        key.signs_since = Some(now.0);
        let domain = key.domain.clone();
        held.retain(|key| key.selector == selector);
        log(&tx, actor, partner, "mail_key.sign", (&domain, selector), now).await?;
    }
    save(&tx, partner, &held).await?;
    tx.commit().await?;
    Ok(right)
}

/// Takes a key away, with its secret: nothing is signed with it any more.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn remove(store: &Store, actor: &Actor, selector: &str, now: Time) -> Result<(), Error> {
    let partner = own(actor, "change what mail is signed with")?;
    let tx = store.begin_for(partner).await?;
    let mut held = load(&tx, partner).await?;
    let at = held.iter().position(|key| key.selector == selector).ok_or(Error::NotFound("key"))?;
    let key = held.remove(at);
    save(&tx, partner, &held).await?;
    log(&tx, actor, partner, "mail_key.remove", (&key.domain, selector), now).await?;
    tx.commit().await?;
    Ok(())
}

/// A domain of a partner is no longer proved: nobody signs in its name. Gives the selectors of what is gone.
pub(super) async fn forget(tx: &DatabaseTransaction, partner: PartnerId, domain: &str) -> Result<Vec<String>, Error> {
    let (gone, held): (Vec<Held>, Vec<Held>) = load(tx, partner).await?.into_iter().partition(|key| key.domain == domain);
    if !gone.is_empty() {
        save(tx, partner, &held).await?;
    }
    Ok(gone.into_iter().map(|key| key.selector).collect())
}
