//! Domains that mail may go to (D7): a partner's own, or those of one of its organizations. Each is proved by a TXT record that holds a
//! token, or by a code that was mailed to a mailbox which only whoever runs the domain has ([`code`]).
//!
//! A proof holds until the domain is removed; the record may be taken away afterwards. The store asks nobody: whoever calls has looked
//! the record up. A domain counts by itself, not with what is below it.

mod address;
mod code;

pub(crate) use address::Address;
pub use code::{MAILBOXES, enter_code, send_code};

use super::{
    Store,
    audit::{self, Entry},
    entity::{mail_domain, organization, partner},
    mail_keys, organizations, scope, sla,
};
use crate::error::Error;
use domain::{
    access::{Action, Actor},
    ids::{MailDomainId, OrganizationId, PartnerId},
    time::Time,
};
use rand::distr::{Alphanumeric, SampleString};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;
use std::collections::HashMap;

/// Domains of a partner with its organizations, at most.
const MOST: u64 = 2_000;
/// Domains that are listed.
const SHOWN: u64 = 500;
/// Longest answer of a name server that is kept.
const LONGEST_SAID: usize = 300;
/// Record of a domain `example.com`: `_holdfast.example.com`.
const LABEL: &str = "_holdfast";
/// What stands before the token.
const BEFORE: &str = "holdfast-verify=";

/// How a domain was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a TXT record.
    Record,
    /// By a code that was mailed.
    Code,
}

impl Proof {
    const fn word(self) -> &'static str {
        match self {
            Self::Record => "dns",
            Self::Code => "code",
        }
    }
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRow {
    /// Which.
    pub id: MailDomainId,
    /// Whose, and that one's name.
    pub partner: (PartnerId, String),
    /// Of which organization; none: the partner's own.
    pub organization: Option<(OrganizationId, String)>,
    /// In ASCII.
    pub domain: String,
    /// Name of its record.
    pub record: String,
    /// What the record holds.
    pub value: String,
    /// When and how it was proved.
    pub proved: Option<(Time, Proof)>,
    /// When its record was looked for last, and what came of it.
    pub checked: Option<(Time, String)>,
    /// Where a code was mailed to, and until when it can be entered.
    pub code: Option<(String, Time)>,
    /// When it was added.
    pub made_at: Time,
    /// By whom: a name, `key:ID` or `system`.
    pub made_by: String,
}

/// A domain to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    /// Of which organization; none: the actor's own partner.
    pub organization: Option<OrganizationId>,
    /// As typed.
    pub domain: String,
}

/// What a name server said to the question for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Texts of that name; none: there is no such record.
    Texts(Vec<String>),
    /// It could not be asked, or failed; why.
    Fault(String),
}

fn seen(actor: &Actor) -> sea_orm::Condition {
    scope::within(&actor.scope, mail_domain::Column::PartnerId, Some(mail_domain::Column::OrganizationId), None::<mail_domain::Column>)
}

fn record(domain: &str) -> String {
    format!("{LABEL}.{domain}")
}

fn value(token: &str) -> String {
    format!("{BEFORE}{token}")
}

/// Domains of the scope, those without a proof first, then by name; at most 500.
///
/// # Errors
/// `Forbidden` without the right to manage settings.
pub async fn list(store: &Store, actor: &Actor, organization: Option<OrganizationId>) -> Result<Vec<DomainRow>, Error> {
    scope::require(actor, Action::ManageSettings, "see domains")?;
    let mut found = mail_domain::Entity::find().filter(seen(actor));
    if let Some(organization) = organization {
        let partner = organizations::find(store.reads(), actor, organization).await?.partner_id;
        found =
            found.filter(mail_domain::Column::PartnerId.eq(partner)).filter(mail_domain::Column::OrganizationId.is_in([0, organization.0]));
    }
    let mut models = found.order_by_asc(mail_domain::Column::Domain).limit(SHOWN).all(store.reads()).await?;
    models.sort_by_key(|model| model.verified_at.is_some());
    rows(store.reads(), models).await
}

