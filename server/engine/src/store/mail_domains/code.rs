//! A code, mailed to a mailbox that only whoever runs a domain has, proves it as well: six digits, good for an hour and five tries.
//! Only its hash is kept, besides the copy in the outbox that carries it.

use super::{Proof, find, verified};
use crate::{
    error::Error,
    store::{
        Store,
        audit::{self, Entry, hex},
        entity::mail_domain,
        mails::{self, Content, New, Written},
        partners, scope,
    },
};
use domain::{
    access::{Action, Actor},
    ids::{MailDomainId, OrganizationId, PartnerId},
    mail::MailKind,
    time::{Span, Time},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Mailboxes that a domain's own people have, as certificate authorities know them.
pub const MAILBOXES: [&str; 5] = ["postmaster", "hostmaster", "webmaster", "admin", "administrator"];
/// How long a code can be entered.
const GOOD_FOR: Span = Span::HOUR;
/// Wrong tries until a code is worth nothing.
const TRIES: i64 = 5;
/// A code isn't mailed again before.
const PAUSE: Span = Span::minutes(1);

fn hash(id: MailDomainId, token: &str, code: &str) -> String {
    hex(&Sha256::digest(format!("{id}:{token}:{code}")))
}

/// Mails a code to a mailbox of the domain, in place of any before. Says where it goes.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (`mailbox`), `Conflict` (proved already, one has just been sent).
pub async fn send_code(store: &Store, actor: &Actor, id: MailDomainId, mailbox: &str, now: Time) -> Result<String, Error> {
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageSettings, "verify domains")?;
    let Some(mailbox) = MAILBOXES.into_iter().find(|known| *known == mailbox.trim()) else {
        return Err(Error::invalid("invalid_mailbox", "mailbox", format!("Choose one of {}.", MAILBOXES.join(", "))));
    };
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    if stored.verified_at.is_some() {
        return Err(Error::conflict("domain_verified", format!("{} is verified already.", stored.domain)));
    }
    let sent_at = stored.code_until.map(|until| Time(until) - GOOD_FOR);
    if stored.code_hash.is_some() && sent_at.is_some_and(|at| now < at + PAUSE) {
        return Err(Error::conflict("code_sent", "A code was sent just now. Wait a minute before the next one."));
    }
    let code = format!("{:06}", rand::random_range(0..1_000_000u32));
    let (to, domain) = (format!("{mailbox}@{}", stored.domain), stored.domain.clone());
    let organization = (stored.organization_id != 0).then_some(OrganizationId(stored.organization_id));
    let hash = hash(id, &stored.token, &code);
    let mut model: mail_domain::ActiveModel = stored.into_active_model();
    model.code_hash = Set(Some(hash));
    model.code_to = Set(to.clone());
    model.code_until = Set(Some((now + GOOD_FOR).0));
    model.code_tries = Set(0);
    model.update(&tx).await?;
    let who = partners::find(&tx, partner).await?.name;
    let copy = New {
        partner,
        organization,
        kind: MailKind::Code,
        report: None,
        once: format!("code:{id}:{now}", now = now.0),
        recipient: to.clone(),
        // Lists show subjects: the code isn't in it.
        subject: format!("Code for {domain}"),
        content: Content::Written(Written { text: text(&who, &domain, &code), ..Written::default() }),
    };
    mails::queue(store, &tx, copy, now).await?;
    let detail = json!({ "domain": domain, "to": to });
    let entry = Entry { partner, organization, what: "mail_domain.code", subject: format!("mail_domain:{id}"), detail };
    audit::append(&tx, audit::who(actor), entry, now).await?;
    tx.commit().await?;
    Ok(to)
}

fn text(partner: &str, domain: &str, code: &str) -> String {
    format!(
        "{partner} wants to mail reports about backups to addresses at {domain}.\n\n\
         If that is right, give them this code:\n\n    {code}\n\n\
         It is good for an hour. If you know nothing of it, do nothing: without the code\nno report goes to {domain}.\n"
    )
}

/// Takes a code as typed. Right: the domain is proved.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (`code`: none waits, wrong, too late, too often).
pub async fn enter_code(store: &Store, actor: &Actor, id: MailDomainId, typed: &str, now: Time) -> Result<(), Error> {
    let partner = PartnerId(find(store.reads(), actor, id).await?.partner_id);
    scope::require(actor, Action::ManageSettings, "verify domains")?;
    let tx = store.begin_for(partner).await?;
    let stored = find(&tx, actor, id).await?;
    if stored.verified_at.is_some() {
        return Ok(());
    }
    let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
    let (Some(wanted), Some(until)) = (stored.code_hash.clone(), stored.code_until) else {
        return Err(Error::invalid("no_code", "code", "No code is waiting for this domain. Have one sent."));
    };
    if now.0 >= until || stored.code_tries >= TRIES {
        return Err(Error::invalid("code_over", "code", "This code is worth nothing any more. Have another one sent."));
    }
    let (tries, organization, domain) = (stored.code_tries + 1, stored.organization_id, stored.domain.clone());
    let right = hash(id, &stored.token, &typed) == wanted;
    let mut model: mail_domain::ActiveModel = stored.into_active_model();
    model.code_tries = Set(tries);
    if right {
        model.code_hash = Set(None);
        model.verified_at = Set(Some(now.0));
        model.verified_by = Set(Proof::Code.word().into());
    }
    model.update(&tx).await?;
    if right {
        verified(&tx, actor, (partner, organization, id), &domain, Proof::Code, now).await?;
    }
    // A wrong try counts as well.
    tx.commit().await?;
    if right {
        return Ok(());
    }
    let left = TRIES - tries;
    let message = if left > 0 {
        format!("That is not the code. Look at the latest mail; tries left: {left}.")
    } else {
        "That is not the code, and it was tried too often. Have another one sent.".to_owned()
    };
    Err(Error::invalid("wrong_code", "code", message))
}