/// One domain.
///
/// # Errors
/// `NotFound` outside the scope; `Forbidden` without the right to manage settings.
pub async fn get(store: &Store, actor: &Actor, id: MailDomainId) -> Result<DomainRow, Error> {
    let model = find(store.reads(), actor, id).await?;
    scope::require(actor, Action::ManageSettings, "see domains")?;
    rows(store.reads(), vec![model]).await?.pop().ok_or(Error::NotFound("domain"))
}

async fn find<C: ConnectionTrait>(conn: &C, actor: &Actor, id: MailDomainId) -> Result<mail_domain::Model, Error> {
    let found = mail_domain::Entity::find().filter(seen(actor)).filter(mail_domain::Column::Id.eq(id.0));
    found.one(conn).await?.ok_or(Error::NotFound("domain"))
}

async fn rows<C: ConnectionTrait>(conn: &C, models: Vec<mail_domain::Model>) -> Result<Vec<DomainRow>, Error> {
    let partners: Vec<i64> = models.iter().map(|model| model.partner_id).collect();
    let organizations: Vec<i64> = models.iter().map(|model| model.organization_id).filter(|id| *id != 0).collect();
    let whos: Vec<String> = models.iter().map(|model| model.made_by.clone()).collect();
    let people = sla::people(conn, &whos).await?;
    let partners: HashMap<i64, String> =
        partner::Entity::find().filter(partner::Column::Id.is_in(partners)).all(conn).await?.into_iter().map(|p| (p.id, p.name)).collect();
    let names: HashMap<i64, String> = if organizations.is_empty() {
        HashMap::new()
    } else {
        let found = organization::Entity::find()
            .filter(organization::Column::PartnerId.is_in(partners.keys().copied()))
            .filter(organization::Column::Id.is_in(organizations));
        found.all(conn).await?.into_iter().map(|o| (o.id, o.name)).collect()
    };
    let row = |model: mail_domain::Model| DomainRow {
        id: MailDomainId(model.id),
        partner: (PartnerId(model.partner_id), partners.get(&model.partner_id).cloned().unwrap_or_default()),
        organization: (model.organization_id != 0)
            .then(|| (OrganizationId(model.organization_id), names.get(&model.organization_id).cloned().unwrap_or_default())),
        record: record(&model.domain),
        value: value(&model.token),
        domain: model.domain,
        proved: model.verified_at.map(|at| (Time(at), if model.verified_by == Proof::Code.word() { Proof::Code } else { Proof::Record })),
        checked: model.checked_at.map(|at| (Time(at), model.check_said)),
        code: model.code_until.filter(|_| model.code_hash.is_some()).map(|until| (model.code_to, Time(until))),
        made_at: Time(model.made_at),
        made_by: people.get(&model.made_by).cloned().unwrap_or(model.made_by),
    };
    Ok(models.into_iter().map(row).collect())
}

/// One domain, within a transaction.
pub(super) async fn in_transaction<C: ConnectionTrait>(conn: &C, actor: &Actor, id: MailDomainId) -> Result<DomainRow, Error> {
    let model = find(conn, actor, id).await?;
    rows(conn, vec![model]).await?.pop().ok_or(Error::NotFound("domain"))
}

/// Adds a domain. Mail goes to it once it is proved.
///
/// # Errors
/// `NotFound` (organization, partner), `Forbidden`, `Invalid` (`domain`), `Conflict` (it is there, too many).
pub async fn add(store: &Store, actor: &Actor, new: NewDomain, now: Time) -> Result<MailDomainId, Error> {
    let partner = match new.organization {
        Some(organization) => PartnerId(organizations::find(store.reads(), actor, organization).await?.partner_id),
        None => scope::own_partner(actor)?,
    };
    scope::inside(actor, "partner", partner, new.organization, None)?;
    scope::require(actor, Action::ManageSettings, "add domains")?;
    let Some(domain) = address::domain(&new.domain) else {
        let message = "Give the part of an address behind the @, for example `example.org`.";
        return Err(Error::invalid("invalid_domain", "domain", message));
    };
    let organization = new.organization.map_or(0, |id| id.0);
    let tx = store.begin_for(partner).await?;
    let known = mail_domain::Entity::find()
        .filter(mail_domain::Column::PartnerId.eq(partner.0))
        .filter(mail_domain::Column::OrganizationId.is_in([0, organization]))
        .filter(mail_domain::Column::Domain.eq(domain.as_str()))
        .all(&tx)
        .await?;
    if known.iter().any(|model| model.organization_id == organization) {
        return Err(Error::conflict("domain_exists", format!("{domain} is in the list already.")));
    }
    if known.iter().any(|model| model.verified_at.is_some()) {
        return Err(Error::conflict("domain_exists", format!("{domain} is a domain of the partner already: it holds for all clients.")));
    }
    if mail_domain::Entity::find().filter(mail_domain::Column::PartnerId.eq(partner.0)).count(&tx).await? >= MOST {
        return Err(Error::conflict("too_many_domains", "There are 2,000 domains already. Remove one that is no longer used."));
    }
    let id = MailDomainId(store.id(now));
    let row = mail_domain::ActiveModel {
        partner_id: Set(partner.0),
        id: Set(id.0),
        organization_id: Set(organization),
        domain: Set(domain.clone()),
        token: Set(Alphanumeric.sample_string(&mut rand::rng(), 32).to_lowercase()),
        code_hash: Set(None),
        code_to: Set(String::new()),
        code_until: Set(None),
        code_tries: Set(0),
        verified_at: Set(None),
        verified_by: Set(String::new()),
        checked_at: Set(None),
        check_said: Set(String::new()),
        made_at: Set(now.0),
        made_by: Set(audit::who(actor)),
    };
    row.insert(&tx).await?;
    let entry = Entry {
        partner,
        organization: new.organization,
        what: "mail_domain.add",
        subject: format!("mail_domain:{id}"),
        detail: json!({ "domain": domain }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Takes what a name server said of a domain's record, and says whether the domain is proved now. One that was proved before stays so.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn looked_up(store: &Store, actor: &Actor, id: MailDomainId, looked: &Looked, now: Time) -> Result<bool, Error> {
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageSettings, "verify domains")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    let wanted = value(&stored.token);
    let (holds, said) = judge(looked, &wanted, &record(&stored.domain));
    let (was, organization, domain) = (stored.verified_at.is_some(), stored.organization_id, stored.domain.clone());
    let mut model = stored.into_active_model();
    model.checked_at = Set(Some(now.0));
    model.check_said = Set(said);
    if holds && !was {
        model.verified_at = Set(Some(now.0));
        model.verified_by = Set(Proof::Record.word().into());
        model.code_hash = Set(None);
    }
    model.update(&tx).await?;
    if holds && !was {
        verified(&tx, actor, (partner, organization, id), &domain, Proof::Record, now).await?;
    }
    tx.commit().await?;
    Ok(holds || was)
}

async fn verified(
    tx: &sea_orm::DatabaseTransaction,
    actor: &Actor,
    (partner, organization, id): (PartnerId, i64, MailDomainId),
    domain: &str,
    proof: Proof,
    now: Time,
) -> Result<(), Error> {
    let entry = Entry {
        partner,
        organization: (organization != 0).then_some(OrganizationId(organization)),
        what: "mail_domain.verify",
        subject: format!("mail_domain:{id}"),
        detail: json!({ "domain": domain, "by": proof.word() }),
    };
    audit::append(tx, audit::who(actor), entry, now).await
}

/// Whether the record proves it, and in words what was found.
fn judge(looked: &Looked, wanted: &str, record: &str) -> (bool, String) {
    let said = match looked {
        Looked::Texts(texts) if texts.iter().any(|text| text.trim().trim_matches('"') == wanted) => {
            return (true, "The record is there.".to_owned());
        }
        Looked::Texts(texts) if texts.is_empty() => format!("There is no TXT record {record} yet. A new one may take an hour to be seen."),
        Looked::Texts(texts) => {
            // Only what was meant for us: other records of the name are nobody's business here.
            match texts.iter().find(|text| text.contains(BEFORE)) {
                Some(other) => format!("{record} holds another value: {other}"),
                None => format!("{record} has TXT records, but none that begins with {BEFORE}"),
            }
        }
        Looked::Fault(why) => format!("The name server could not be asked: {why}. Try again in some minutes."),
    };
    (false, said.chars().take(LONGEST_SAID).collect())
}

/// Removes a domain. Nothing is mailed to it from now on, and nothing is signed in its name.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn remove(store: &Store, actor: &Actor, id: MailDomainId, now: Time) -> Result<(), Error> {
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageSettings, "remove domains")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    mail_domain::Entity::delete_by_id((stored.partner_id, stored.id)).exec(&tx).await?;
    let unsigned = if stored.organization_id == 0 { mail_keys::forget(&tx, partner, &stored.domain).await? } else { Vec::new() };
    let entry = Entry {
        partner,
        organization: (stored.organization_id != 0).then_some(OrganizationId(stored.organization_id)),
        what: "mail_domain.remove",
        subject: format!("mail_domain:{id}"),
        detail: json!({ "domain": stored.domain, "verified": stored.verified_at.is_some(), "keys": unsigned }),
    };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Proved domains that mail of an organization (none: of the partner itself) may go to, by name.
pub(crate) async fn proved<C: ConnectionTrait>(
    conn: &C,
    partner: PartnerId,
    organization: Option<OrganizationId>,
) -> Result<Vec<String>, Error> {
    let of = [0, organization.map_or(0, |id| id.0)];
    let mut found: Vec<String> = mail_domain::Entity::find()
        .select_only()
        .column(mail_domain::Column::Domain)
        .filter(mail_domain::Column::PartnerId.eq(partner.0))
        .filter(mail_domain::Column::OrganizationId.is_in(of))
        .filter(mail_domain::Column::VerifiedAt.is_not_null())
        .order_by_asc(mail_domain::Column::Domain)
        .into_tuple()
        .all(conn)
        .await?;
    found.dedup();
    Ok(found)
}

/// Why an address is refused, and what would do. `whose`: of whom a domain has to be.
pub(crate) fn unproved(domain: &str, whose: &str, domains: &[String]) -> String {
    let which = match domains {
        [] => "None is verified yet".to_owned(),
        few if few.len() <= 5 => format!("Verified: {}", few.join(", ")),
        many => format!("Verified: {} and {} more", many[..5].join(", "), many.len() - 5),
    };
    format!(
        "{domain} is no verified domain of {whose}. Reports name people and what is kept of them, so they only go to addresses on a verified \
         domain. {which}; another one can be verified under Settings → Domains."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_server_said_is_told_in_words_that_say_what_to_do() {
        let judged = |looked: Looked| judge(&looked, "holdfast-verify=abc", "_holdfast.example.org");
        let texts = |texts: &[&str]| Looked::Texts(texts.iter().map(|t| (*t).to_owned()).collect());
        assert!(judged(texts(&["v=spf1 -all", "holdfast-verify=abc"])).0);
        assert!(judged(texts(&["\"holdfast-verify=abc\" "])).0, "some panels keep the quotes");
        for (looked, word) in [
            (texts(&[]), "no TXT record _holdfast.example.org yet"),
            (texts(&["holdfast-verify=old"]), "another value: holdfast-verify=old"),
            (texts(&["secret of somebody else"]), "none that begins with"),
            (Looked::Fault("no answer".into()), "could not be asked: no answer"),
        ] {
            let (holds, said) = judged(looked);
            assert!(!holds && said.contains(word), "{said}");
            assert!(!said.contains("secret"));
        }
    }
}
